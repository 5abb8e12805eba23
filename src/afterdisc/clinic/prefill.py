"""What a record says, as answers of a visit: marked as imported, with their day and entry, unconfirmed until a clinician is."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy.orm import Session

from afterdisc.clinic import audit
from afterdisc.clinic.moments import new_id
from afterdisc.clinic.record import DERIVED, record_of
from afterdisc.clinic.tables import Answer, Visit
from afterdisc.errors import NotPossible
from afterdisc.fhir import Reading

IMPORTED = "import"
GIVES_WAY = ("carried", IMPORTED)  # an older one of these; never what somebody said at this visit


@dataclass(frozen=True)
class Prefilled:
    """How many answers were taken over, and for which findings somebody's own answer stayed although the record differs."""

    taken: tuple[str, ...]
    stayed: tuple[str, ...]


def prefill(session: Session, visit: Visit, reading: Reading, *, at: str, by: str | None) -> Prefilled:
    """Keep what was found as answers. What somebody entered or said at this visit stays; so does a value carried over that
    is newer. Raises NotPossible for a signed visit."""
    if visit.signed_at:
        raise NotPossible("this visit is signed and is not changed any more. Open a new visit to go on.")
    known = record_of(session, visit)
    taken, stayed = [], []
    for found in reading.found:
        here = known.get(found.finding)
        if here is not None and _same(here.value, found.value):
            continue
        observed = found.on if len(found.on) == 10 else None
        if here is not None and here.origin != DERIVED:
            is_newer = here.origin == "carried" and (observed or visit.on) < here.observed_on
            if here.origin not in GIVES_WAY or is_newer:
                stayed.append(found.finding)
                continue
        taken.append(found.finding)
        session.add(
            Answer(
                visit_id=visit.id,
                finding=found.finding,
                value=found.value,
                observed_on=observed,
                origin=IMPORTED,
                is_confirmed=False,
                key=new_id(),
                at=at,
                by=by,
                source=found.resource,
            )
        )
    session.flush()
    counts = {"taken": len(taken), "stayed": len(stayed)}
    audit.record(session, at=at, by=by, action="answers.prefilled", kind="visit", subject=visit.id, **counts)
    return Prefilled(tuple(taken), tuple(stayed))


def _same(one: object, other: object) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True) or one == other
