"""Do the scores, dates, reasons, the person's form and its emergencies fit together and fit the rest?"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from afterdisc.errors import BadCondition, BadDistribution, KnowledgeError, UndeclaredName, UnreadableKnowledge
from afterdisc.knowledge import base as kb
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.knowledge.conditions import EntryCompare, Includes, findings_in, walk
from afterdisc.knowledge.places import Places

KINDS_OF_THRESHOLD = {"mcid": ("change", "percent_change"), "success": ("change",), "failure": ("change", "percent_change")}
KINDS_OF_THRESHOLD["pass"] = ("score",)
DECISIONS = ("accept", "defer", "decline")
DUE = ("six_week_check", "imaging_overdue", "step_review")  # what the worklist asks for
PLACEHOLDER = re.compile(r"\{(\w*)\}")
SCORES, DATES, REASONS, FORM = (f"follow_up/{name}.yaml:1" for name in ("scores", "due", "reasons", "pre_visit"))
WORDS = "follow_up/words.yaml:1"


def follow_up_errors(base: KnowledgeBase, places: Places) -> Iterator[KnowledgeError]:
    for instrument in base.follow_up.instruments.values():
        yield from _instrument(base, instrument, places)
    yield from _due(base, places)
    yield from _reasons(base, places)
    if base.follow_up.pre_visit is not None:
        yield from _form(base, base.follow_up.pre_visit, places)
    for emergency in base.follow_up.emergencies:
        yield from _emergency(base, emergency, places)
    yield from _carried_and_net(base, places)
    yield from _plain_words(base, places)


def _falls_to_nought(limits: list[float]) -> bool:
    falls = all(a > b for a, b in pairwise(limits))
    return bool(limits) and falls and limits[0] <= 1 and limits[-1] == 0


def _carried_and_net(base: KnowledgeBase, places: Places) -> Iterator[KnowledgeError]:
    """What a new visit takes over is declared; what the papers say names only words that a site can set."""
    carried, net = base.follow_up.carried, base.follow_up.safety_net
    for name in (*carried.findings, *carried.only_yes) if carried else ():
        if name not in base.findings:
            yield places.undeclared(name, "finding", base.findings, carried.where if carried else "")
    chance = base.follow_up.chance_words
    if chance and not _falls_to_nought([least for least, _ in chance.words]):
        yield BadDistribution(
            "the words for a chance do not fall from the greatest to 0",
            where=chance.where,
            mend="Order them by `from`, each between 0 and 1, the last one from 0.",
        )
    if net:
        yield from _placeholders(base, (*net.letter, net.sheet), net.where, places)


# -- scores ------------------------------------------------------------------------------------------------------


def _instrument(base: KnowledgeBase, instrument: kb.Instrument, places: Places) -> Iterator[KnowledgeError]:
    where = instrument.where
    if instrument.better not in ("lower", "higher"):
        yield places.undeclared(instrument.better, f"direction of `{instrument.id}`", ("lower", "higher"), where)
    if instrument.finding:
        finding = base.findings.get(instrument.finding)
        if finding is None:
            yield places.undeclared(instrument.finding, "finding", base.findings, where)
        elif finding.range != instrument.range:
            yield BadDistribution(
                f"`{instrument.id}` has another range than its finding `{finding.id}`",
                where=places.of(where, "range"),
                mend=f"The finding stands in {finding.where}; give both the same range.",
            )
    for threshold in instrument.thresholds:
        yield from _threshold(instrument, threshold, places)
    for curve in instrument.curves:
        yield from _curve(instrument, curve)


def _threshold(instrument: kb.Instrument, threshold: kb.Threshold, places: Places) -> Iterator[KnowledgeError]:
    where, (low, high) = threshold.support.where, instrument.range
    if threshold.kind not in KINDS_OF_THRESHOLD:
        yield places.undeclared(threshold.kind, "kind of threshold", KINDS_OF_THRESHOLD, where)
        return
    allowed = KINDS_OF_THRESHOLD[threshold.kind]
    if threshold.of not in allowed:
        yield places.undeclared(threshold.of, f"thing that a {threshold.kind} can be of", allowed, where)
        return
    limits = {"change": (0.0, high - low), "percent_change": (0.0, 100.0), "score": (low, high)}[threshold.of]
    if not limits[0] <= threshold.value <= limits[1]:
        yield BadDistribution(
            f"`{instrument.id}`: the threshold {threshold.value:g} is impossible",
            where=where,
            mend=f"Between {limits[0]:g} and {limits[1]:g}; a change is given without a sign.",
        )


def _curve(instrument: kb.Instrument, curve: kb.Curve) -> Iterator[KnowledgeError]:
    low, high = instrument.range
    for point in curve.points:
        if not low <= point.mean <= high or not 0 < point.sd <= high - low:
            yield BadDistribution(
                f"`{instrument.id}`, {curve.id}: the mean or its spread at {point.at} is impossible",
                where=point.support.where,
                mend=f"The mean lies in {low:g} to {high:g}, and the standard deviation is above 0.",
            )
    for earlier, later in pairwise(curve.points):
        if not earlier.weeks < later.weeks:
            yield BadDistribution(
                f"`{instrument.id}`, {curve.id}: {later.at} does not come after {earlier.at}",
                where=later.support.where,
                mend="Let `weeks` rise from one point to the next; before the operation is week 0.",
            )


# -- dates and reasons -------------------------------------------------------------------------------------------


def _due(base: KnowledgeBase, places: Places) -> Iterator[KnowledgeError]:
    follow_up = base.follow_up
    for name in DUE if follow_up.instruments else ():
        if name not in follow_up.due:
            yield UndeclaredName(f"the date `{name}` is missing", where=DATES, mend="Add it with weeks and a judgement.")
    for name, due in follow_up.review_after.items():
        if name not in base.treatments:
            yield places.undeclared(name, "treatment", base.treatments, DATES)
        if due.weeks <= 0:
            yield BadDistribution(f"the review of `{name}` is not after its start", where=due.support.where, mend="Above 0.")


def _reasons(base: KnowledgeBase, places: Places) -> Iterator[KnowledgeError]:
    reasons = base.follow_up.reasons
    for kind in reasons:
        if kind not in DECISIONS:
            yield places.undeclared(kind, "decision", DECISIONS, REASONS)
    first: dict[str, str] = {}
    for kind, listed in reasons.items():
        for reason in listed:
            if reason.code in first:
                yield UnreadableKnowledge(
                    f"the reason `{reason.code}` stands twice",
                    where=places.of(REASONS, reason.code),
                    mend=f"It stands under {first[reason.code]} and {kind}; give each decision codes of its own.",
                )
            first[reason.code] = kind


# -- the person's own form ---------------------------------------------------------------------------------------


def _form(base: KnowledgeBase, form: kb.PreVisit, places: Places) -> Iterator[KnowledgeError]:
    asked = [name for section in form.sections for name in section.findings]
    for name in asked:
        finding = base.findings.get(name)
        if finding is None:
            yield places.undeclared(name, "finding", base.findings, FORM)
        elif not finding.patient_can_answer:
            yield UndeclaredName(
                f"`{name}` is no question that a person can answer alone",
                where=places.of(FORM, name),
                mend=f"Take it off the form, or give it `patient_can_answer: true` and `ask_patient` in {finding.where}.",
            )
    for name in dict.fromkeys(n for n in asked if asked.count(n) > 1):
        yield UnreadableKnowledge(f"the form asks for `{name}` twice", where=places.of(FORM, name), mend="Keep one.")
    if len(asked) > form.at_most:
        yield UnreadableKnowledge(
            f"the form has {len(asked)} questions; {form.at_most:g} at most", where=FORM, mend="Take some off."
        )
    yield from _placeholders(base, (form.intro, form.crisis, form.thanks), FORM, places)
    for finding in base.findings.values():
        for state in finding.patient_values:
            if state not in finding.values:
                yield places.undeclared(state, f"value of `{finding.id}`", finding.values, finding.where)


def _emergency(base: KnowledgeBase, emergency: kb.Emergency, places: Places) -> Iterator[KnowledgeError]:
    form = base.follow_up.pre_visit
    asked = {name for section in form.sections for name in section.findings} if form else set()
    for name in findings_in(emergency.when):
        if name in base.findings and name not in asked:
            yield UndeclaredName(
                f"the emergency `{emergency.id}` waits for `{name}`, which the form does not ask",
                where=places.of(emergency.where, name),
                mend="Add the question to follow_up/pre_visit.yaml, or take it out of the condition.",
            )
    if any(isinstance(node, Includes | EntryCompare) for node in walk(emergency.when)):
        yield BadCondition(
            f"the emergency `{emergency.id}` asks for medicines; the form takes them as free text",
            where=emergency.where,
            mend="Ask for findings.",
        )
    yield from _placeholders(base, (emergency.title, emergency.say), emergency.where, places)


def _placeholders(base: KnowledgeBase, texts: Iterable[str], where: str, places: Places) -> Iterator[KnowledgeError]:
    """Every `{word}` of a text is a word that a site can set."""
    for word in (word for text in texts for word in PLACEHOLDER.findall(text)):
        if word not in base.follow_up.site:
            yield places.undeclared(word, "word of `site`", base.follow_up.site, where)


# -- plain words -------------------------------------------------------------------------------------------------


def _plain_words(base: KnowledgeBase, places: Places) -> Iterator[KnowledgeError]:
    harms = {h.id: h.support.where for t in base.treatments.values() for h in t.harms}
    labels = base.follow_up.harms
    for harm, where in harms.items():
        if harm not in labels:
            yield UndeclaredName(
                f"the harm `{harm}` has no plain words", where=where, mend="Add it to follow_up/words.yaml under `harms`."
            )
    for harm in labels:
        if harm not in harms:
            yield places.undeclared(harm, "harm of any treatment", harms, WORDS)
    told = [(c.where, "plain", c.plain) for c in base.causes.values()]
    for treatment in base.treatments.values():
        told += [(treatment.where, "plain", text) for text in dataclasses.astuple(treatment.plain)]
    told += [(places.of(WORDS, harm), harm, text) for harm, text in labels.items()]
    for where, key, text in told:
        if re.search(r"\d", text):
            yield UnreadableKnowledge(
                "plain words hold a figure", where=places.of(where, key), mend="Leave it out; figures stand beside the text."
            )
