"""Which actions of the PlanDefinition apply to a person, worked out from what the engine says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from afterdisc.fhir.publish.cql.logic import level_name, rule_name
from afterdisc.knowledge.base import ImagingRule, KnowledgeBase, RedFlag, Rule
from afterdisc.words.status import OFFERED
from interop.bundles import Expected

STEPS = ("red-flags", "imaging", "investigations", "treatments")
Truths = Mapping[str, bool | None]


def status_of(flag: RedFlag, truths: Truths) -> str:
    levels = [truths[level_name(flag.id, level.urgency)] for level in flag.levels]
    return "fired" if True in levels else "ask" if None in levels else "cleared"


def is_raised(flag: RedFlag, truths: Truths, *urgencies: str) -> bool:
    """At one of these urgencies."""
    return any(truths[level_name(flag.id, level.urgency)] is True for level in flag.levels if level.urgency in urgencies)


def applying_actions(base: KnowledgeBase, told: Expected) -> set[str]:
    """The ids of all actions that apply to a person who is not refused."""
    truths = told.truths
    made = set(STEPS)
    for flag in base.red_flags.values():
        made |= set(_red_flag(flag, truths))
    for choice in base.imaging.values():
        if truths[choice.id] is True:
            made |= set(_imaging(base, choice, truths))
    made |= {f"{test}.proposal" for test in base.investigations if is_asked_for(base, test, truths)}
    made |= set(_rules(base.gates, truths))
    for treatment in base.treatments.values():
        status = told.statuses[treatment.id]
        if status != "not_indicated":
            made |= {f"{treatment.id}_considered", *_rules(treatment.rules, truths)}
        if status in OFFERED:
            made.add(f"{treatment.id}.proposal")
    return made


def _red_flag(flag: RedFlag, truths: Truths) -> Iterator[str]:
    status = status_of(flag, truths)
    if status == "cleared":
        return
    yield f"{flag.id}_uncleared"
    yield from (name for level in flag.levels if truths[name := level_name(flag.id, level.urgency)] is True)
    if status == "ask":
        yield f"{flag.id}_cannot_clear"
    else:
        yield f"{flag.id}_raised"
        yield from (f"{flag.id}.{name}" for name in (*flag.investigations, *flag.treatments))


def _imaging(base: KnowledgeBase, rule: ImagingRule, truths: Truths) -> Iterator[str]:
    yield rule.id
    for word, names in (("first", rule.first), ("next", rule.next)):
        if names:
            yield from (f"{rule.id}.{word}", *(f"{rule.id}.{word}.{name}" for name in names))
    if rule.withhold and withholds(base, rule, truths):
        yield f"{rule.id}_withholds"


def withholds(base: KnowledgeBase, rule: ImagingRule, truths: Truths) -> bool:
    overridden = any(is_raised(base.red_flags[f], truths, "E0", "E1", "E2") for f in rule.overridden_by)
    return truths[rule.id] is True and not overridden


def _rules(rules: tuple[Rule, ...], truths: Truths) -> Iterator[str]:
    for rule in rules:
        name = rule_name(rule.id)
        if rule.then == "require":
            if truths[name] is not True:
                yield f"{name}_unmet"
        elif truths[name] is True:
            yield name


def is_withheld(base: KnowledgeBase, test: str, truths: Truths) -> bool:
    for gate in base.gates:
        if gate.id.startswith(f"{test}."):
            truth = truths[rule_name(gate.id)]
            if (gate.then in ("withhold", "avoid") and truth is True) or (gate.then == "require" and truth is not True):
                return True
    return any(test in rule.withhold and withholds(base, rule, truths) for rule in base.imaging.values())


def is_asked_for(base: KnowledgeBase, test: str, truths: Truths) -> bool:
    if is_withheld(base, test, truths):
        return False
    flags = [flag for flag in base.red_flags.values() if test in flag.investigations]
    if any(is_raised(flag, truths, "E0", "E1") for flag in flags):
        return True
    gates = [gate for gate in base.gates if gate.id.startswith(f"{test}.") and gate.then == "at_hand"]
    if any(truths[rule_name(gate.id)] is True for gate in gates):
        return False
    soon = any(is_raised(flag, truths, "E2") for flag in flags)
    return soon or any(test in rule.first and truths[rule.id] is True for rule in base.imaging.values())
