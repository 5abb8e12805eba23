"""Sending an assessment to the record system it was launched from, on a clinician's word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from afterdisc import door
from afterdisc.clinic.record import case_of, record_of
from afterdisc.clinic.tables import Audit, Visit
from afterdisc.errors import RecordUnreachable
from afterdisc.fhir.write import bundle_of
from afterdisc.service.desk import Desk
from afterdisc.service.ehr.fhir_client import FhirClient
from afterdisc.service.ehr.issuers import Issuer
from afterdisc.service.smart.exchange import Granted

SENT = "assessment.sent"  # in the audit


def bundle_for(session: Session, desk: Desk, visit: Visit, kept: Mapping[str, Any]) -> dict[str, Any]:
    """The visit as it stands as one transaction. Raises CaseError if its answers contradict each other."""
    case = case_of(visit, record_of(session, visit))
    assessment = door.assess(case, program=desk.program)
    subject = f"Patient/{kept['granted']['patient']}"
    return dict(bundle_of(desk.program, case, assessment, subject=subject, at=desk.at(), kind="transaction"))


def posted(issuer: Issuer, granted: Granted, bundle: dict[str, Any]) -> int:
    """Send it; how many resources were made. Raises RecordUnreachable: then none were, or nobody can say, and it says so."""
    with FhirClient(issuer.fhir, granted.access) as client:
        answer = client.create(bundle)
    entries = answer.get("entry")
    made = [e for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []
    states = [str((e.get("response") or {}).get("status", "")) for e in made]
    if len(made) != len(bundle["entry"]) or not all(s.startswith("20") for s in states):
        raise RecordUnreachable("the FHIR server did not confirm that it took all of it. Look there before you send it again.")
    return len(made)


def sent_before(session: Session, visit_id: str) -> list[str]:
    """When this visit's assessment was sent, the newest first."""
    same = select(Audit.at).where(Audit.action == SENT, Audit.subject_id == visit_id)
    return list(session.scalars(same.order_by(Audit.seq.desc())))
