"""The worklist: who needs attention first."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from afterdisc.clinic.tables import Patient
from afterdisc.service.desk import desk_of
from afterdisc.service.pages import page

router = APIRouter()


@router.get("/worklist", name="worklist")
def worklist(request: Request) -> Response:
    desk = desk_of(request)
    with desk.database.reading() as session:
        rows = session.scalars(select(Patient).order_by(Patient.family_name, Patient.number)).all()
    return page(request, "worklist/worklist.html", rows=rows)
