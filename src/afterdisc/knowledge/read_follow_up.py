"""Scores, dates, reasons, the person's form and its emergencies, from YAML."""

from __future__ import annotations

from afterdisc.errors import UnreadableKnowledge
from afterdisc.knowledge import base as kb
from afterdisc.knowledge.conditions import parse_condition
from afterdisc.knowledge.fields import Fields
from afterdisc.knowledge.read_care import read_vignettes
from afterdisc.knowledge.reading import Files, each, named


def read_follow_up(files: Files) -> kb.FollowUp:
    scores, due, reasons = (files.one(f"follow_up/{name}.yaml") for name in ("scores", "due", "reasons"))
    form, emergency, words = (files.one(f"follow_up/{name}.yaml") for name in ("pre_visit", "emergency", "words"))
    follow_up = kb.FollowUp(
        instruments=named(scores.parts("instruments", "instrument"), _instrument),
        due=named(due.parts("due", "date"), _due),
        review_after=named(due.parts("review_after", "review of"), _due),
        reasons={kind: each(reasons.items(kind, f"reason to {kind}"), _reason) for kind in reasons.tree},
        pre_visit=_pre_visit(form) if form.tree else None,
        emergencies=each(emergency.items("emergencies", "emergency"), _emergency),
        site={name: f.text("default") for name, f in emergency.parts("site", "site word")},
        carried=_carried(due.part("carried_over")) if "carried_over" in due.tree else None,
        safety_net=_safety_net(words.part("safety_net")) if "safety_net" in words.tree else None,
        chance_words=_chance_words(words.part("chance_words")) if "chance_words" in words.tree else None,
        harms={name: f.text("plain") for name, f in words.parts("harms", "harm")},
    )
    for file in (scores, due, reasons, form, emergency, words):
        file.done()
    return follow_up


def _instrument(name: str, f: Fields) -> kb.Instrument:
    return kb.Instrument(
        id=name,
        label=f.text("label"),
        short=f.text("short"),
        unit=f.text("unit"),
        range=f.pair("range"),
        step=f.number("step"),
        better=f.text("better"),
        finding=f.text("finding", ""),
        note=f.text("note", ""),
        thresholds=each(f.items("thresholds", f"{f.what}, threshold"), _threshold),
        curves=tuple(named(f.parts("curves", f"{f.what}, curve"), _curve).values()),
        where=f.where(),
    )


def _threshold(f: Fields) -> kb.Threshold:
    return kb.Threshold(f.text("kind"), f.number("value"), f.text("of"), f.text("population"), f.support())


def _curve(name: str, f: Fields) -> kb.Curve:
    return kb.Curve(name, f.text("label"), each(f.items("points", f"{f.what}, point"), _point))


def _point(f: Fields) -> kb.CurvePoint:
    mean, sd = f.part("mean"), f.part("sd")
    point = kb.CurvePoint(
        weeks=f.number("weeks"),
        at=f.text("at"),
        mean=mean.number("value"),
        sd=sd.number("value"),
        population=f.text("population"),
        support=mean.support(),
        spread=sd.support(),
    )
    mean.done()
    sd.done()
    return point


def _due(name: str, f: Fields) -> kb.Due:
    return kb.Due(name, f.text("label"), f.number("weeks"), f.support())


def _carried(f: Fields) -> kb.Carried:
    findings, only_yes, groups = (f.names(key) for key in ("findings", "only_yes", "groups_until_operation"))
    carried = kb.Carried(findings, only_yes, groups, f.support(), f.where())
    f.done()
    return carried


def _safety_net(f: Fields) -> kb.SafetyNet:
    net = kb.SafetyNet(f.names("letter"), f.text("sheet"), f.support(), f.where())
    f.done()
    return net


def _chance_words(f: Fields) -> kb.ChanceWords:
    words = each(f.items("words", "word for a chance"), lambda w: (w.number("from"), w.text("say")))
    read = kb.ChanceWords(words, f.number("wide_interval"), f.support(), f.where())
    f.done()
    return read


def _reason(f: Fields) -> kb.Reason:
    return kb.Reason(f.text("code"), f.text("label"), f.flag("needs_text", False))


def _pre_visit(f: Fields) -> kb.PreVisit:
    at_most = f.part("at_most")
    number, support = at_most.number("value"), at_most.support()
    at_most.done()
    return kb.PreVisit(
        at_most=number,
        support=support,
        intro=f.text("intro"),
        crisis=f.text("crisis"),
        thanks=f.text("thanks"),
        sections=each(f.items("sections", "section of the form"), _section),
        where=f.where(),
    )


def _section(f: Fields) -> kb.Section:
    return kb.Section(f.text("id"), f.text("title"), f.names("findings"), f.text("intro", ""))


def _emergency(f: Fields) -> kb.Emergency:
    urgency = f.text("urgency")
    if urgency not in ("now", "today"):
        raise UnreadableKnowledge(f"{f.what}: `urgency` is now or today", where=f.where("urgency"))
    return kb.Emergency(
        id=f.text("id"),
        title=f.text("title"),
        urgency=urgency,
        when=parse_condition(f.raw("when"), f.where("when")),
        say=f.text("say"),
        support=f.support(),
        vignettes=tuple(read_vignettes(f, "fires")),
        where=f.where(),
    )
