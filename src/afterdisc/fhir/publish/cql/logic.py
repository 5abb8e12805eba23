"""Conditions of the knowledge base as CQL: what is unknown is null, and CQL's three-valued logic does the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from afterdisc.compile.program import all_conditions
from afterdisc.fhir.publish.cql import terms
from afterdisc.fhir.publish.cql.library import OBSERVATIONS
from afterdisc.fhir.publish.cql.terms import Term
from afterdisc.knowledge import conditions as c
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.knowledge.names import URGENCY
from afterdisc.words.ingredient import ingredient

FINDINGS, RED_FLAGS, IMAGING, GATES, PLAN = LIBRARIES = (
    "Findings",
    "RedFlags",
    "ImagingChoice",
    "TreatmentGates",
    "ReEvaluation",
)
Names: TypeAlias = Mapping[c.Condition, tuple[str, str]]
TAKES = "takes"  # the finding by which a plan knows what the person takes already


class Logic:
    """Turns conditions into terms of one library.

    names    which conditions have a name of their own, in which library; they are then referred to, not repeated
    instead  findings in whose place another expression stands
    """

    def __init__(self, base: KnowledgeBase, library: str, names: Names, instead: Mapping[str, str] | None = None) -> None:
        self.base, self.library, self.instead = base, library, instead or {}
        self.names = {key: place for key, place in names.items() if _may_see(library, place[0])}
        self.parameters: dict[str, str] = {}  # of the probabilities met, with what each is

    def term(self, condition: c.Condition) -> Term:
        """A condition where it is used."""
        named = self.names.get(condition) if isinstance(condition, c.All | c.Any_ | c.AtLeast) else None
        return self.ref(*named) if named else self.written_out(condition)

    def written_out(self, condition: c.Condition) -> Term:
        """A condition where it is given its name."""
        match condition:
            case c.All(args):
                return terms.every([self.term(a) for a in args])
            case c.Any_(args):
                return terms.some([self.term(a) for a in args])
            case c.AtLeast(n, args):
                return terms.call(OBSERVATIONS, "AtLeast", terms.whole(n), terms.listed(self.term(a) for a in args))
            case c.Not(c.Known(finding)):
                return terms.is_unknown(self.finding(finding))
            case c.Not(arg):
                return terms.no(self.term(arg))
        return self._leaf(condition)

    def _leaf(self, condition: c.Condition) -> Term:
        match condition:
            case c.Known(finding):
                return terms.is_known(self.finding(finding))
            case c.Compare(finding, op, value):
                return terms.compare(self.finding(finding), op, terms.number(value))
            case c.Is(finding, states):
                return self._is(finding, states)
            case c.Includes(finding, ingredients):
                return self.ref(FINDINGS, names_of(self.base, finding, ingredients))
            case c.EntryCompare(finding, ingredients, op, value):
                return self._amount(finding, ingredients, op, value)
            case c.Probability(causes, op, value):
                return terms.compare(self._probability(causes), op, terms.number(value))
        raise TypeError(f"no condition: {condition!r}")

    def finding(self, name: str) -> Term:
        return self.ref(FINDINGS, self.instead.get(name, name))

    def ref(self, library: str, name: str) -> Term:
        """A named expression, with its library where that is another one."""
        return terms.ref(name, "" if library == self.library else library)

    def _is(self, finding: str, states: Iterable[str]) -> Term:
        if finding == URGENCY:
            return one_of(self.ref(RED_FLAGS, URGENCY), states)
        known = self.finding(finding)
        if self.base.findings[finding].kind == "bool":
            return terms.some([known if state == "true" else terms.no(known) for state in states])
        return one_of(known, states)

    def _amount(self, finding: str, ingredients: Iterable[str], op: str, value: float) -> Term:
        """Of several the smallest: below a limit if one is, above it if all are."""
        unlisted = terms.LARGEST if self.base.findings[finding].complete else terms.NO_NUMBER
        amounts = [
            terms.call(OBSERVATIONS, "Amount", self.finding(finding), terms.text(i), unlisted) for i in ingredients
        ]
        compared = [terms.compare(amount, op, terms.number(value)) for amount in amounts]
        return terms.some(compared) if op in ("<", "<=") else terms.every(compared)

    def _probability(self, causes: tuple[str, ...]) -> Term:
        labels = " or ".join(self.base.causes[cause].label for cause in causes)
        name = probability_name(causes)
        self.parameters[name] = f"From 0 to 1, as Afterdisc works it out: {labels}. CQL cannot; without it this stays unknown."
        return terms.parameter(name)


def one_of(value: Term, states: Iterable[str]) -> Term:
    return terms.some([terms.compare(value, "==", terms.text(state)) for state in states])


def _may_see(library: str, other: str) -> bool:
    return LIBRARIES.index(other) <= LIBRARIES.index(library)


def probability_name(causes: Iterable[str]) -> str:
    """The parameter for the probability that at least one of these causes is at work."""
    return f"probability of {' or '.join(causes)}"


def names_of(base: KnowledgeBase, finding: str, ingredients: tuple[str, ...]) -> str:
    """The name for "this list holds one of these": `takes_gabapentin`, `takes_any_opioid`."""
    if len(ingredients) == 1:
        return f"{finding}_{ingredients[0]}"
    for group, members in base.groups.items():
        if set(ingredients) == {ingredient(i) for i in (*members, group)}:
            return f"{finding}_any_{group}"
    return f"{finding}_{'_or_'.join(ingredients)}"


def needs_probability(condition: c.Condition) -> bool:
    """Does it ask for a probability, which CQL has no way to work out?"""
    return any(isinstance(node, c.Probability) for node in c.walk(condition))


def listed_ingredients(base: KnowledgeBase) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(finding, ingredients) of every "this list holds one of these" that a rule or a plan asks, each once."""
    nodes = (node for *_, condition in all_conditions(base) for node in c.walk(condition))
    asked = [(n.finding, n.ingredients) for n in nodes if isinstance(n, c.Includes)]
    named = {i for finding, ingredients in asked if finding == TAKES for i in ingredients}
    yield from dict.fromkeys([*asked, *((TAKES, (name,)) for name in base.treatments if name in named)])


def shared_names(base: KnowledgeBase) -> dict[c.Condition, tuple[str, str]]:
    """The conditions that have a name: red flags and definitions."""
    names: dict[c.Condition, tuple[str, str]] = {}
    for definition in base.definitions.values():
        if not needs_probability(definition.when):
            names.setdefault(definition.when, (FINDINGS, definition.id))
    for flag in base.red_flags.values():
        names.setdefault(c.Any_(tuple(level.when for level in flag.levels)), (RED_FLAGS, raised(flag.id)))
        for level in flag.levels:
            names.setdefault(level.when, (RED_FLAGS, level_name(flag.id, level.urgency)))
    return names


def raised(flag: str) -> str:
    return f"{flag}_raised"


def level_name(flag: str, urgency: str) -> str:
    return f"{flag}_{urgency}"


def rule_name(rule: str) -> str:
    """A rule's id without the dot, which a plan could not write."""
    return rule.replace(".", "__")
