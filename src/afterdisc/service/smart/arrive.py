"""Arriving from a record system: who it is, whom it is about, what their record says, and the visit it goes into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.orm import Session

from afterdisc.clinic import audit, ehr_links, people, visits
from afterdisc.clinic.patients import LONGEST, visits_of
from afterdisc.clinic.people import Vouched
from afterdisc.clinic.prefill import prefill
from afterdisc.clinic.tables import Account, Visit
from afterdisc.fhir import Reading, read_record, record_of
from afterdisc.program import Program
from afterdisc.service.desk import Desk
from afterdisc.service.ehr.fhir_client import FhirClient
from afterdisc.service.ehr.issuers import Issuer
from afterdisc.service.ehr.reading import everything_of
from afterdisc.service.smart.exchange import Granted
from afterdisc.service.smart.identity import Who
from afterdisc.service.smart.scopes import not_granted
from afterdisc.service.smart.user import TREAT, kind_of


@dataclass(frozen=True)
class Told:
    """What the record gave, as the page about it shows it; kept sealed while the sign-in lasts."""

    read_at: str
    visit: str
    taken: tuple[str, ...]
    stayed: tuple[str, ...]
    reading: Mapping[str, Any]
    unreadable: tuple[str, ...]  # searches that failed, and what was not granted, in words

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Read:
    """One person's record as it was read now."""

    person: Mapping[str, Any]  # their Patient resource
    reading: Reading
    unreadable: tuple[str, ...]


def account_for(session: Session, who: Who, issuer: Issuer, *, at: str) -> Account:
    """The account of somebody whom a record system vouches for.

    One that is new gets the roles the site has set, if the record system knows them as somebody who treats patients.
    """
    vouched = Vouched(who.issuer, who.subject, who.name[:LONGEST], roles=None)
    account = people.account_of_provider(session, vouched, at=at)
    is_new = not account.roles and account.created_at == at
    if is_new and issuer.roles and kind_of(who) in TREAT:
        account.roles = sorted(issuer.roles)
        roles = list(account.roles)
        audit.record(session, at=at, by=None, action="account.roles", kind="account", subject=account.id, roles=roles)
    return account


def read_person(program: Program, granted: Granted, issuer: Issuer, *, at: str) -> Read:
    """Everything that is read of one person. Raises RecordUnreachable, UnreadableRecord."""
    with FhirClient(issuer.fhir, granted.access) as client:
        found = everything_of(client, program, granted.patient)
        reading = read_record(program, record_of(found, patient=granted.patient), at=at)
        failed = list(client.unread)
    lacking = ", ".join(not_granted(granted.scopes, program))
    if lacking:
        failed.append(f"The record system has not granted reading these: {lacking}.")
    return Read(found[0], reading, tuple(failed))


def take_over(session: Session, desk: Desk, issuer: Issuer, read: Read, *, by: str) -> tuple[Visit, Told]:
    """The person, their operations and today's visit, with what was found as answers."""
    at, today = desk.at(), desk.today()
    patient = ehr_links.patient_for(session, ehr_links.person_of(issuer.name, read.person), at=at, by=by)
    ehr_links.enter_operations(session, patient.id, read.reading, at=at, by=by)
    todays = [v for v in visits_of(session, patient.id) if v.on == today and not v.signed_at]
    book = desk.program.book
    visit = todays[-1] if todays else visits.open_visit(session, patient.id, on=today, at=at, by=by, book=book)
    done = prefill(session, visit, read.reading, at=at, by=by)
    return visit, Told(at, visit.id, done.taken, done.stayed, read.reading.as_json(), read.unreadable)
