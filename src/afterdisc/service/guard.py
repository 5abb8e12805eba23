"""What stands before every route: is this caller known, may they, and does the request come from our own pages?

Also the headers of every answer, and the limit on what is sent.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from afterdisc.clinic import people
from afterdisc.clinic.people import Visitor
from afterdisc.service import outcomes
from afterdisc.service.access import ACCESS, MACHINES, OPEN_WHILE_LOCKED
from afterdisc.service.admission import admitted_machine
from afterdisc.service.desk import desk_of
from afterdisc.service.ehr.tokens import Machine, NotTrusted

COOKIE = "afterdisc_session"
SAFE = {"GET", "HEAD", "OPTIONS"}
WATCHED = {"health", "metrics"}  # asked by machines, over and over
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class NotSignedIn(Exception):
    """Nobody is signed in, and the route asks for somebody."""


class Locked(Exception):
    """Somebody is signed in, but was idle too long."""


class NotAllowed(Exception):
    """Somebody is signed in, but not in a role that may; `why` names the roles that may."""

    def __init__(self, why: str) -> None:
        super().__init__(why)


class Foreign(Exception):
    """The request does not come from our own pages."""


class TooOften(Exception):
    """One address called an open door more often than a person does."""


class TooLarge(HTTPException):
    """More was sent than this server takes."""

    def __init__(self) -> None:
        super().__init__(413)


def known(request: Request) -> Visitor | None:
    """Whoever the cookie names, if anybody. Machines have none, and one that a browser sends to their doors says nothing."""
    token = request.cookies.get(COOKIE, "")
    desk = desk_of(request)
    if not token or _is_for_machines(request):
        return None
    with desk.database.reading() as session:
        visitor = people.visitor_of(session, token, desk.now(), desk.limits)
        stale = visitor is not None and not visitor.is_locked and people.is_stale(session, visitor, desk.now())
    if visitor and stale and not request.url.path.endswith("/still-here"):
        with desk.database.writing() as session:
            people.touch(session, visitor, desk.now())
    return visitor


def admitted(request: Request, visitor: Annotated[Visitor | None, Depends(known)]) -> None:
    """Raises unless this caller may use this route now."""
    name = request.scope["route"].name
    request.state.visitor = visitor
    allowed = ACCESS[name]
    if _is_for_machines(request):
        request.state.machine = _machine(request)
        return
    if allowed is None:
        if name not in WATCHED:
            _count(request)
        return
    if visitor is None:
        raise NotSignedIn
    if visitor.is_locked and name not in OPEN_WHILE_LOCKED:
        raise Locked
    if not visitor.may(allowed):
        raise NotAllowed(" or ".join(sorted(allowed)))


def _is_for_machines(request: Request) -> bool:
    return ACCESS[request.scope["route"].name] is MACHINES


def _machine(request: Request) -> Machine:
    """Who calls. Those that are refused are counted, so that nobody tries one token after another."""
    try:
        return admitted_machine(request)
    except NotTrusted:
        _count(request)
        raise


def _count(request: Request) -> None:
    """Raises TooOften for one call too many from this address."""
    if not desk_of(request).rates.takes(request.client.host if request.client else "?"):
        raise TooOften from None


async def ours(request: Request, _: Annotated[None, Depends(admitted)]) -> None:
    """Raises Foreign for a change that is asked for by another site, or without the token our pages carry."""
    if request.method in SAFE or _is_for_machines(request):
        return
    if not _same_origin(request):
        raise Foreign
    visitor: Visitor | None = request.state.visitor
    if visitor is None or ACCESS[request.scope["route"].name] is None:
        return
    given = request.headers.get("X-CSRF-Token") or await _token_in_form(request)
    if not hmac.compare_digest(given.encode(), visitor.csrf.encode()):
        raise Foreign


def _same_origin(request: Request) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if origin is None:
        return site == "same-origin"
    expected = {f"{request.url.scheme}://{request.headers.get('host', '')}", desk_of(request).settings.origin.rstrip("/")}
    return origin in expected and site in (None, "same-origin", "none")


async def _token_in_form(request: Request) -> str:
    kind = request.headers.get("Content-Type", "")
    if not kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        return ""
    given = (await request.form()).get("csrf", "")
    return given if isinstance(given, str) else ""


class Envelope:
    """Headers on every answer, a limit on what is sent, and an answer even to what nobody foresaw."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        most_bytes: int,
        is_https: bool,
        by_accident: Callable[[Request, Exception], Response],
        note: Callable[[str, int, float], None],
    ) -> None:
        self.app, self.most_bytes, self.by_accident, self.note = app, most_bytes, by_accident, note
        self.headers = HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if is_https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        begun, started = False, time.perf_counter()

        async def sending(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                route = getattr(scope.get("route"), "name", None) or "none"
                self.note(route, message["status"], time.perf_counter() - started)
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
                if not scope["path"].startswith("/static/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        received = 0

        async def receiving() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.most_bytes:
                raise TooLarge
            return message

        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self.most_bytes:
            await _refused_large(scope["path"])(scope, receive, sending)
            return
        try:
            await self.app(scope, receiving, sending)
        except Exception as error:
            answer = await run_in_threadpool(self.by_accident, Request(scope), error)
            if not begun:
                await answer(scope, receive, sending)


def _refused_large(path: str) -> Response:
    if outcomes.speaks_fhir(path):
        return outcomes.outcome(413, outcomes.PLAIN[413])
    text = "What was sent is too large for this server. Send less at once; nothing that was saved is lost."
    return PlainTextResponse(text, 413)
