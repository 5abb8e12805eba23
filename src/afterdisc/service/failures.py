"""What a caller is told when something cannot be done, and what the log keeps of it: never a patient's value."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse
from starlette.exceptions import HTTPException

from afterdisc.clinic.moments import new_id
from afterdisc.errors import (
    AfterdiscError,
    CaseError,
    ClinicError,
    DatabaseBusy,
    DatabaseError,
    HookError,
    MissingData,
    NotFound,
    NotPossible,
    RadiographError,
    RecordUnreachable,
    UnreadableRecord,
)
from afterdisc.service import outcomes
from afterdisc.service.ehr.tokens import NotTrusted
from afterdisc.service.guard import Foreign, Locked, NotAllowed, NotSignedIn, TooLarge, TooOften
from afterdisc.service.pages import page

log = structlog.get_logger()
STATUS: dict[type[AfterdiscError], int] = {
    CaseError: 422,
    MissingData: 412,
    HookError: 400,
    NotFound: 404,
    NotPossible: 409,
    RecordUnreachable: 502,
    RadiographError: 422,
    DatabaseBusy: 503,
    DatabaseError: 503,
    ClinicError: 409,
    AfterdiscError: 400,
}
BY_RULE = {"invalid": 400, "too-long": 413, "too-costly": 413}
PLAIN = {
    400: "This request cannot be read. Go back and try again.",
    404: "There is no page at this address. Check it, or go back to the worklist.",
    405: "This address does not take that. Go back and use the buttons of the page.",
    413: "What was sent is too large for this server. Send less at once; nothing that was saved is lost.",
}


def status_of(error: AfterdiscError) -> int:
    """The HTTP status of each kind of error."""
    if isinstance(error, UnreadableRecord) and error.rule in BY_RULE:
        return BY_RULE[error.rule]
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 400)


def handle(app: FastAPI) -> None:
    @app.exception_handler(NotSignedIn)
    def _not_signed_in(request: Request, _: NotSignedIn) -> Response:
        return _to_the_door(request, "/sign-in", 401, "You are not signed in. Sign in; what is typed here stays.")

    @app.exception_handler(Locked)
    def _locked(request: Request, _: Locked) -> Response:
        return _to_the_door(request, "/unlock", 423, "The screen is locked. Unlock it; what is typed here stays.")

    @app.exception_handler(NotAllowed)
    def _not_allowed(request: Request, error: NotAllowed) -> Response:
        return told(request, 403, "Not for this role", f"This page is for the role {error}. An administrator gives roles.")

    @app.exception_handler(NotTrusted)
    def _not_trusted(request: Request, error: NotTrusted) -> Response:
        say = f"This call is not let in: {error.why}. Send a bearer token as CDS Hooks describes it."
        answer = told(request, 401, "Not let in", say)
        reason = f', error="{error.code}", error_description="{error.why}"' if error.code else ""
        answer.headers["WWW-Authenticate"] = f'Bearer realm="afterdisc"{reason}'
        return answer

    @app.exception_handler(Foreign)
    def _foreign(request: Request, _: Foreign) -> Response:
        return told(request, 403, "Not from this site", "This change came from no page of this site. Reload, then try again.")

    @app.exception_handler(TooOften)
    def _too_often(request: Request, _: TooOften) -> Response:
        return told(request, 429, "Too many calls", "Too many calls from this address. Wait a minute, then try again.")

    @app.exception_handler(TooLarge)
    def _too_large(request: Request, error: TooLarge) -> Response:
        return told(request, 413, "Too large", PLAIN[413], error)

    @app.exception_handler(AfterdiscError)
    def _on_purpose(request: Request, error: AfterdiscError) -> Response:
        return told(request, status_of(error), "This cannot be done", str(error), error)

    @app.exception_handler(RequestValidationError)
    def _not_understood(request: Request, error: RequestValidationError) -> Response:
        fields = ", ".join(sorted({str(e["loc"][-1]) for e in error.errors()}))[:200]
        return told(request, 422, "This cannot be read", f"These fields are missing or of another kind: {fields}. Check them.")

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> Response:
        say = PLAIN.get(error.status_code, "Go back and try again.")
        return told(request, error.status_code, "This cannot be done", say, error)


def by_accident(request: Request, error: Exception) -> Response:
    """A fault of ours: the log gets a number, the kind and the place; whoever asked gets the number."""
    number = new_id()[:8]
    route = request.scope.get("route")
    log.error("failed", number=number, route=getattr(route, "name", "?"), kind=type(error).__name__, at=_place(error))
    say = f"This is a fault of the program, number {number}. Nothing that was saved is lost. Tell whoever runs this server."
    try:
        return told(request, 500, "Something went wrong", say)
    except Exception:  # the page itself is what fails
        return PlainTextResponse(say, status_code=500)


def _place(error: Exception) -> str:
    """Where in our code it happened: file and line, no values."""
    place, step = "?", error.__traceback__
    while step is not None:
        name = step.tb_frame.f_code.co_filename
        if "afterdisc" in name:
            place = f"{name.rpartition('afterdisc/')[2]}:{step.tb_lineno}"
        step = step.tb_next
    return place


def wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def told(request: Request, status: int, title: str, say: str, error: Exception | None = None) -> Response:
    """The same message as data, as a fragment or as a page, whichever was asked for; to a machine as an OperationOutcome."""
    if outcomes.speaks_fhir(request.url.path):
        return outcomes.outcome_of(error, status, say)
    if wants_json(request):
        return JSONResponse({"error": title, "say": say}, status_code=status)
    template = "failure_fragment.html" if request.headers.get("HX-Request") == "true" else "failure.html"
    return page(request, template, status=status, title=title, told=say)


def _to_the_door(request: Request, door: str, status: int, say: str) -> Response:
    if outcomes.speaks_fhir(request.url.path):
        return outcomes.outcome(status, say)
    if wants_json(request):
        return JSONResponse({"error": "door", "say": say, "door": door}, status_code=status)
    target = f"{door}?next={quote(_back(request))}"
    if request.headers.get("HX-Request") == "true":
        return Response(status_code=status, headers={"HX-Redirect": target})
    return RedirectResponse(target, status_code=303)


def _back(request: Request) -> str:
    """Where to go on afterwards: a page, never a form's target."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "") if request.method == "GET" else "/"


def safe_next(given: str) -> str:
    """A path of this site, or the front page: nobody is sent elsewhere by a link."""
    return given if given.startswith("/") and not given.startswith(("//", "/\\")) and "\\" not in given else "/"


def see_other(target: str, **headers: Any) -> RedirectResponse:
    return RedirectResponse(target, status_code=303, headers=headers or None)
