"""Deciding and recording: each proposal with a choice and a reason; the note, its signature, letter and sheet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy.orm import Session

from afterdisc.clinic import assessments, audit, care, course, patients, visits
from afterdisc.clinic.care import Decided
from afterdisc.clinic.tables import Decision, Note, Visit
from afterdisc.documents import letter_docx, letter_pdf, sheet_pdf
from afterdisc.errors import NotPossible
from afterdisc.report import phrases
from afterdisc.service import papers
from afterdisc.service.desk import Desk, desk_of, visitor_of
from afterdisc.service.failures import see_other
from afterdisc.service.live import Live, live_of
from afterdisc.service.pages import page
from afterdisc.service.routes.patients import review_day
from afterdisc.service.routes.visits import live_values

router = APIRouter()
Line = Annotated[str, Form(max_length=300)]
Body = Annotated[str, Form(max_length=care.LONGEST_TEXT + 1000)]
PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True)
class Proposal:
    """One thing to decide about."""

    kind: str
    id: str
    label: str
    why: str
    urgency: str
    status: str
    decision: Decision | None
    review_on: str | None


@router.get("/visits/{visit_id}/decide", name="decide_page")
def decide_page(request: Request, visit_id: str) -> Response:
    desk = desk_of(request)
    with desk.database.reading() as session:
        visit = visits.visit(session, visit_id)
        patient = patients.patient(session, visit.patient_id)
        live = live_of(session, desk.program, visit)
        decisions = care.latest_decisions(session, visit.id)
        drafts = care.drafts_of(session, visit.id)
        notes = care.notes_of(session, visit.id)
        names = patients.names_of(session, {n.by for n in notes if n.by} | {d.by for d in decisions if d.by})
        signed = assessments.latest_of(session, visit.id) if visit.signed_at else None
    shown = live if signed is None else Live(visit, live.record, assessments.answer_of(signed))
    book = desk.program.book
    return page(
        request,
        "visit/decide.html",
        patient=patient,
        proposals=_proposals(book, shown, decisions, desk.today()),
        reasons=book["follow_up"]["reasons"],
        decisions=decisions,
        drafts=drafts,
        notes=notes,
        names=names,
        signed=signed,
        intact=_intact(notes),
        **live_values(shown),
    )


def _intact(notes: list[Note]) -> dict[str, bool]:
    return {n.id: care.signature_of(n) == n.signature for n in notes}


def _proposals(book: Mapping[str, Any], live: Live, decisions: list[Decision], today: str) -> list[Proposal]:
    """What is proposed now, and what was decided already though it is not proposed any more."""
    made = {(d.kind, d.proposal): d for d in decisions}
    found = [(*p, made.pop((p[0], p[1]), None)) for p in _proposed(live.assessment)]
    named = {"treatment": book["treatments"], "investigation": book["investigations"], "red_flag": book["red_flags"]}
    found += [(d.kind, d.proposal, _named(named[d.kind], d.proposal), "", "", "", d) for d in made.values()]
    return [Proposal(*p, _review(book, p[0], p[1], today)) for p in found]


def _named(texts: Mapping[str, Any], proposal: str) -> str:
    text = texts.get(proposal, {})
    return str(text.get("label") or text.get("title") or proposal)


def _review(book: Mapping[str, Any], kind: str, proposal: str, today: str) -> str | None:
    return review_day(book, proposal, today) if kind == "treatment" else None


def _proposed(a: Mapping[str, Any] | None) -> list[tuple[str, str, str, str, str, str]]:
    """(kind, id, label, why, urgency, status) of red flags raised, tests to do next, and options that are open."""
    if a is None:
        return []
    flags = [("red_flag", f["id"], f["title"], f["action"], f["urgency"], "") for f in phrases.raised(dict(a))]
    tests = [
        ("investigation", s["id"], s["label"], s["why"], s.get("urgency") or "", "")
        for s in a["next_steps"]
        if s["kind"] != "question"
    ]
    options = [
        ("treatment", t["id"], t["label"], t["for"][0]["say"] if t["for"] else t["summary"], "", t["status"])
        for _, group in phrases.offered(dict(a))
        for t in group
    ]
    return [*flags, *tests, *options]


@router.post("/visits/{visit_id}/decisions", name="decide")
def decide(
    request: Request,
    visit_id: str,
    kind: Line,
    proposal: Line,
    choice: Line,
    reason: Line,
    text: Body = "",
    review_on: Line = "",
    starts: Line = "",
) -> Response:
    """Keep one decision; an accepted treatment may begin today as a step of the ladder."""
    desk, by = desk_of(request), visitor_of(request).account_id
    made = Decided(kind, proposal, choice, reason, text, review_on or None)
    with desk.database.writing() as session:
        visit = visits.visit(session, visit_id)
        care.decide(session, desk.program, visit, made, at=desk.at(), by=by)
        if kind == "treatment" and choice == "accept" and starts:
            step = course.Step(proposal, visit.on, review_on=review_on or review_day(desk.program.book, proposal, visit.on))
            course.add_step(session, desk.program, visit.patient_id, step, at=desk.at(), by=by)
    return see_other(f"/visits/{visit_id}/decide#{kind}-{proposal}")


@router.post("/visits/{visit_id}/drafts/{field}", name="keep_draft")
def keep_draft(request: Request, visit_id: str, field: str, text: Body = "") -> Response:
    """Keep what is being typed, as it is typed."""
    desk = desk_of(request)
    with desk.database.writing() as session:
        visit = visits.visit(session, visit_id)
        care.keep_draft(session, visit, field, text, at=desk.at(), by=visitor_of(request).account_id)
    return Response(status_code=204)


@router.post("/visits/{visit_id}/sign", name="sign")
def sign(request: Request, visit_id: str, text: Body) -> Response:
    desk = desk_of(request)
    with desk.database.writing() as session:
        visit = visits.visit(session, visit_id)
        care.sign(session, desk.program, visit, text, at=desk.at(), by=visitor_of(request).account_id)
    return see_other(f"/visits/{visit_id}/decide")


@router.post("/visits/{visit_id}/notes", name="add_to_note")
def add_to_note(request: Request, visit_id: str, text: Body) -> Response:
    desk = desk_of(request)
    with desk.database.writing() as session:
        visit = visits.visit(session, visit_id)
        care.add_to_note(session, visit, text, at=desk.at(), by=visitor_of(request).account_id)
    return see_other(f"/visits/{visit_id}/decide")


@router.get("/visits/{visit_id}/replay", name="replay")
def replay(request: Request, visit_id: str) -> Response:
    """Answer the signed case again with the knowledge of its day: is it the same to the last bit?"""
    desk = desk_of(request)
    with desk.database.reading() as session:
        visit = visits.visit(session, visit_id)
        kept = assessments.latest_of(session, visit.id)
        if kept is None:
            raise NotPossible("no assessment of this visit is kept yet. One is kept with each decision and with the signature.")
        same = assessments.replays(session, kept, desk.program)
    return page(request, "visit/replay.html", visit=visit, kept=kept, same=same)


# ---------------------------------------------------------------------------------------------------------------- papers


@router.get("/visits/{visit_id}/letter.pdf", name="letter_pdf")
def as_pdf(request: Request, visit_id: str) -> Response:
    return _paper(request, visit_id, "letter.pdf", PDF)


@router.get("/visits/{visit_id}/letter.docx", name="letter_docx")
def as_docx(request: Request, visit_id: str) -> Response:
    return _paper(request, visit_id, "letter.docx", DOCX)


@router.get("/visits/{visit_id}/sheet.pdf", name="sheet_pdf")
def as_sheet(request: Request, visit_id: str) -> Response:
    return _paper(request, visit_id, "sheet.pdf", PDF)


def _paper(request: Request, visit_id: str, name: str, kind: str) -> Response:
    desk = desk_of(request)
    with desk.database.writing() as session:
        visit = visits.visit(session, visit_id)
        make = _maker(session, desk, visit, name)
        who = visitor_of(request).account_id
        audit.record(session, at=desk.at(), by=who, action="paper.made", kind="visit", subject=visit.id, paper=name)
    data = make()
    headers = {"Content-Disposition": f'attachment; filename="afterdisc-{visit_id[:8]}-{name}"'}
    return Response(data, media_type=kind, headers=headers)


def _maker(session: Session, desk: Desk, visit: Visit, name: str) -> Callable[[], bytes]:
    """Gathers what the paper says now; setting it does not hold the database."""
    if name == "sheet.pdf":
        return partial(sheet_pdf, papers.sheet_of(session, desk, visit))
    return partial(letter_pdf if name == "letter.pdf" else letter_docx, papers.letter_of(session, desk, visit))
