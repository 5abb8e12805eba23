"""People under care: entering one, their page, beginning a visit."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from afterdisc.clinic import audit, patients, visits
from afterdisc.clinic.patients import NewOperation, NewPatient
from afterdisc.errors import NotPossible
from afterdisc.service.desk import desk_of, visitor_of
from afterdisc.service.failures import see_other
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
    desk = desk_of(request)
    with desk.database.writing() as session:
        patient = patients.patient(session, patient_id)
        seen = patients.visits_of(session, patient.id)
        done = patients.operations_of(session, patient.id)
        who = visitor_of(request).account_id
        audit.record(session, at=desk.at(), by=who, action="patient.shown", kind="patient", subject=patient.id)
    return page(request, "patients/patient.html", patient=patient, visits=seen, operations=done)


@router.post("/patients/{patient_id}/visits", name="new_visit")
def new_visit(request: Request, patient_id: str, on: Line = "") -> Response:
    """Begin a visit, today unless another day is given."""
    desk = desk_of(request)
    carried = desk.program.book.get("follow_up", {}).get("carried_over", [])
    with desk.database.writing() as session:
        patient = patients.patient(session, patient_id)
        visit = visits.open_visit(
            session, patient.id, on=on or desk.today(), at=desk.at(), by=visitor_of(request).account_id, carried=carried
        )
    return see_other(f"/visits/{visit.id}")
