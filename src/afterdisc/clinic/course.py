"""What a person has over time: treatments given and scores."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from afterdisc.clinic import audit
from afterdisc.clinic.moments import new_id
from afterdisc.clinic.patients import check_date
from afterdisc.clinic.tables import Score, TreatmentGiven
from afterdisc.errors import NotFound, NotPossible
from afterdisc.program import Program


@dataclass(frozen=True)
class Step:
    """One treatment as it is entered."""

    treatment: str
    started_on: str
    ended_on: str | None = None
    review_on: str | None = None


def add_step(session: Session, program: Program, patient_id: str, step: Step, *, at: str, by: str | None) -> TreatmentGiven:
    if step.treatment not in program.book["treatments"]:
        raise NotPossible("this is no treatment of the installed knowledge base. Choose one from the list.")
    for what, given in (("start", step.started_on), ("end", step.ended_on), ("review date", step.review_on)):
        check_date(what, given)
    if step.ended_on and step.ended_on < step.started_on:
        raise NotPossible("the treatment ends before it starts. Check the two dates.")
    row = TreatmentGiven(
        id=new_id(),
        patient_id=patient_id,
        treatment=step.treatment,
        started_on=step.started_on,
        ended_on=step.ended_on,
        review_on=step.review_on,
        relief_percent=None,
        reviewed_on=None,
        created_at=at,
    )
    session.add(row)
    session.flush()
    audit.record(session, at=at, by=by, action="treatment.added", kind="patient", subject=patient_id, step=row.id)
    return row


@dataclass(frozen=True)
class Judged:
    """How a step of the ladder did: relief in per cent, None if not known, and whether it ends."""

    relief_percent: float | None
    on: str
    ends: bool


def review_step(session: Session, patient_id: str, step_id: str, judged: Judged, *, at: str, by: str | None) -> None:
    """Judge a step of the ladder."""
    row = session.get(TreatmentGiven, step_id)
    if row is None or row.patient_id != patient_id:
        raise NotFound("no such treatment of this person.")
    if judged.relief_percent is not None and not 0 <= judged.relief_percent <= 100:
        raise NotPossible("relief is given in per cent, 0 to 100. Leave it empty if it is not known.")
    row.relief_percent, row.reviewed_on = judged.relief_percent, judged.on
    if judged.ends:
        row.ended_on = row.ended_on or judged.on
    audit.record(session, at=at, by=by, action="treatment.reviewed", kind="patient", subject=patient_id, step=row.id)


def steps_of(session: Session, patient_id: str) -> list[TreatmentGiven]:
    rows = session.scalars(select(TreatmentGiven).where(TreatmentGiven.patient_id == patient_id))
    return sorted(rows, key=lambda s: (s.started_on, s.created_at))


@dataclass(frozen=True)
class Entered:
    """One score as it is entered: the total alone."""

    instrument: str
    value: float
    on: str


def add_score(session: Session, program: Program, patient_id: str, new: Entered, *, at: str, by: str | None) -> Score:
    """Keep the total of an instrument; never an item. Raises NotPossible for one that cannot be."""
    known = program.book["follow_up"]["instruments"].get(new.instrument)
    if known is None:
        raise NotPossible("this instrument is not known. Choose one from the list.")
    low, high = known["range"]
    if not low <= new.value <= high:
        raise NotPossible(f"{known['label']} takes {low:g} to {high:g}; this value is outside. Check it.")
    check_date("date of the score", new.on, latest=at[:10])
    row = Score(
        id=new_id(),
        patient_id=patient_id,
        on=new.on,
        instrument=new.instrument,
        value=new.value,
        origin="clinician",
        at=at,
        by=by,
    )
    session.add(row)
    session.flush()
    audit.record(session, at=at, by=by, action="score.added", kind="patient", subject=patient_id, instrument=new.instrument)
    return row


def scores_of(session: Session, patient_id: str) -> list[Score]:
    rows = session.scalars(select(Score).where(Score.patient_id == patient_id))
    return sorted(rows, key=lambda s: (s.instrument, s.on, s.at))
