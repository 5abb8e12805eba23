"""What the record of another system gave to a visit, and sending an assessment back to it."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from afterdisc.clinic import audit, patients, visits
from afterdisc.errors import NotPossible
from afterdisc.service.desk import desk_of, visitor_of
from afterdisc.service.failures import see_other
from afterdisc.service.guard import COOKIE
from afterdisc.service.live import live_of
from afterdisc.service.pages import page
from afterdisc.service.smart import arrive, send
from afterdisc.service.smart.kept import Kept, keep, kept_of, renewed_access
from afterdisc.service.smart.scopes import may_send

router = APIRouter()
MAY_NOT_SEND = "the record system has not allowed this app to write. Ask who runs it, or copy the letter there."


@router.get("/visits/{visit_id}/from-record", name="from_record")
def from_record(request: Request, visit_id: str) -> Response:
    """What the record gave: found, missing, unread, documents to read."""
    desk = desk_of(request)
    with desk.database.reading() as session:
        visit = visits.visit(session, visit_id)
        patient = patients.patient(session, visit.patient_id)
        live = live_of(session, desk.program, visit)
        kept = kept_of(session, request.cookies[COOKIE], visit.patient_id)
    asked = [q["id"] for q in live.assessment["questions"]] if live.assessment else []
    return page(request, "smart/from_record.html", visit=visit, patient=patient, live=live, kept=kept, asked=asked)


@router.post("/visits/{visit_id}/from-record", name="read_again")
def read_again(request: Request, visit_id: str) -> Response:
    """Read the record once more, as it is now; into the visit of today, which is opened if there is none."""
    desk, token = desk_of(request), request.cookies[COOKIE]
    with desk.database.reading() as session:
        kept = kept_of(session, token, visits.visit(session, visit_id).patient_id)
    granted, issuer = renewed_access(desk, kept, token)
    read = arrive.read_person(desk.program, granted, issuer, at=desk.today())
    with desk.database.writing() as session:
        visit, told = arrive.take_over(session, desk, issuer, read, by=visitor_of(request).account_id)
        keep(session, desk, Kept(issuer.name, visit.patient_id, granted, told.as_data()), token)
    return see_other(f"/visits/{visit.id}/from-record")


@router.get("/visits/{visit_id}/send", name="send_page")
def send_page(request: Request, visit_id: str) -> Response:
    """What would be sent, resource by resource. Nothing is sent yet."""
    desk, by = desk_of(request), visitor_of(request).account_id
    with desk.database.reading() as session:
        visit = visits.visit(session, visit_id)
        patient = patients.patient(session, visit.patient_id)
        kept = kept_of(session, request.cookies[COOKIE], visit.patient_id)
        bundle = send.bundle_for(session, desk, visit, kept.granted, by=by) if kept else None
        before = send.sent_before(session, visit.id)
    return page(request, "smart/send.html", visit=visit, patient=patient, kept=kept, bundle=bundle, before=before)


@router.post("/visits/{visit_id}/send", name="send_back")
def send_back(request: Request, visit_id: str) -> Response:
    """Send it, on the clinician's word; the audit keeps that it was done."""
    desk, by, token = desk_of(request), visitor_of(request).account_id, request.cookies[COOKIE]
    with desk.database.reading() as session:
        visit = visits.visit(session, visit_id)
        kept = kept_of(session, token, visit.patient_id)
    granted, issuer = renewed_access(desk, kept, token)
    if not may_send(granted.scopes):
        raise NotPossible(MAY_NOT_SEND)
    with desk.database.reading() as session:
        bundle = send.bundle_for(session, desk, visits.visit(session, visit_id), granted, by=by)
    n_sent = send.posted(issuer, granted, bundle)
    with desk.database.writing() as session:
        counted = {"issuer": issuer.name, "resources": n_sent}
        audit.record(session, at=desk.at(), by=by, action=send.SENT, kind="visit", subject=visit_id, **counted)
    return see_other(f"/visits/{visit_id}/send")
