"""What the clinic keeps. One class a table; the docstring says what one row is.

All ids are 32 hexadecimal characters, all times are UTC in ISO form to the millisecond, all dates are ISO dates; both are
made by the caller's clock. `answer`, `assessment`, `decision`, `note` and `audit` are never changed once written: the
database itself refuses (see the migrations).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, MetaData, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
Json = JSON(none_as_null=False).with_variant(JSONB(none_as_null=False), "postgresql")


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {dict[str, Any]: Json, list[str]: Json, str: Text, bytes: LargeBinary}  # noqa: RUF012


# ------------------------------------------------------------------------------------------------------------- people


class Account(Base):
    """One person who may sign in: here with a password, or through the identity provider that vouches for them."""

    __tablename__ = "account"
    id: Mapped[str] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)  # lower case
    name: Mapped[str]
    password_hash: Mapped[str | None]
    oidc_issuer: Mapped[str | None]
    oidc_subject: Mapped[str | None]
    roles: Mapped[list[str]]  # of clinician, reviewer, administrator
    is_active: Mapped[bool]
    created_at: Mapped[str]
    __table_args__ = (UniqueConstraint("oidc_issuer", "oidc_subject", name="uq_account_oidc"),)


class SignIn(Base):
    """One sign-in on one device. Only the hash of its token is kept."""

    __tablename__ = "sign_in"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    csrf: Mapped[str]
    created_at: Mapped[str]
    seen_at: Mapped[str]
    locked_at: Mapped[str | None]
    account: Mapped[Account] = relationship()


class LoginAttempt(Base):
    """One failed sign-in, kept for as long as it counts against the next one."""

    __tablename__ = "login_attempt"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    key_hash: Mapped[str] = mapped_column(index=True)  # of a login name or an address
    at: Mapped[str]


# ----------------------------------------------------------------------------------------------------------- patients


class Patient(Base):
    """One person under care."""

    __tablename__ = "patient"
    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)  # the clinic's own
    family_name: Mapped[str]
    given_name: Mapped[str]
    birth_date: Mapped[str | None]
    sex: Mapped[str | None]  # female or male, as the knowledge base asks; None unknown
    demo: Mapped[str | None]  # where a made-up or published case comes from; None for a real person
    created_at: Mapped[str]
    created_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))


class Operation(Base):
    """One operation on a person's lumbar spine; the index operation is the one that failed to help, or not for long."""

    __tablename__ = "operation"
    id: Mapped[str] = mapped_column(primary_key=True)
    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.id"), index=True)
    on: Mapped[str | None]
    procedure: Mapped[str | None]  # a value of the finding `index_procedure`
    level: Mapped[str | None]
    side: Mapped[str | None]
    is_index: Mapped[bool]
    created_at: Mapped[str]


class Visit(Base):
    """One evaluation of one person on one day. Open until its note is signed."""

    __tablename__ = "visit"
    id: Mapped[str] = mapped_column(primary_key=True)
    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.id"), index=True)
    on: Mapped[str]
    created_at: Mapped[str]
    created_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    signed_at: Mapped[str | None]
    signed_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    patient: Mapped[Patient] = relationship()


class Answer(Base):
    """One answer to one finding at one visit. The latest row of a finding is the record; the others are its history.

    `value` null says that it was asked and is not known. No row says that it was not asked.
    """

    __tablename__ = "answer"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    visit_id: Mapped[str] = mapped_column(ForeignKey("visit.id"))
    finding: Mapped[str]
    value: Mapped[Any] = mapped_column(Json)
    observed_on: Mapped[str | None]  # when it was so, if not on the day of the visit
    origin: Mapped[str]  # see clinic.record.ORIGINS
    is_confirmed: Mapped[bool]
    key: Mapped[str] = mapped_column(unique=True)  # given by the screen, so that an answer sent twice is kept once
    at: Mapped[str]
    by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    source: Mapped[str | None] = mapped_column(default=None)  # the entry of another record it was read from
    __table_args__ = (Index("ix_answer_visit_finding", "visit_id", "finding", "id"),)


# ------------------------------------------------------------------------------------------- assessments and decisions


class KeptProgram(Base):
    """One compiled knowledge base that an assessment here was made with, so that it can be replayed."""

    __tablename__ = "program"
    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str]
    data: Mapped[bytes]  # zlib
    kept_at: Mapped[str]


class KeptAssessment(Base):
    """One assessment as it was shown: the case that went in, the answer that came out, and with which knowledge."""

    __tablename__ = "assessment"
    id: Mapped[str] = mapped_column(primary_key=True)
    visit_id: Mapped[str] = mapped_column(ForeignKey("visit.id"), index=True)
    at: Mapped[str]
    by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    why: Mapped[str]  # kept, decided, signed
    case_json: Mapped[str]
    answer: Mapped[bytes]  # zlib of canonical JSON
    answer_hash: Mapped[str]
    urgency: Mapped[str]
    version: Mapped[str]
    fingerprint: Mapped[str] = mapped_column(ForeignKey("program.fingerprint"))


class Decision(Base):
    """What a clinician decided about one proposal. The latest row of a proposal at a visit counts."""

    __tablename__ = "decision"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    visit_id: Mapped[str] = mapped_column(ForeignKey("visit.id"), index=True)
    assessment_id: Mapped[str] = mapped_column(ForeignKey("assessment.id"))
    kind: Mapped[str]  # treatment, investigation, red_flag
    proposal: Mapped[str]
    choice: Mapped[str]  # accept, defer, decline
    reason: Mapped[str]  # a code of the knowledge base
    text: Mapped[str]
    review_on: Mapped[str | None]
    at: Mapped[str]
    by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))


class Note(Base):
    """A signed note. A later one adds to it; none is ever changed."""

    __tablename__ = "note"
    id: Mapped[str] = mapped_column(primary_key=True)
    visit_id: Mapped[str] = mapped_column(ForeignKey("visit.id"), index=True)
    assessment_id: Mapped[str | None] = mapped_column(ForeignKey("assessment.id"))
    text: Mapped[str]
    signature: Mapped[str]  # SHA-256 over text, assessment, person and time
    at: Mapped[str]
    by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))


class Draft(Base):
    """What is being typed at a visit and not signed yet: the note, what matters to the person."""

    __tablename__ = "draft"
    visit_id: Mapped[str] = mapped_column(ForeignKey("visit.id"), primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
    at: Mapped[str]
    by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))


class TreatmentGiven(Base):
    """One treatment that a person had or has: a step of the ladder with the day it is to be judged."""

    __tablename__ = "treatment_given"
    id: Mapped[str] = mapped_column(primary_key=True)
    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.id"), index=True)
    treatment: Mapped[str]
    started_on: Mapped[str]
    ended_on: Mapped[str | None]
    review_on: Mapped[str | None]
    relief_percent: Mapped[float | None]
    reviewed_on: Mapped[str | None]
    created_at: Mapped[str]


class Score(Base):
    """One score of one instrument on one day: the total alone, never an item."""

    __tablename__ = "score"
    id: Mapped[str] = mapped_column(primary_key=True)
    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.id"), index=True)
    on: Mapped[str]
    instrument: Mapped[str]  # an instrument of the knowledge base's follow-up
    value: Mapped[float]
    origin: Mapped[str]
    at: Mapped[str]
    by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))


class Invitation(Base):
    """One link by which a person answers before the visit. Only the hash of its token is kept; it works once."""

    __tablename__ = "invitation"
    id: Mapped[str] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    visit_id: Mapped[str] = mapped_column(ForeignKey("visit.id"), index=True)
    created_at: Mapped[str]
    created_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    expires_at: Mapped[str]
    opened_at: Mapped[str | None]
    submitted_at: Mapped[str | None]
    answers: Mapped[dict[str, Any]]  # as far as they have got
    free_text: Mapped[str]


class Standing(Base):
    """What the latest answers of a visit come to, for the worklist; worked out anew when an answer or the knowledge changes."""

    __tablename__ = "standing"
    visit_id: Mapped[str] = mapped_column(ForeignKey("visit.id"), primary_key=True)
    answer_id: Mapped[int]  # the last answer it has seen
    fingerprint: Mapped[str]
    urgency: Mapped[str]
    stage: Mapped[str]
    leading: Mapped[str]  # the label of the most probable cause
    leading_p: Mapped[float | None]
    n_danger_open: Mapped[int]


class Measurement(Base):
    """One pair of films as it was measured: points and results, never the picture."""

    __tablename__ = "measurement"
    id: Mapped[str] = mapped_column(primary_key=True)
    visit_id: Mapped[str] = mapped_column(ForeignKey("visit.id"), index=True)
    detail: Mapped[dict[str, Any]]
    at: Mapped[str]
    by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))


# --------------------------------------------------------------------------------------------------------- the house


class Setting(Base):
    """One setting of the site."""

    __tablename__ = "setting"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(Json)


class Audit(Base):
    """One thing that somebody did. Each row's hash covers the row before: nothing can be changed unseen."""

    __tablename__ = "audit"
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[str]
    account_id: Mapped[str | None]
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    detail: Mapped[str]  # canonical JSON: ids and counts, never a value of a patient
    previous: Mapped[str]
    hash: Mapped[str]


class Erasure(Base):
    """One person whose record was erased; while the row stands, the rows of that person may be deleted."""

    __tablename__ = "erasure"
    patient_id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[str]
    by: Mapped[str | None]
