"""The worklist: who needs attention first, and the demo clinic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response

from afterdisc.clinic import demo, standing
from afterdisc.clinic.worklist import Line, lines, newest_visits
from afterdisc.service.desk import Desk, desk_of, visitor_of
from afterdisc.service.failures import see_other
from afterdisc.service.pages import page
from afterdisc.words.urgency import URGENCIES

router = APIRouter()
Typed = Annotated[str, Form(max_length=200)]
DUE_KINDS = {
    "late": "Anything late",
    "danger": "Red-flag questions unanswered",
    "six_week_check": "Six-week check",
    "imaging": "Imaging awaited",
    "review": "Step to be reviewed",
    "reported": "Own answers to be confirmed",
    "unsigned": "Visit not signed",
}


@dataclass(frozen=True)
class Filter:
    """What the worklist is narrowed to; everything empty shows everybody."""

    words: str = ""
    urgency: str = ""
    due: str = ""
    who: str = ""  # real, demo

    def takes(self, line: Line) -> bool:
        return self._words(line) and self._urgency(line) and self._due(line) and self._who(line)

    def _words(self, line: Line) -> bool:
        text = f"{line.patient.family_name} {line.patient.given_name} {line.patient.number}".casefold()
        return all(word in text for word in self.words.casefold().split())

    def _urgency(self, line: Line) -> bool:
        return not self.urgency or line.urgency == self.urgency

    def _due(self, line: Line) -> bool:
        if self.due == "late":
            return any(d.is_late for d in line.due)
        return not self.due or any(d.kind == self.due for d in line.due)

    def _who(self, line: Line) -> bool:
        return {"real": line.patient.demo is None, "demo": line.patient.demo is not None}.get(self.who, True)


@router.get("/worklist", name="worklist")
def worklist(
    request: Request,
    q: str = Query("", max_length=200),
    urgency: str = Query("", max_length=10),
    due: str = Query("", max_length=30),
    who: str = Query("", max_length=10),
) -> Response:
    """Everybody under care, the most urgent first, then by what is due."""
    desk = desk_of(request)
    _freshen(desk)
    narrowed = Filter(q, urgency, due, who)
    with desk.database.reading() as session:
        everybody = lines(session, desk.program.book, desk.today())
        has_demo = demo.has_demo(session)
    shown = [line for line in everybody if narrowed.takes(line)]
    return page(
        request,
        "worklist/worklist.html",
        lines=shown,
        n_all=len(everybody),
        filter=narrowed,
        has_demo=has_demo,
        kinds=DUE_KINDS,
        urgencies=URGENCIES,
    )


@router.post("/worklist", name="worklist_search")
def worklist_search(request: Request, q: Typed = "", urgency: Typed = "", due: Typed = "", who: Typed = "") -> Response:
    """The same, narrowed by what was typed: a name does not stand in the address, so it stays out of histories and logs."""
    return worklist(request, q, urgency, due, who)


def _freshen(desk: Desk) -> None:
    """Work out anew where visits stand that have changed; a write only where there is something to write."""
    with desk.database.reading() as session:
        newest = [v.id for v in newest_visits(session).values()]
        changed = standing.stale(session, desk.program, newest)
    if changed:
        with desk.database.writing() as session:
            standing.refresh(session, desk.program, changed)


@router.post("/demo", name="add_demo")
def add_demo(request: Request) -> Response:
    """Add the demo clinic."""
    desk = desk_of(request)
    with desk.database.writing() as session:
        demo.add_demo(session, desk.program, today=desk.today(), at=desk.at(), by=visitor_of(request).account_id)
    return see_other("/worklist")


@router.post("/demo/remove", name="remove_demo")
def remove_demo(request: Request) -> Response:
    """Remove everybody of the demo clinic."""
    desk = desk_of(request)
    with desk.database.writing() as session:
        demo.remove_demo(session, at=desk.at(), by=visitor_of(request).account_id)
    return see_other("/worklist")
