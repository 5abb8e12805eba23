"""What the knowledge base holds: small frozen objects, each with its support and its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from afterdisc.knowledge.conditions import Condition

NO_CAUSE = "expected_recovery"  # the empty set of causes


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
class Remark:
    say: str
    facts: tuple[str, ...]


@dataclass(frozen=True)
class Cause:
    id: str
    label: str
    kind: str
    seed: bool
    summary: str
    story: str
    patient: str
    tells_it_apart: tuple[Remark, ...]
    pitfalls: tuple[Remark, ...]
    next_test: str
    codes: tuple[Code, ...]
    priors: tuple[Prior, ...]
    risk_factors: tuple[RiskFactor, ...]
    findings: Mapping[str, tuple[Distribution, ...]]
    review_by: str
    where: str


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
class Treatment:
    id: str
    label: str
    rung: int
    elective: bool
    seed: bool
    invasiveness: int
    stability: str
    summary: str
    patient: str
    guidelines: tuple[Guideline, ...]
    rules: tuple[Rule, ...]
    benefit: Mapping[str, Benefit]
    shifts: tuple[Shift, ...]
    harms: tuple[Harm, ...]
    codes: tuple[Code, ...]
    review_by: str
    where: str


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


@dataclass(frozen=True)
class KnowledgeBase:
    """Everything, read and shaped; `check_knowledge` says whether it may be used."""

    folder: Path
    version: str
    title: str
    intended_use: str
    review_by: str
    findings: Mapping[str, Finding]
    model_findings: Mapping[str, ModelFinding]
    causes: Mapping[str, Cause]
    investigations: Mapping[str, Investigation]
    gates: tuple[Rule, ...]
    treatments: Mapping[str, Treatment]
    red_flags: Mapping[str, RedFlag]
    mandatory: tuple[Mandatory, ...]
    imaging: Mapping[str, ImagingRule]
    course: tuple[CoursePoint, ...]
    course_rules: tuple[Rule, ...]
    stages: tuple[Stage, ...]
    definitions: Mapping[str, Definition]
    groups: Mapping[str, tuple[str, ...]]
    slices: tuple[Slice, ...]
    latest_weeks: float
    dependence: tuple[DependenceGroup, ...]
    concurrency: Concurrency
    first_questions: tuple[str, ...]
    orders: tuple[Order, ...]
    contradictions: tuple[Refusal, ...]
    out_of_scope: tuple[Refusal, ...]
    settings: Mapping[str, Setting]
    economics: tuple[EconomicItem, ...]
    other_supports: tuple[Support, ...]  # of derived findings, ingredient groups and time slices
    facts: Mapping[str, Fact]
    sources: Mapping[str, Source]
    warnings: tuple[str, ...] = field(default=())

    @property
    def cause_names(self) -> tuple[str, ...]:
        """The causes that can be at work, without the expected course, in the order of the arithmetic."""
        return tuple(c for c in self.causes if c != NO_CAUSE)
