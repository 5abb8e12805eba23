"""CDS Hooks for machines: which services there are, calling one, and telling what became of its cards."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from afterdisc import hooks
from afterdisc.clinic.hook_log import Called, HookLog, KeptCard, Reported, keep_feedback, last_plan, person_key
from afterdisc.fhir import record_of
from afterdisc.fhir.strict import MOST_BYTES, read_json
from afterdisc.fhir.write.coded import own_system
from afterdisc.hooks import Answer, Fetch, HookRequest
from afterdisc.service.desk import Desk, desk_of
from afterdisc.service.fhir_body import bytes_in
from afterdisc.service.outcomes import NotTaken

router = APIRouter(prefix="/cds-services")
JSON_TYPES = {"application/json", "application/fhir+json"}
LAUNCH = "/launch"
TAKES = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}


@router.get("", name="cds_services")
def services(request: Request, version: str = Query("2.0", max_length=10)) -> Response:
    """Which services there are and what each would like to be sent; `version=3.0` in the newer way."""
    desk = desk_of(request)
    body = _written(hooks.discovery(desk.program, version))
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = _knowledge(desk) | {"ETag": etag, "Cache-Control": "no-cache"}
    if etag in request.headers.get("If-None-Match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


@router.post("/{service_id}", name="cds_service", openapi_extra=TAKES)
async def service(request: Request, service_id: str) -> Response:
    """The cards for one moment in the care of one person; often none."""
    begun, raw = time.perf_counter(), await _json_in(request)
    return await run_in_threadpool(_answered, request, service_id, raw, begun)


@router.post("/{service_id}/feedback", name="cds_feedback", openapi_extra=TAKES)
async def feedback(request: Request, service_id: str) -> Response:
    """What clinicians did with cards that were shown."""
    raw = await _json_in(request)
    return await run_in_threadpool(_fed_back, request, service_id, raw)


async def _json_in(request: Request) -> bytes:
    """What was sent. A browser asks before it sends this media type, so no page of another site gets here unasked."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in JSON_TYPES:
        raise NotTaken(415, "Send JSON: Content-Type application/json, in UTF-8.")
    return await bytes_in(request, MOST_BYTES)


# ------------------------------------------------------------------------------------------------------------- a call


def _answered(request: Request, service_id: str, raw: bytes, begun: float) -> Response:
    desk = desk_of(request)
    call = hooks.request_of(hooks.service_of(service_id), read_json(raw))
    person = person_key(call.fhir_server.rstrip("/") or issuer_of(request), call.patient)
    answer = _answer(desk, call, person, app_url_of(request, desk))
    silent = desk.settings.hooks_silent
    log_of(request, desk).keep(
        Called(
            at=desk.at(),
            service=call.service.id,
            hook=call.service.hook,
            issuer=issuer_of(request),
            fingerprint=desk.program.fingerprint,
            silent=silent,
            milliseconds=round((time.perf_counter() - begun) * 1000, 2),
            found=answer.log.as_json(),
            cards=tuple(KeptCard(s.uuid, s.topic, s.rules, s.indicator) for s in answer.shown),
            person=person,
            plan=answer.plan or "",
        )
    )
    body = _written({"cards": [] if silent else answer.cards})
    headers = _knowledge(desk) | {"ETag": f'W/"{desk.program.fingerprint}"'}
    return Response(body, media_type="application/json", headers=headers)


def _answer(desk: Desk, call: HookRequest, person: str, app_url: str) -> Answer:
    gathered = hooks.gather(desk.program, call, fetch_of(desk))
    record = record_of(list(gathered.resources), patient=call.patient)
    with desk.database.reading() as session:
        before = last_plan(session, person)
    return hooks.respond(
        desk.program, call, record, at=now(desk), app_url=app_url, last_plan=before, unseen=gathered.unseen
    )


def now(desk: Desk) -> str:
    """This moment with the zone of this machine, so that its day is the day of the clinic."""
    return desk.now().astimezone().isoformat(timespec="milliseconds")


def fetch_of(desk: Desk) -> Fetch:
    """Reads from the FHIR servers that this site allows."""
    from afterdisc.service.ehr.reading import reader_of

    return reader_of(desk.issuers)


def issuer_of(request: Request) -> str:
    """Who calls, as its token says; "" for this machine itself."""
    machine = getattr(request.state, "machine", None)
    return str(getattr(machine, "issuer", "") or "")


def app_url_of(request: Request, desk: Desk) -> str:
    """Where a record system launches the workspace; absolute."""
    site = desk.settings.origin.rstrip("/") or f"{request.url.scheme}://{request.headers.get('host', '')}"
    return f"{site}{LAUNCH}"


def log_of(request: Request, desk: Desk) -> HookLog:
    """One for the running workspace, so that calls can share a write."""
    if not hasattr(request.app.state, "hook_log"):
        request.app.state.hook_log = HookLog(desk.database)
    log: HookLog = request.app.state.hook_log
    return log


# ------------------------------------------------------------------------------------------------------------ feedback


def _fed_back(request: Request, service_id: str, raw: bytes) -> Response:
    desk, found = desk_of(request), hooks.service_of(service_id)
    ours = own_system(desk.program, "override-reason") + "|"
    told = [
        Reported(f.card, f.outcome, f.at, f.suggestions, f.reason.removeprefix(ours).lstrip("|"), f.comment)
        for f in hooks.feedback_of(read_json(raw))
    ]
    with desk.database.writing() as session:
        keep_feedback(session, found.id, told, issuer=issuer_of(request), at=desk.at())
    return Response(status_code=200, headers=_knowledge(desk))


def _knowledge(desk: Desk) -> dict[str, str]:
    return {"X-Afterdisc-Knowledge": f"{desk.program.version}; fingerprint={desk.program.fingerprint}"}


def _written(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
