"""What is decided and recorded at a visit: decisions, the note and its signature."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from afterdisc.clinic import audit
from afterdisc.clinic.assessments import canonical, keep_assessment
from afterdisc.clinic.moments import new_id
from afterdisc.clinic.patients import check_date
from afterdisc.clinic.tables import Decision, Draft, Note, Visit
from afterdisc.errors import NotFound, NotPossible
from afterdisc.program import Program

CHOICES = ("accept", "defer", "decline")
KINDS = ("treatment", "investigation", "red_flag")
LONGEST_TEXT = 20_000
DRAFTS = ("note", "matters")


@dataclass(frozen=True)
class Decided:
    """One decision as it is made."""

    kind: str
    proposal: str
    choice: str
    reason: str
    text: str = ""
    review_on: str | None = None


def decide(session: Session, program: Program, visit: Visit, made: Decided, *, at: str, by: str | None) -> Decision:
    """Keep a decision together with the assessment it was made on. A later one on the same proposal takes its place."""
    refuse_signed(visit)
    _refuse_nonsense(program.book, made)
    basis = keep_assessment(session, program, visit, why="decided", at=at, by=by)
    row = Decision(
        visit_id=visit.id,
        assessment_id=basis.id,
        kind=made.kind,
        proposal=made.proposal,
        choice=made.choice,
        reason=made.reason,
        text=made.text.strip(),
        review_on=made.review_on,
        at=at,
        by=by,
    )
    session.add(row)
    session.flush()
    audit.record(session, at=at, by=by, action="decision.made", kind="visit", subject=visit.id, decision=row.id)
    return row


def refuse_signed(visit: Visit) -> None:
    if visit.signed_at:
        raise NotPossible("this visit is signed and is not changed any more. Open a new visit to go on.")


def _refuse_nonsense(book: Mapping[str, Any], made: Decided) -> None:
    named = {"treatment": book["treatments"], "investigation": book["investigations"], "red_flag": book["red_flags"]}
    if made.proposal not in named.get(made.kind, {}):
        raise NotPossible("this is no proposal of the installed knowledge base. Reload the page.")
    reasons = {r["code"]: r for r in book["follow_up"]["reasons"].get(made.choice, [])}
    if made.choice not in CHOICES or made.reason not in reasons:
        raise NotPossible("choose accept, defer or decline, and one of the reasons listed for it.")
    if reasons[made.reason]["needs_text"] and not made.text.strip():
        raise NotPossible("this reason needs a word of explanation. Write it in the field beside it.")
    _refuse_long(made.text)
    check_date("review date", made.review_on)


def _refuse_long(text: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise NotPossible(f"the text is longer than {LONGEST_TEXT} characters. Shorten it; it was not saved.")


def latest_decisions(session: Session, visit_id: str) -> list[Decision]:
    """The decision that counts for each proposal, in the order they were made."""
    newest = select(func.max(Decision.id)).where(Decision.visit_id == visit_id).group_by(Decision.kind, Decision.proposal)
    return list(session.scalars(select(Decision).where(Decision.id.in_(newest)).order_by(Decision.id)))


# ------------------------------------------------------------------------------------------------------- note, signature


def keep_draft(session: Session, visit: Visit, field: str, text: str, *, at: str, by: str | None) -> None:
    """Keep what is being typed."""
    refuse_signed(visit)
    if field not in DRAFTS:
        raise NotFound("there is no such field to draft.")
    _refuse_long(text)
    session.merge(Draft(visit_id=visit.id, field=field, text=text, at=at, by=by))


def drafts_of(session: Session, visit_id: str) -> dict[str, str]:
    return {d.field: d.text for d in session.scalars(select(Draft).where(Draft.visit_id == visit_id))}


def sign(session: Session, program: Program, visit: Visit, text: str, *, at: str, by: str) -> Note:
    """Sign the note and close the visit: from now on nothing of it changes. Keeps the assessment as it stands."""
    refuse_signed(visit)
    _refuse_long(text)
    basis = keep_assessment(session, program, visit, why="signed", at=at, by=by)
    row = Note(id=new_id(), visit_id=visit.id, assessment_id=basis.id, text=text, signature="", at=at, by=by)
    row.signature = signature_of(row)
    session.add(row)
    visit.signed_at, visit.signed_by = at, by
    session.flush()
    audit.record(session, at=at, by=by, action="visit.signed", kind="visit", subject=visit.id, signature=row.signature)
    return row


def add_to_note(session: Session, visit: Visit, text: str, *, at: str, by: str) -> Note:
    """Add to the note of a signed visit, signed in turn."""
    if not visit.signed_at:
        raise NotPossible("this visit is not signed yet. Change its note itself.")
    if not text.strip():
        raise NotPossible("an addition needs text.")
    _refuse_long(text)
    row = Note(id=new_id(), visit_id=visit.id, assessment_id=None, text=text, signature="", at=at, by=by)
    row.signature = signature_of(row)
    session.add(row)
    session.flush()
    audit.record(session, at=at, by=by, action="note.added", kind="visit", subject=visit.id, signature=row.signature)
    return row


def signature_of(note: Note) -> str:
    """A hash over text, assessment, person and time: a note changed behind the back of the database no longer fits."""
    return hashlib.sha256(canonical([note.text, note.visit_id, note.assessment_id, note.by, note.at])).hexdigest()


def notes_of(session: Session, visit_id: str) -> list[Note]:
    return list(session.scalars(select(Note).where(Note.visit_id == visit_id).order_by(Note.at)))
