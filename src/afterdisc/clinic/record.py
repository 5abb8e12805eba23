"""The record of a visit: what is known of each finding, how old it is and where it came from; and the case it makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from afterdisc.clinic.tables import Answer, Operation, Patient, Visit
from afterdisc.words.days import weeks_between, whole_years

ORIGINS = {
    "clinician": "entered at this visit",
    "patient": "reported by the person",
    "carried": "carried over from an earlier visit",
    "measured": "measured on films",
    "score": "from a score",
    "record": "worked out from the record",
    "import": "from the record system",
}
DERIVED = "record"


@dataclass(frozen=True)
class Known:
    """What the record says of one finding. `value` None: it was asked and is not known."""

    finding: str
    value: Any
    origin: str
    observed_on: str
    is_confirmed: bool = True
    answer_id: int = 0  # 0: worked out, not answered
    at: str = ""
    by: str | None = None
    source: str = ""  # the entry of another record that it was read from


def record_of(session: Session, visit: Visit) -> dict[str, Known]:
    """Everything said at a visit, by finding: what follows from the operations and the birth date, then the answers."""
    out = {known.finding: known for known in derived(session, visit)}
    for answer in latest_answers(session, visit.id):
        out[answer.finding] = known_of(answer, visit)
    return out


def known_of(answer: Answer, visit: Visit) -> Known:
    return Known(
        finding=answer.finding,
        value=answer.value,
        origin=answer.origin,
        observed_on=answer.observed_on or visit.on,
        is_confirmed=answer.is_confirmed,
        answer_id=answer.id,
        at=answer.at,
        by=answer.by,
        source=answer.source or "",
    )


def latest_answers(session: Session, visit_id: str) -> list[Answer]:
    newest = select(func.max(Answer.id)).where(Answer.visit_id == visit_id).group_by(Answer.finding)
    return list(session.scalars(select(Answer).where(Answer.id.in_(newest)).order_by(Answer.id)))


def derived(session: Session, visit: Visit) -> list[Known]:
    """What the operations and the birth date say on the day of the visit; a clinician's answer overrides it."""
    patient = session.get_one(Patient, visit.patient_id)
    done = session.scalars(select(Operation).where(Operation.patient_id == patient.id)).all()
    index = next((o for o in done if o.is_index), None)
    said: dict[str, tuple[Any, str]] = {}
    if patient.birth_date and patient.birth_date <= visit.on:
        said["age_years"] = (whole_years(patient.birth_date, visit.on), visit.on)
    if patient.sex:
        said["sex"] = (patient.sex, visit.on)
    if done:
        said["n_lumbar_operations"] = (len(done), visit.on)
    if index:
        said |= _of_index(index, visit)
    return [Known(finding, value, DERIVED, on) for finding, (value, on) in said.items()]


def _of_index(index: Operation, visit: Visit) -> dict[str, tuple[Any, str]]:
    on = index.on or visit.on
    out: dict[str, tuple[Any, str]] = {
        name: (value, on)
        for name, value in (
            ("index_procedure", index.procedure),
            ("index_level", index.level),
            ("index_side", index.side),
        )
        if value
    }
    if index.on and index.on <= visit.on:
        out["weeks_since_surgery"] = (weeks_between(index.on, visit.on), visit.on)
    return out


def case_of(visit: Visit, record: Mapping[str, Known]) -> dict[str, Any]:
    """The case as every door takes it. A finding that is not known is left out; the id is the visit's, not the person's."""
    return {"id": visit.id[:8], "findings": {f: k.value for f, k in record.items() if k.value is not None}}
