"""People under care and their operations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from afterdisc.clinic import audit
from afterdisc.clinic.moments import new_id
from afterdisc.clinic.tables import Account, Operation, Patient, Visit
from afterdisc.errors import NotFound, NotPossible

LONGEST = 200


@dataclass(frozen=True)
class NewOperation:
    """One operation as it is entered. The index operation is the one whose result is in question."""

    on: str | None = None
    procedure: str | None = None
    level: str | None = None
    side: str | None = None
    is_index: bool = False


@dataclass(frozen=True)
class NewPatient:
    """A person as they are entered."""

    number: str
    family_name: str
    given_name: str = ""
    birth_date: str | None = None
    sex: str | None = None
    demo: str | None = None
    operations: tuple[NewOperation, ...] = ()


def add_patient(session: Session, new: NewPatient, *, at: str, by: str | None) -> Patient:
    """Enter a person. Raises NotPossible if the number is taken or a field cannot be."""
    _refuse_nonsense(new, at)
    if session.scalar(select(Patient.id).where(Patient.number == new.number)):
        raise NotPossible("this patient number is taken already. Search for it in the worklist, or check the number.")
    patient = Patient(
        id=new_id(),
        number=new.number,
        family_name=new.family_name,
        given_name=new.given_name,
        birth_date=new.birth_date,
        sex=new.sex,
        demo=new.demo,
        created_at=at,
        created_by=by,
    )
    session.add(patient)
    try:
        session.flush()
    except IntegrityError:
        raise NotPossible("this patient number was taken a moment ago. Search for it in the worklist.") from None
    for operation in new.operations:
        add_operation(session, patient.id, operation, at=at, by=by, is_audited=False)
    audit.record(session, at=at, by=by, action="patient.added", kind="patient", subject=patient.id)
    return patient


def _refuse_nonsense(new: NewPatient, at: str) -> None:
    if not new.number.strip() or not new.family_name.strip():
        raise NotPossible("a patient needs a number and a family name. Fill in both.")
    if max(len(new.number), len(new.family_name), len(new.given_name)) > LONGEST:
        raise NotPossible(f"a number or name is longer than {LONGEST} characters. Shorten it.")
    check_date("date of birth", new.birth_date, latest=at[:10])


def check_date(what: str, given: str | None, *, latest: str | None = None) -> None:
    """Raises NotPossible unless it is an ISO date, not after `latest` by more than a time zone can make it."""
    if given is None:
        return
    try:
        date.fromisoformat(given)
    except ValueError:
        raise NotPossible(f"the {what} is no date. Write it as year-month-day, for example 2026-03-14.") from None
    if latest and date.fromisoformat(given) > date.fromisoformat(latest) + timedelta(days=1):
        raise NotPossible(f"the {what} lies in the future. Check the year, and the clock of this machine.")


def add_operation(
    session: Session, patient_id: str, new: NewOperation, *, at: str, by: str | None, is_audited: bool = True
) -> Operation:
    """Enter an operation; a new index operation takes the place of the old one as the one in question."""
    check_date("date of operation", new.on, latest=at[:10])
    if new.is_index:
        for old in operations_of(session, patient_id):
            old.is_index = False
    row = Operation(
        id=new_id(),
        patient_id=patient_id,
        on=new.on,
        procedure=new.procedure,
        level=new.level,
        side=new.side,
        is_index=new.is_index,
        created_at=at,
    )
    session.add(row)
    session.flush()
    if is_audited:
        audit.record(session, at=at, by=by, action="operation.added", kind="patient", subject=patient_id)
    return row


def patient(session: Session, patient_id: str) -> Patient:
    found = session.get(Patient, patient_id)
    if found is None:
        raise NotFound("no such patient. They may have been erased; go back to the worklist.")
    return found


def operations_of(session: Session, patient_id: str) -> list[Operation]:
    """Operations in the order of time, undated ones first."""
    found: Iterable[Operation] = session.scalars(select(Operation).where(Operation.patient_id == patient_id))
    return sorted(found, key=lambda o: (o.on or "", o.created_at))


def visits_of(session: Session, patient_id: str) -> list[Visit]:
    """Visits, the earliest first."""
    rows = session.scalars(select(Visit).where(Visit.patient_id == patient_id))
    return sorted(rows, key=lambda v: (v.on, v.created_at))


def names_of(session: Session, account_ids: Iterable[str]) -> dict[str, str]:
    """The names of those who did something, by account."""
    rows = session.execute(select(Account.id, Account.name).where(Account.id.in_(set(account_ids))))
    return {row.id: row.name for row in rows}
