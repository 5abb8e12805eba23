"""The demo clinic: people who do not exist, entered and removed in one step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from afterdisc.clinic import care, course, patients, visits
from afterdisc.clinic.erasure import erase
from afterdisc.clinic.patients import NewOperation, NewPatient
from afterdisc.clinic.tables import Patient
from afterdisc.clinic.visits import Given
from afterdisc.program import Program

Item = Mapping[str, Any]
NOTE = "Seen and discussed; demo note."


def add_demo(session: Session, program: Program, *, today: str, at: str, by: str) -> int:
    """Enter the demo clinic as if its visits had been in the last weeks; returns how many people. Those there stay."""
    people = json.loads((files("afterdisc.clinic") / "demo_clinic.json").read_text("utf-8"))["people"]
    there = set(session.scalars(select(Patient.number).where(Patient.demo.is_not(None))))
    new = [p for p in people if p["number"] not in there]
    for person in new:
        _add(session, program, person, date.fromisoformat(today), at=at, by=by)
    return len(new)


def _add(session: Session, program: Program, person: Item, today: date, *, at: str, by: str) -> None:
    last = today - timedelta(days=person["visits"][-1]["days_ago"])
    weeks = person["operation"]["weeks_before_last_visit"]
    operated = None if weeks is None else last - timedelta(days=round(7 * weeks))
    patient = patients.add_patient(session, _new_patient(person, last, operated), at=at, by=by)
    for visit in person["visits"]:
        _add_visit(session, program, patient.id, visit, today, at=at, by=by)
    if operated:
        _add_course(session, program, patient.id, person, operated, today, at=at, by=by)


def _new_patient(person: Item, last: date, operated: date | None) -> NewPatient:
    operation = {k: v for k, v in person["operation"].items() if k != "weeks_before_last_visit"}
    known = operated is not None or any(operation.values())
    index = NewOperation(on=operated.isoformat() if operated else None, is_index=True, **operation)
    born = None if person["age_years"] is None else f"{last.year - int(person['age_years'])}-01-01"
    return NewPatient(
        number=person["number"],
        family_name=person["family_name"],
        given_name=person["given_name"],
        birth_date=born,
        sex=person["sex"],
        demo=person["demo"],
        operations=(index,) if known else (),
    )


def _add_visit(session: Session, program: Program, patient_id: str, told: Item, today: date, *, at: str, by: str) -> None:
    on = (today - timedelta(days=told["days_ago"])).isoformat()
    visit = visits.open_visit(session, patient_id, on=on, at=at, by=by)
    for finding, value in told["findings"].items():
        given = Given(finding, value, key=f"{visit.id}-{finding}")
        visits.keep_answer(session, program, visit, given, at=at, by=by)
    if told["signed"]:
        care.sign(session, program, visit, NOTE, at=at, by=by)


def _add_course(
    session: Session, program: Program, patient_id: str, person: Item, operated: date, today: date, *, at: str, by: str
) -> None:
    def on(weeks: float) -> str:
        return min(operated + timedelta(days=round(7 * weeks)), today).isoformat()

    for score in person["scores"]:
        entered = course.Entered(score["instrument"], score["value"], on(score["weeks_after_surgery"]))
        course.add_score(session, program, patient_id, entered, at=at, by=by)
    for told in person["treatments"]:
        ended = told.get("ended_weeks_after_surgery")
        step = course.Step(
            told["treatment"], on(told["started_weeks_after_surgery"]), review_on=on(told["review_weeks_after_surgery"])
        )
        row = course.add_step(session, program, patient_id, step, at=at, by=by)
        if ended is not None:
            judged = course.Judged(told.get("relief_percent"), on(ended), ends=True)
            course.review_step(session, patient_id, row.id, judged, at=at, by=by)


def remove_demo(session: Session, *, at: str, by: str) -> int:
    """Erase everybody of the demo clinic; returns how many."""
    people = list(session.scalars(select(Patient.id).where(Patient.demo.is_not(None))))
    for patient_id in people:
        erase(session, patient_id, at=at, by=by)
    return len(people)


def has_demo(session: Session) -> bool:
    return session.scalar(select(Patient.id).where(Patient.demo.is_not(None)).limit(1)) is not None


