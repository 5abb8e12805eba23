"""Calls of CDS Hooks with their cards and feedback, tokens seen, links to other record systems and launches from them"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

Json = sa.JSON().with_variant(JSONB(), "postgresql")

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hook_call",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("hook", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("n_cards", sa.Integer(), nullable=False),
        sa.Column("silent", sa.Boolean(), nullable=False),
        sa.Column("milliseconds", sa.Double(), nullable=False),
        sa.Column("found", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_call")),
    )
    op.create_index(op.f("ix_hook_call_at"), "hook_call", ["at"], unique=False)
    op.create_table(
        "hook_card",
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("rules", Json, nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("silent", sa.Boolean(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["hook_call.id"], name=op.f("fk_hook_card_call_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_hook_card")),
    )
    op.create_index(op.f("ix_hook_card_call_id"), "hook_card", ["call_id"], unique=False)
    op.create_table(
        "card_feedback",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("override_code", sa.Text(), nullable=False),
        sa.Column("suggestions", Json, nullable=False),
        sa.Column("has_comment", sa.Boolean(), nullable=False),
        sa.Column("user_comment", sa.Text(), nullable=False),
        sa.Column("acted_at", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_feedback")),
    )
    op.create_index(op.f("ix_card_feedback_card"), "card_feedback", ["card"], unique=False)
    op.create_table(
        "plan_seen",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_plan_seen")),
    )
    op.create_table(
        "seen_token",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "jti", name="pk_seen_token"),
    )
    op.create_index(op.f("ix_seen_token_expires_at"), "seen_token", ["expires_at"], unique=False)
    op.create_table(
        "ehr_patient",
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("fhir_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_ehr_patient_patient_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("issuer", "fhir_id", name="pk_ehr_patient"),
        sa.UniqueConstraint("patient_id", "issuer", name="uq_ehr_patient_here"),
    )
    op.create_index(op.f("ix_ehr_patient_patient_id"), "ehr_patient", ["patient_id"], unique=False)
    op.create_table(
        "ehr_launch",
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("state", name=op.f("pk_ehr_launch")),
    )
    op.create_index(op.f("ix_ehr_launch_expires_at"), "ehr_launch", ["expires_at"], unique=False)
