"""The language of conditions: one line each, or lines under all, any, not, at_least.

Small frozen nodes that say what is meant; the engine decides how to compute it. A node knows findings by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from afterdisc.errors import BadCondition
from afterdisc.knowledge.tree import Map, Seq


@dataclass(frozen=True)
class Name:
    """A bare word, not yet looked up: a yes/no finding, a definition or a red flag."""

    name: str


@dataclass(frozen=True)
class Compare:
    """A number against a limit."""

    finding: str
    op: str
    value: float


@dataclass(frozen=True)
class Is:
    """The state is one of these."""

    finding: str
    states: tuple[str, ...]


@dataclass(frozen=True)
class Known:
    """Somebody looked: true or false, never unknown."""

    finding: str


@dataclass(frozen=True)
class Includes:
    """A set finding holds one of these ingredients."""

    finding: str
    ingredients: tuple[str, ...]


@dataclass(frozen=True)
class EntryCompare:
    """The number of an ingredient in a map finding (`dose_mg_per_day[gabapentin]`); of several the smallest."""

    finding: str
    ingredients: tuple[str, ...]
    op: str
    value: float


@dataclass(frozen=True)
class Probability:
    """Probability that at least one of these causes is at work."""

    causes: tuple[str, ...]
    op: str
    value: float


@dataclass(frozen=True)
class All:
    args: tuple[Condition, ...]


@dataclass(frozen=True)
class Any_:
    args: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    arg: Condition


@dataclass(frozen=True)
class AtLeast:
    n: int
    args: tuple[Condition, ...]


Condition = Name | Compare | Is | Known | Includes | EntryCompare | Probability | All | Any_ | Not | AtLeast

_WORD = r"[A-Za-z][A-Za-z0-9_]*"
_OP = r"(<=|>=|==|!=|<|>)"
_NUMBER = r"(-?\d+(?:\.\d+)?)"
_PATTERNS: list[tuple[re.Pattern[str], Callable[[re.Match[str]], Condition]]] = [
    (re.compile(rf"not ({_WORD})"), lambda m: Not(Name(m[1]))),
    (re.compile(rf"({_WORD}) {_OP} {_NUMBER}"), lambda m: Compare(m[1], m[2], float(m[3]))),
    (re.compile(rf"({_WORD})\[({_WORD})\] {_OP} {_NUMBER}"), lambda m: EntryCompare(m[1], (m[2],), m[3], float(m[4]))),
    (re.compile(rf"({_WORD}) is not ([A-Za-z0-9_\-]+)"), lambda m: Not(Is(m[1], (m[2],)))),
    (re.compile(rf"({_WORD}) is ([A-Za-z0-9_\-]+)"), lambda m: Is(m[1], (m[2],))),
    (re.compile(rf"({_WORD}) in \[([^\]]+)\]"), lambda m: Is(m[1], _words(m[2], ","))),
    (re.compile(rf"({_WORD}) not in \[([^\]]+)\]"), lambda m: Not(Is(m[1], _words(m[2], ",")))),
    (re.compile(rf"({_WORD}) known"), lambda m: Known(m[1])),
    (re.compile(rf"({_WORD}) unknown"), lambda m: Not(Known(m[1]))),
    (re.compile(rf"({_WORD}) includes ([A-Za-z0-9_\-]+)"), lambda m: Includes(m[1], (m[2],))),
    (re.compile(rf"not ({_WORD}) includes ([A-Za-z0-9_\-]+)"), lambda m: Not(Includes(m[1], (m[2],)))),
    (re.compile(rf"P\(([^)]+)\) {_OP} {_NUMBER}"), lambda m: Probability(_words(m[1], " or "), m[2], float(m[3]))),
    (re.compile(rf"({_WORD})"), lambda m: Name(m[1])),
]


def _words(text: str, separator: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(separator))


def parse_condition(raw: Any, where: str) -> Condition:
    """One condition from what stands in the YAML. Raises BadCondition with the line."""
    if isinstance(raw, str):
        return _parse_line(raw.strip(), where)
    if isinstance(raw, Map) and len(raw) == 1:
        (word, body), here = next(iter(raw.items())), raw.where()
        if word in ("all", "any") and isinstance(body, Seq) and body:
            args = tuple(parse_condition(item, body.where(i)) for i, item in enumerate(body))
            return All(args) if word == "all" else Any_(args)
        if word == "not":
            return Not(parse_condition(body, here))
        if word == "at_least" and _is_at_least(body):
            args = tuple(parse_condition(item, body["of"].where(i)) for i, item in enumerate(body["of"]))
            return AtLeast(body["n"], args)
    shown = raw if isinstance(raw, str) else ", ".join(raw) if isinstance(raw, dict) else type(raw).__name__
    raise BadCondition(
        f"`{shown}` is no condition",
        where=where,
        mend="Write one line (`egfr_ml_min < 30`), or a mapping with one of all, any, not, at_least (n, of).",
    )


def _is_at_least(body: Any) -> bool:
    if not isinstance(body, Map) or set(body) != {"n", "of"} or not isinstance(body["of"], Seq):
        return False
    return isinstance(body["n"], int) and not isinstance(body["n"], bool)


def _parse_line(text: str, where: str) -> Condition:
    for pattern, make in _PATTERNS:
        match = pattern.fullmatch(text)
        if match:
            return make(match)
    raise BadCondition(
        f"`{text}` is no condition",
        where=where,
        mend="Examples: `new_weakness`, `not fever`, `egfr_ml_min < 30`, `onset is sudden`, `takes includes opioid`.",
    )


def children(condition: Condition) -> tuple[Condition, ...]:
    if isinstance(condition, All | Any_ | AtLeast):
        return condition.args
    return (condition.arg,) if isinstance(condition, Not) else ()


def walk(condition: Condition) -> Iterator[Condition]:
    """The condition and everything inside it."""
    yield condition
    for child in children(condition):
        yield from walk(child)


def rebuilt(condition: Condition, change: Callable[[Condition], Condition]) -> Condition:
    """The same condition with every leaf replaced by what `change` makes of it."""
    if isinstance(condition, All):
        return All(tuple(rebuilt(a, change) for a in condition.args))
    if isinstance(condition, Any_):
        return Any_(tuple(rebuilt(a, change) for a in condition.args))
    if isinstance(condition, AtLeast):
        return AtLeast(condition.n, tuple(rebuilt(a, change) for a in condition.args))
    if isinstance(condition, Not):
        return Not(rebuilt(condition.arg, change))
    return change(condition)


def findings_in(condition: Condition) -> tuple[str, ...]:
    """The findings a condition reads, each once, in order of appearance."""
    names = (getattr(node, "finding", None) for node in walk(condition))
    return tuple(dict.fromkeys(name for name in names if name))


def said(condition: Condition, labels: Mapping[str, str] | None = None) -> str:
    """The condition in words, for a screen."""
    names = labels or {}
    match condition:
        case Name(name):
            return names.get(name, name)
        case Compare(finding, op, value):
            return f"{names.get(finding, finding)} {op} {value:g}"
        case Is(finding, ("true",)):
            return names.get(finding, finding)
        case Is(finding, states):
            return f"{names.get(finding, finding)}: {' or '.join(s.replace('_', ' ') for s in states)}"
        case Known(finding):
            return f"{names.get(finding, finding)} is recorded"
        case Includes(finding, ingredients):
            return f"{names.get(finding, finding)} include {' or '.join(ingredients)}"
        case EntryCompare(finding, ingredients, op, value):
            return f"{names.get(finding, finding)}, {' or '.join(ingredients)} {op} {value:g}"
        case Probability(causes, op, value):
            return f"probability of {' or '.join(names.get(c, c) for c in causes)} {op} {value:g}"
        case Not(Is(finding, ("true",))):
            return f"no {names.get(finding, finding)}"
        case Not(arg):
            return f"not ({said(arg, names)})"
        case All(args):
            return " and ".join(said(a, names) for a in args)
        case Any_(args):
            return "(" + " or ".join(said(a, names) for a in args) + ")"
        case AtLeast(n, args):
            return f"at least {n} of (" + ", ".join(said(a, names) for a in args) + ")"
