"""Visits and their answers: kept one by one, as they are given, never overwritten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from afterdisc.clinic import audit
from afterdisc.clinic.moments import new_id
from afterdisc.clinic.patients import check_date, operations_of, visits_of
from afterdisc.clinic.record import Known, known_of, latest_answers
from afterdisc.clinic.tables import Answer, Visit
from afterdisc.errors import ImpossibleValue, NotFound, NotPossible, UnknownFinding
from afterdisc.intake import batch_from_cases
from afterdisc.program import Program


@dataclass(frozen=True)
class Given:
    """One answer as it arrives. `seen` is the id of the answer that was on the screen when this one was given, 0 if none."""

    finding: str
    value: Any
    key: str
    seen: int = 0
    origin: str = "clinician"
    observed_on: str | None = None
    is_confirmed: bool = True
    insists: bool = False  # the person was shown the other answer and keeps this one


@dataclass(frozen=True)
class Clash:
    """Two people answered one finding: what the record holds, and what was not taken over it."""

    theirs: Known
    mine: Any


def open_visit(
    session: Session, patient_id: str, *, on: str, at: str, by: str | None, book: Mapping[str, Any] | None = None
) -> Visit:
    """Begin a visit. With a `book`, what does not change by itself comes over from the latest earlier visit, with its day."""
    check_date("date of the visit", on, latest=at[:10])
    earlier = [v for v in visits_of(session, patient_id) if v.on <= on]
    visit = Visit(id=new_id(), patient_id=patient_id, on=on, created_at=at, created_by=by, signed_at=None, signed_by=None)
    session.add(visit)
    session.flush()
    n_carried = _carry(session, book, earlier[-1], visit, at, by) if earlier and book else 0
    audit.record(
        session, at=at, by=by, action="visit.opened", kind="visit", subject=visit.id, patient=patient_id, carried=n_carried
    )
    return visit


def _lasts(book: Mapping[str, Any], answer: Answer, seen_on: str, operated_on: str) -> bool:
    """Does an answer of an earlier visit still stand? The rules are the knowledge base's."""
    rules = book["follow_up"]["carried_over"]
    if rules is None or answer.finding not in book["findings"] or answer.value is None:
        return False
    named = answer.finding in rules["findings"] or (answer.finding in rules["only_yes"] and answer.value is True)
    ends = book["findings"][answer.finding]["group"] in rules["groups_until_operation"] and seen_on < operated_on
    return named and not ends


def _carry(session: Session, book: Mapping[str, Any], earlier: Visit, visit: Visit, at: str, by: str | None) -> int:
    operated_on = max((o.on or "" for o in operations_of(session, visit.patient_id)), default="")
    answers = latest_answers(session, earlier.id)
    kept = [a for a in answers if _lasts(book, a, a.observed_on or earlier.on, operated_on)]
    for old in kept:
        session.add(
            Answer(
                visit_id=visit.id,
                finding=old.finding,
                value=old.value,
                observed_on=old.observed_on or earlier.on,
                origin="carried",
                is_confirmed=old.is_confirmed,
                key=new_id(),
                at=at,
                by=by,
            )
        )
    session.flush()
    return len(kept)


def visit(session: Session, visit_id: str) -> Visit:
    found = session.get(Visit, visit_id)
    if found is None:
        raise NotFound("no such visit. Its person may have been erased; go back to the worklist.")
    return found


def check_answer(program: Program, finding: str, value: Any) -> None:
    """Raises CaseError unless this finding can have this value, whatever else is known."""
    if finding not in program.book["findings"]:
        raise UnknownFinding("this is no finding of the installed knowledge base. Reload the page.")
    batch_from_cases(program, [{"findings": {finding: value}}])


def keep_answer(session: Session, program: Program, visit: Visit, given: Given, *, at: str, by: str | None) -> Known | Clash:
    """Keep one answer. A Clash, and nothing kept, if another person answered since this screen last saw the finding.

    An answer whose key is known was kept before (a screen that sends it again after a lost reply) and counts once.
    Raises CaseError for a value that this finding cannot have, NotPossible for a signed visit.
    """
    known = session.scalar(select(Answer).where(Answer.key == given.key))
    if known is not None:
        return _same_answer(known, visit, given)
    if visit.signed_at:
        raise NotPossible("this visit is signed and is not changed any more. Open a new visit to go on.")
    check_answer(program, given.finding, given.value)
    current = _current(session, visit.id, given.finding)
    if current and current.id > given.seen and not given.insists and _clashes(current, given, by):
        return Clash(known_of(current, visit), given.value)
    return known_of(_added(session, visit, given, at, by), visit)


def _same_answer(known: Answer, visit: Visit, given: Given) -> Known:
    if known.visit_id != visit.id or known.finding != given.finding:
        raise ImpossibleValue("this answer bears the key of another one. Reload the page and give it again.")
    return known_of(known, visit)


def _clashes(current: Answer, given: Given, by: str | None) -> bool:
    return current.by != by and current.value != given.value


def _current(session: Session, visit_id: str, finding: str) -> Answer | None:
    same = select(Answer).where(Answer.visit_id == visit_id, Answer.finding == finding)
    return session.scalar(same.order_by(Answer.id.desc()).limit(1))


def _added(session: Session, visit: Visit, given: Given, at: str, by: str | None) -> Answer:
    row = Answer(
        visit_id=visit.id,
        finding=given.finding,
        value=given.value,
        observed_on=given.observed_on,
        origin=given.origin,
        is_confirmed=given.is_confirmed,
        key=given.key,
        at=at,
        by=by,
    )
    session.add(row)
    session.flush()
    audit.record(
        session, at=at, by=by, action="answer.kept", kind="visit", subject=visit.id, finding=given.finding, origin=given.origin
    )
    return row


def history_of(session: Session, visit: Visit, finding: str) -> list[Known]:
    """Every answer to one finding at a visit, the newest first."""
    rows = session.scalars(
        select(Answer).where(Answer.visit_id == visit.id, Answer.finding == finding).order_by(Answer.id.desc())
    )
    return [known_of(row, visit) for row in rows]
