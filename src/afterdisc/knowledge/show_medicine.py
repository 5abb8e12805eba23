"""Pages about causes, findings, investigations and treatments: everything the base knows of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from afterdisc.knowledge import base as kb
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.knowledge.conditions import Condition, Probability, findings_in, walk
from afterdisc.knowledge.page import PageWriter, code_line

# -- a cause -----------------------------------------------------------------------------------------------------


def cause(page: PageWriter, cause: kb.Cause) -> None:
    base = page.base
    page.lines(
        f"Cause: {cause.label} ({cause.kind})",
        cause.summary,
        cause.story,
        f"For the person: {cause.plain}",
        f"Next test: {cause.next_test}" if cause.next_test else "",
        f"Stands in {cause.where}; to be reviewed by {cause.review_by}",
    )
    page.lines("What tells it apart", *(f"{r.say} {page.facts(r.facts)}" for r in cause.tells_it_apart))
    page.lines("Pitfalls", *(f"{r.say} {page.facts(r.facts)}" for r in cause.pitfalls))
    page.table(
        "How often, by weeks since surgery",
        ("weeks", "p", "why"),
        ((_weeks(p.weeks), f"{p.p:g}", page.support(p.support)) for p in cause.priors),
    )
    page.table("What raises or lowers it", ("finding", "state", "odds ratio", "why"), _risk_factors(page, cause))
    page.table(
        "What is found, given this cause alone",
        ("finding", "weeks", "probability of each state", "without any cause", "why"),
        _likelihoods(page, cause),
    )
    benefits = [(t, b) for t in base.treatments.values() if (b := t.benefit.get(cause.id)) is not None]
    page.table(
        "What helps: chance of a good result at 12 months",
        ("treatment", "p", "why"),
        ((t.id, _range(b.p, b.low, b.high), page.support(b.support)) for t, b in sorted(benefits, key=lambda x: -x[1].p)),
    )
    asking = [name for name, when in named_conditions(base) if _asks_for_cause(when, cause.id)]
    page.lines("Rules that ask for its probability", ", ".join(asking))
    page.lines("Codes", *(code_line(code) for code in cause.codes))


def _risk_factors(page: PageWriter, cause: kb.Cause) -> Iterator[tuple[str, ...]]:
    for risk in cause.risk_factors:
        for state, (value, low, high) in risk.odds_ratios.items():
            yield risk.finding, state, _range(value, low, high), page.support(risk.support)


def _likelihoods(page: PageWriter, cause: kb.Cause) -> Iterator[tuple[str, ...]]:
    for name, rows in cause.findings.items():
        model = page.base.model_findings[name]
        for row in rows:
            ground = next((g for g in model.background if g.weeks == row.weeks), None) or model.background[0]
            yield name, _weeks(row.weeks), _states(row.p), _states(ground.p), page.support(row.support)


# -- a finding ---------------------------------------------------------------------------------------------------


def finding(page: PageWriter, finding: kb.Finding) -> None:
    base = page.base
    between = f"{finding.range[0]:g} to {finding.range[1]:g} {finding.unit}" if finding.range else finding.unit
    page.lines(
        f"Finding: {finding.label} ({finding.kind}, {finding.asked_at})",
        finding.question,
        finding.help,
        finding.why,
        f"Takes {between.strip()}" if between.strip() else "",
        f"Note: {finding.note}" if finding.note else "",
        f"The person can answer it: {'yes' if finding.patient_can_answer else 'no'}",
        f"Stands in {finding.where}",
    )
    page.table("States", ("state", "meaning"), finding.values.items())
    page.table(
        "States by number",
        ("state", "from", "below", "label"),
        ((b.id, _n(b.low), _n(b.high), b.label) for b in finding.bins),
    )
    for model in base.model_findings.values():
        if finding.id in (model.id, model.asks):
            weight(page, model)
    page.lines("Investigations that give it", ", ".join(i.id for i in base.investigations.values() if finding.id in i.gives))
    mandatory = [m.label for m in base.mandatory if finding.id in m.any_of]
    page.lines("Mandatory red-flag item", ", ".join(mandatory))
    asking = [name for name, when in named_conditions(base) if finding.id in findings_in(when)]
    page.lines("Rules that ask for it", ", ".join(asking))
    shifts = [t.id for t in base.treatments.values() if any(s.finding == finding.id for s in t.shifts)]
    page.lines("Shifts the benefit of", ", ".join(shifts))
    page.lines("Codes", *(code_line(code) for code in finding.codes))


def weight(page: PageWriter, model: kb.ModelFinding) -> None:
    """How much a finding says about the causes."""
    base = page.base
    group = next((g for g in base.dependence if model.id in g.members), None)
    page.lines(
        f"Weight: {model.label}" + (f" ({model.id}, worked out)" if model.derived_from is not None else ""),
        f"Causes combine by {model.combine}" if model.combine else "Carries no weight of its own about the causes.",
        f"Says partly the same as {', '.join(m for m in group.members if m != model.id)} (rho {group.rho:g})" if group else "",
        "Falls silent when a better finding is known." if model.silent_when is not None else "",
    )
    rows = [("no cause", d) for d in model.background]
    rows += [(c.id, d) for c in base.causes.values() for d in c.findings.get(model.id, ())]
    page.table(
        f"Probability of each state of {model.id}",
        ("cause", "weeks", "probability of each state", "why"),
        ((name, _weeks(d.weeks), _states(d.p), page.support(d.support)) for name, d in rows),
    )
    page.table(
        f"{model.id} as a risk factor",
        ("cause", "state", "odds ratio", "why"),
        (
            (c.id, state, _range(*ratio), page.support(r.support))
            for c in base.causes.values()
            for r in c.risk_factors
            if r.finding == model.id
            for state, ratio in r.odds_ratios.items()
        ),
    )


# -- an investigation, a treatment -------------------------------------------------------------------------------


def investigation(page: PageWriter, test: kb.Investigation) -> None:
    base = page.base
    page.lines(f"Investigation: {test.label} ({test.kind})", f"Burden: {test.burden}", f"Stands in {test.where}")
    page.table("Gives", ("finding", "label"), ((f, base.findings[f].label) for f in test.gives if f in base.findings))
    gates = [r for r in base.gates if r.id.partition(".")[0] == test.id]
    page.table("Its rules", ("rule", "does", "says"), ((r.id, r.then, f"{r.say} {page.facts(r.support.facts)}") for r in gates))
    uses = {"first choice": "first", "second choice": "next", "withheld": "withhold"}
    page.table(
        "Imaging rules that name it",
        ("rule", "as", "when"),
        ((r.id, how, r.title) for how, key in uses.items() for r in base.imaging.values() if test.id in getattr(r, key)),
    )
    flags = [f for f in base.red_flags.values() if test.id in f.investigations]
    page.table("Red flags that ask for it", ("flag", "title"), ((f.id, f.title) for f in flags))
    page.lines("Codes", *(code_line(code) for code in test.codes))


def treatment(page: PageWriter, treatment: kb.Treatment) -> None:
    page.lines(
        f"Treatment: {treatment.label} (rung {treatment.rung})",
        treatment.summary,
        f"For the person: {treatment.plain.what}",
        f"Invasiveness {treatment.invasiveness} of 5; stability: {treatment.stability}; "
        f"{'waits' if treatment.elective else 'does not wait'} while an emergency is open"
        f"{'; named by the source article' if treatment.seed else ''}",
        f"Stands in {treatment.where}",
    )
    page.table(
        "What the guidelines say",
        ("body", "year", "stance", "for whom", "says"),
        ((g.body, str(g.year), g.stance, g.for_whom, f"{g.says} {page.facts(g.facts)}") for g in treatment.guidelines),
    )
    page.table(
        "Its rules",
        ("rule", "does", "says"),
        ((r.id, r.then, f"{r.say} {page.facts(r.support.facts)}") for r in treatment.rules),
    )
    page.table(
        "Chance of a good result at 12 months, by cause",
        ("cause", "p", "why"),
        ((c, _range(b.p, b.low, b.high), page.support(b.support)) for c, b in treatment.benefit.items()),
    )
    page.table(
        "What shifts that chance",
        ("when", "odds ratio", "why"),
        ((_shift(s), _range(s.odds_ratio, s.low, s.high), page.support(s.support)) for s in treatment.shifts),
    )
    page.table(
        "Harms",
        ("harm", "p", "within", "why"),
        ((h.id, _range(h.p, h.low, h.high), h.window, page.support(h.support)) for h in treatment.harms),
    )
    page.lines("Codes", *(code_line(code) for code in treatment.codes))


def _shift(shift: kb.Shift) -> str:
    state = f"{shift.finding} {shift.state}" if shift.finding else ""
    return " with ".join(filter(None, [state, shift.concurrent_cause]))


# -- numbers in words --------------------------------------------------------------------------------------------


def named_conditions(base: KnowledgeBase) -> Iterator[tuple[str, Condition]]:
    """Every rule, red flag, imaging rule, stage and definition by id with its condition."""
    for flag in base.red_flags.values():
        yield from ((flag.id, level.when) for level in flag.levels)
    for name, rule in base.imaging.items():
        yield name, rule.when
    for stage in base.stages:
        yield stage.id, stage.when
    rules = (*base.gates, *base.course_rules, *(r for t in base.treatments.values() for r in t.rules))
    yield from ((r.id, r.when) for r in rules)
    yield from ((d.id, d.when) for d in base.definitions.values())


def _asks_for_cause(when: Condition, cause: str) -> bool:
    return any(isinstance(node, Probability) and cause in node.causes for node in walk(when))


def _weeks(weeks: tuple[float, float] | None) -> str:
    return f"{weeks[0]:g}–{weeks[1]:g}" if weeks else "always"


def _states(p: Mapping[str, float]) -> str:
    return ", ".join(f"{state} {value:g}" for state, value in p.items())


def _range(value: float, low: float, high: float) -> str:
    return f"{value:g} ({low:g}–{high:g})"


def _n(number: float | None) -> str:
    return "" if number is None else f"{number:g}"
