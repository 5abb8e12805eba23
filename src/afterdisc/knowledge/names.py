"""Looking up the bare words of conditions: a yes/no finding, a definition, or a red flag."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from afterdisc.errors import BadCondition, KnowledgeError, RuleCircle, UndeclaredName
from afterdisc.knowledge import base as kb
from afterdisc.knowledge.conditions import (
    All,
    Any_,
    Compare,
    Condition,
    EntryCompare,
    Includes,
    Is,
    Known,
    Name,
    Not,
    Probability,
    rebuilt,
)
from afterdisc.words.ingredient import ingredient
from afterdisc.words.nearest import did_you_mean
from afterdisc.words.urgency import URGENCIES

Ruled = TypeVar("Ruled", kb.Rule, kb.ImagingRule, kb.Stage, kb.Refusal, kb.Emergency)
URGENCY = "urgency"  # the pseudo-finding that stage rules may ask for


def with_names_resolved(base: kb.KnowledgeBase, problems: list[KnowledgeError]) -> kb.KnowledgeBase:
    """The same base with every bare word of a condition replaced by what it stands for."""
    return _Resolver(base, problems).base_resolved()


def resolved_condition(base: kb.KnowledgeBase, condition: Condition, where: str) -> Condition:
    """One condition with its names looked up in a base that is already resolved. Raises the first problem."""
    problems: list[KnowledgeError] = []
    found = _Resolver(base, problems).resolved(condition, where)
    if problems:
        raise problems[0]
    return found


class _Resolver:
    def __init__(self, base: kb.KnowledgeBase, problems: list[KnowledgeError]) -> None:
        self.base, self.problems = base, problems
        self.open: list[str] = []
        self.done: dict[str, Condition] = {}
        self.flags: dict[str, Condition] = {}

    def base_resolved(self) -> kb.KnowledgeBase:
        b = self.base
        definitions = {n: replace(d, when=self.definition(n, d.where)) for n, d in b.definitions.items()}
        red_flags = {n: self.red_flag(n) for n in b.red_flags}
        models = {}
        for name, model in b.model_findings.items():
            derived = model.derived_from
            models[name] = replace(
                model,
                derived_from=None if derived is None else {s: self.resolved(c, model.where) for s, c in derived.items()},
                silent_when=None if model.silent_when is None else self.resolved(model.silent_when, model.where),
            )
        return replace(
            b,
            definitions=definitions,
            red_flags=red_flags,
            model_findings=models,
            gates=tuple(map(self.ruled, b.gates)),
            treatments={n: replace(t, rules=tuple(map(self.ruled, t.rules))) for n, t in b.treatments.items()},
            imaging={n: self.ruled(i) for n, i in b.imaging.items()},
            course_rules=tuple(map(self.ruled, b.course_rules)),
            stages=tuple(map(self.ruled, b.stages)),
            contradictions=tuple(map(self.ruled, b.contradictions)),
            out_of_scope=tuple(map(self.ruled, b.out_of_scope)),
            registry=replace(b.registry, indicators={n: self.indicator(i) for n, i in b.registry.indicators.items()}),
            follow_up=replace(b.follow_up, emergencies=tuple(map(self.ruled, b.follow_up.emergencies))),
        )

    def ruled(self, rule: Ruled) -> Ruled:
        return replace(rule, when=self.resolved(rule.when, rule.where))

    def indicator(self, given: kb.Indicator) -> kb.Indicator:
        applies, met = (self.resolved(c, given.where) for c in (given.applies, given.met))
        return replace(given, applies=applies, met=met)

    def red_flag(self, name: str) -> kb.RedFlag:
        flag = self.base.red_flags[name]
        levels = []
        for level in flag.levels:
            when = self._unanswered() if level.when == All(()) else level.when
            levels.append(replace(level, when=self.resolved(when, flag.where)))
        return replace(flag, levels=tuple(levels))

    def _unanswered(self) -> Condition:
        """Some mandatory item has no known finding."""
        return Any_(tuple(All(tuple(Not(Known(f)) for f in m.any_of)) for m in self.base.mandatory))

    def definition(self, name: str, where: str) -> Condition:
        if name in self.done:
            return self.done[name]
        if name in self.open:
            circle = " -> ".join([*self.open[self.open.index(name) :], name])
            raise RuleCircle(f"definitions refer to each other in a circle: {circle}", where=where)
        self.open.append(name)
        definition = self.base.definitions[name]
        self.done[name] = self.resolved(definition.when, definition.where)
        self.open.pop()
        return self.done[name]

    def raised(self, name: str, where: str) -> Condition:
        """Any level of a red flag."""
        if name not in self.flags:
            self.flags[name] = All(())  # a flag may not refer to itself; see the check of circles below
            if f"flag {name}" in self.open:
                raise RuleCircle(f"red flag {name} refers to itself", where=where)
            self.open.append(f"flag {name}")
            self.flags[name] = Any_(tuple(level.when for level in self.red_flag(name).levels))
            self.open.pop()
        elif self.flags[name] == All(()):
            raise RuleCircle(f"red flag {name} refers to itself", where=where)
        return self.flags[name]

    def resolved(self, condition: Condition, where: str) -> Condition:
        def leaf(node: Condition) -> Condition:
            try:
                return self.leaf(node, where)
            except RuleCircle:
                raise
            except KnowledgeError as error:
                self.problems.append(error)
                return node

        return rebuilt(condition, leaf)

    def leaf(self, node: Condition, where: str) -> Condition:
        match node:
            case Name(name):
                return self._name(name, where)
            case Probability(causes, _, _):
                for cause in causes:
                    self._declared(cause, self.base.causes, "cause", where)
                return node
            case Is(finding, states) if finding == URGENCY:
                for state in states:
                    self._declared(state, URGENCIES, "urgency", where)
                return node
            case Includes(finding, ingredients):
                self._kind(finding, ("set",), where)
                return Includes(finding, self._ingredients(ingredients))
            case EntryCompare(finding, ingredients, op, value):
                self._kind(finding, ("map",), where)
                return EntryCompare(finding, self._ingredients(ingredients), op, value)
            case Compare(finding, _, _):
                self._kind(finding, ("number", "count"), where)
                return node
            case Is(finding, states):
                kind = self._kind(finding, ("bool", "category", "ordinal"), where)
                known = ("false", "true") if kind.kind == "bool" else tuple(kind.values)
                for state in states:
                    self._declared(state, known, f"state of `{finding}`", where)
                return node
            case Known(finding):
                self._declared(finding, self.base.findings, "finding", where)
                return node
        return node

    def _name(self, name: str, where: str) -> Condition:
        if name in self.base.definitions:
            return self.definition(name, where)
        if name in self.base.red_flags:
            return self.raised(name, where)
        finding = self.base.findings.get(name)
        if finding is None:
            known = [*self.base.findings, *self.base.definitions, *self.base.red_flags]
            raise UndeclaredName(
                f"`{name}` is no declared finding, definition or red flag", where=where, mend=did_you_mean(name, known)
            )
        if finding.kind != "bool":
            raise BadCondition(
                f"`{name}` is no yes/no finding",
                where=where,
                mend=f"Say which state or limit: `{name} is …`, `{name} > …`, or `{name} known`.",
            )
        return Is(name, ("true",))

    def _ingredients(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The members of groups and the names themselves (somebody may record "ssri"), in one spelling."""
        members = (i for n in names for i in (*self.base.groups.get(n, ()), n))
        return tuple(dict.fromkeys(ingredient(i) for i in members))

    def _kind(self, name: str, kinds: tuple[str, ...], where: str) -> kb.Finding:
        self._declared(name, self.base.findings, "finding", where)
        finding = self.base.findings[name]
        if finding.kind not in kinds:
            raise BadCondition(f"`{name}` is a {finding.kind} finding; this line needs {' or '.join(kinds)}", where=where)
        return finding

    def _declared(self, name: str, known: object, what: str, where: str) -> None:
        names = list(known)  # type: ignore[call-overload]
        if name not in names:
            raise UndeclaredName(f"`{name}` is no declared {what}", where=where, mend=did_you_mean(name, names))
