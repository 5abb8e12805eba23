"""The words and sources that travel with the arrays, so that a report needs no YAML."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from afterdisc.compile.cited import support_of
from afterdisc.compile.fhir import fhir_of
from afterdisc.compile.follow_up import follow_up_of, section_of
from afterdisc.compile.registry import registry_of
from afterdisc.knowledge import base as kb
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.knowledge.supports import citations


def book_of(base: KnowledgeBase) -> dict[str, Any]:
    """Plain JSON: everything a screen shows, each number with its support; facts and works only if cited."""
    book: dict[str, Any] = {
        "title": base.title,
        "version": base.version,
        "intended_use": base.intended_use,
        "review_by": base.review_by,
        "first_questions": list(base.first_questions),
        "slices": [list(s.weeks) for s in base.slices],
        "prevalence": _prevalence(base),
        "findings": {i: _finding(f) for i, f in base.findings.items()},
        "form": [section_of(s) for s in base.form],
        "causes": {i: _cause(c) for i, c in base.causes.items()},
        "investigations": {
            i: {"label": v.label, "kind": v.kind, "burden": v.burden, "gives": list(v.gives), "codes": _codes(v.codes)}
            for i, v in base.investigations.items()
        },
        "gates": {r.id: _rule(r) for r in base.gates},
        "treatments": {i: _treatment(t) for i, t in base.treatments.items()},
        "red_flags": {i: _red_flag(f) for i, f in base.red_flags.items()},
        "mandatory": [{"id": m.id, "label": m.label, "any_of": list(m.any_of), "question": m.question} for m in base.mandatory],
        "imaging": {i: _imaging(r) for i, r in base.imaging.items()},
        "course": [
            {
                "time": p.time,
                "from_weeks": p.from_weeks,
                "normally_seen": p.normally_seen,
                "not_normal": p.not_normal,
                **support_of(p.support),
            }
            for p in base.course
        ],
        "course_rules": {r.id: _rule(r) for r in base.course_rules},
        "contradictions": {r.id: r.say for r in (*base.contradictions, *base.out_of_scope)},
        "stages": {s.id: {"label": s.label, "say": s.say, **support_of(s.support)} for s in base.stages},
    }
    book["follow_up"] = follow_up_of(base.follow_up)
    book["fhir"] = fhir_of(base)
    book["registry"] = registry_of(base.registry)
    book["harms"] = dict(base.follow_up.harms)
    cited = sorted({fact for fact, _ in citations(base)})
    facts = {i: dataclasses.asdict(base.facts[i]) for i in cited if i in base.facts}
    book["facts"] = facts
    works = sorted({f["source"] for f in facts.values()})
    book["sources"] = {i: dataclasses.asdict(base.sources[i]) for i in works if i in base.sources}
    plain: dict[str, Any] = json.loads(json.dumps(book, ensure_ascii=False))  # as it comes back from a file
    return plain


def _prevalence(base: KnowledgeBase) -> dict[str, dict[str, float]]:
    """Of each risk factor the share of people in each of its states, where the tables give it."""
    out: dict[str, dict[str, float]] = {}
    for cause in base.causes.values():
        for risk in cause.risk_factors:
            for state, share in risk.prevalence.items():
                out.setdefault(risk.finding, {}).setdefault(state, share)
    return out


def _finding(f: kb.Finding) -> dict[str, Any]:
    return {
        "label": f.label,
        "group": f.group,
        "kind": f.kind,
        "asked_at": f.asked_at,
        "unit": f.unit,
        "range": list(f.range) if f.range else None,
        "values": dict(f.values),
        "bins": {b.id: b.label for b in f.bins},
        "question": f.question or f.label,
        "help": f.help,
        "why": f.why,
        "patient_can_answer": f.patient_can_answer,
        "ask_patient": f.ask_patient,
        "patient_help": f.patient_help,
        "patient_values": dict(f.patient_values),
    }


def _codes(codes: tuple[kb.Code, ...]) -> list[dict[str, str]]:
    """The codes somebody has checked; `note` says where one means more or less than what it stands beside."""
    return [{"system": c.system, "code": c.code, "note": c.note} for c in codes if not c.unsure]


def _cause(c: kb.Cause) -> dict[str, Any]:
    return {
        "label": c.label,
        "codes": _codes(c.codes),
        "kind": c.kind,
        "seed": c.seed,
        "summary": c.summary,
        "story": c.story,
        "plain": c.plain,
        "tells_it_apart": [dataclasses.asdict(r) for r in c.tells_it_apart],
        "pitfalls": [dataclasses.asdict(r) for r in c.pitfalls],
        "next_test": c.next_test,
        "prior": [{"weeks": list(p.weeks), "p": p.p, **support_of(p.support)} for p in c.priors],
        "risk_factors": {r.finding: support_of(r.support) for r in c.risk_factors},
        "findings": {
            f: [{"weeks": list(d.weeks) if d.weeks else None, "p": dict(d.p), **support_of(d.support)} for d in rows]
            for f, rows in c.findings.items()
        },
    }


def _rule(r: kb.Rule) -> dict[str, Any]:
    return {
        "then": r.then,
        "say": r.say,
        "dose": dataclasses.asdict(r.dose) if r.dose else None,
        "unknown_withholds": r.unknown_withholds,
        **support_of(r.support),
    }


def _treatment(t: kb.Treatment) -> dict[str, Any]:
    return {
        "label": t.label,
        "codes": _codes(t.codes),
        "rung": t.rung,
        "elective": t.elective,
        "seed": t.seed,
        "invasiveness": t.invasiveness,
        "stability": t.stability,
        "summary": t.summary,
        "plain": dataclasses.asdict(t.plain),
        "guidelines": [dataclasses.asdict(g) for g in t.guidelines],
        "rules": {r.id: _rule(r) for r in t.rules},
        "benefit": {c: {"p": b.p, "low": b.low, "high": b.high, **support_of(b.support)} for c, b in t.benefit.items()},
        "harms": [
            {"harm": h.id, "p": h.p, "low": h.low, "high": h.high, "window": h.window, **support_of(h.support)} for h in t.harms
        ],
    }


def _red_flag(f: kb.RedFlag) -> dict[str, Any]:
    return {
        "title": f.title,
        "because": f.because,
        "action": f.action,
        "investigations": list(f.investigations),
        "treatments": list(f.treatments),
        **support_of(f.support),
    }


def _imaging(r: kb.ImagingRule) -> dict[str, Any]:
    return {
        "title": r.title,
        "first": list(r.first),
        "next": list(r.next),
        "withhold": list(r.withhold),
        "say": r.say,
        "check": list(r.check),
        "overridden_by": list(r.overridden_by),
        **support_of(r.support),
    }
