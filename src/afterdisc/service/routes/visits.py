"""One visit: the form, its answers, the live assessment, and what it would be if something were different."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Form, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from afterdisc.clinic import audit, patients, visits
from afterdisc.clinic.record import Known, record_of
from afterdisc.clinic.site import site_of
from afterdisc.clinic.visits import Clash, Given
from afterdisc.errors import CaseError, NotFound
from afterdisc.intake.typed import value_of
from afterdisc.report.page import view_of
from afterdisc.service import form, show
from afterdisc.service.citations import citing
from afterdisc.service.desk import Desk, desk_of, visitor_of
from afterdisc.service.live import Live, announced, assessed, live_of
from afterdisc.service.pages import fragment, page

router = APIRouter()
MOST_ANSWERS = 300


class GivenAnswer(BaseModel):
    """One answer as a screen sends it."""

    model_config = ConfigDict(extra="forbid")
    finding: str = Field(max_length=100)
    value: bool | float | str | list[str | None] | None = None
    key: str = Field(min_length=8, max_length=64, pattern="^[A-Za-z0-9-]+$")
    seen: int = Field(0, ge=0, le=2**62)
    insists: bool = False


class GivenAnswers(BaseModel):
    model_config = ConfigDict(extra="forbid")
    answers: list[GivenAnswer] = Field(max_length=MOST_ANSWERS)


@router.get("/visits/{visit_id}", name="visit_page")
def visit_page(request: Request, visit_id: str) -> Response:
    desk = desk_of(request)
    with desk.database.reading() as session:
        visit = visits.visit(session, visit_id)
        patient = patients.patient(session, visit.patient_id)
        live = live_of(session, desk.program, visit)
    with desk.database.writing() as session:  # apart, so that no writer waits for an assessment
        who = visitor_of(request).account_id
        audit.record(session, at=desk.at(), by=who, action="visit.shown", kind="visit", subject=visit.id)
    values = live_values(live)
    sections = form.sections(desk.program.book, live.record)
    return page(request, "visit/visit.html", patient=patient, sections=sections, **values)


def live_values(live: Live, *, base: str = "") -> dict[str, Any]:
    """What the live panel and the interview card are given."""
    out: dict[str, Any] = {"live": live, "announced": announced(live), "questions": form.asked_next(live), "visit": live.visit}
    if live.assessment:
        at = base or f"/visits/{live.visit.id}"
        view = view_of(dict(live.assessment))
        out |= view | {"cite": citing(view), "depth_at": lambda t: f"{at}/options/{t}"}
    return out


@router.post("/visits/{visit_id}/answers", name="keep_answers")
def keep_answers(request: Request, visit_id: str, given: Annotated[GivenAnswers, Body()]) -> Response:
    """Keep answers one by one; each is kept, refused with a reason, or shown beside what somebody else answered."""
    desk, by = desk_of(request), visitor_of(request).account_id
    kept: list[tuple[str, Known]] = []
    clashes: list[tuple[str, Clash]] = []
    refused: list[dict[str, str]] = []
    with desk.database.writing() as session:
        visit = visits.visit(session, visit_id)
        for answer in given.answers:
            try:
                done = visits.keep_answer(session, desk.program, visit, _given(desk, answer), at=desk.at(), by=by)
            except CaseError as error:
                refused.append({"key": answer.key, "finding": answer.finding, "say": str(error)})
                continue
            if isinstance(done, Clash):
                clashes.append((answer.key, done))
            else:
                kept.append((answer.key, done))
        record = record_of(session, visit)
    return _told(request, assessed(desk.program, visit, record), kept, clashes, refused)


def _given(desk: Desk, answer: GivenAnswer) -> Given:
    text = desk.program.book["findings"].get(answer.finding)
    value = answer.value
    if text and isinstance(value, str):
        value = value_of(text, value.strip()) if value.strip() else None
    return Given(answer.finding, value, answer.key, answer.seen, insists=answer.insists)


def _told(
    request: Request,
    live: Live,
    kept: list[tuple[str, Known]],
    clashes: list[tuple[str, Clash]],
    refused: list[dict[str, str]],
) -> Response:
    findings = desk_of(request).program.book["findings"]
    values = live_values(live)
    return JSONResponse(
        {
            "kept": [{"key": key, **_as_shown(findings, known, desk_of(request).today())} for key, known in kept],
            "clashes": [
                {
                    "key": key,
                    "finding": clash.theirs.finding,
                    "label": findings[clash.theirs.finding]["label"],
                    "theirs": show.answer(findings[clash.theirs.finding], clash.theirs.value),
                    "mine": show.answer(findings[clash.theirs.finding], clash.mine),
                    "at": show.clock_time(clash.theirs.at),
                    "known": _as_shown(findings, clash.theirs, desk_of(request).today()),
                }
                for key, clash in clashes
            ],
            "refused": refused,
            "live": fragment(request, "visit/live.html", **values),
            "next": fragment(request, "visit/next.html", **values),
            "announced": values["announced"],
        }
    )


def _as_shown(findings: dict[str, Any], known: Known, today: str) -> dict[str, Any]:
    return {
        "finding": known.finding,
        "value": known.value,
        "seen": known.answer_id,
        "confirmed": known.is_confirmed,
        "said": show.answer(findings[known.finding], known.value),
        "origin": show.provenance(known, today),
    }


@router.get("/visits/{visit_id}/live", name="live")
def live_panel(request: Request, visit_id: str) -> Response:
    """The assessment as it stands; also what another device has answered meanwhile."""
    desk = desk_of(request)
    with desk.database.reading() as session:
        live = live_of(session, desk.program, visits.visit(session, visit_id))
    shown = {f: _as_shown(desk.program.book["findings"], k, desk.today()) for f, k in live.record.items()}
    values = live_values(live)
    return JSONResponse(
        {
            "record": list(shown.values()),
            "live": fragment(request, "visit/live.html", **values),
            "next": fragment(request, "visit/next.html", **values),
            "announced": values["announced"],
        }
    )


@router.get("/visits/{visit_id}/options/{treatment}", name="option")
def option(request: Request, visit_id: str, treatment: str) -> Response:
    """Everything about one option for this person."""
    desk = desk_of(request)
    with desk.database.reading() as session:
        live = live_of(session, desk.program, visits.visit(session, visit_id))
        first = site_of(session, desk.program.book).guideline_first
    found = next((t for t in live.assessment["treatments"] if t["id"] == treatment), None) if live.assessment else None
    if found is None:
        raise NotFound("no such option at this visit. Go back to the visit.")
    ordered = sorted(found["guidelines"], key=lambda g: g["body"] != first)  # all of them, the site's own first
    return page(request, "visit/option.html", t={**found, "guidelines": ordered}, **live_values(live))


@router.get("/visits/{visit_id}/findings/{finding}", name="finding_history")
def finding_history(request: Request, visit_id: str, finding: str) -> Response:
    """Every answer given to one finding at this visit."""
    desk = desk_of(request)
    if finding not in desk.program.book["findings"]:
        raise NotFound("no such finding. Go back to the visit.")
    with desk.database.reading() as session:
        visit = visits.visit(session, visit_id)
        rows = visits.history_of(session, visit, finding)
        names = patients.names_of(session, {row.by for row in rows if row.by})
    return page(request, "visit/history.html", visit=visit, finding=finding, rows=rows, names=names)


# -------------------------------------------------------------------------------------------------------------- what if


@router.post("/visits/{visit_id}/what-if", name="what_if")
def what_if(
    request: Request,
    visit_id: str,
    finding: Annotated[list[str], Form(max_length=20)],
    value: Annotated[list[str], Form(max_length=20)],
) -> HTMLResponse:
    """The assessment if some findings were other than they are. Nothing is kept."""
    desk = desk_of(request)
    supposed = form.supposed(desk.program, dict(zip(finding, value, strict=False)))
    with desk.database.reading() as session:
        now = live_of(session, desk.program, visits.visit(session, visit_id))
    changed = {f: Known(f, v, "what_if", now.visit.on) for f, v in supposed.items()}
    then = assessed(desk.program, now.visit, {**now.record, **changed})
    return page(request, "visit/what_if.html", now=now, then=then, supposed=supposed, compared=form.compared(now, then))
