"""The worklist: everybody under care, the most urgent first, then by what is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from afterdisc.clinic.care import latest_decisions
from afterdisc.clinic.tables import Answer, Invitation, Operation, Patient, Standing, TreatmentGiven, Visit
from afterdisc.words.urgency import URGENCIES

FOREVER = "9999-12-31"
URGENT_IMAGING = {"E0": "imaging_emergency", "E1": "imaging_emergency", "E2": "imaging_urgent"}


@dataclass(frozen=True)
class Due:
    """One thing that is due for one person."""

    kind: str  # danger, six_week_check, imaging, review, unsigned, reported
    label: str
    on: str
    is_late: bool


@dataclass(frozen=True)
class Line:
    """One person on the worklist."""

    patient: Patient
    visit: Visit | None
    standing: Standing | None
    due: tuple[Due, ...]

    @property
    def urgency(self) -> str:
        return self.standing.urgency if self.standing else ""

    @property
    def next_due(self) -> str:
        return min((d.on for d in self.due), default=FOREVER)

    @property
    def rank(self) -> tuple[int, str, str]:
        urgency = URGENCIES.index(self.urgency) if self.urgency else len(URGENCIES)
        return (urgency, self.next_due, self.patient.family_name)


def lines(session: Session, book: Mapping[str, Any], today: str) -> list[Line]:
    """Everybody, in the order in which they need attention. Standings must be fresh."""
    newest = newest_visits(session)
    standing = {s.visit_id: s for s in session.scalars(select(Standing))}
    dues = _Dues(session, book, today)
    out = []
    for patient in session.scalars(select(Patient)):
        visit = newest.get(patient.id)
        stands = standing.get(visit.id) if visit else None
        out.append(Line(patient, visit, stands, tuple(dues.of(patient, visit, stands))))
    return sorted(out, key=lambda line: line.rank)


def newest_visits(session: Session) -> dict[str, Visit]:
    """The latest visit of each person who has one."""
    ordered = session.scalars(select(Visit).order_by(Visit.on, Visit.created_at))
    return {visit.patient_id: visit for visit in ordered}


class _Dues:
    """What is due, from the records of everybody at once; the intervals are the knowledge base's."""

    def __init__(self, session: Session, book: Mapping[str, Any], today: str) -> None:
        self.session, self.book, self.today = session, book, today
        self.due: Mapping[str, Any] = book["follow_up"]["due"]
        self.operated = {o.patient_id: o.on for o in session.scalars(select(Operation).where(Operation.is_index)) if o.on}
        self.given: dict[str, list[TreatmentGiven]] = {}
        open_steps = select(TreatmentGiven).where(TreatmentGiven.reviewed_on.is_(None), TreatmentGiven.review_on.is_not(None))
        for step in session.scalars(open_steps):
            self.given.setdefault(step.patient_id, []).append(step)
        self.reported = set(session.scalars(select(Invitation.visit_id).where(Invitation.submitted_at.is_not(None))))
        unconfirmed = select(Answer.visit_id).where(Answer.is_confirmed.is_(False)).distinct()
        self.unconfirmed = set(session.scalars(unconfirmed))

    def of(self, patient: Patient, visit: Visit | None, standing: Standing | None) -> list[Due]:
        out = [*self._check(patient, visit), *self._steps(patient)]
        if visit:
            out += [*self._of_visit(visit, standing), *self._imaging(visit, standing)]
        return sorted(out, key=lambda d: d.on)

    def _of_visit(self, visit: Visit, standing: Standing | None) -> list[Due]:
        out = []
        if standing and standing.n_danger_open and not visit.signed_at:
            n = standing.n_danger_open
            out.append(self._due("danger", f"{n} red-flag question{'s' if n > 1 else ''} unanswered", visit.on))
        if visit.id in self.reported and visit.id in self.unconfirmed and not visit.signed_at:
            out.append(self._due("reported", "The person's own answers to be confirmed", visit.on))
        if not visit.signed_at and visit.on < self.today:
            out.append(self._due("unsigned", "Visit not signed", visit.on))
        return out

    def _check(self, patient: Patient, visit: Visit | None) -> list[Due]:
        operated = self.operated.get(patient.id)
        if operated is None:
            return []
        wanted = self.due["six_week_check"]
        on = later(operated, wanted["weeks"])
        was_seen = visit is not None and visit.on >= on
        return [] if was_seen else [self._due("six_week_check", wanted["label"], on)]

    def _steps(self, patient: Patient) -> list[Due]:
        names = {t: text["label"] for t, text in self.book["treatments"].items()}
        return [
            self._due("review", f"Review: {names.get(step.treatment, step.treatment)}", step.review_on or "")
            for step in self.given.get(patient.id, [])
        ]

    def _imaging(self, visit: Visit, standing: Standing | None) -> list[Due]:
        """Imaging that was accepted and of which no result is recorded since."""
        awaited = []
        for decision in latest_decisions(self.session, visit.id):
            test = self.book["investigations"].get(decision.proposal)
            if decision.kind == "investigation" and decision.choice == "accept" and test and test["kind"] == "imaging":
                since = select(Answer.id).where(
                    Answer.visit_id == visit.id,
                    Answer.finding.in_(test["gives"]),
                    Answer.at > decision.at,
                    Answer.origin != "carried",
                )
                if self.session.scalar(since.limit(1)) is None:
                    within = self.due[URGENT_IMAGING.get(standing.urgency if standing else "", "imaging_overdue")]
                    awaited.append(self._due("imaging", f"Awaited: {test['label']}", later(decision.at[:10], within["weeks"])))
        return awaited

    def _due(self, kind: str, label: str, on: str) -> Due:
        return Due(kind, label, on, on < self.today)


def later(day: str, weeks: float) -> str:
    """An ISO date so many weeks later."""
    return (date.fromisoformat(day) + timedelta(days=round(7 * weeks))).isoformat()
