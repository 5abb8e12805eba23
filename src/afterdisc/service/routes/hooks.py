"""CDS Hooks for machines: which services there are, calling one, and telling what became of its cards."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from afterdisc import hooks
from afterdisc.clinic.hook_log import Called, HookLog, KeptCard, Reported, keep_feedback, last_plan, person_key
from afterdisc.fhir import record_of
from afterdisc.fhir.strict import MOST_BYTES, read_json
from afterdisc.fhir.write.coded import own_system
from afterdisc.hooks import Answer, Gathered, HookRequest
from afterdisc.service.desk import Desk, desk_of
from afterdisc.service.ehr.reading import reader_of
from afterdisc.service.fhir_body import bytes_in
from afterdisc.service.outcomes import NotTaken

router = APIRouter(prefix="/cds-services")
JSON_TYPES = {"application/json", "application/fhir+json"}
LAUNCH = "/launch"
LANE = 2  # calls that are worked out at the same time
Made = TypeVar("Made")
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
    begun, raw, desk = time.perf_counter(), await _json_in(request), desk_of(request)
    asked = Asked(desk, issuer_of(request), app_url_of(request, desk))
    call, answer = await in_lane(request, _at_once, asked, service_id, raw)
    if answer is None:
        gathered = await run_in_threadpool(hooks.gather, desk.program, call, reader_of(desk.issuers))
        answer = await in_lane(request, _answer, asked, call, gathered)
    milliseconds = round((time.perf_counter() - begun) * 1000, 2)
    await run_in_threadpool(log_of(request, desk).keep, _kept(asked, call, answer, milliseconds))
    body = _written({"cards": [] if desk.settings.hooks_silent else answer.cards})
    headers = _knowledge(desk) | {"ETag": f'W/"{desk.program.fingerprint}"'}
    return Response(body, media_type="application/json", headers=headers)


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


@dataclass(frozen=True)
class Asked:
    """Who asks, and where they would launch the workspace."""

    desk: Desk
    issuer: str
    app_url: str

    def person(self, call: HookRequest) -> str:
        return person_key(call.fhir_server.rstrip("/") or self.issuer, call.patient)


async def in_lane(request: Request, work: Callable[..., Made], *args: Any) -> Made:
    """Work that keeps a processor busy, one after the other: threads that take it from each other make all of them late."""
    state = request.app.state
    if not hasattr(state, "hook_lane"):
        state.hook_lane = ThreadPoolExecutor(LANE, thread_name_prefix="cds-hooks")
    return await asyncio.get_running_loop().run_in_executor(state.hook_lane, partial(work, *args))


def _at_once(asked: Asked, service_id: str, raw: bytes) -> tuple[HookRequest, Answer | None]:
    """The call and its answer; None for one that must wait for the caller's FHIR server."""
    call = hooks.request_of(hooks.service_of(service_id), read_json(raw))
    if hooks.must_fetch(asked.desk.program, call):
        return call, None
    return call, _answer(asked, call, hooks.gather(asked.desk.program, call))


def _answer(asked: Asked, call: HookRequest, gathered: Gathered) -> Answer:
    desk = asked.desk
    record = record_of(list(gathered.resources), patient=call.patient)
    with desk.database.reading() as session:
        before = last_plan(session, asked.person(call))
    answer = hooks.respond(
        desk.program, call, record, at=now(desk), app_url=asked.app_url, last_plan=before, unseen=gathered.unseen
    )
    return replace(answer, plan=None) if answer.plan == before else answer  # what has not changed is not written again


def _kept(asked: Asked, call: HookRequest, answer: Answer, milliseconds: float) -> Called:
    desk = asked.desk
    return Called(
        at=desk.at(),
        service=call.service.id,
        hook=call.service.hook,
        issuer=asked.issuer,
        fingerprint=desk.program.fingerprint,
        silent=desk.settings.hooks_silent,
        milliseconds=milliseconds,
        found=answer.log.as_json(),
        cards=tuple(KeptCard(s.uuid, s.topic, s.rules, s.indicator) for s in answer.shown),
        person=asked.person(call),
        plan=answer.plan or "",
    )


def now(desk: Desk) -> str:
    """This moment with the zone of this machine, so that its day is the day of the clinic."""
    return desk.now().astimezone().isoformat(timespec="milliseconds")


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
