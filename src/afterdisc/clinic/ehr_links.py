"""Who here is whom there: people known to a record system, and launches that were begun or are in use."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeGuard

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from afterdisc.clinic import audit, patients
from afterdisc.clinic.ehr_tables import EhrAccess, EhrLaunch, EhrPatient
from afterdisc.clinic.moments import stamp
from afterdisc.clinic.patients import LONGEST, NewOperation, NewPatient
from afterdisc.clinic.tables import Patient, SignIn
from afterdisc.fhir import Reading

A_LAUNCH = timedelta(minutes=10)  # from the first redirect to the answer
MEDICAL_RECORD = "MR"  # the type of identifier that a clinic writes on a form (HL7 v2-0203)
SEXES = ("female", "male", "other")


@dataclass(frozen=True)
class Person:
    """Somebody as a record system names them."""

    issuer: str
    fhir_id: str
    number: str
    family_name: str
    given_name: str
    birth_date: str | None
    sex: str | None


def person_of(issuer: str, resource: Mapping[str, Any]) -> Person:
    """A Patient resource, as far as a workspace needs it. What is not shaped as FHIR has it is left out."""
    name = _name(resource)
    given, gender, born = name.get("given"), resource.get("gender"), resource.get("birthDate")
    said = " ".join(g for g in given if isinstance(g, str)) if isinstance(given, list) else ""
    fhir_id = str(resource.get("id", ""))
    family = name.get("family") if isinstance(name.get("family"), str) else name.get("text")
    return Person(
        issuer=issuer,
        fhir_id=fhir_id,
        number=(_number(resource) or fhir_id)[:LONGEST],
        family_name=(family if isinstance(family, str) and family.strip() else "name not given")[:LONGEST],
        given_name=said[:LONGEST],
        birth_date=born if _is_day(born) else None,
        sex=gender if gender in SEXES else None,
    )


def _is_day(text: object) -> TypeGuard[str]:
    """A whole date; FHIR allows a year alone, which a workspace does not keep."""
    try:
        return isinstance(text, str) and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _name(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """The official name, else the first."""
    listed = resource.get("name")
    names = [n for n in listed if isinstance(n, dict)] if isinstance(listed, list) else []
    return next((n for n in names if n.get("use") == "official"), names[0] if names else {})


def _number(resource: Mapping[str, Any]) -> str:
    """The medical record number, else the first identifier."""
    listed = resource.get("identifier")
    found = [i for i in listed if isinstance(i, dict) and isinstance(i.get("value"), str)] if isinstance(listed, list) else []
    chosen = next((i for i in found if _is_record_number(i)), found[0] if found else {})
    return str(chosen.get("value", "")).strip()


def _is_record_number(identifier: Mapping[str, Any]) -> bool:
    kind = identifier.get("type")
    codings = kind.get("coding") if isinstance(kind, dict) else None
    return any(isinstance(c, dict) and c.get("code") == MEDICAL_RECORD for c in codings) if isinstance(codings, list) else False


def patient_for(session: Session, person: Person, *, at: str, by: str | None) -> Patient:
    """Their row here: linked before; or the same number, name and birth date; or entered now.

    Somebody here with the same number and another name or birth date is not taken for them: the new row's number then names
    the record system too.
    """
    link = session.get(EhrPatient, (person.issuer, person.fhir_id))
    if link is not None:
        return session.get_one(Patient, link.patient_id)
    same = session.scalar(select(Patient).where(Patient.number == person.number))
    if same is not None and not _is_same(same, person):
        same, person = None, _renumbered(person)
    row = same or patients.add_patient(session, _new(person), at=at, by=by)
    session.add(EhrPatient(patient_id=row.id, issuer=person.issuer, fhir_id=person.fhir_id, created_at=at))
    session.flush()
    audit.record(session, at=at, by=by, action="patient.linked", kind="patient", subject=row.id, issuer=person.issuer)
    return row


def _is_same(row: Patient, person: Person) -> bool:
    names = row.family_name.casefold() == person.family_name.casefold()
    return names and row.birth_date is not None and row.birth_date == person.birth_date


def _renumbered(person: Person) -> Person:
    more = hashlib.sha256(f"{person.issuer}|{person.fhir_id}".encode()).hexdigest()[:6]
    number = f"{person.number[: LONGEST - 10]} ({more})"
    return Person(**{**person.__dict__, "number": number})


def _new(person: Person) -> NewPatient:
    return NewPatient(person.number, person.family_name, person.given_name, person.birth_date, person.sex)


def enter_operations(session: Session, patient_id: str, reading: Reading, *, at: str, by: str | None) -> int:
    """The operations of a record that are not entered here yet, by their day; the newest becomes the index operation."""
    known = {o.on for o in patients.operations_of(session, patient_id)}
    days = sorted({o.on for o in reading.operations if len(o.on) == 10} - known)
    values = reading.findings
    for day in days:
        is_index = day == reading.operated_on
        named = {n: values.get(f"index_{n}") if is_index else None for n in ("procedure", "level", "side")}
        new = NewOperation(on=day, is_index=is_index, **named)
        patients.add_operation(session, patient_id, new, at=at, by=by)
    return len(days)


def fhir_id_of(session: Session, patient_id: str, issuer: str) -> str:
    """Their id there; "" if they are not linked."""
    row = session.scalar(select(EhrPatient).where(EhrPatient.patient_id == patient_id, EhrPatient.issuer == issuer))
    return row.fhir_id if row else ""


# ------------------------------------------------------------------------------------------------ launches begun, in use


def keep_launch(session: Session, state: str, data: bytes, now: datetime) -> None:
    """Keep a sealed launch under a digest of its state, until it is taken or has expired."""
    session.execute(delete(EhrLaunch).where(EhrLaunch.expires_at <= stamp(now)))
    session.add(EhrLaunch(state=digest(state), data=data, expires_at=stamp(now + A_LAUNCH)))


def take_launch(session: Session, state: str, now: datetime) -> bytes | None:
    """The launch of this state, once: a state that comes a second time finds nothing."""
    row = session.get(EhrLaunch, digest(state))
    if row is None:
        return None
    data, is_late = row.data, row.expires_at <= stamp(now)
    session.delete(row)
    session.flush()
    return None if is_late else data


def keep_access(session: Session, token_hash: str, issuer: str, patient_id: str, data: bytes, *, at: str) -> None:
    """What a sign-in may do there for this person, sealed; it goes with the sign-in."""
    session.merge(EhrAccess(token_hash=token_hash, issuer=issuer, patient_id=patient_id, data=data, at=at))


def access_of(session: Session, token_hash: str, patient_id: str) -> EhrAccess | None:
    return session.get(EhrAccess, (token_hash, patient_id))


def drop_access(session: Session, signed_in_before: datetime) -> None:
    """Delete what sign-ins from before this moment were let to do: they have ended."""
    ended = select(SignIn.token_hash).where(SignIn.created_at <= stamp(signed_in_before))
    session.execute(delete(EhrAccess).where(EhrAccess.token_hash.in_(ended)))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
