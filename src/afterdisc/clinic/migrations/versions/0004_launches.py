"""Access to a record system while somebody is signed in from there, and which entry of a record an answer was read from"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ehr_access",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["token_hash"], ["sign_in.token_hash"], name=op.f("fk_ehr_access_token_hash"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_ehr_access_patient_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", "patient_id", name=op.f("pk_ehr_access")),
    )
    op.create_index(op.f("ix_ehr_access_patient_id"), "ehr_access", ["patient_id"], unique=False)
    op.add_column("answer", sa.Column("source", sa.Text(), nullable=True))
