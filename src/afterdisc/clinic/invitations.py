"""Links by which a person answers before the visit: each works until it is sent off, once, or until its day is over."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from afterdisc.clinic import audit
from afterdisc.clinic.care import refuse_signed
from afterdisc.clinic.moments import new_id, stamp
from afterdisc.clinic.record import latest_answers
from afterdisc.clinic.tables import Answer, Invitation, Visit
from afterdisc.clinic.visits import check_answer
from afterdisc.errors import NotFound, NotPossible
from afterdisc.program import Program

LASTS = timedelta(days=14)
LONGEST_TEXT = 4000
GONE = "this link is not valid: it was used already, it is too old, or it was not copied whole. Ask your clinic for a new one."


def invite(session: Session, visit: Visit, now: datetime, *, by: str) -> str:
    """Make a link for a visit; returns its secret part, which is kept nowhere. An earlier link of the visit ends."""
    refuse_signed(visit)
    for old in session.scalars(select(Invitation).where(Invitation.visit_id == visit.id, Invitation.submitted_at.is_(None))):
        old.expires_at = min(old.expires_at, stamp(now))
    token = secrets.token_urlsafe(24)
    row = Invitation(
        id=new_id(),
        token_hash=_digest(token),
        visit_id=visit.id,
        created_at=stamp(now),
        created_by=by,
        expires_at=stamp(now + LASTS),
        opened_at=None,
        submitted_at=None,
        answers={},
        free_text="",
    )
    session.add(row)
    session.flush()
    audit.record(session, at=stamp(now), by=by, action="link.made", kind="visit", subject=visit.id, invitation=row.id)
    return token


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def invitation(session: Session, token: str, now: datetime) -> Invitation:
    """The invitation of a link that still works. Raises NotFound, in the same words for every reason."""
    row = session.scalar(select(Invitation).where(Invitation.token_hash == _digest(token)))
    if row is None or row.submitted_at or row.expires_at <= stamp(now):
        raise NotFound(GONE)
    if session.get_one(Visit, row.visit_id).signed_at:
        raise NotFound(GONE)
    return row


def opened(session: Session, row: Invitation, now: datetime) -> None:
    """Note the first time a link is opened."""
    if row.opened_at is None:
        row.opened_at = stamp(now)
        what = {"action": "link.opened", "kind": "visit", "subject": row.visit_id}
        audit.record(session, at=stamp(now), by=None, **what, invitation=row.id)


def keep(session: Session, program: Program, row: Invitation, given: Mapping[str, Any]) -> None:
    """Keep answers as far as the person has got; None takes one back. Raises CaseError for what cannot be."""
    allowed = asked(program.book)
    for finding, value in given.items():
        if finding not in allowed:
            raise NotPossible("this question is not on the form. Reload the page.")
        if value is None:
            row.answers.pop(finding, None)
        else:
            check_answer(program, finding, value)
            row.answers[finding] = value
    flag_modified(row, "answers")


def keep_words(row: Invitation, text: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise NotPossible(f"this text is longer than {LONGEST_TEXT} characters. Please shorten it.")
    row.free_text = text


def asked(book: Mapping[str, Any]) -> set[str]:
    """The findings on the form."""
    return {f for part in book["follow_up"]["pre_visit"] for f in part["findings"]}


def submit(session: Session, row: Invitation, now: datetime) -> int:
    """Send off: the answers go into the visit, marked as the person's own and unconfirmed; returns how many.

    What a clinician has answered meanwhile stays; the person's answer to it is kept with the invitation.
    """
    answered = {a.finding for a in latest_answers(session, row.visit_id) if a.origin != "carried"}
    new = {f: v for f, v in row.answers.items() if f not in answered}
    for finding, value in new.items():
        session.add(_answer(row, finding, value, now))
    row.submitted_at = stamp(now)
    session.flush()
    what = {"action": "link.sent", "kind": "visit", "subject": row.visit_id}
    audit.record(session, at=stamp(now), by=None, **what, invitation=row.id, answers=len(new))
    return len(new)


def _answer(row: Invitation, finding: str, value: Any, now: datetime) -> Answer:
    return Answer(
        visit_id=row.visit_id,
        finding=finding,
        value=value,
        observed_on=stamp(now)[:10],
        origin="patient",
        is_confirmed=False,
        key=f"{row.id}-{finding}",
        at=stamp(now),
        by=None,
    )


def invitations_of(session: Session, visit_id: str) -> list[Invitation]:
    return list(session.scalars(select(Invitation).where(Invitation.visit_id == visit_id).order_by(Invitation.created_at)))
