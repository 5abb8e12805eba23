"""Erasing one person: every row that is theirs goes; what stays is that it was done, under an id that now names nobody."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from afterdisc.clinic import audit
from afterdisc.clinic.ehr_tables import EhrPatient, PlanSeen
from afterdisc.clinic.hook_log import person_key
from afterdisc.clinic.patients import patient
from afterdisc.clinic.tables import (
    Answer,
    Base,
    Decision,
    Draft,
    Erasure,
    Invitation,
    KeptAssessment,
    Measurement,
    Note,
    Operation,
    Patient,
    Score,
    Standing,
    TreatmentGiven,
    Visit,
)

OF_A_VISIT: tuple[type[Base], ...] = (Decision, Note, KeptAssessment, Answer, Draft, Invitation, Measurement, Standing)
OF_A_PERSON: tuple[type[Base], ...] = (Operation, TreatmentGiven, Score, EhrPatient)


def erase(session: Session, patient_id: str, *, at: str, by: str | None) -> dict[str, int]:
    """Delete everything of one person; returns how many rows of which table. The audit keeps ids and actions only.

    Raises NotFound for a person who is not there.
    """
    gone = patient(session, patient_id)
    session.merge(Erasure(patient_id=patient_id, at=at, by=by))
    session.flush()  # from here on the database lets these rows go
    of_person = select(Visit.id).where(Visit.patient_id == patient_id).scalar_subquery()
    n_rows = {"plan_seen": _forget_plans(session, patient_id)}
    for table in OF_A_VISIT:
        column = table.__table__.c.visit_id
        n_rows[table.__tablename__] = _n(session, delete(table).where(column.in_(of_person)))
    n_rows["visit"] = _n(session, delete(Visit).where(Visit.patient_id == patient_id))
    for table in OF_A_PERSON:
        n_rows[table.__tablename__] = _n(session, delete(table).where(table.__table__.c.patient_id == patient_id))
    session.execute(delete(Patient).where(Patient.id == gone.id))
    session.expire_all()
    audit.record(session, at=at, by=by, action="patient.erased", kind="patient", subject=patient_id, rows=sum(n_rows.values()))
    return n_rows


def _forget_plans(session: Session, patient_id: str) -> int:
    """What was seen of their plan from other record systems."""
    links = session.execute(select(EhrPatient.issuer, EhrPatient.fhir_id).where(EhrPatient.patient_id == patient_id))
    keys = [person_key(issuer, fhir_id) for issuer, fhir_id in links]
    return _n(session, delete(PlanSeen).where(PlanSeen.person.in_(keys)))


def _n(session: Session, statement: object) -> int:
    return int(session.execute(statement).rowcount)  # type: ignore[call-overload]
