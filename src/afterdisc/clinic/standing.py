"""Where each visit stands, kept for the worklist and worked out anew when something changed."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from afterdisc import door
from afterdisc.clinic.record import case_of, record_of
from afterdisc.clinic.tables import Answer, Standing, Visit
from afterdisc.errors import CaseError
from afterdisc.program import Program

CONTRADICTORY = "contradictory answers"


def last_answers(session: Session, visit_ids: Iterable[str]) -> dict[str, int]:
    """The id of the last answer of each visit that has one."""
    asked = select(Answer.visit_id, func.max(Answer.id)).where(Answer.visit_id.in_(list(visit_ids))).group_by(Answer.visit_id)
    return {row[0]: row[1] for row in session.execute(asked)}


def stale(session: Session, program: Program, visit_ids: list[str]) -> list[str]:
    """The visits whose standing is missing, or older than an answer or the knowledge."""
    last = last_answers(session, visit_ids)
    kept = {s.visit_id: s for s in session.scalars(select(Standing).where(Standing.visit_id.in_(visit_ids)))}
    return [v for v in visit_ids if not _is_fresh(kept.get(v), last.get(v, 0), program)]


def _is_fresh(kept: Standing | None, last: int, program: Program) -> bool:
    return kept is not None and kept.answer_id == last and kept.fingerprint == program.fingerprint


def stand(session: Session, program: Program, visit: Visit) -> Standing:
    """Where a visit stands now."""
    out = Standing(
        visit_id=visit.id,
        answer_id=last_answers(session, [visit.id]).get(visit.id, 0),
        fingerprint=program.fingerprint,
        urgency="ask",
        stage=CONTRADICTORY,
        leading="",
        leading_p=None,
        n_danger_open=0,
    )
    try:
        answer = door.assess(case_of(visit, record_of(session, visit)), program=program, intervals=False)
    except CaseError:
        return out
    first = next(c for c in answer["causes"] if not c.get("set_aside"))
    out.urgency, out.stage = answer["urgency"], answer["stage_label"]
    out.leading, out.leading_p = first["label"], first["probability"]
    out.n_danger_open = sum(1 for q in answer["questions"] if q["mandatory"])
    return out


def refresh(session: Session, program: Program, visit_ids: list[str]) -> None:
    """Work out anew what is stale; within the caller's write."""
    for visit_id in stale(session, program, visit_ids):
        session.merge(stand(session, program, session.get_one(Visit, visit_id)))
    session.flush()
