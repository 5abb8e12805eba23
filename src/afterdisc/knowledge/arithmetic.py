"""What the arithmetic needs besides causes and findings: time, what goes together, what is refused, settings, costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from afterdisc.knowledge.conditions import Condition
from afterdisc.knowledge.evidence import Support


@dataclass(frozen=True)
class Slice:
    weeks: tuple[float, float]
    centre_weeks: float
    share: float


@dataclass(frozen=True)
class DependenceGroup:
    id: str
    rho: float
    members: tuple[str, ...]
    support: Support


@dataclass(frozen=True)
class Concurrency:
    max_causes: int
    recheck_above: float
    mixture_weight: Mapping[str, float]
    excludes: tuple[tuple[str, str], ...]
    odds_multipliers: Mapping[tuple[str, str], float]
    supports: tuple[Support, ...]


@dataclass(frozen=True)
class Setting:
    """A number of the base itself (a burden, a threshold of the display), with its support."""

    value: float
    support: Support


@dataclass(frozen=True)
class Order:
    """A number that may not exceed another one."""

    first: str
    not_above: str
    slack: float
    say: str


@dataclass(frozen=True)
class Refusal:
    """A condition under which a case is refused: facts that contradict each other, or a person out of scope."""

    id: str
    when: Condition
    say: str
    where: str


@dataclass(frozen=True)
class EconomicItem:
    id: str
    item: str
    kind: str
    value: float
    low: float | None
    high: float | None
    currency: str
    year: str
    support: Support
