"""What can be done: investigations and treatments, their rules, benefits and harms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from afterdisc.knowledge.conditions import Condition
from afterdisc.knowledge.evidence import Code, Support, Vignette


@dataclass(frozen=True)
class Investigation:
    id: str
    label: str
    kind: str
    gives: tuple[str, ...]
    burden: str
    codes: tuple[Code, ...]
    where: str


@dataclass(frozen=True)
class Dose:
    max_mg_per_day: float
    times_per_day: float | None
    text: str


@dataclass(frozen=True)
class Rule:
    """One rule of a treatment or an investigation."""

    id: str
    then: str
    when: Condition
    say: str
    dose: Dose | None
    unknown_withholds: bool
    support: Support
    vignettes: tuple[Vignette, ...]
    where: str


@dataclass(frozen=True)
class Guideline:
    body: str
    year: int
    stance: str
    for_whom: str
    says: str
    facts: tuple[str, ...]


@dataclass(frozen=True)
class Benefit:
    p: float
    low: float
    high: float
    support: Support


@dataclass(frozen=True)
class Shift:
    """What raises or lowers the chance of benefit: a state of a finding, a concurrent cause, or both."""

    finding: str | None
    state: str | None
    concurrent_cause: str | None
    odds_ratio: float
    low: float
    high: float
    support: Support


@dataclass(frozen=True)
class Harm:
    id: str
    p: float
    low: float
    high: float
    window: str
    support: Support


@dataclass(frozen=True)
class Plain:
    """A treatment for a sheet that is read together: no figures, those stand beside it."""

    what: str
    good: str
    bad: str
    life: str


@dataclass(frozen=True)
class Treatment:
    id: str
    label: str
    rung: int
    elective: bool
    seed: bool
    invasiveness: int
    stability: str
    summary: str
    plain: Plain
    guidelines: tuple[Guideline, ...]
    rules: tuple[Rule, ...]
    benefit: Mapping[str, Benefit]
    shifts: tuple[Shift, ...]
    harms: tuple[Harm, ...]
    codes: tuple[Code, ...]
    review_by: str
    where: str
