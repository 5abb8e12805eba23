"""Sending an assessment to the record system it was launched from, on a clinician's word."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from afterdisc import door
from afterdisc.clinic.record import Known, case_of, record_of
from afterdisc.clinic.tables import Audit, Visit
from afterdisc.errors import RecordUnreachable
from afterdisc.fhir.read.reading import Found, Reading
from afterdisc.fhir.write import bundle_of
from afterdisc.service.desk import Desk
from afterdisc.service.ehr.fhir_client import FhirClient
from afterdisc.service.ehr.issuers import Issuer
from afterdisc.service.smart.exchange import Granted

SENT = "assessment.sent"  # in the audit


def bundle_for(session: Session, desk: Desk, visit: Visit, granted: Granted, *, by: str) -> dict[str, Any]:
    """The visit as it stands as one transaction; final where whoever sends it has signed it.

    Raises CaseError if its answers contradict each other.
    """
    known = record_of(session, visit)
    case = case_of(visit, known)
    return dict(
        bundle_of(
            desk.program,
            case,
            door.assess(case, program=desk.program),
            subject=f"Patient/{granted.patient}",
            at=desk.at(),
            reading=_read_there(known, granted, visit),
            kind="transaction",
            clinician=granted.user if visit.signed_by == by else "",
            with_waiting=False,
        )
    )


def _read_there(known: dict[str, Known], granted: Granted, visit: Visit) -> Reading:
    """What still stands as it was read in their record, so that the assessment names those entries."""
    found = tuple(Found(k.finding, k.value, k.source, "", k.observed_on, "") for k in known.values() if k.source)
    return Reading(f"Patient/{granted.patient}", visit.on, found, (), (), "", (), (), 0, {})


def posted(issuer: Issuer, granted: Granted, bundle: dict[str, Any]) -> int:
    """Send it; how many resources were made. Raises RecordUnreachable: then none were, or nobody can say, and it says so."""
    with FhirClient(issuer.fhir, granted.access) as client:
        answer = client.create(bundle)
    entries = answer.get("entry")
    made = [e for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []
    if len(made) != len(bundle["entry"]) or not all(_is_made(e) for e in made):
        raise RecordUnreachable("the FHIR server did not confirm that it took all of it. Look there before you send it again.")
    return len(made)


def _is_made(entry: dict[str, Any]) -> bool:
    response = entry.get("response")
    return isinstance(response, dict) and str(response.get("status", "")).startswith("20")


def sent_before(session: Session, visit_id: str) -> list[str]:
    """When this visit's assessment was sent, the newest first."""
    same = select(Audit.at).where(Audit.action == SENT, Audit.subject_id == visit_id)
    return list(session.scalars(same.order_by(Audit.seq.desc())))
