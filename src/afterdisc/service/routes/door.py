"""Coming in and going out: the first account, signing in, locking, unlocking, signing out; health and metrics."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response, UploadFile
from fastapi.responses import JSONResponse, PlainTextResponse

from afterdisc.clinic import people
from afterdisc.clinic.backup import restore
from afterdisc.clinic.database import is_current
from afterdisc.clinic.demo import add_demo
from afterdisc.clinic.people import ADMINISTRATOR, CLINICIAN
from afterdisc.errors import AfterdiscError, ClinicError, NotFound, NotPossible
from afterdisc.service.desk import Desk, desk_of, visitor_of
from afterdisc.service.failures import safe_next, see_other
from afterdisc.service.guard import COOKIE
from afterdisc.service.pages import page

router = APIRouter()
Text = Annotated[str, Form(max_length=2000)]
WRONG = "The sign-in name or the password is not right. Check both; capital letters count in the password."
NO_CODE = "Open the link that the terminal shows: it carries a code."
BARRED = "Too many failed tries. Wait a quarter of an hour, or ask an administrator."


@router.get("/health", name="health")
def health(request: Request) -> Response:
    """Is the workspace able to work? Names no person and no count."""
    desk = desk_of(request)
    try:
        current = is_current(desk.database)
    except AfterdiscError as error:
        return JSONResponse({"status": "fail", "say": str(error)}, status_code=503)
    body = {"status": "pass" if current else "fail", "knowledge": desk.program.version, "fingerprint": desk.program.fingerprint}
    return JSONResponse(body, status_code=200 if current else 503)


@router.get("/metrics", name="metrics")
def metrics(request: Request) -> Response:
    """Counts and times of requests, for a watcher on this machine; nobody else is told that the page is there."""
    if request.client is None or request.client.host not in ("127.0.0.1", "::1"):
        raise NotFound("There is no page at this address.")
    return PlainTextResponse(desk_of(request).metrics.text())


@router.get("/", name="home")
def home(request: Request) -> Response:
    """The first page of whoever is signed in."""
    visitor = visitor_of(request)
    if CLINICIAN in visitor.roles:
        return see_other("/worklist")
    return see_other("/admin" if ADMINISTRATOR in visitor.roles else "/medicine")


# ---------------------------------------------------------------------------------------------------- the first account


@router.get("/setup", name="setup_page")
def setup_page(request: Request, code: str = "") -> Response:
    desk = desk_of(request)
    if _is_set_up(desk):
        return see_other("/sign-in")
    return page(request, "door/setup.html", code=code)


@router.post("/setup", name="setup")
def setup(request: Request, code: Text, login: Text, name: Text, password: Text, demo: Text = "") -> Response:
    desk = desk_of(request)
    if not desk.setup_code or not hmac.compare_digest(code.encode(), desk.setup_code.encode()):
        return page(request, "door/setup.html", status=403, code="", error=NO_CODE)
    try:
        with desk.database.writing() as session:
            if people.has_accounts(session):
                raise NotPossible("the first account was made already. Sign in.")
            roles = (CLINICIAN, ADMINISTRATOR)
            first = people.add_account(session, login=login, name=name, roles=roles, password=password, at=desk.at(), by=None)
            token = people.sign_in(session, first, desk.now(), how="setup")
            if demo:
                add_demo(session, desk.program, today=desk.today(), at=desk.at(), by=first.id)
    except NotPossible as error:
        return page(request, "door/setup.html", status=422, code=code, error=str(error), login=login, name=name)
    desk.setup_code = ""
    return come_in(desk, token, "/worklist")


@router.post("/setup/restore", name="setup_restore")
def setup_restore(request: Request, code: Text, file: UploadFile) -> Response:
    """Begin from a backup instead of from nothing."""
    desk = desk_of(request)
    if not desk.setup_code or not hmac.compare_digest(code.encode(), desk.setup_code.encode()):
        return page(request, "door/setup.html", status=403, code="", error=NO_CODE)
    try:
        restore(desk.database, file.file)
    except ClinicError as error:
        return page(request, "door/setup.html", status=422, code=code, error=str(error))
    desk.setup_code = ""
    return see_other("/sign-in")


def _is_set_up(desk: Desk) -> bool:
    with desk.database.reading() as session:
        return people.has_accounts(session)


# ----------------------------------------------------------------------------------------------------------- signing in


@router.get("/sign-in", name="sign_in_page")
def sign_in_page(request: Request, next: str = "/") -> Response:
    desk = desk_of(request)
    if not _is_set_up(desk):
        return page(request, "door/not_set_up.html")
    return page(request, "door/sign_in.html", next=safe_next(next))


@router.post("/sign-in", name="sign_in")
def sign_in(request: Request, login: Text, password: Text, next: Text = "/") -> Response:
    desk = desk_of(request)
    keys = _keys(request, login)
    with desk.database.reading() as session:
        if people.is_barred(session, keys, desk.now()):
            return page(request, "door/sign_in.html", status=429, error=BARRED, login=login, next=safe_next(next))
        found = people.account_with_password(session, login, password)
    with desk.database.writing() as session:
        if found is None:
            people.note_failure(session, keys, desk.now())
        else:
            token = people.sign_in(session, found, desk.now(), how="password")
    if found is None:
        return page(request, "door/sign_in.html", status=401, error=WRONG, login=login, next=safe_next(next))
    return come_in(desk, token, safe_next(next))


def _keys(request: Request, login: str) -> list[str]:
    address = request.client.host if request.client else "?"
    return [f"login:{login.strip().lower()}", f"address:{address}"]


def come_in(desk: Desk, token: str, target: str) -> Response:
    """A new token at every sign-in: one that was known before is worth nothing."""
    answer = see_other(target)
    answer.set_cookie(COOKIE, token, httponly=True, samesite="lax", secure=desk.settings.is_https, path="/")
    return answer


@router.post("/sign-out", name="sign_out")
def sign_out(request: Request) -> Response:
    desk = desk_of(request)
    with desk.database.writing() as session:
        people.sign_out(session, visitor_of(request), desk.now())
    answer = see_other("/sign-in")
    answer.delete_cookie(COOKIE, path="/")
    answer.headers["Clear-Site-Data"] = '"storage"'
    return answer


# -------------------------------------------------------------------------------------------------------------- locking


@router.post("/lock", name="lock")
def lock(request: Request) -> Response:
    desk = desk_of(request)
    with desk.database.writing() as session:
        people.lock(session, visitor_of(request), desk.now())
    return see_other("/unlock")


@router.post("/still-here", name="still_here")
def still_here(request: Request) -> Response:
    """Sent by a page on which somebody types or moves, so that the lock waits."""
    desk = desk_of(request)
    with desk.database.writing() as session:
        people.touch(session, visitor_of(request), desk.now())
    return Response(status_code=204)


@router.get("/unlock", name="unlock_page")
def unlock_page(request: Request, next: str = "/") -> Response:
    return page(request, "door/unlock.html", next=safe_next(next))


@router.post("/unlock", name="unlock")
def unlock(request: Request, password: Text, next: Text = "/") -> Response:
    desk, visitor = desk_of(request), visitor_of(request)
    keys = _keys(request, visitor.account_id)
    with desk.database.reading() as session:
        login = people.account(session, visitor.account_id).login
        barred = people.is_barred(session, keys, desk.now())
        right = not barred and people.account_with_password(session, login, password) is not None
    with desk.database.writing() as session:
        if right:
            people.unlock(session, visitor, desk.now())
        elif not barred:
            people.note_failure(session, keys, desk.now())
    if right:
        return see_other(safe_next(next))
    wrong = BARRED if barred else "The password is not right. Try again."
    return page(request, "door/unlock.html", status=429 if barred else 401, next=safe_next(next), error=wrong)
