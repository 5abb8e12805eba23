"""The steps of the re-evaluation: red flags, imaging, where the person stands, the expected course."""

from __future__ import annotations

from dataclasses import dataclass

from afterdisc.knowledge.conditions import Condition
from afterdisc.knowledge.evidence import Support, Vignette


@dataclass(frozen=True)
class Level:
    urgency: str
    when: Condition


@dataclass(frozen=True)
class RedFlag:
    id: str
    title: str
    levels: tuple[Level, ...]
    because: str
    action: str
    investigations: tuple[str, ...]
    treatments: tuple[str, ...]
    support: Support
    vignettes: tuple[Vignette, ...]
    where: str


@dataclass(frozen=True)
class Mandatory:
    """A red-flag question that must be answered; one known finding of the group answers it."""

    id: str
    label: str
    any_of: tuple[str, ...]
    question: str


@dataclass(frozen=True)
class ImagingRule:
    id: str
    title: str
    when: Condition
    first: tuple[str, ...]
    next: tuple[str, ...]
    withhold: tuple[str, ...]
    say: str
    check: tuple[str, ...]
    overridden_by: tuple[str, ...]
    support: Support
    vignettes: tuple[Vignette, ...]
    where: str


@dataclass(frozen=True)
class Stage:
    """Where the person stands; the first that is true wins."""

    id: str
    label: str
    when: Condition
    say: str
    support: Support
    vignettes: tuple[Vignette, ...]
    where: str


@dataclass(frozen=True)
class CoursePoint:
    """What is normal, and what is not, from so many weeks after the operation on."""

    time: str
    from_weeks: float
    normally_seen: str
    not_normal: str
    support: Support


@dataclass(frozen=True)
class Definition:
    id: str
    means: str
    when: Condition
    support: Support
    where: str
