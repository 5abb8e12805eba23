"""Measuring flexion and extension films: the picture goes back to the browser it came from and is kept nowhere."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Request, Response, UploadFile
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from afterdisc.clinic import audit, care, patients, visits
from afterdisc.clinic.moments import new_id
from afterdisc.clinic.record import record_of
from afterdisc.clinic.tables import Measurement
from afterdisc.clinic.visits import Given
from afterdisc.radiograph import Corners, Measured, Motion, measure, read_film
from afterdisc.radiograph.film import MOST_BYTES
from afterdisc.service import show
from afterdisc.service.desk import desk_of, visitor_of
from afterdisc.service.pages import page

router = APIRouter()
TRANSLATION, ANGULATION = "flexion_extension_translation_mm", "flexion_extension_angulation_deg"
Coordinate = Annotated[float, Field(ge=-10_000, le=100_000, allow_inf_nan=False)]
Place = tuple[Coordinate, Coordinate]


class MeasuredFilm(BaseModel):
    """The four corners on one film, in pixels, and the scale."""

    model_config = ConfigDict(extra="forbid")
    upper_back: Place
    upper_front: Place
    lower_back: Place
    lower_front: Place
    mm_per_pixel: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]
    scale_from: str = Field("", max_length=200)

    def as_measured(self) -> Measured:
        return Measured(Corners(self.upper_back, self.upper_front, self.lower_back, self.lower_front), self.mm_per_pixel)


class Films(BaseModel):
    model_config = ConfigDict(extra="forbid")
    flexion: MeasuredFilm
    extension: MeasuredFilm


@router.get("/visits/{visit_id}/measure", name="measure_page")
def measure_page(request: Request, visit_id: str) -> Response:
    desk = desk_of(request)
    with desk.database.reading() as session:
        visit = visits.visit(session, visit_id)
        patient = patients.patient(session, visit.patient_id)
        known = {f: k for f, k in record_of(session, visit).items() if f in (TRANSLATION, ANGULATION)}
        same = select(Measurement).where(Measurement.visit_id == visit.id).order_by(Measurement.at.desc())
        made = list(session.scalars(same))
        names = patients.names_of(session, {m.by for m in made if m.by})
    findings = (TRANSLATION, ANGULATION)
    return page(
        request, "measure/measure.html", visit=visit, patient=patient, known=known, made=made, names=names, findings=findings
    )


@router.post("/visits/{visit_id}/films", name="open_film")
def open_film(request: Request, visit_id: str, film: UploadFile) -> Response:
    """A film as a picture without any identifier; nothing of it is kept."""
    with desk_of(request).database.reading() as session:
        visits.visit(session, visit_id)
    read = read_film(film.file.read(MOST_BYTES + 1))
    return JSONResponse(
        {
            "png": "data:image/png;base64," + base64.b64encode(read.png).decode(),
            "width": read.width,
            "height": read.height,
            "mm_per_pixel": read.mm_per_pixel,
            "spacing_from": read.spacing_from,
        }
    )


@router.post("/visits/{visit_id}/measurements/preview", name="preview_measurement")
def preview(request: Request, visit_id: str, films: Films) -> Response:
    """What the points come to; nothing is kept."""
    with desk_of(request).database.reading() as session:
        visits.visit(session, visit_id)
    return JSONResponse(asdict(measure(films.flexion.as_measured(), films.extension.as_measured())))


@router.post("/visits/{visit_id}/measurements", name="keep_measurement")
def keep(request: Request, visit_id: str, films: Films) -> Response:
    """Write translation and angulation to the findings, and keep the points they come from."""
    desk, by = desk_of(request), visitor_of(request).account_id
    motion = measure(films.flexion.as_measured(), films.extension.as_measured())
    with desk.database.writing() as session:
        visit = visits.visit(session, visit_id)
        care.refuse_signed(visit)
        for finding, value in _answers(motion):
            given = Given(finding, value, key=new_id(), origin="measured", insists=True)
            visits.keep_answer(session, desk.program, visit, given, at=desk.at(), by=by)
        detail = {"films": films.model_dump(), "result": asdict(motion)}
        row = Measurement(id=new_id(), visit_id=visit.id, detail=detail, at=desk.at(), by=by)
        session.add(row)
        audit.record(session, at=desk.at(), by=by, action="films.measured", kind="visit", subject=visit.id, measurement=row.id)
    shown = {f: show.answer(desk.program.book["findings"][f], value) for f, value in _answers(motion)}
    return JSONResponse({"say": "Saved to the findings of this visit.", "record": shown})


def _answers(motion: Motion) -> tuple[tuple[str, float], ...]:
    return ((TRANSLATION, round(motion.translation_mm, 1)), (ANGULATION, round(motion.angulation_deg, 1)))
