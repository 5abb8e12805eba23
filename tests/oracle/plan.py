"""The urgency of a case, and the status of one treatment."""

from __future__ import annotations

from collections.abc import Iterable

from afterdisc.knowledge.base import KnowledgeBase
from oracle.conditions import Case, Truth, truth

SOON = ["E0", "E1", "E2", "ask", "E3"]  # most urgent first


def urgency(base: KnowledgeBase, case: Case) -> str:
    """The most urgent level of any red flag that is true; routine if none is."""
    raised = [level.urgency for f in base.red_flags.values() for level in f.levels if truth(level.when, base, case) is True]
    return min(raised, key=SOON.index) if raised else "E3"


def status(rules: Iterable[tuple[str, bool, Truth]], *, elective: bool, urgent: str, takes_it: bool) -> str:
    """What the plan says of a treatment.

    rules  (what it does, whether an unknown answer withholds, its truth)
    """
    rules = list(rules)

    def some(word: str, value: Truth) -> bool:
        return any(then == word and answer is value for then, _, answer in rules)

    fits = some("offer", True) or some("recommend", True)
    might_fit = some("offer", None) or some("recommend", None)
    unanswered = any(withholds and answer is None for _, withholds, answer in rules)
    waits = some("require", False) or some("require", None) or some("withhold", True) or unanswered
    if elective and urgent in ("E0", "E1"):
        waits = True
    if some("avoid", True):
        return "avoid"
    if some("reduce_dose", True) and takes_it:
        return "reduce_dose"
    if some("rule_out", True) or not (fits or might_fit):
        return "not_indicated"
    if waits or not fits:
        return "not_yet"
    if some("reduce_dose", True):
        return "reduce_dose"
    if some("caution", True):
        return "caution"
    could_be_forbidden = some("avoid", None) or some("withhold", None)
    if some("recommend", True) and not could_be_forbidden:
        return "recommended"
    return "option"
