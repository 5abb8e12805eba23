"""The assessment of a visit as it stands now, with what the screen needs around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from afterdisc import door
from afterdisc.clinic.record import Known, case_of, record_of
from afterdisc.clinic.tables import Visit
from afterdisc.errors import CaseError
from afterdisc.program import Program
from afterdisc.report import phrases

N_LEADING = 3


@dataclass(frozen=True)
class Live:
    """What is known, and either the assessment or why there is none."""

    visit: Visit
    record: Mapping[str, Known]
    assessment: Mapping[str, Any] | None
    problem: str = ""

    @property
    def questions(self) -> list[Mapping[str, Any]]:
        """What is asked next: open questions nobody has said "not known" to, the most useful first."""
        asked = self.assessment["questions"] if self.assessment else []
        return [q for q in asked if q["id"] not in self.record]


def live_of(session: Session, program: Program, visit: Visit) -> Live:
    return assessed(program, visit, record_of(session, visit))


def assessed(program: Program, visit: Visit, record: Mapping[str, Known]) -> Live:
    """Answers that contradict each other give a problem that names them; nothing is lost."""
    try:
        return Live(visit, record, door.assess(case_of(visit, record), program=program))
    except CaseError as error:
        return Live(visit, record, None, str(error))


def announced(live: Live) -> str:
    """The assessment in a sentence, for whoever listens instead of looking."""
    a = live.assessment
    if a is None:
        return f"No assessment: {live.problem}"
    leading = ", ".join(f"{c['label']} {phrases.percent(c['probability'])}" for c in phrases.in_view(dict(a))[:N_LEADING])
    return f"{a['urgency']}, {a['urgency_meaning']}. {leading}."
