"""CarePlan: what is proposed, in its order; and the same as the answer of PlanDefinition/$apply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from afterdisc.fhir.write import risk
from afterdisc.fhir.write.cited import with_sources, works
from afterdisc.fhir.write.frame import Frame
from afterdisc.fhir.write.issues import detected_issues
from afterdisc.fhir.write.narrative import narrative
from afterdisc.fhir.write.orders import Order, orders
from afterdisc.fhir.write.shape import Json
from afterdisc.program import Program

KEY = "plan"
GROUP = "actions"
TITLE = "Proposed re-evaluation and options"


def plan_address(program: Program) -> str:
    """The PlanDefinition that a plan carries out, in this version of the knowledge."""
    return f"{program.book['fhir']['canonical']}/PlanDefinition/re-evaluation|{program.version}"


def care_plan(frame: Frame, issues: list[Json], proposed: list[Order]) -> Json:
    """A draft that refers to every proposal."""
    refs = [frame.reference(risk.KEY, "RiskAssessment"), *(_to(frame, issue) for issue in issues)]
    return frame.resource(
        "CarePlan",
        KEY,
        **_head(frame, [f"{order.title}: {order.why}" if order.why else order.title for order in proposed]),
        supportingInfo=refs,
        activity=[{"reference": frame.reference(order.key, order.kind)} for order in proposed],
    )


def plan_of(
    program: Program, case: Mapping[str, Any], assessment: Mapping[str, Any], *, subject: str, at: str, reading: Any = None
) -> Json:
    """The answer of PlanDefinition/$apply: a CarePlan that holds a RequestGroup and everything it refers to."""
    frame = Frame(program, case, assessment, subject, at, reading)
    inside = frame.inside()
    issues, proposed = detected_issues(inside), orders(inside)
    group = _request_group(inside, proposed)
    contained = [risk.risk_assessment(inside), *issues, *(o.resource for o in proposed), group]
    return frame.resource(
        "CarePlan",
        KEY,
        **_head(frame, [order.title for order in proposed]),
        contained=contained,
        supportingInfo=[inside.reference(risk.KEY, "RiskAssessment"), *(_to(inside, issue) for issue in issues)],
        activity=[{"reference": inside.reference(GROUP, "RequestGroup")}],
    )


def _head(frame: Frame, lines: list[str]) -> dict[str, Any]:
    made = frame.assessment
    return {
        "text": narrative(f"{TITLE}. {made['urgency_meaning']}", [made["stage_says"], *lines]),
        "extension": works(frame, (f for part in (*made["not_now"], *made["imaging"]) for f in part["sources"])),
        "identifier": frame.identifier(KEY),
        "instantiatesCanonical": [plan_address(frame.program)],
        "status": "draft",
        "intent": "proposal",
        "title": TITLE,
        "description": f"{made['urgency_meaning']}. {made['stage_label']}. {made['stage_says']}",
        "subject": frame.patient,
        "created": frame.when,
        "author": frame.software,
        "note": [{"text": text} for text in _notes(made)],
    }


def _notes(made: Mapping[str, Any]) -> Iterator[str]:
    for test in made["not_now"]:
        yield f"Not now: {test['label']}. {with_sources(test['say'], test)}"
    for rule in made["imaging"]:
        yield f"Imaging: {rule['title']}. {with_sources(rule['say'], rule)}"
    yield made["intended_use"]


def _request_group(frame: Frame, proposed: list[Order]) -> Json:
    parts = (("Next steps", [o for o in proposed if o.is_step]), ("Options", [o for o in proposed if not o.is_step]))
    return frame.resource(
        "RequestGroup",
        GROUP,
        instantiatesCanonical=[plan_address(frame.program)],
        status="draft",
        intent="proposal",
        subject=frame.patient,
        authoredOn=frame.when,
        author=frame.software,
        action=[{"title": title, "action": [_action(frame, o) for o in part]} for title, part in parts if part],
    )


def _action(frame: Frame, order: Order) -> Json:
    return {
        "title": order.title,
        "description": order.why,
        "priority": order.priority,
        "resource": frame.reference(order.key, order.kind),
    }


def _to(frame: Frame, made: Json) -> Json:
    address = f"#{made['id']}" if frame.contained else f"urn:uuid:{made['id']}"
    return {"reference": address, "type": made["resourceType"]}
