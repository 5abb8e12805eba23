"""Launched from a record system, what its record gave, and sending an assessment back."""

from __future__ import annotations

import hmac
from dataclasses import replace
from secrets import token_urlsafe
from typing import Any

from fastapi import APIRouter, Query, Request, Response

from afterdisc.clinic import audit, ehr_links, patients, people, visits
from afterdisc.clinic.people import CLINICIAN
from afterdisc.clinic.tables import Account, Visit
from afterdisc.errors import NotFound, NotPossible
from afterdisc.service.desk import Desk, desk_of, visitor_of
from afterdisc.service.ehr.discovery import smart_configuration
from afterdisc.service.ehr.issuers import Issuer
from afterdisc.service.failures import see_other
from afterdisc.service.guard import COOKIE
from afterdisc.service.live import live_of
from afterdisc.service.pages import page
from afterdisc.service.routes.door import come_in
from afterdisc.service.smart import arrive, send
from afterdisc.service.smart.begun import LONGEST_LAUNCH, Begun, begin, begun_of
from afterdisc.service.smart.exchange import Granted, exchange, granted_of, renewed
from afterdisc.service.smart.identity import who_of
from afterdisc.service.smart.scopes import may_send
from afterdisc.service.smart.seal import opened, sealed

router = APIRouter()
BROWSER = "afterdisc_launch"
MINUTES = 10
AGAIN = "Open the person there and launch again."
NOT_OURS = f"this launch was not begun in this browser, took too long, or was used before. {AGAIN}"


# ------------------------------------------------------------------------------------------------------------ launching


@router.get("/launch", name="smart_launch")
def launch(
    request: Request, iss: str = Query("", max_length=2000), launch: str = Query("", max_length=LONGEST_LAUNCH)
) -> Response:
    """A launch from inside a record system. Only one that the site has named is asked anything."""
    desk = desk_of(request)
    issuer = desk.issuers.of_fhir(iss) if iss else None
    if issuer is None:
        raise NotFound("this site is not connected to the record system that opened it. An administrator connects it.")
    if not launch:
        raise NotPossible("the record system sent no `launch` value. Open the person there and launch again.")
    return _begun(request, desk, issuer, launch)


@router.get("/smart/start", name="smart_start")
def start(request: Request, issuer: str = Query("", max_length=200)) -> Response:
    """A launch from outside of a record system: it asks there whom it is about."""
    desk = desk_of(request)
    found = desk.issuers.named(issuer)
    if found is None or not found.client_id:
        raise NotFound("this site is not connected to a record system of that name.")
    return _begun(request, desk, found, "")


def _begun(request: Request, desk: Desk, issuer: Issuer, launched: str) -> Response:
    with desk.database.reading() as session:
        if not people.has_accounts(session):
            raise NotPossible("this workspace is not set up yet. Make the first account, then launch again.")
    configuration = smart_configuration(issuer.fhir)
    address, begun = begin(issuer, configuration, desk.program, redirect_uri=redirect_uri(request, desk), launch=launched)
    secret = token_urlsafe(32)
    with desk.database.writing() as session:
        ehr_links.keep_launch(session, begun.state, sealed(begun.as_data(), secret), desk.now())
    answer = see_other(address)
    answer.set_cookie(
        BROWSER, secret, max_age=60 * MINUTES, httponly=True, samesite="lax", secure=desk.settings.is_https, path="/smart"
    )
    return answer


def redirect_uri(request: Request, desk: Desk) -> str:
    """The one address that is registered with every record system."""
    base = desk.settings.origin.rstrip("/") or f"{request.url.scheme}://{request.headers.get('host', '')}"
    return f"{base}/smart/callback"


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
        raise NotPossible(f"the record system did not allow the launch. {AGAIN}")
    issuer = desk.issuers.named(begun.issuer)
    if issuer is None:
        raise NotFound("the record system of this launch is not connected any more.")
    now = desk.now().timestamp()
    granted = exchange(issuer, begun, code, key_file=desk.settings.ehr_key_file, now=now)
    account, token = _signed_in(request, desk, issuer, begun, granted, now)
    if not token:
        return page(request, "door/no_role.html", status=403, account=account)
    visit = _arrived(desk, issuer, granted, account.id, token)
    answer = come_in(desk, token, f"/visits/{visit.id}/from-record")
    answer.delete_cookie(BROWSER, path="/smart")
    return answer


def _taken(request: Request, desk: Desk, state: str) -> Begun:
    secret = request.cookies.get(BROWSER, "")
    with desk.database.writing() as session:
        kept = ehr_links.take_launch(session, state, desk.now()) if state and secret else None
    data = opened(kept, secret) if kept else None
    if data is None or not hmac.compare_digest(str(data.get("state", "")).encode(), state.encode()):
        raise NotPossible(NOT_OURS)
    return begun_of(data)


def _signed_in(
    request: Request, desk: Desk, issuer: Issuer, begun: Begun, granted: Granted, now: float
) -> tuple[Account, str]:
    """Who it is and a new sign-in for them; "" for somebody without the role. Without an id_token it must be clear already."""
    who = who_of(granted.id_token, issuer, begun, now=now) if granted.id_token else None
    if who is None and request.state.visitor is None:
        raise NotPossible("the record system did not say who you are. Sign in here first, then launch again.")
    with desk.database.writing() as session:
        if who is not None:
            account = arrive.account_for(session, who, issuer, at=desk.at())
        else:
            account = people.account(session, request.state.visitor.account_id)
        may = account.is_active and CLINICIAN in account.roles
        token = people.sign_in(session, account, desk.now(), how="launch") if may else ""
        session.flush()
        session.refresh(account)
        session.expunge(account)
    return account, token


def _arrived(desk: Desk, issuer: Issuer, granted: Granted, account_id: str, token: str) -> Visit:
    """Read the record, take it over, and keep the access for this sign-in alone."""
    person, reading, failed = arrive.read_person(desk.program, granted, issuer, at=desk.today())
    with desk.database.writing() as session:
        visit, taken, stayed = arrive.take_over(session, desk, issuer, person, reading, by=account_id)
        told = arrive.Told(desk.at(), taken, stayed, reading.as_json(), tuple(failed))
        data = sealed({"granted": granted.as_data(), "told": told.as_data(), "visit": visit.id}, token)
        where = ehr_links.digest(token)
        ehr_links.keep_access(session, where, issuer.name, visit.patient_id, data, at=desk.at())
    return visit


# ---------------------------------------------------------------------------------------------- what the record gave


@router.get("/visits/{visit_id}/from-record", name="from_record")
def from_record(request: Request, visit_id: str) -> Response:
    """What the record gave: found, missing, unread, documents to read."""
    desk = desk_of(request)
    with desk.database.reading() as session:
        visit = visits.visit(session, visit_id)
        patient = patients.patient(session, visit.patient_id)
        live = live_of(session, desk.program, visit)
        kept = _access(request, session, visit)
    asked = [q["id"] for q in live.assessment["questions"]] if live.assessment else []
    return page(request, "smart/from_record.html", visit=visit, patient=patient, live=live, kept=kept, asked=asked)


@router.post("/visits/{visit_id}/from-record", name="read_again")
def read_again(request: Request, visit_id: str) -> Response:
    """Read the record once more, as it is now."""
    desk = desk_of(request)
    with desk.database.reading() as session:
        visit = visits.visit(session, visit_id)
        kept = _access(request, session, visit)
    granted, issuer = _renewed(desk, kept)
    _arrived(desk, issuer, granted, visitor_of(request).account_id, request.cookies[COOKIE])
    return see_other(f"/visits/{visit_id}/from-record")


def _access(request: Request, session: Any, visit: Visit) -> dict[str, Any] | None:
    """What this sign-in was let to do for this person; None if it was not launched on them."""
    row = ehr_links.access_of(session, visitor_of(request).token_hash)
    if row is None or row.patient_id != visit.patient_id:
        return None
    data = opened(row.data, request.cookies.get(COOKIE, ""))
    return data and {**data, "issuer": row.issuer, "may_send": may_send(data["granted"]["scopes"])}


def _renewed(desk: Desk, kept: dict[str, Any] | None) -> tuple[Granted, Issuer]:
    issuer = desk.issuers.named(kept["issuer"]) if kept else None
    if kept is None or issuer is None:
        raise NotPossible("this sign-in was not launched from a record system on this person. Open the person there.")
    now = desk.now().timestamp()
    return renewed(issuer, granted_of(kept["granted"]), key_file=desk.settings.ehr_key_file, now=now), issuer


# ------------------------------------------------------------------------------------------------------- sending back


@router.get("/visits/{visit_id}/send", name="send_page")
def send_page(request: Request, visit_id: str) -> Response:
    """What would be sent, resource by resource. Nothing is sent yet."""
    desk = desk_of(request)
    with desk.database.reading() as session:
        visit = visits.visit(session, visit_id)
        patient = patients.patient(session, visit.patient_id)
        kept = _access(request, session, visit)
        bundle = send.bundle_for(session, desk, visit, kept) if kept else None
        before = send.sent_before(session, visit.id)
    return page(request, "smart/send.html", visit=visit, patient=patient, kept=kept, bundle=bundle, before=before)


@router.post("/visits/{visit_id}/send", name="send_back")
def send_back(request: Request, visit_id: str) -> Response:
    """Send it, on the clinician's word; the audit keeps that it was done."""
    desk, by = desk_of(request), visitor_of(request).account_id
    with desk.database.reading() as session:
        visit = visits.visit(session, visit_id)
        kept = _access(request, session, visit)
    granted, issuer = _renewed(desk, kept)
    if not may_send(granted.scopes):
        raise NotPossible("the record system has not allowed this app to write. Ask who runs it, or copy the letter there.")
    with desk.database.reading() as session:
        bundle = send.bundle_for(session, desk, visit, {**(kept or {}), "granted": granted.as_data()})
    n_sent = send.posted(issuer, granted, bundle)
    with desk.database.writing() as session:
        counted = {"issuer": issuer.name, "resources": n_sent}
        audit.record(session, at=desk.at(), by=by, action=send.SENT, kind="visit", subject=visit_id, **counted)
        _keep_renewed(request, session, visit, kept, granted, desk)
    return see_other(f"/visits/{visit_id}/send")


def _keep_renewed(
    request: Request, session: Any, visit: Visit, kept: dict[str, Any] | None, granted: Granted, desk: Desk
) -> None:
    """A refresh token may have changed; the old one is worth nothing then."""
    if kept and granted_of(kept["granted"]) != replace(granted, id_token=""):
        data = {"granted": granted.as_data(), "told": kept["told"], "visit": kept["visit"]}
        token_hash = visitor_of(request).token_hash
        text = sealed(data, request.cookies[COOKIE])
        ehr_links.keep_access(session, token_hash, kept["issuer"], visit.patient_id, text, at=desk.at())


