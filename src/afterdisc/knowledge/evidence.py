"""What a number or a rule rests on and is tried by: facts, works, judgements, vignettes, codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Fact:
    """One figure or recommendation as a work prints it."""

    id: str
    item: str
    value: str
    unit: str
    low: str
    high: str
    n: str
    population: str
    source: str
    locator: str
    verified: bool
    note: str


@dataclass(frozen=True)
class Source:
    """One work: article, guideline, label or page."""

    id: str
    author: str
    year: str
    title: str
    journal: str
    doi: str
    pmid: str
    url: str
    design: str


@dataclass(frozen=True)
class Support:
    """Why a number or a rule stands: facts, or a judgement worth so many patients, or both."""

    kind: str  # measured | derived | judgement
    facts: tuple[str, ...]
    because: str
    worth: float | None
    where: str


@dataclass(frozen=True)
class Vignette:
    """A named case beside a rule. `expect` is true or false (a rule) or an urgency, cleared, ask (a red flag)."""

    name: str
    given: Mapping[str, object]
    probabilities: Mapping[str, float]
    expect: bool | str
    where: str


@dataclass(frozen=True)
class Code:
    system: str
    code: str
    display: str
    unsure: bool
    note: str


@dataclass(frozen=True)
class Remark:
    say: str
    facts: tuple[str, ...]
