"""Before the visit: the link a clinician makes, and the form a person fills in on their own telephone."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from afterdisc.clinic import invitations, visits
from afterdisc.clinic.patients import patient
from afterdisc.clinic.site import site_of
from afterdisc.clinic.tables import Invitation
from afterdisc.errors import CaseError, NotPossible
from afterdisc.intake.typed import value_of
from afterdisc.report.emergency import emergencies_of, with_words
from afterdisc.service.desk import desk_of, visitor_of
from afterdisc.service.pages import page

router = APIRouter()
Token = Annotated[str, Path(min_length=20, max_length=64, pattern="^[A-Za-z0-9_-]+$")]
UNREADABLE = "We could not read this answer. Please check it, or leave it empty."


@router.get("/visits/{visit_id}/invite", name="invite_page")
def invite_page(request: Request, visit_id: str) -> Response:
    desk = desk_of(request)
    with desk.database.reading() as session:
        visit = visits.visit(session, visit_id)
        who = patient(session, visit.patient_id)
        made = invitations.invitations_of(session, visit.id)
    days = invitations.LASTS.days
    return page(request, "before/invite.html", visit=visit, patient=who, made=made, link="", now=desk.at(), days=days)


@router.post("/visits/{visit_id}/invite", name="invite")
def invite(request: Request, visit_id: str) -> Response:
    """Make a link; it is shown this once."""
    desk = desk_of(request)
    with desk.database.writing() as session:
        visit = visits.visit(session, visit_id)
        token = invitations.invite(session, visit, desk.now(), by=visitor_of(request).account_id)
        who = patient(session, visit.patient_id)
        made = invitations.invitations_of(session, visit.id)
    base = desk.settings.origin.rstrip("/") or f"{request.url.scheme}://{request.headers.get('host', '')}"
    link, days = f"{base}/before/{token}", invitations.LASTS.days
    return page(request, "before/invite.html", visit=visit, patient=who, made=made, link=link, now=desk.at(), days=days)


# ------------------------------------------------------------------------------------------------------ the person's side


class OwnAnswers(BaseModel):
    """Answers as they are typed; an empty text takes one back."""

    model_config = ConfigDict(extra="forbid")
    answers: dict[str, Annotated[str, Field(max_length=2000)]] = Field(default_factory=dict, max_length=100)
    words: str | None = Field(None, max_length=20000)


@router.get("/before/{token}", name="before_page")
def before_page(request: Request, token: Token) -> Response:
    """The form, with what was answered so far."""
    desk = desk_of(request)
    with desk.database.writing() as session:
        row = invitations.invitation(session, token, desk.now())
        invitations.opened(session, row, desk.now())
        site = site_of(session, desk.program.book)
    return page(request, "before/form.html", **_form(desk.program.book, row, site.words, token), clinic=site.name)


def _form(book: dict[str, Any] | Any, row: Invitation, words: Any, token: str) -> dict[str, Any]:
    follow_up = book["follow_up"]
    said = {name: with_words(text, words) for name, text in follow_up["pre_visit_words"].items()}
    return {
        "token": token,
        "parts": follow_up["pre_visit"],
        "given": row.answers,
        "words": row.free_text,
        "said": said,
        "emergencies": emergencies_of(book, row.answers, site=words),
    }


@router.post("/before/{token}/answers", name="before_answers")
def before_answers(request: Request, token: Token, given: OwnAnswers) -> Response:
    """Keep answers as they are given; tells at once if one of them cannot wait."""
    desk = desk_of(request)
    texts, refused = desk.program.book["findings"], {}
    with desk.database.writing() as session:
        row = invitations.invitation(session, token, desk.now())
        for finding, typed in given.answers.items():
            value = value_of(texts[finding], typed.strip()) if finding in texts and typed.strip() else None
            try:
                invitations.keep(session, desk.program, row, {finding: value})
            except CaseError:
                refused[finding] = _expected(texts[finding])
        if given.words is not None:
            invitations.keep_words(row, given.words)
        site = site_of(session, desk.program.book)
        found = emergencies_of(desk.program.book, row.answers, site=site.words)
    told = [{"id": e.id, "urgency": e.urgency, "title": e.title, "say": e.say} for e in found]
    return JSONResponse({"emergencies": told, "refused": refused})


def _expected(text: Any) -> str:
    """What an answer looks like, in plain words."""
    if text["kind"] in ("number", "count") and text["range"]:
        low, high = text["range"]
        return f"Please write a number from {low:g} to {high:g}, or leave it empty."
    return UNREADABLE


@router.post("/before/{token}", name="before_send")
def before_send(request: Request, token: Token, sure: Annotated[str, Form(max_length=10)] = "") -> Response:
    """Send the answers to the clinic."""
    desk = desk_of(request)
    if sure != "yes":
        raise NotPossible("tick the box below the questions before you send.")
    with desk.database.writing() as session:
        row = invitations.invitation(session, token, desk.now())
        invitations.submit(session, row, desk.now())
        site = site_of(session, desk.program.book)
        found = emergencies_of(desk.program.book, row.answers, site=site.words)
    said = {k: with_words(v, site.words) for k, v in desk.program.book["follow_up"]["pre_visit_words"].items()}
    return page(request, "before/thanks.html", said=said, emergencies=found, clinic=site.name)


