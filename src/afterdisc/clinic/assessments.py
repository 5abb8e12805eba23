"""Assessments kept as they were shown, and replayed to the last bit."""

from __future__ import annotations

import hashlib
import json
import zlib
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from afterdisc import door
from afterdisc.clinic import audit
from afterdisc.clinic.moments import new_id
from afterdisc.clinic.record import case_of, record_of
from afterdisc.clinic.tables import KeptAssessment, KeptProgram, Visit
from afterdisc.errors import NotFound
from afterdisc.program import Program, program_from_bytes, program_to_bytes


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def keep_assessment(session: Session, program: Program, visit: Visit, *, why: str, at: str, by: str | None) -> KeptAssessment:
    """Assess the visit as it stands and keep the answer; the same case and knowledge as last time keep the row there is.

    Raises CaseError if the answers contradict each other.
    """
    case = case_of(visit, record_of(session, visit))
    case_json = canonical(case).decode()
    last = latest_of(session, visit.id)
    if last and last.case_json == case_json and last.fingerprint == program.fingerprint and last.why == why:
        return last
    answer = door.assess(case, program=program)
    _keep_program(session, program, at)
    data = canonical(answer)
    row = KeptAssessment(
        id=new_id(),
        visit_id=visit.id,
        at=at,
        by=by,
        why=why,
        case_json=case_json,
        answer=zlib.compress(data, 6),
        answer_hash=hashlib.sha256(data).hexdigest(),
        urgency=answer["urgency"],
        version=program.version,
        fingerprint=program.fingerprint,
    )
    session.add(row)
    session.flush()
    audit.record(session, at=at, by=by, action="assessment.kept", kind="visit", subject=visit.id, assessment=row.id, why=why)
    return row


def _keep_program(session: Session, program: Program, at: str) -> None:
    if session.get(KeptProgram, program.fingerprint) is None:
        data = zlib.compress(program_to_bytes(program), 6)
        session.add(KeptProgram(fingerprint=program.fingerprint, version=program.version, data=data, kept_at=at))
        session.flush()


def latest_of(session: Session, visit_id: str) -> KeptAssessment | None:
    same = select(KeptAssessment).where(KeptAssessment.visit_id == visit_id)
    return session.scalar(same.order_by(KeptAssessment.at.desc(), KeptAssessment.id).limit(1))


def kept(session: Session, assessment_id: str) -> KeptAssessment:
    found = session.get(KeptAssessment, assessment_id)
    if found is None:
        raise NotFound("no such assessment. Go back to the visit.")
    return found


def answer_of(row: KeptAssessment) -> dict[str, Any]:
    """The assessment as it was shown."""
    answer: dict[str, Any] = json.loads(zlib.decompress(row.answer))
    return answer


def program_of(session: Session, fingerprint: str, installed: Program) -> Program:
    """The knowledge an assessment was made with."""
    return installed if installed.fingerprint == fingerprint else _kept_program(session, fingerprint)


def _kept_program(session: Session, fingerprint: str) -> Program:
    row = session.get(KeptProgram, fingerprint)
    if row is None:
        raise NotFound("the knowledge base this was made with is not kept here.")
    return _unpacked(fingerprint, row.data)


@lru_cache(maxsize=3)
def _unpacked(fingerprint: str, data: bytes) -> Program:
    return program_from_bytes(zlib.decompress(data))


def replays(session: Session, row: KeptAssessment, installed: Program) -> bool:
    """Does the kept case, answered again with the kept knowledge, give the kept answer to the last bit?

    The version of the software may differ and is left out of the comparison.
    """
    program = program_of(session, row.fingerprint, installed)
    again = door.assess(json.loads(row.case_json), program=program)
    return canonical(again | {"software": None}) == canonical(answer_of(row) | {"software": None})
