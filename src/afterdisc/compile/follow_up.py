"""The book's part about visits before and after an assessment: plain JSON, conditions as small trees."""

from __future__ import annotations

import dataclasses
from typing import Any

from afterdisc.compile.cited import support_of
from afterdisc.knowledge import base as kb
from afterdisc.knowledge.conditions import All, Any_, AtLeast, Compare, Condition, Is, Known, Not


def follow_up_of(follow_up: kb.FollowUp) -> dict[str, Any]:
    """Scores with their limits and courses, dates, reasons, the person's form, emergencies and site words."""
    form = follow_up.pre_visit
    return {
        "instruments": {i: _instrument(v) for i, v in follow_up.instruments.items()},
        "expected_curve": {i: [_curve(c) for c in v.curves] for i, v in follow_up.instruments.items()},
        "due": {i: _due(d) for i, d in follow_up.due.items()},
        "review_after": {i: _due(d) for i, d in follow_up.review_after.items()},
        "reasons": {kind: [dataclasses.asdict(r) for r in listed] for kind, listed in follow_up.reasons.items()},
        "pre_visit": [section_of(s) for s in form.sections] if form else [],
        "pre_visit_words": {"intro": form.intro, "crisis": form.crisis, "thanks": form.thanks} if form else {},
        "emergency": [_emergency(e) for e in follow_up.emergencies],
        "site": dict(follow_up.site),
        "carried_over": _carried(follow_up.carried) if follow_up.carried else None,
        "chance_words": _chance_words(follow_up.chance_words) if follow_up.chance_words else None,
        "safety_net": _safety_net(follow_up.safety_net) if follow_up.safety_net else None,
    }


def section_of(section: kb.Section) -> dict[str, Any]:
    """One part of a form."""
    return {"id": section.id, "title": section.title, "intro": section.intro, "findings": list(section.findings)}


def _carried(carried: kb.Carried) -> dict[str, Any]:
    return {
        "findings": list(carried.findings),
        "only_yes": list(carried.only_yes),
        "groups_until_operation": list(carried.groups_until_operation),
        **support_of(carried.support),
    }


def _chance_words(words: kb.ChanceWords) -> dict[str, Any]:
    said = [[least, word] for least, word in words.words]
    return {"words": said, "wide_interval": words.wide_interval, **support_of(words.support)}


def _safety_net(net: kb.SafetyNet) -> dict[str, Any]:
    return {"letter": list(net.letter), "sheet": net.sheet, **support_of(net.support)}


def _instrument(i: kb.Instrument) -> dict[str, Any]:
    return {
        "label": i.label,
        "short": i.short,
        "unit": i.unit,
        "range": list(i.range),
        "step": i.step,
        "better": i.better,
        "finding": i.finding or None,
        "note": i.note,
        "thresholds": [
            {"kind": t.kind, "value": t.value, "of": t.of, "population": t.population, **support_of(t.support)}
            for t in i.thresholds
        ],
    }


def _curve(curve: kb.Curve) -> dict[str, Any]:
    points = [
        {
            "weeks": p.weeks,
            "at": p.at,
            "mean": p.mean,
            "sd": p.sd,
            "population": p.population,
            **support_of(p.support),
            "spread": support_of(p.spread),
        }
        for p in curve.points
    ]
    return {"id": curve.id, "label": curve.label, "points": points}


def _due(due: kb.Due) -> dict[str, Any]:
    return {"label": due.label, "weeks": due.weeks, **support_of(due.support)}


def _emergency(e: kb.Emergency) -> dict[str, Any]:
    return {
        "id": e.id,
        "title": e.title,
        "urgency": e.urgency,
        "when": tree_of(e.when),
        "say": e.say,
        **support_of(e.support),
    }


def tree_of(condition: Condition) -> dict[str, Any]:
    """A condition over findings as JSON; `report.emergency` says what it comes to."""
    match condition:
        case All(args):
            return {"all": [tree_of(a) for a in args]}
        case Any_(args):
            return {"any": [tree_of(a) for a in args]}
        case AtLeast(n, args):
            return {"at_least": n, "of": [tree_of(a) for a in args]}
        case Not(arg):
            return {"not": tree_of(arg)}
        case Is(finding, states):
            return {"finding": finding, "is": list(states)}
        case Compare(finding, op, value):
            return {"finding": finding, "op": op, "value": value}
        case Known(finding):
            return {"known": finding}
    raise TypeError(type(condition).__name__)  # the check lets nothing else into an emergency
