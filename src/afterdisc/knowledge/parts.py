"""The parts of a base that have something in common: all rules, all conditions, everything with vignettes."""

from __future__ import annotations

from collections.abc import Iterator

from afterdisc.knowledge import base as kb
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.knowledge.conditions import Condition


def rules_of(base: KnowledgeBase) -> Iterator[kb.Rule]:
    """The rules of investigations, of the course and of treatments."""
    yield from base.gates
    yield from base.course_rules
    for treatment in base.treatments.values():
        yield from treatment.rules


def tried(base: KnowledgeBase) -> Iterator[kb.RedFlag | kb.ImagingRule | kb.Stage | kb.Emergency | kb.Rule]:
    """Everything that has vignettes beside it."""
    yield from base.red_flags.values()
    yield from base.imaging.values()
    yield from base.stages
    yield from base.follow_up.emergencies
    yield from rules_of(base)


def conditions_of(base: KnowledgeBase) -> Iterator[tuple[str, Condition]]:
    """Every condition with the file:line of what it belongs to."""
    yield from early_conditions(base)
    for item in (*rules_of(base), *base.imaging.values(), *base.stages, *base.definitions.values()):
        yield item.where, item.when  # type: ignore[attr-defined]
    for indicator in base.registry.indicators.values():
        yield from ((indicator.where, c) for c in (indicator.applies, indicator.met))


def early_conditions(base: KnowledgeBase) -> Iterator[tuple[str, Condition]]:
    """Conditions that are settled before any probability or urgency is known."""
    for flag in base.red_flags.values():
        yield from ((flag.where, level.when) for level in flag.levels)
    for refusal in (*base.contradictions, *base.out_of_scope):
        yield refusal.where, refusal.when
    yield from ((e.where, e.when) for e in base.follow_up.emergencies)
    for model in base.model_findings.values():
        yield from ((model.where, c) for c in (model.derived_from or {}).values())
        if model.silent_when is not None:
            yield model.where, model.silent_when
