"""The support of every number and rule, part by part, and the facts they cite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from afterdisc.knowledge.base import FollowUp, KnowledgeBase, Support


def supports_by_part(base: KnowledgeBase) -> Mapping[str, tuple[Support, ...]]:
    """Every support of the base, each once, under the part a clinician would look in."""
    causes, treatments = base.causes.values(), base.treatments.values()
    parts: dict[str, Iterable[Support]] = {
        "priors": (p.support for c in causes for p in c.priors),
        "likelihoods": (d.support for c in causes for rows in c.findings.values() for d in rows),
        "backgrounds": (d.support for f in base.model_findings.values() for d in f.background),
        "modifiers": (r.support for c in causes for r in c.risk_factors),
        "concurrency": base.concurrency.supports,
        "dependence": (g.support for g in base.dependence),
        "benefits": (b.support for t in treatments for b in t.benefit.values()),
        "shifts": (s.support for t in treatments for s in t.shifts),
        "harms": (h.support for t in treatments for h in t.harms),
        "rules": (r.support for t in treatments for r in t.rules),
        "investigation rules": (r.support for r in base.gates),
        "red flags": (f.support for f in base.red_flags.values()),
        "imaging": (r.support for r in base.imaging.values()),
        "expected course": chain((p.support for p in base.course), (r.support for r in base.course_rules)),
        "stages": (s.support for s in base.stages),
        "definitions": (d.support for d in base.definitions.values()),
        "settings": (s.support for s in base.settings.values()),
        "worked out, groups, time": base.other_supports,
        "reading a record": base.fhir.supports,
        "registries": base.registry.supports,
        "follow-up": _follow_up(base.follow_up),
        "economics": (e.support for e in base.economics),
    }
    return {part: tuple(supports) for part, supports in parts.items()}


def _follow_up(follow_up: FollowUp) -> Iterator[Support]:
    for instrument in follow_up.instruments.values():
        yield from (t.support for t in instrument.thresholds)
        for curve in instrument.curves:
            yield from (s for point in curve.points for s in (point.support, point.spread))
    yield from (d.support for d in (*follow_up.due.values(), *follow_up.review_after.values()))
    alone = (follow_up.carried, follow_up.safety_net, follow_up.chance_words, follow_up.pre_visit)
    yield from (part.support for part in alone if part is not None)
    yield from (e.support for e in follow_up.emergencies)


def citations(base: KnowledgeBase) -> Iterator[tuple[str, str]]:
    """(fact id, file:line of what cites it) for every citation: numbers, rules, remarks, guidelines."""
    for supports in supports_by_part(base).values():
        yield from ((fact, s.where) for s in supports for fact in s.facts)
    for cause in base.causes.values():
        yield from ((f, cause.where) for remark in (*cause.tells_it_apart, *cause.pitfalls) for f in remark.facts)
    for treatment in base.treatments.values():
        yield from ((f, treatment.where) for g in treatment.guidelines for f in g.facts)
