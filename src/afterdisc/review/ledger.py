"""Every number and rule of a base under a name that stays the same from one version to the next."""

from __future__ import annotations

from collections.abc import Iterator

from afterdisc.knowledge import base as kb
from afterdisc.knowledge import conditions as c
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.knowledge.parts import rules_of
from afterdisc.knowledge.written import Written


def entries_of(base: KnowledgeBase) -> dict[str, tuple[str, str]]:
    """name -> (value with what it stands on, file:line)."""
    out: dict[str, tuple[str, str]] = {}
    for part in (_vocabulary, _rules, _causes, _treatments, _arithmetic):
        for name, value, where in part(base):
            out[name] = value, where
    return out


Entries = Iterator[tuple[str, str, str]]


def _vocabulary(base: KnowledgeBase) -> Entries:
    for f in base.findings.values():
        between = f"{f.range[0]:g} to {f.range[1]:g} {f.unit}" if f.range else ", ".join(f.values)
        bins = ", ".join(f"{b.id} from {b.low} below {b.high}" for b in f.bins)
        yield f"finding {f.id}", "; ".join(filter(None, [f.kind, between, bins])), f.where
    for i in base.investigations.values():
        yield f"investigation {i.id}", f"burden {i.burden}, gives {', '.join(i.gives)}", i.where
    for name, members in base.groups.items():
        yield f"group {name}", ", ".join(members), "drugs/groups.yaml"
    for item in base.mandatory:
        yield f"mandatory {item.id}", " or ".join(item.any_of), "stages/2_red_flags.yaml"


def _rules(base: KnowledgeBase) -> Entries:
    """Conditions as written: a changed definition is one entry, not one for each rule that uses it."""
    written = Written(base.folder)
    for flag in base.red_flags.values():
        for level, own in zip(flag.levels, written.levels(flag.where), strict=True):
            when = "a mandatory item is unanswered" if own == c.All(()) else c.said(own)
            yield f"{flag.id} {level.urgency}", when, flag.where
        brings = f"{', '.join(flag.investigations)}; {', '.join(flag.treatments)}"
        yield f"{flag.id} action", f"{flag.action} [{brings}]{_on(flag.support)}", flag.where
    for r in base.imaging.values():
        names = f"first {', '.join(r.first)}; next {', '.join(r.next)}; withhold {', '.join(r.withhold)}"
        beside = f"; not beside {', '.join(r.overridden_by)}" if r.overridden_by else ""
        yield f"imaging {r.id}", f"{c.said(written.condition(r.where))}: {names}{beside}{_on(r.support)}", r.where
        yield f"imaging {r.id}, words", r.say, r.where
    for rule in rules_of(base):
        dose = f", at most {rule.dose.max_mg_per_day:g} mg a day" if rule.dose else ""
        unknown = ", unknown withholds" if rule.unknown_withholds else ""
        when = c.said(written.condition(rule.where))
        yield f"rule {rule.id}", f"{rule.then} when {when}{dose}{unknown}{_on(rule.support)}", rule.where
        yield f"rule {rule.id}, words", rule.say, rule.where
    for stage in base.stages:
        yield f"stage {stage.id}", f"{c.said(written.condition(stage.where))}{_on(stage.support)}", stage.where
    for d in base.definitions.values():
        yield f"definition {d.id}", f"{c.said(written.condition(d.where))}{_on(d.support)}", d.where
    for refusal in (*base.contradictions, *base.out_of_scope):
        yield f"refusal {refusal.id}", c.said(refusal.when), refusal.where


def _causes(base: KnowledgeBase) -> Entries:
    for cause in base.causes.values():
        for prior in cause.priors:
            yield f"prior {cause.id}, {_weeks(prior.weeks)}", f"{prior.p:g}{_on(prior.support)}", prior.support.where
        for name, rows in cause.findings.items():
            yield from (_row(f"{name} given {cause.id}", row) for row in rows)
        for risk in cause.risk_factors:
            for state, (value, low, high) in risk.odds_ratios.items():
                name = f"odds ratio {cause.id}, {risk.finding} {state}"
                yield name, f"{value:g} ({low:g} to {high:g}){_on(risk.support)}", risk.support.where
    for model in base.model_findings.values():
        yield from (_row(f"{model.id} without any cause", row) for row in model.background)
        if model.combine:
            yield f"{model.id} combines", f"{model.combine}: {', '.join(model.states)}", model.where
        for state, when in (model.derived_from or {}).items():
            yield f"{model.id} is {state}", c.said(when), model.where


def _row(name: str, row: kb.Distribution) -> tuple[str, str, str]:
    p = ", ".join(f"{state} {value:g}" for state, value in row.p.items())
    return f"{name}, {_weeks(row.weeks)}", f"{p}{_on(row.support)}", row.support.where


def _treatments(base: KnowledgeBase) -> Entries:
    for t in base.treatments.values():
        facts = f"rung {t.rung}, invasiveness {t.invasiveness}, {'elective' if t.elective else 'not elective'}"
        yield f"treatment {t.id}", f"{facts}, stability {t.stability}", t.where
        for cause, b in t.benefit.items():
            value = f"{b.p:g} ({b.low:g} to {b.high:g}){_on(b.support)}"
            yield f"benefit of {t.id} for {cause}", value, b.support.where
        for s in t.shifts:
            when = " ".join(filter(None, [s.finding, s.state, s.concurrent_cause]))
            value = f"{s.odds_ratio:g} ({s.low:g} to {s.high:g}){_on(s.support)}"
            yield f"shift of {t.id}, {when}", value, s.support.where
        for h in t.harms:
            yield f"harm of {t.id}, {h.id}", f"{h.p:g} ({h.low:g} to {h.high:g}){_on(h.support)}", h.support.where
        for g in t.guidelines:
            yield f"guideline {g.body} {g.year} on {t.id}, {g.for_whom}", f"{g.stance}: {g.says}", t.where


def _arithmetic(base: KnowledgeBase) -> Entries:
    for piece in base.slices:
        value = f"centre {piece.centre_weeks:g}, share {piece.share:g}"
        yield f"slice {_weeks(piece.weeks)}", value, "model/time.yaml"
    for group in base.dependence:
        value = f"rho {group.rho:g}: {', '.join(group.members)}{_on(group.support)}"
        yield f"dependence {group.id}", value, group.support.where
    links, where = base.concurrency, "model/concurrency.yaml"
    yield "concurrent causes", f"at most {links.max_causes}, again above {links.recheck_above:g}", where
    yield from ((f"mixture weight {cause}", f"{w:g}", where) for cause, w in links.mixture_weight.items())
    yield from ((f"{a} excludes {b}", "yes", where) for a, b in links.excludes)
    yield from ((f"odds multiplier {a} and {b}", f"{v:g}", where) for (a, b), v in links.odds_multipliers.items())
    for name, setting in base.settings.items():
        yield f"setting {name}", f"{setting.value:g}{_on(setting.support)}", setting.support.where
    for item in base.economics:
        value = f"{item.value:g} ({item.low} to {item.high}) {item.currency} {item.year}".rstrip()
        yield f"economic {item.id}", f"{value}{_on(item.support)}", item.support.where


def _weeks(weeks: tuple[float, float] | None) -> str:
    return f"weeks {weeks[0]:g} to {weeks[1]:g}" if weeks else "always"


def _on(support: kb.Support) -> str:
    facts = f" {', '.join(support.facts)}" if support.facts else ""
    worth = f", worth {support.worth:g}" if support.worth is not None else ""
    return f" [{support.kind}{facts}{worth}]"
