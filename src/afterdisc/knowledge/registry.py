"""What the knowledge base says about whole registries: how long answers hold, quality indicators, what to compare with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from afterdisc.knowledge.conditions import Condition
from afterdisc.knowledge.evidence import Support, Vignette

INDICATOR_ANSWERS = ("met", "not_met", "unknown", "not_applicable")
MEASURES = ("improvement", "share_improved")
EVENTS = ("recurrence", "reoperation", "fusion", "death")


@dataclass(frozen=True)
class Hold:
    """How long an answer counts; `days` None: it holds."""

    days: float | None
    support: Support


@dataclass(frozen=True)
class Indicator:
    """A quality indicator: whom it is about, and what should be so. One row of a registry is one person."""

    id: str
    title: str
    why: str
    applies: Condition
    met: Condition
    support: Support
    vignettes: tuple[Vignette, ...]
    where: str


@dataclass(frozen=True)
class Benchmark:
    """A published result of people after the index operation, at so many weeks."""

    id: str
    title: str
    before: str
    after: str
    measure: str
    at_least: float | None
    weeks: tuple[float, float]
    value: float
    low: float | None
    high: float | None
    unit: str
    support: Support


@dataclass(frozen=True)
class EventBenchmark:
    """A published share of people with an event by so many years after the index operation."""

    id: str
    event: str
    years: float
    value: float
    support: Support


@dataclass(frozen=True)
class SyntheticEvent:
    """How often a synthetic person has an event, a year; by the cause truly at work, the first that applies."""

    per_year: float
    with_cause: Mapping[str, float]
    support: Support


@dataclass(frozen=True)
class Score:
    """A score before the operation: normal around a mean, within limits."""

    mean: float
    sd: float
    low: float
    high: float
    support: Support


@dataclass(frozen=True)
class Synthetic:
    """What a synthetic registry has besides its people."""

    n_sites: int
    largest_share: float
    events: Mapping[str, SyntheticEvent]
    before_index: Mapping[str, Score]
    earlier_visit_share: float
    supports: tuple[Support, ...]


@dataclass(frozen=True)
class RegistryKnowledge:
    """Everything of the folder `registry`."""

    max_age: Mapping[str, Hold] = field(default_factory=dict)  # by when a finding is asked
    indicators: Mapping[str, Indicator] = field(default_factory=dict)
    findings: tuple[str, ...] = ()  # described by the report, and written beside the answers
    suppress_below: Hold | None = None
    benchmarks: tuple[Benchmark, ...] = ()
    event_benchmarks: tuple[EventBenchmark, ...] = ()
    synthetic: Synthetic | None = None

    @property
    def supports(self) -> tuple[Support, ...]:
        parts = (self.max_age.values(), self.indicators.values(), self.benchmarks, self.event_benchmarks)
        few = (self.suppress_below.support,) if self.suppress_below else ()
        made = self.synthetic.supports if self.synthetic else ()
        return (*(item.support for part in parts for item in part), *few, *made)
