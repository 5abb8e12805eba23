"""In which state was each finding that carries weight seen? A finding that is unknown has none."""

from __future__ import annotations

from typing import Any

from afterdisc.knowledge.base import KnowledgeBase
from oracle.conditions import Case, in_words, truth


def states_of(base: KnowledgeBase, case: Case) -> dict[str, str]:
    seen = {}
    for name, finding in base.model_findings.items():
        if finding.silent_when is not None and truth(finding.silent_when, base, case) is True:
            continue
        if finding.derived_from is not None:
            state = next((s for s, when in finding.derived_from.items() if truth(when, base, case) is True), None)
        else:
            state = state_of(base, name, case.get(name))
        if state is not None:
            seen[name] = state
    return seen


def state_of(base: KnowledgeBase, name: str, value: Any) -> str | None:
    """Lower edges of a bin lie inside, upper edges outside."""
    if value is None:
        return None
    bins = base.findings[name].bins
    if not bins:
        return in_words(value)
    for piece in bins:
        above = piece.low is None or value >= piece.low
        below = piece.high is None or value < piece.high
        if above and below:
            return piece.id
    return None
