"""What can be known about a person, and how strongly it speaks for a cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from afterdisc.knowledge.conditions import Condition
from afterdisc.knowledge.evidence import Code, Remark, Support

NO_CAUSE = "expected_recovery"  # the empty set of causes


@dataclass(frozen=True)
class Distribution:
    """P(state) for one finding given one cause alone (or the background), in a slice of time or always."""

    weeks: tuple[float, float] | None
    p: Mapping[str, float]
    support: Support


@dataclass(frozen=True)
class StateBin:
    id: str
    low: float | None  # inside
    high: float | None  # outside
    label: str


@dataclass(frozen=True)
class Finding:
    """What can be known about a person; a finding nobody looked for is unknown."""

    id: str
    label: str
    group: str
    kind: str  # bool | number | count | ordinal | category | set | map
    asked_at: str
    unit: str
    range: tuple[float, float] | None
    values: Mapping[str, str]
    question: str
    help: str
    why: str
    note: str
    patient_can_answer: bool
    ask_patient: str  # the question in the person's own words
    patient_help: str
    patient_values: Mapping[str, str]
    complete: bool  # a map that lists everything: what it does not list is none
    codes: tuple[Code, ...]
    bins: tuple[StateBin, ...]
    where: str


@dataclass(frozen=True)
class ModelFinding:
    """A finding that carries weight about the cause: its states in order, how causes combine, its background."""

    id: str
    label: str
    asks: str  # the finding a person is asked for
    states: tuple[str, ...]
    combine: str  # noisy_or | noisy_max | mixture
    background: tuple[Distribution, ...]
    derived_from: Mapping[str, Condition] | None
    silent_when: Condition | None
    where: str


@dataclass(frozen=True)
class RiskFactor:
    finding: str
    odds_ratios: Mapping[str, tuple[float, float, float]]  # state -> value, low, high
    prevalence: Mapping[str, float]
    support: Support


@dataclass(frozen=True)
class Prior:
    weeks: tuple[float, float]
    p: float
    support: Support


@dataclass(frozen=True)
class Cause:
    id: str
    label: str
    kind: str
    seed: bool
    summary: str
    story: str
    plain: str  # for the person, in a sentence or two
    tells_it_apart: tuple[Remark, ...]
    pitfalls: tuple[Remark, ...]
    next_test: str
    codes: tuple[Code, ...]
    priors: tuple[Prior, ...]
    risk_factors: tuple[RiskFactor, ...]
    findings: Mapping[str, tuple[Distribution, ...]]
    review_by: str
    where: str
