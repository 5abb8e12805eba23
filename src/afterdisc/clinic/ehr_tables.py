"""What the clinic keeps of its meetings with other record systems. One class a table; the docstring says what one row is."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from afterdisc.clinic.tables import Base

# ---------------------------------------------------------------------------------------------------------- CDS Hooks


class HookCall(Base):
    """One call of a CDS Hooks service: ids and counts, nothing of the person it was about."""

    __tablename__ = "hook_call"
    id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[str] = mapped_column(index=True)
    service: Mapped[str]
    hook: Mapped[str]
    issuer: Mapped[str]  # who called, "" for this machine itself
    fingerprint: Mapped[str]  # of the knowledge it was answered with
    n_cards: Mapped[int]
    silent: Mapped[bool]  # the cards were worked out and not sent
    milliseconds: Mapped[float]
    found: Mapped[dict[str, Any]]  # urgency, ids of rules, why nothing was said, what could not be seen


class HookCard(Base):
    """One card that was worked out, so that feedback on it can be told by rule. A call repeated gives the same card again."""

    __tablename__ = "hook_card"
    uuid: Mapped[str] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("hook_call.id", ondelete="CASCADE"), index=True)
    service: Mapped[str]
    topic: Mapped[str]  # a red flag, an investigation, a treatment or a stage
    rules: Mapped[list[str]]
    indicator: Mapped[str]
    silent: Mapped[bool]
    at: Mapped[str]


class CardFeedback(Base):
    """What a clinician did with one card, as the record system reported it. There may be several of one card."""

    __tablename__ = "card_feedback"
    id: Mapped[str] = mapped_column(primary_key=True)
    card: Mapped[str] = mapped_column(index=True)
    service: Mapped[str]
    outcome: Mapped[str]  # accepted, overridden
    override_code: Mapped[str]  # "" if none was given
    suggestions: Mapped[list[str]]  # uuids of those accepted
    has_comment: Mapped[bool]
    user_comment: Mapped[str]
    acted_at: Mapped[str]  # as reported
    issuer: Mapped[str]
    at: Mapped[str]


class PlanSeen(Base):
    """What was advised for one person when a record system last opened their record: digests of whom and of what."""

    __tablename__ = "plan_seen"
    person: Mapped[str] = mapped_column(primary_key=True)  # see clinic.hook_log.person_key
    plan: Mapped[str]
    fingerprint: Mapped[str]
    at: Mapped[str]


# ------------------------------------------------------------------------------------------------- trust and launches


class SeenToken(Base):
    """One token that a machine has used; until it expires it is not taken a second time."""

    __tablename__ = "seen_token"
    issuer: Mapped[str]
    jti: Mapped[str]
    expires_at: Mapped[str] = mapped_column(index=True)
    __table_args__ = (PrimaryKeyConstraint("issuer", "jti", name="pk_seen_token"),)


class EhrPatient(Base):
    """One person here who is one person there: the link between our record and a FHIR server's."""

    __tablename__ = "ehr_patient"
    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"), index=True)
    issuer: Mapped[str]
    fhir_id: Mapped[str]
    created_at: Mapped[str]
    __table_args__ = (
        PrimaryKeyConstraint("issuer", "fhir_id", name="pk_ehr_patient"),
        UniqueConstraint("patient_id", "issuer", name="uq_ehr_patient_here"),
    )


class EhrLaunch(Base):
    """One launch from a record system that has begun. `data` is sealed; the row goes when it is used or has expired."""

    __tablename__ = "ehr_launch"
    state: Mapped[str] = mapped_column(primary_key=True)
    data: Mapped[bytes]
    expires_at: Mapped[str] = mapped_column(index=True)


class EhrAccess(Base):
    """What one sign-in may do in a record system, for one person. `data` is sealed under the browser's own token."""

    __tablename__ = "ehr_access"
    token_hash: Mapped[str] = mapped_column(ForeignKey("sign_in.token_hash", ondelete="CASCADE"))
    issuer: Mapped[str]
    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"), index=True)
    data: Mapped[bytes]
    at: Mapped[str]
    __table_args__ = (PrimaryKeyConstraint("token_hash", "patient_id", name="pk_ehr_access"),)
