"""FHIR R4 for machines: assess a record, a plan for it, the intake filled from it; and what there is (metadata)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Depends, Query, Request, Response

from afterdisc.fhir import answers
from afterdisc.fhir.operations import APPLY, ASSESS, POPULATE, Asked, Operation, asked
from afterdisc.fhir.write import assess_operation, capability_statement, questionnaire_of
from afterdisc.program import Program
from afterdisc.service.desk import Desk, desk_of
from afterdisc.service.fhir_body import answers_in_json, body_in, resource_of, worked_out
from afterdisc.service.outcomes import FHIR_JSON

router = APIRouter(prefix="/fhir", dependencies=[Depends(answers_in_json)])
Answer = Callable[[Program, Asked], Mapping[str, Any]]


def takes(operation: Operation) -> dict[str, Any]:
    """The body of an operation, for those who read the OpenAPI and not the CapabilityStatement."""
    named = {"type": "object", "required": ["name"], "properties": {"name": {"enum": list(operation.takes)}}}
    listed = {"resourceType": {"const": "Parameters"}, "parameter": {"type": "array", "items": named}}
    alone = {"resourceType": {"const": "Bundle"}, "entry": {"type": "array", "items": {"type": "object"}}}
    bodies = [listed, alone] if operation.takes_record_alone else [listed]
    schema = {"anyOf": [{"type": "object", "required": ["resourceType"], "properties": body} for body in bodies]}
    content = {kind: {"schema": schema} for kind in (FHIR_JSON, "application/json")}
    return {"requestBody": {"required": True, "content": content}}


@router.post("/$assess", name="fhir_assess", openapi_extra=takes(ASSESS))
async def assess(request: Request) -> Response:
    """The assessment of a record: a Bundle with causes, red flags, proposals, plan, and what could not be read."""
    return await _answered(request, ASSESS, answers.bundle)


@router.post("/PlanDefinition/re-evaluation/$apply", name="fhir_apply", openapi_extra=takes(APPLY))
@router.post("/PlanDefinition/$apply", name="fhir_apply_by_name", openapi_extra=takes(APPLY))
async def apply(request: Request) -> Response:
    """The plan for one person: a CarePlan."""
    return await _answered(request, APPLY, answers.plan)


@router.post("/Questionnaire/intake/$populate", name="fhir_populate", openapi_extra=takes(POPULATE))
@router.post("/Questionnaire/$populate", name="fhir_populate_by_name", openapi_extra=takes(POPULATE))
async def populate(request: Request) -> Response:
    """The intake, with what the record holds filled in; Parameters with `response` and `issues`."""
    return await _answered(request, POPULATE, answers.populated)


async def _answered(request: Request, operation: Operation, answer: Answer) -> Response:
    desk, raw = desk_of(request), await body_in(request)

    def answered() -> bytes:
        question = asked(desk.program, operation, resource_of(raw), today=desk.today())
        return _written(answer(desk.program, question))

    return Response(await worked_out(request, len(raw), answered), media_type=FHIR_JSON)


# ------------------------------------------------------------------------------------------------------- what there is


@router.get("/metadata", name="fhir_metadata")
def metadata(request: Request) -> Response:
    """The CapabilityStatement."""
    desk = desk_of(request)
    return _resource(capability_statement(desk.program, base_of(request, desk), desk.today()))


@router.get("/Questionnaire/intake", name="fhir_questionnaire")
def questionnaire(request: Request) -> Response:
    """The intake as a Questionnaire."""
    return _resource(questionnaire_of(desk_of(request).program))


@router.get("/Questionnaire", name="fhir_questionnaires")
def questionnaires(request: Request, url: str = Query("", max_length=500)) -> Response:
    """The questionnaires with this canonical address, or all: a searchset."""
    desk = desk_of(request)
    return _resource(answers.found(base_of(request, desk), questionnaire_of(desk.program), url))


@router.get("/OperationDefinition/assess", name="fhir_operation_definition")
def operation_definition(request: Request) -> Response:
    """What $assess takes and gives."""
    return _resource(assess_operation(desk_of(request).program))


def base_of(request: Request, desk: Desk) -> str:
    """The address of the FHIR endpoint, as callers see it."""
    site = desk.settings.origin.rstrip("/") or f"{request.url.scheme}://{request.headers.get('host', '')}"
    return f"{site}/fhir"


def _resource(resource: Mapping[str, Any]) -> Response:
    return Response(_written(resource), media_type=FHIR_JSON)


def _written(resource: Mapping[str, Any]) -> bytes:
    return json.dumps(resource, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
