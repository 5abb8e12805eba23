"""Where a number comes from: the fact, its source, its population, or the judgement it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from afterdisc.clinic import visits
from afterdisc.errors import NotFound
from afterdisc.service.desk import desk_of
from afterdisc.service.live import Live, live_of
from afterdisc.service.pages import page
from afterdisc.service.routes.visits import live_values

router = APIRouter()


@router.get("/facts/{fact_id}", name="fact")
def fact(request: Request, fact_id: str) -> Response:
    """One cited fact with its work."""
    program = desk_of(request).program
    found = program.book["facts"].get(fact_id)
    if found is None:
        raise NotFound("no such fact in the installed knowledge base.")
    work = program.book["sources"].get(found["source"])
    return page(request, "evidence/fact.html", fact_id=fact_id, fact=found, work=work)


@router.get("/visits/{visit_id}/evidence/causes/{cause_id}", name="evidence_of_cause")
def of_cause(request: Request, visit_id: str, cause_id: str) -> Response:
    """What the probability of one cause is made of."""
    live = _live(request, visit_id)
    return page(request, "evidence/cause.html", cause=_named(live, "causes", cause_id), **live_values(live))


@router.get("/visits/{visit_id}/evidence/benefits/{treatment_id}", name="evidence_of_benefit")
def of_benefit(request: Request, visit_id: str, treatment_id: str) -> Response:
    """What the chance of benefit of one option is made of."""
    live = _live(request, visit_id)
    return page(request, "evidence/benefit.html", t=_named(live, "treatments", treatment_id), **live_values(live))


def _live(request: Request, visit_id: str) -> Live:
    desk = desk_of(request)
    with desk.database.reading() as session:
        return live_of(session, desk.program, visits.visit(session, visit_id))


def _named(live: Live, part: str, wanted: str) -> Mapping[str, Any]:
    found = next((x for x in live.assessment[part] if x["id"] == wanted), None) if live.assessment else None
    if found is None:
        raise NotFound("this is not part of the assessment of this visit. Go back to the visit.")
    named: Mapping[str, Any] = found
    return named
