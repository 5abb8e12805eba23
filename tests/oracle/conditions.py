"""Is a condition true, false or unknown (None) for one case?"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Mapping
from typing import Any

from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.knowledge.conditions import (
    All,
    Any_,
    AtLeast,
    Compare,
    Condition,
    EntryCompare,
    Includes,
    Is,
    Known,
    Not,
    Probability,
)

Truth = bool | None
Case = Mapping[str, Any]
COMPARE = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def truth(condition: Condition, base: KnowledgeBase, case: Case, late: Mapping[str, Any] | None = None) -> Truth:
    """`late` holds what is only known afterwards: `urgency`, and `sets` ({set of causes: probability})."""
    match condition:
        case Not(arg):
            return opposite(truth(arg, base, case, late))
        case All(args):
            return all_true([truth(a, base, case, late) for a in args])
        case Any_(args):
            return some_true([truth(a, base, case, late) for a in args])
        case AtLeast(n, args):
            return enough_true(n, [truth(a, base, case, late) for a in args])
        case Known(finding):
            return case.get(finding) is not None
        case Is("urgency", states):
            return late["urgency"] in states
        case Probability(causes, sign, limit):
            return COMPARE[sign](at_least_one_of(causes, late["sets"]), limit)
        case EntryCompare(finding, ingredients, sign, limit):
            return entries(base, finding, case.get(finding), ingredients, sign, limit)
    value = case.get(condition.finding)
    if value is None:
        return None
    match condition:
        case Compare(_, sign, limit):
            return COMPARE[sign](float(value), limit)
        case Is(_, states):
            return in_words(value) in states
        case Includes(_, ingredients):
            return any(i in value for i in ingredients)
    raise TypeError(condition)


def opposite(value: Truth) -> Truth:
    return {True: False, False: True, None: None}[value]


def all_true(values: list[Truth]) -> Truth:
    for value in values:
        if value is False:
            return False
    for value in values:
        if value is None:
            return None
    return True


def some_true(values: list[Truth]) -> Truth:
    return opposite(all_true([opposite(v) for v in values]))


def enough_true(n: int, values: list[Truth]) -> Truth:
    """Try every way the unknown ones could turn out: if all agree, that is the answer."""
    yes = sum(v is True for v in values)
    could = sum(v is None for v in values)
    answers = {yes + more >= n for more in range(could + 1)}
    return answers.pop() if len(answers) == 1 else None


def entries(base: KnowledgeBase, finding: str, value: Any, ingredients: Iterable[str], sign: str, limit: float) -> Truth:
    """The smallest number among the ingredients against a limit; one that a complete map leaves out has none."""
    if value is None:
        return None
    absent = math.inf if base.findings[finding].complete else None
    each = [value.get(i, absent) for i in ingredients]
    answers: list[Truth] = [None if x is None else COMPARE[sign](x, limit) for x in each]
    return some_true(answers) if sign in ("<", "<=") else all_true(answers)


def at_least_one_of(causes: Iterable[str], sets: Mapping[frozenset[str], float]) -> float:
    wanted = set(causes)
    return math.fsum(p for s, p in sets.items() if wanted & (s or {"expected_recovery"}))


def in_words(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
