"""A person over time as the screen shows it: scores with their charts, the timeline, what visits can be compared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from sqlalchemy.orm import Session

from afterdisc.clinic import course, patients
from afterdisc.clinic.assessments import latest_of, program_of
from afterdisc.clinic.record import case_of, latest_answers, record_of
from afterdisc.clinic.tables import Operation, Patient, TreatmentGiven, Visit
from afterdisc.program import Program
from afterdisc.report.course_chart import Measured, Span, course_chart, timeline
from afterdisc.words.days import day, weeks_between


@dataclass(frozen=True)
class ScoreLine:
    """One score on one day, and where it comes from."""

    on: str
    weeks: float | None
    value: float
    origin: str


@dataclass(frozen=True)
class Series:
    """One instrument: its text, the person's scores, the chart (None while the date of the operation is not known)."""

    id: str
    text: Mapping[str, Any]
    curves: list[Mapping[str, Any]]
    scores: list[ScoreLine]
    chart: Markup | None


@dataclass(frozen=True)
class History:
    """Everything of one person over time."""

    operations: list[Operation]
    visits: list[Visit]
    steps: list[TreatmentGiven]
    series: list[Series]
    timeline: Markup | None

    @property
    def index(self) -> Operation | None:
        return next((o for o in self.operations if o.is_index), None)


def history_of(session: Session, book: Mapping[str, Any], patient: Patient, today: str) -> History:
    operations = patients.operations_of(session, patient.id)
    visits = patients.visits_of(session, patient.id)
    steps = course.steps_of(session, patient.id)
    operated = next((o.on for o in operations if o.is_index and o.on), None)
    follow_up = book["follow_up"]
    found = _scores(session, patient, visits, follow_up["instruments"])
    series = [
        _series(i, text, follow_up["expected_curve"].get(i, []), found[i], operated)
        for i, text in follow_up["instruments"].items()
    ]
    spans = _spans(book, operations, visits, steps, operated, today) if operated else []
    drawn = timeline("timeline", spans, weeks_between(operated, today)) if operated else None
    return History(operations, visits, steps, series, drawn)


def _scores(
    session: Session, patient: Patient, visits: list[Visit], instruments: Mapping[str, Any]
) -> dict[str, list[ScoreLine]]:
    """Scores that were entered, and those that visits hold as findings; one a day."""
    found: dict[str, dict[str, ScoreLine]] = {i: {} for i in instruments}
    of_finding = {text["finding"]: i for i, text in instruments.items() if text["finding"]}
    for visit in visits:
        for answer in latest_answers(session, visit.id):
            if answer.finding in of_finding and answer.value is not None and answer.origin != "carried":
                on = answer.observed_on or visit.on
                found[of_finding[answer.finding]][on] = ScoreLine(on, None, float(answer.value), f"visit of {day(visit.on)}")
    for score in course.scores_of(session, patient.id):
        if score.instrument in found:
            found[score.instrument][score.on] = ScoreLine(score.on, None, score.value, "entered as a score")
    return {i: sorted(lines.values(), key=lambda s: s.on) for i, lines in found.items()}


def _series(
    name: str, text: Mapping[str, Any], curves: list[Mapping[str, Any]], scores: list[ScoreLine], operated: str | None
) -> Series:
    if operated is None:
        return Series(name, text, curves, scores, None)
    dated = [ScoreLine(s.on, weeks_between(operated, s.on), s.value, s.origin) for s in scores]
    measured = [Measured(s.weeks or 0.0, s.value) for s in dated]
    return Series(name, text, curves, dated, course_chart(f"course-{name}", text, curves, measured))


def _spans(
    book: Mapping[str, Any],
    operations: list[Operation],
    visits: list[Visit],
    steps: list[TreatmentGiven],
    operated: str,
    today: str,
) -> list[Span]:
    procedures = book["findings"]["index_procedure"]["values"]
    out = [
        Span("operation", f"{procedures.get(o.procedure or '', 'Operation')} {o.level or ''}", weeks_between(operated, o.on))
        for o in operations
        if o.on
    ]
    for step in steps:
        text = book["treatments"].get(step.treatment)
        last = weeks_between(operated, step.ended_on or today)
        first = weeks_between(operated, step.started_on)
        out.append(Span("treatment", text["label"] if text else step.treatment, first, max(last, first), not step.ended_on))
    out += [Span("visit", f"Visit of {day(v.on)}", weeks_between(operated, v.on)) for v in visits]
    return sorted(out, key=lambda s: s.first)


def side_of(session: Session, installed: Program, visit: Visit) -> tuple[dict[str, Any], Program]:
    """What was known at a visit, and the knowledge it is to be read with: as it was signed, else as it stands."""
    signed = latest_of(session, visit.id) if visit.signed_at else None
    if signed is None:
        return dict(case_of(visit, record_of(session, visit))["findings"]), installed
    return dict(json.loads(signed.case_json)["findings"]), program_of(session, signed.fingerprint, installed)
