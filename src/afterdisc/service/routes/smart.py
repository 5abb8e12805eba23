"""Launched from a record system, or asking one from outside: there and back, and into the visit."""

from __future__ import annotations

import hmac
from dataclasses import replace
from secrets import token_urlsafe

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from afterdisc.clinic import ehr_links, people
from afterdisc.clinic.people import CLINICIAN
from afterdisc.clinic.tables import Account, Visit
from afterdisc.errors import NotFound, NotPossible
from afterdisc.service.desk import Desk, desk_of
from afterdisc.service.ehr.discovery import smart_configuration
from afterdisc.service.ehr.fhir_client import FhirClient
from afterdisc.service.ehr.issuers import Issuer, Issuers
from afterdisc.service.failures import see_other
from afterdisc.service.guard import COOKIE
from afterdisc.service.pages import page
from afterdisc.service.routes.door import come_in
from afterdisc.service.smart import arrive
from afterdisc.service.smart.begun import LONGEST_LAUNCH, Begun, begin, begun_of
from afterdisc.service.smart.exchange import Granted, exchange
from afterdisc.service.smart.identity import Who, who_of
from afterdisc.service.smart.kept import Kept, keep
from afterdisc.service.smart.seal import opened, sealed
from afterdisc.service.smart.user import named, reference_of, refuse_patients

router = APIRouter()
BROWSER = "afterdisc_launch"  # and the state's digest: two launches may be under way side by side
MINUTES = 10
AGAIN = "Open the person there and launch again."
NOT_OURS = f"this launch was not begun in this browser, took too long, or was used before. {AGAIN}"
REFUSALS = {  # RFC 6749, and what to do about each
    "access_denied": "access_denied: it, or whoever was asked there, said no",
    "invalid_client": "invalid_client: it does not know this app. Check `client_id:`",
    "invalid_request": "invalid_request: have the address to come back to registered there",
    "invalid_scope": "invalid_scope: it does not give the scopes that were asked for. Have them granted, or set `scopes:`",
    "unauthorized_client": "unauthorized_client: this app may not launch there. Have it allowed where it is registered",
    "server_error": "server_error: it failed. Tell whoever runs it",
    "temporarily_unavailable": "temporarily_unavailable: it is too busy. Wait a little",
}


# ------------------------------------------------------------------------------------------------------------ launching


@router.get("/launch", name="smart_launch")
def launch(
    request: Request, iss: str = Query("", max_length=2000), launch: str = Query("", max_length=LONGEST_LAUNCH)
) -> Response:
    """A launch from inside a record system. Only one that the site has named is asked anything."""
    desk = desk_of(request)
    issuer = _connected(desk).of_fhir(iss) if iss else None
    if issuer is None:
        raise NotFound("this site is not connected to the record system that opened it. An administrator connects it.")
    if not launch:
        raise NotPossible("the record system sent no `launch` value. Open the person there and launch again.")
    return _begun(request, desk, issuer, launch, iss)


@router.get("/smart/start", name="smart_start")
def start(request: Request, issuer: str = Query("", max_length=200)) -> Response:
    """A launch from outside of a record system: it asks there whom it is about."""
    desk = desk_of(request)
    found = _connected(desk).named(issuer)
    if found is None or not found.client_id:
        raise NotFound("this site is not connected to a record system of that name.")
    return _begun(request, desk, found)


def _connected(desk: Desk) -> Issuers:
    found = desk.issuers
    if not found.is_readable:
        raise NotPossible("the file of record systems has a mistake; the log says which. Tell whoever runs this server.")
    return found


def _begun(request: Request, desk: Desk, issuer: Issuer, launched: str = "", iss: str = "") -> Response:
    with desk.database.reading() as session:
        if not people.has_accounts(session):
            raise NotPossible("this workspace is not set up yet. Make the first account, then launch again.")
    found = smart_configuration(issuer.fhir)
    back = redirect_uri(request, desk)
    address, begun = begin(issuer, found, desk.program, redirect_uri=back, launch=launched, iss=iss)
    secret = token_urlsafe(32)
    with desk.database.writing() as session:
        ehr_links.keep_launch(session, begun.state, sealed(begun.as_data(), secret), desk.now())
    answer = see_other(address)
    is_https = desk.settings.is_https
    answer.set_cookie(
        _cookie(begun.state), secret, max_age=60 * MINUTES, httponly=True, samesite="lax", secure=is_https, path="/smart"
    )
    return answer


def redirect_uri(request: Request, desk: Desk) -> str:
    """The one address that is registered with every record system."""
    base = desk.settings.origin.rstrip("/") or f"{request.url.scheme}://{request.headers.get('host', '')}"
    return f"{base}/smart/callback"


def _cookie(state: str) -> str:
    return f"{BROWSER}_{ehr_links.digest(state)[:12]}"


@router.get("/smart/callback", name="smart_callback")
def callback(
    request: Request,
    state: str = Query("", max_length=300),
    code: str = Query("", max_length=8000),
    error: str = Query("", max_length=300),
) -> Response:
    """Back from the record system. The state fits this browser and this launch once, or nothing happens."""
    desk = desk_of(request)
    begun = _taken(request, desk, state)
    if error or not code:
        why = f" ({REFUSALS[error]})" if error in REFUSALS else ""
        raise NotPossible(f"the record system did not allow the launch{why}. {AGAIN}")
    issuer = desk.issuers.named(begun.issuer)
    if issuer is None:
        raise NotFound("the record system of this launch is not connected any more.")
    now = desk.now().timestamp()
    granted = exchange(issuer, begun, code, key_file=desk.settings.ehr_key_file, now=now)
    who = _who(issuer, begun, granted, now)
    account = _account(request, desk, issuer, who)
    if not account.is_active or CLINICIAN not in account.roles:
        return page(request, "door/no_role.html", status=403, account=account)
    granted = replace(granted, id_token="", user=reference_of(who, issuer.fhir) if who else "")
    visit, token = _arrived(request, desk, issuer, granted, account)
    answer = come_in(desk, token, f"/visits/{visit.id}/from-record")
    answer.delete_cookie(_cookie(state), path="/smart")
    return answer


def _taken(request: Request, desk: Desk, state: str) -> Begun:
    secret = request.cookies.get(_cookie(state), "")
    with desk.database.writing() as session:
        kept = ehr_links.take_launch(session, state, desk.now()) if state and secret else None
    data = opened(kept, secret) if kept else None
    if data is None or not hmac.compare_digest(str(data.get("state", "")).encode(), state.encode()):
        raise NotPossible(NOT_OURS)
    return begun_of(data)


def _who(issuer: Issuer, begun: Begun, granted: Granted, now: float) -> Who | None:
    """Who is at the screen there; None if the record system does not say."""
    if not granted.id_token:
        return None
    who = who_of(granted.id_token, issuer, begun, now=now)
    refuse_patients(who)
    with FhirClient(issuer.fhir, granted.access) as client:
        return named(who, client)


def _account(request: Request, desk: Desk, issuer: Issuer, who: Who | None) -> Account:
    """Whose account it is. Where the record system does not say who it is, it must be clear already."""
    visitor = request.state.visitor
    if who is None and (visitor is None or visitor.is_locked):
        raise NotPossible("the record system did not say who you are. Sign in here first, then launch again.")
    with desk.database.writing() as session:
        found = arrive.account_for(session, who, issuer, at=desk.at()) if who else people.account(session, visitor.account_id)
        session.flush()
        session.refresh(found)
        session.expunge(found)
    return found


def _arrived(request: Request, desk: Desk, issuer: Issuer, granted: Granted, account: Account) -> tuple[Visit, str]:
    """Read the record; then, all at once, sign in, take it over, and keep the access for this sign-in alone."""
    read = arrive.read_person(desk.program, granted, issuer, at=desk.today())
    with desk.database.writing() as session:
        token = _token(request, desk, session, account)
        visit, told = arrive.take_over(session, desk, issuer, read, by=account.id)
        keep(session, desk, Kept(issuer.name, visit.patient_id, granted, told.as_data()), token)
    return visit, token


def _token(request: Request, desk: Desk, session: Session, account: Account) -> str:
    """Whoever is signed in stays so, with what else is open in this browser; anybody else's sign-in in it ends."""
    visitor = request.state.visitor
    if visitor and not visitor.is_locked and visitor.account_id == account.id:
        return request.cookies[COOKIE]
    if visitor:
        people.sign_out(session, visitor, desk.now())
    return people.sign_in(session, account, desk.now(), how="launch")
