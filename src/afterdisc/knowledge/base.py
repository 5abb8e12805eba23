"""What the knowledge base holds: small frozen objects, each with its support and its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from afterdisc.knowledge.arithmetic import Concurrency, DependenceGroup, EconomicItem, Order, Refusal, Setting, Slice
from afterdisc.knowledge.care import Benefit, Dose, Guideline, Harm, Investigation, Plain, Rule, Shift, Treatment
from afterdisc.knowledge.evidence import Code, Fact, Remark, Source, Support, Vignette
from afterdisc.knowledge.fhir import FhirMap
from afterdisc.knowledge.follow_up import (
    Carried,
    ChanceWords,
    Curve,
    CurvePoint,
    Due,
    Emergency,
    FollowUp,
    Instrument,
    PreVisit,
    Reason,
    SafetyNet,
    Section,
    Threshold,
)
from afterdisc.knowledge.registry import Benchmark, EventBenchmark, Hold, Indicator, RegistryKnowledge
from afterdisc.knowledge.signs import NO_CAUSE, Cause, Distribution, Finding, ModelFinding, Prior, RiskFactor, StateBin
from afterdisc.knowledge.steps import CoursePoint, Definition, ImagingRule, Level, Mandatory, RedFlag, Stage

__all__ = [
    "NO_CAUSE",
    "Benchmark",
    "Benefit",
    "Carried",
    "Cause",
    "ChanceWords",
    "Code",
    "Concurrency",
    "CoursePoint",
    "Curve",
    "CurvePoint",
    "Definition",
    "DependenceGroup",
    "Distribution",
    "Dose",
    "Due",
    "EconomicItem",
    "Emergency",
    "EventBenchmark",
    "Fact",
    "FhirMap",
    "Finding",
    "FollowUp",
    "Guideline",
    "Harm",
    "Hold",
    "ImagingRule",
    "Indicator",
    "Instrument",
    "Investigation",
    "KnowledgeBase",
    "Level",
    "Mandatory",
    "ModelFinding",
    "Order",
    "Plain",
    "PreVisit",
    "Prior",
    "Reason",
    "RedFlag",
    "Refusal",
    "RegistryKnowledge",
    "Remark",
    "RiskFactor",
    "Rule",
    "SafetyNet",
    "Section",
    "Setting",
    "Shift",
    "Slice",
    "Source",
    "Stage",
    "StateBin",
    "Support",
    "Threshold",
    "Treatment",
    "Vignette",
]


@dataclass(frozen=True)
class KnowledgeBase:
    """Everything, read and shaped; `check_knowledge` says whether it may be used."""

    folder: Path
    version: str
    title: str
    intended_use: str
    review_by: str
    findings: Mapping[str, Finding]
    form: tuple[Section, ...]  # every finding, section by section, in the order of the files
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
    follow_up: FollowUp
    fhir: FhirMap
    registry: RegistryKnowledge
    facts: Mapping[str, Fact]
    sources: Mapping[str, Source]
    warnings: tuple[str, ...] = field(default=())

    @property
    def cause_names(self) -> tuple[str, ...]:
        """The causes that can be at work, without the expected course, in the order of the arithmetic."""
        return tuple(c for c in self.causes if c != NO_CAUSE)
