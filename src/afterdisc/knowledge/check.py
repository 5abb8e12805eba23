"""Is the knowledge base sound as a whole? Numbers, names, rules and sources, each error with its line and its mend."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from afterdisc.errors import KnowledgeError
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.knowledge.check_fhir import fhir_errors
from afterdisc.knowledge.check_follow_up import follow_up_errors
from afterdisc.knowledge.check_names import name_errors
from afterdisc.knowledge.check_numbers import number_errors
from afterdisc.knowledge.check_registry import registry_errors
from afterdisc.knowledge.check_rules import rule_errors
from afterdisc.knowledge.check_sources import review_errors, review_warnings, source_errors, unconfirmed_warning
from afterdisc.knowledge.parts import rules_of
from afterdisc.knowledge.places import Places


@dataclass(frozen=True)
class Report:
    """What is wrong (may not be used until it is mended), and what somebody should look at."""

    errors: tuple[KnowledgeError, ...]
    warnings: tuple[str, ...]
    summary: str = ""  # what was looked at

    @property
    def is_sound(self) -> bool:
        return not self.errors


def check_knowledge(base: KnowledgeBase, *, today: date) -> Report:
    """Everything wrong with the base as a whole that can be seen without running a case.

    `today` decides which review dates have passed. Whether the vignettes come out as they say is the question of
    `review.vignettes`, which runs them.
    """
    places = Places(base.folder)
    errors = [
        *number_errors(base, places),
        *name_errors(base, places),
        *rule_errors(base, places),
        *follow_up_errors(base, places),
        *fhir_errors(base, places),
        *registry_errors(base, places),
        *source_errors(base, places),
        *review_errors(base, places),
    ]
    return Report(tuple(errors), (*review_warnings(base, today), *unconfirmed_warning(base)), _counts(base))


def _counts(base: KnowledgeBase) -> str:
    n_rules = sum(1 for _ in rules_of(base))
    return (
        f"Knowledge {base.version}: {len(base.findings)} findings, {len(base.causes)} causes, "
        f"{len(base.investigations)} investigations, {len(base.treatments)} treatments, "
        f"{len(base.red_flags)} red flags, "
        f"{len(base.imaging)} imaging rules, {n_rules} other rules, {len(base.registry.indicators)} indicators."
    )
