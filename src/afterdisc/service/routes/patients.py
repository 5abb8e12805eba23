"""People under care: entering one, their page, beginning a visit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from afterdisc.clinic import audit, course, patients, visits
from afterdisc.clinic.patients import NewOperation, NewPatient
from afterdisc.clinic.worklist import later
from afterdisc.errors import NotFound, NotPossible
from afterdisc.review.change import change
from afterdisc.service.desk import desk_of, visitor_of
from afterdisc.service.failures import see_other
from afterdisc.service.history import history_of, side_of
from afterdisc.service.pages import page

router = APIRouter()
Text = Annotated[str, Form(max_length=2000)]
Line = Annotated[str, Form(max_length=300)]


@router.get("/patients/new", name="new_patient_page")
def new_patient_page(request: Request) -> Response:
    return page(request, "patients/new.html", given={}, error="")


@router.post("/patients", name="new_patient")
def new_patient(
    request: Request,
    number: Line,
    family_name: Line,
    given_name: Line = "",
    birth_date: Line = "",
    sex: Line = "",
    operated_on: Line = "",
    procedure: Line = "",
    level: Line = "",
    side: Line = "",
) -> Response:
    """Enter a person with the operation in question, and begin the first visit."""
    desk, by = desk_of(request), visitor_of(request).account_id
    operations = (NewOperation(operated_on or None, procedure or None, level or None, side or None, is_index=True),)
    has_operation = bool(operated_on or procedure or level or side)
    new = NewPatient(
        number=number.strip(),
        family_name=family_name.strip(),
        given_name=given_name.strip(),
        birth_date=birth_date or None,
        sex=sex or None,
        operations=operations if has_operation else (),
    )
    try:
        with desk.database.writing() as session:
            patient = patients.add_patient(session, new, at=desk.at(), by=by)
            visit = visits.open_visit(session, patient.id, on=desk.today(), at=desk.at(), by=by)
    except NotPossible as error:
        given = {
            "number": number,
            "family_name": family_name,
            "given_name": given_name,
            "birth_date": birth_date,
            "sex": sex,
            "operated_on": operated_on,
            "procedure": procedure,
            "level": level,
            "side": side,
        }
        return page(request, "patients/new.html", status=422, given=given, error=str(error))
    return see_other(f"/visits/{visit.id}")


@router.get("/patients/{patient_id}", name="patient_page")
def patient_page(request: Request, patient_id: str) -> Response:
    """One person over time."""
    desk = desk_of(request)
    with desk.database.writing() as session:
        patient = patients.patient(session, patient_id)
        history = history_of(session, desk.program.book, patient, desk.today())
        who = visitor_of(request).account_id
        audit.record(session, at=desk.at(), by=who, action="patient.shown", kind="patient", subject=patient.id)
    return page(request, "patients/patient.html", patient=patient, history=history)


@router.post("/patients/{patient_id}/visits", name="new_visit")
def new_visit(request: Request, patient_id: str, on: Line = "") -> Response:
    """Begin a visit, today unless another day is given. What does not change by itself comes over from the last one."""
    desk = desk_of(request)
    with desk.database.writing() as session:
        patient = patients.patient(session, patient_id)
        by, book = visitor_of(request).account_id, desk.program.book
        visit = visits.open_visit(session, patient.id, on=on or desk.today(), at=desk.at(), by=by, book=book)
    return see_other(f"/visits/{visit.id}")


@router.post("/patients/{patient_id}/operations", name="new_operation")
def new_operation(
    request: Request, patient_id: str, on: Line = "", procedure: Line = "", level: Line = "", side: Line = "", index: Line = ""
) -> Response:
    desk = desk_of(request)
    new = NewOperation(on or None, procedure or None, level or None, side or None, is_index=bool(index))
    with desk.database.writing() as session:
        patient = patients.patient(session, patient_id)
        patients.add_operation(session, patient.id, new, at=desk.at(), by=visitor_of(request).account_id)
    return see_other(f"/patients/{patient_id}#operations")


@router.post("/patients/{patient_id}/scores", name="new_score")
def new_score(request: Request, patient_id: str, instrument: Line, value: Line, on: Line = "") -> Response:
    desk = desk_of(request)
    with desk.database.writing() as session:
        patient = patients.patient(session, patient_id)
        entered = course.Entered(instrument, number_of(value, "score"), on or desk.today())
        course.add_score(session, desk.program, patient.id, entered, at=desk.at(), by=visitor_of(request).account_id)
    return see_other(f"/patients/{patient_id}#scores")


@router.post("/patients/{patient_id}/treatments", name="new_step")
def new_step(request: Request, patient_id: str, treatment: Line, started_on: Line, review_on: Line = "") -> Response:
    """Enter a treatment; it is to be judged on the day given, or as the knowledge base says."""
    desk = desk_of(request)
    step = course.Step(treatment, started_on, review_on=review_on or review_day(desk.program.book, treatment, started_on))
    with desk.database.writing() as session:
        patient = patients.patient(session, patient_id)
        course.add_step(session, desk.program, patient.id, step, at=desk.at(), by=visitor_of(request).account_id)
    return see_other(f"/patients/{patient_id}#treatments")


def review_day(book: Mapping[str, Any], treatment: str, started_on: str) -> str | None:
    """The day on which a step of the ladder is judged."""
    patients.check_date("start", started_on)
    follow_up = book["follow_up"]
    rule = follow_up["review_after"].get(treatment) or follow_up["due"]["step_review"]
    return later(started_on, rule["weeks"])


@router.post("/patients/{patient_id}/treatments/{step_id}/review", name="review_step")
def review_step(request: Request, patient_id: str, step_id: str, relief: Line = "", ends: Line = "") -> Response:
    desk = desk_of(request)
    judged = course.Judged(number_of(relief, "relief") if relief.strip() else None, desk.today(), bool(ends))
    with desk.database.writing() as session:
        course.review_step(session, patient_id, step_id, judged, at=desk.at(), by=visitor_of(request).account_id)
    return see_other(f"/patients/{patient_id}#treatments")


def number_of(typed: str, what: str) -> float:
    try:
        value = float(typed.strip().replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise NotPossible(f"the {what} is no number. Write digits only, for example 6 or 6.5.")
    return value


@router.get("/patients/{patient_id}/compare", name="compare")
def compare(request: Request, patient_id: str, before: str = "", after: str = "") -> Response:
    """Two visits side by side: what changed, and because of what."""
    desk = desk_of(request)
    with desk.database.reading() as session:
        patient = patients.patient(session, patient_id)
        seen = patients.visits_of(session, patient.id)
        by_id = {v.id: v for v in seen}
        if before not in by_id or after not in by_id:
            raise NotFound("choose two visits of this person to compare.")
        first, then = side_of(session, desk.program, by_id[before])
        second, now = side_of(session, desk.program, by_id[after])
    changed = change(first, second, then=then, now=now)
    return page(
        request, "patients/compare.html", patient=patient, before=by_id[before], after=by_id[after], change=changed, visits=seen
    )
