"""What the visits before and after an assessment need: scores and their course, dates, reasons, the person's own form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from afterdisc.knowledge.conditions import Condition
from afterdisc.knowledge.evidence import Support, Vignette


@dataclass(frozen=True)
class Threshold:
    """A published limit of a score: a change that matters (mcid, success, failure), or a score to be content with (pass)."""

    kind: str  # mcid | success | failure | pass
    value: float
    of: str  # change | percent_change | score
    population: str
    support: Support


@dataclass(frozen=True)
class CurvePoint:
    """Where people stand so long after a lumbar disc operation, and how far they spread."""

    weeks: float
    at: str
    mean: float
    sd: float
    population: str
    support: Support
    spread: Support  # of the standard deviation, which is often not printed


@dataclass(frozen=True)
class Curve:
    """One published course of a score; where works disagree each is a curve of its own."""

    id: str
    label: str
    points: tuple[CurvePoint, ...]


@dataclass(frozen=True)
class Instrument:
    """A score that is followed over time."""

    id: str
    label: str
    short: str
    unit: str
    range: tuple[float, float]
    step: float
    better: str  # lower | higher
    finding: str  # the finding that holds it, or nothing
    note: str
    thresholds: tuple[Threshold, ...]
    curves: tuple[Curve, ...]
    where: str


@dataclass(frozen=True)
class Due:
    """After how long something is due, or late."""

    id: str
    label: str
    weeks: float
    support: Support


@dataclass(frozen=True)
class Reason:
    """Why a proposal was accepted, put off or declined."""

    code: str
    label: str
    needs_text: bool


@dataclass(frozen=True)
class Section:
    """A part of a form: its findings in the order in which they are asked."""

    id: str
    title: str
    findings: tuple[str, ...]
    intro: str = ""


@dataclass(frozen=True)
class PreVisit:
    """The form a person fills in at home, with the words around it."""

    at_most: float
    support: Support
    intro: str
    crisis: str  # stands at the foot of every page of the form
    thanks: str
    sections: tuple[Section, ...]
    where: str


@dataclass(frozen=True)
class Emergency:
    """Answers of a person that cannot wait for the visit, and what the person is told."""

    id: str
    title: str
    urgency: str  # now | today
    when: Condition
    say: str
    support: Support
    vignettes: tuple[Vignette, ...]
    where: str


@dataclass(frozen=True)
class Carried:
    """The findings a new visit takes over from the last one, because they do not change by themselves."""

    findings: tuple[str, ...]
    only_yes: tuple[str, ...]  # of these only a yes
    groups_until_operation: tuple[str, ...]  # findings of these groups end with the next operation
    support: Support
    where: str


@dataclass(frozen=True)
class ChanceWords:
    """What a chance is called in a letter, from which size on, the greatest first; and which interval is called wide."""

    words: tuple[tuple[float, str], ...]
    wide_interval: float
    support: Support
    where: str


@dataclass(frozen=True)
class SafetyNet:
    """What cannot wait, as the letter lists it and as the sheet says it."""

    letter: tuple[str, ...]
    sheet: str
    support: Support
    where: str


@dataclass(frozen=True)
class FollowUp:
    """Everything around the assessment; nothing of it changes an assessment."""

    instruments: Mapping[str, Instrument] = field(default_factory=dict)
    due: Mapping[str, Due] = field(default_factory=dict)
    review_after: Mapping[str, Due] = field(default_factory=dict)  # of a treatment: until it is judged
    reasons: Mapping[str, tuple[Reason, ...]] = field(default_factory=dict)  # accept | defer | decline
    pre_visit: PreVisit | None = None
    emergencies: tuple[Emergency, ...] = ()
    site: Mapping[str, str] = field(default_factory=dict)  # words a site may set, with their neutral default
    carried: Carried | None = None
    safety_net: SafetyNet | None = None
    chance_words: ChanceWords | None = None
    harms: Mapping[str, str] = field(default_factory=dict)  # harm: plain label
