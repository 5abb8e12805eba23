"""Are the rules well formed? Their words, their ids, and a case beside each in which it fires and one in which not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from afterdisc.errors import BadCondition, KnowledgeError, MissingVignette, UnreadableKnowledge
from afterdisc.knowledge import base as kb
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.knowledge.conditions import Condition, Is, Probability, walk
from afterdisc.knowledge.names import URGENCY
from afterdisc.knowledge.parts import early_conditions, tried
from afterdisc.knowledge.places import Places
from afterdisc.words.urgency import URGENCIES

OF_A_TREATMENT = (
    "offer",
    "recommend",
    "require",
    "withhold",
    "avoid",
    "reduce_dose",
    "caution",
    "rule_out",
    "for",
    "against",
    "inform",
)
OF_AN_INVESTIGATION = ("withhold", "avoid", "require", "caution", "inform", "at_hand")
OF_THE_COURSE = ("inform",)
FLAG_URGENCIES = tuple(u for u in URGENCIES if u != "E3")
FLAG_ANSWERS = (*FLAG_URGENCIES, "cleared")


def rule_errors(base: KnowledgeBase, places: Places) -> Iterator[KnowledgeError]:
    yield from _ids(base, places)
    for rule, allowed in _rules(base):
        yield from _words(rule, allowed, places)
    for item in tried(base):
        if not isinstance(item, kb.RedFlag):
            yield from _two_sides(item.id, item.vignettes, item.where)
        yield from _vignettes(base, item.id, item.vignettes, places)
    for flag in base.red_flags.values():
        yield from _red_flag(flag, places)
    for where, condition in early_conditions(base):
        yield from _needs_no_answer(condition, where)


def _rules(base: KnowledgeBase) -> Iterator[tuple[kb.Rule, tuple[str, ...]]]:
    for treatment in base.treatments.values():
        yield from ((rule, OF_A_TREATMENT) for rule in treatment.rules)
    yield from ((rule, OF_AN_INVESTIGATION) for rule in base.gates)
    yield from ((rule, OF_THE_COURSE) for rule in base.course_rules)


# -- ids ---------------------------------------------------------------------------------------------------------


def _ids(base: KnowledgeBase, places: Places) -> Iterator[KnowledgeError]:
    first: dict[str, str] = {}
    owners = {rule.id: t.id for t in base.treatments.values() for rule in t.rules}
    for rule, allowed in _rules(base):
        if rule.id in first:
            yield UnreadableKnowledge(
                f"the rule id `{rule.id}` stands twice",
                where=rule.where,
                mend=f"The first is {first[rule.id]}; rename one.",
            )
        first.setdefault(rule.id, rule.where)
        prefix, dot, name = rule.id.partition(".")
        if allowed is OF_A_TREATMENT:
            right, of = prefix == owners[rule.id], f"`{owners[rule.id]}.`"
        elif allowed is OF_AN_INVESTIGATION:
            right, of = prefix in base.investigations, "the id of its investigation and a dot"
        else:
            right, of = prefix == "course", "`course.`"
        if not (right and dot and name):
            yield UnreadableKnowledge(
                f"the rule id `{rule.id}` does not say whose it is",
                where=places.of(rule.where, rule.id),
                mend=f"Begin it with {of}",
            )


# -- one rule ----------------------------------------------------------------------------------------------------


def _words(rule: kb.Rule, allowed: tuple[str, ...], places: Places) -> Iterator[KnowledgeError]:
    if rule.then not in allowed:
        yield places.undeclared(rule.then, f"`then` of `{rule.id}`", allowed, rule.where)
    if rule.unknown_withholds and rule.then not in ("avoid", "withhold"):
        yield UnreadableKnowledge(
            f"`{rule.id}`: `unknown: withhold` belongs to avoid or withhold", where=places.of(rule.where, "unknown")
        )
    if rule.then == "reduce_dose" and rule.dose is None:
        yield UnreadableKnowledge(
            f"`{rule.id}` reduces a dose and gives none",
            where=rule.where,
            mend="Add `dose: {max_mg_per_day: 600, times_per_day: 2, text: …}`.",
        )
    if rule.then != "reduce_dose" and rule.dose is not None:
        yield UnreadableKnowledge(
            f"`{rule.id}`: `dose` belongs to reduce_dose", where=places.of(rule.where, "dose"), mend="Say it in `say`."
        )


def _two_sides(owner: str, vignettes: Iterable[kb.Vignette], where: str) -> Iterator[KnowledgeError]:
    answers = [v.expect for v in vignettes]
    for wanted, called in ((True, "fires"), (False, "stays silent")):
        if wanted not in answers:
            yield MissingVignette(
                f"`{owner}` has no vignette in which it {called}",
                where=where,
                mend=f"Add `{{name: …, given: {{…}}, fires: {str(wanted).lower()}}}` under `vignettes`.",
            )


def _red_flag(flag: kb.RedFlag, places: Places) -> Iterator[KnowledgeError]:
    urgencies = [level.urgency for level in flag.levels]
    for urgency in urgencies:
        if urgency not in FLAG_URGENCIES:
            yield places.undeclared(urgency, "urgency of a red flag", FLAG_URGENCIES, flag.where)
            return
    ranks = [URGENCIES.index(u) for u in urgencies]
    if not ranks or ranks != sorted(set(ranks)):
        yield UnreadableKnowledge(f"{flag.id}: levels stand from the most to the least urgent, each once", where=flag.where)
    answers = [v.expect for v in flag.vignettes]
    for urgency in urgencies:
        if urgency not in answers:
            yield MissingVignette(
                f"{flag.id} has no vignette in which it fires as {urgency}",
                where=flag.where,
                mend=f"Add `{{name: …, given: {{…}}, expect: {urgency}}}` under `vignettes`.",
            )
    if "cleared" not in answers:
        yield MissingVignette(
            f"{flag.id} has no vignette in which it is cleared",
            where=flag.where,
            mend="Add `{name: …, given: {…}, expect: cleared}` under `vignettes`: every item it asks for answered no.",
        )


def _needs_no_answer(condition: Condition, where: str) -> Iterator[KnowledgeError]:
    for node in walk(condition):
        if isinstance(node, Probability) or (isinstance(node, Is) and node.finding == URGENCY):
            asked = f"P({' or '.join(node.causes)})" if isinstance(node, Probability) else "urgency"
            yield BadCondition(
                f"{asked} is not known here: red flags and refusals see findings only",
                where=where,
                mend="Ask for the findings themselves. No probability may raise or lower a red flag.",
            )
            return


# -- vignettes ---------------------------------------------------------------------------------------------------


def _vignettes(base: KnowledgeBase, owner: str, vignettes: tuple[kb.Vignette, ...], places: Places) -> Iterator[KnowledgeError]:
    names: set[str] = set()
    allowed: tuple[bool | str, ...] = FLAG_ANSWERS if owner in base.red_flags else (True, False)
    for vignette in vignettes:
        if vignette.name in names:
            yield UnreadableKnowledge(
                f"`{owner}` has two vignettes `{vignette.name}`", where=vignette.where, mend="Say how they differ."
            )
        names.add(vignette.name)
        if not any(vignette.expect is a or (isinstance(a, str) and vignette.expect == a) for a in allowed):
            words = ", ".join(str(a).lower() if isinstance(a, bool) else a for a in allowed)
            yield UnreadableKnowledge(
                f"vignette `{vignette.name}`: what is expected must be one of {words}", where=vignette.where
            )
        yield from _given(base, vignette, places)


def _given(base: KnowledgeBase, vignette: kb.Vignette, places: Places) -> Iterator[KnowledgeError]:
    for name, value in vignette.given.items():
        if name == URGENCY:
            if value not in URGENCIES:
                yield places.undeclared(str(value), "urgency", URGENCIES, vignette.where)
        elif name not in base.findings:
            yield places.undeclared(name, "finding", base.findings, vignette.where)
    for cause, p in vignette.probabilities.items():
        if cause not in base.causes:
            yield places.undeclared(cause, "cause", base.causes, vignette.where)
        if not 0 <= p <= 1:
            yield UnreadableKnowledge(f"vignette `{vignette.name}`: P is 0 to 1", where=vignette.where)
