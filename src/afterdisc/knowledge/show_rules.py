"""Pages about rules: what they ask, in words and as written, why they stand, and the cases beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from afterdisc.knowledge import base as kb
from afterdisc.knowledge import conditions as c
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.knowledge.conditions import Condition
from afterdisc.knowledge.page import PageWriter
from afterdisc.knowledge.written import Written


def rule(page: PageWriter, rule: kb.Rule) -> None:
    owner = rule.id.partition(".")[0]
    dose = f"Dose: {rule.dose.text or f'at most {rule.dose.max_mg_per_day:g} mg a day'}" if rule.dose else ""
    unknown = "Unknown: withheld until it is answered" if rule.unknown_withholds else ""
    page.lines(f"Rule {rule.id}", rule.say, f"Does: {rule.then} ({owner})", dose, unknown, f"Stands in {rule.where}")
    condition(page, "When", rule.when, Written(page.base.folder).condition(rule.where))
    page.lines("Why", page.support(rule.support))
    vignettes(page, rule.vignettes)


def red_flag(page: PageWriter, flag: kb.RedFlag) -> None:
    page.lines(f"Red flag {flag.id}: {flag.title}", flag.because, f"Stands in {flag.where}")
    written = Written(page.base.folder).levels(flag.where)
    for level, own in zip(flag.levels, written, strict=True):
        condition(page, f"{level.urgency} when", level.when, level.when if own == c.All(()) else own)
    page.lines("What to do", flag.action)
    page.lines(
        "Brings forward",
        f"Investigations: {', '.join(flag.investigations)}" if flag.investigations else "",
        f"Treatments: {', '.join(flag.treatments)}" if flag.treatments else "",
    )
    page.lines("Why", page.support(flag.support))
    vignettes(page, flag.vignettes)


def imaging_rule(page: PageWriter, rule: kb.ImagingRule) -> None:
    page.lines(f"Imaging rule {rule.id}: {rule.title}", rule.say, f"Stands in {rule.where}")
    condition(page, "When", rule.when, Written(page.base.folder).condition(rule.where))
    named = {
        "First": rule.first,
        "Next": rule.next,
        "Withheld": rule.withhold,
        "Not withheld beside": rule.overridden_by,
    }
    page.lines("Asks for", *(f"{what}: {', '.join(names)}" for what, names in named.items() if names))
    page.lines("Check", *rule.check)
    page.lines("Why", page.support(rule.support))
    vignettes(page, rule.vignettes)


def stage(page: PageWriter, stage: kb.Stage) -> None:
    page.lines(f"Stage {stage.id}: {stage.label}", stage.say, f"Stands in {stage.where}")
    condition(page, "When", stage.when, Written(page.base.folder).condition(stage.where))
    page.lines("Why", page.support(stage.support))
    vignettes(page, stage.vignettes)


def definition(page: PageWriter, definition: kb.Definition) -> None:
    page.lines(f"Definition {definition.id}", definition.means, f"Stands in {definition.where}")
    condition(page, "When", definition.when, Written(page.base.folder).condition(definition.where))
    page.lines("Why", page.support(definition.support))


def condition(page: PageWriter, title: str, resolved: Condition, written: Condition) -> None:
    """In words; as a tree as its author wrote it; and with every name replaced, where that differs."""
    page.lines(title, c.said(written, labels(page.base)))
    page.lines(f"{title}, as written", *tree(written))
    names = [n for node in c.walk(written) if isinstance(node, c.Name) and (n := node.name) in page.base.definitions]
    page.lines("Names used", *(f"{n}: {page.base.definitions[n].means}" for n in dict.fromkeys(names)))
    if names or any(isinstance(n, c.Name) and n.name in page.base.red_flags for n in c.walk(written)):
        page.lines(f"{title}, names replaced", *tree(resolved))


def tree(condition: Condition, depth: int = 0) -> Iterator[str]:
    """One line a node, its parts further in."""
    indent = "  " * depth
    match condition:
        case c.All():
            yield f"{indent}all of"
        case c.Any_():
            yield f"{indent}any of"
        case c.AtLeast(n):
            yield f"{indent}at least {n} of"
        case c.Not():
            yield f"{indent}not"
        case _:
            yield indent + c.said(condition)
    for part in c.children(condition):
        yield from tree(part, depth + 1)


def labels(base: KnowledgeBase) -> Mapping[str, str]:
    """What a condition's names are called on a screen."""
    out = {name: f.label for name, f in base.findings.items()}
    out |= {name: cause.label for name, cause in base.causes.items()}
    out |= {name: f"{name} {flag.title}" for name, flag in base.red_flags.items()}
    return out | {name: name.replace("_", " ") for name in base.definitions}


def vignettes(page: PageWriter, vignettes: tuple[kb.Vignette, ...]) -> None:
    page.table("Vignettes", ("expected", "name", "given"), (_vignette(v) for v in vignettes))


def _vignette(vignette: kb.Vignette) -> tuple[str, str, str]:
    words = {True: "fires", False: "silent"}
    expect = vignette.expect if isinstance(vignette.expect, str) else words[vignette.expect]
    given = {**vignette.given, **{f"P({cause})": p for cause, p in vignette.probabilities.items()}}
    return expect, vignette.name, ", ".join(f"{k}: {_shown(v)}" for k, v in given.items()) or "nothing"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{k} {v}" for k, v in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
