"""Everything known about one thing in the knowledge base, with its citations; and the lists of what there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from afterdisc.errors import UndeclaredName
from afterdisc.knowledge import base as kb
from afterdisc.knowledge import show_fhir as fhir
from afterdisc.knowledge import show_medicine as medicine
from afterdisc.knowledge import show_rules as rules
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.knowledge.page import Page, PageWriter, Section, fact_line, text, work_line
from afterdisc.knowledge.parts import rules_of
from afterdisc.knowledge.supports import citations
from afterdisc.words.nearest import did_you_mean

__all__ = ["LISTS", "Page", "Section", "show", "text"]

LISTS = (
    *("findings", "causes", "treatments", "investigations", "red_flags", "rules", "definitions", "groups"),
    *("readings", "orders"),
)
Writer = Callable[[PageWriter], None]


def show(base: KnowledgeBase, name: str) -> Page:
    """The page about an id, or one of the lists.

    `name` is the id of a cause, finding, treatment, investigation, red flag, rule, imaging rule, stage, definition,
    setting, economic item, group of ingredients, fact or work, or one of LISTS. An id that two of them share gets both.
    Raises UndeclaredName with the nearest name.
    """
    if name in LISTS:
        return _list(base, name)
    writers: dict[str, list[Writer]] = {}
    for known, write in _writers(base):
        writers.setdefault(known, []).append(write)
    if name not in writers:
        mend = did_you_mean(name, [*writers, *LISTS]) or f"Lists: {', '.join(LISTS)}."
        raise UndeclaredName(f"`{name}` is nothing in this knowledge base.", mend=mend)
    page = PageWriter(base)
    for write in writers[name]:
        write(page)
    return page.page(name)


def _writers(base: KnowledgeBase) -> Iterator[tuple[str, Writer]]:
    """(id, what writes about it) for everything that has an id."""
    yield from ((x.id, partial(medicine.cause, cause=x)) for x in base.causes.values())
    yield from ((x.id, partial(medicine.treatment, treatment=x)) for x in base.treatments.values())
    yield from ((x.id, partial(medicine.investigation, test=x)) for x in base.investigations.values())
    yield from ((x.id, partial(_finding, finding=x)) for x in base.findings.values())
    yield from ((x.id, partial(medicine.weight, model=x)) for x in base.model_findings.values() if x.id not in base.findings)
    yield from ((x.id, partial(rules.red_flag, flag=x)) for x in base.red_flags.values())
    yield from ((x.id, partial(rules.imaging_rule, rule=x)) for x in base.imaging.values())
    yield from ((x.id, partial(rules.stage, stage=x)) for x in base.stages)
    yield from ((x.id, partial(rules.rule, rule=x)) for x in rules_of(base))
    yield from ((x.id, partial(rules.definition, definition=x)) for x in base.definitions.values())
    yield from ((name, partial(_group, name=name)) for name in base.groups)
    yield from ((name, partial(_setting, name=name)) for name in base.settings)
    yield from ((x.id, partial(_economic, position=i)) for i, x in enumerate(base.economics))
    yield from ((name, partial(_fact, name=name)) for name in base.facts)
    yield from ((name, partial(_work, name=name)) for name in base.sources)


def _finding(page: PageWriter, finding: kb.Finding) -> None:
    medicine.finding(page, finding)
    fhir.readings(page, finding)


# -- small things ------------------------------------------------------------------------------------------------


def _group(page: PageWriter, name: str) -> None:
    members = page.base.groups[name]
    page.lines(f"Group of ingredients: {name}", f"{len(members)}: {', '.join(members)}")


def _setting(page: PageWriter, name: str) -> None:
    setting = page.base.settings[name]
    page.lines(f"Setting: {name}", f"{setting.value:g}", page.support(setting.support), f"Stands in {setting.support.where}")


def _economic(page: PageWriter, position: int) -> None:
    item = page.base.economics[position]
    between = f"({item.low:g} to {item.high:g})" if item.low is not None and item.high is not None else ""
    value = " ".join(filter(None, [f"{item.value:g}", between, item.currency, item.year]))
    page.lines(f"{item.kind.capitalize()}: {item.item}", value, page.support(item.support), f"Stands in {item.support.where}")


def _fact(page: PageWriter, name: str) -> None:
    page.lines(f"Fact {name}", fact_line(page.base, name))
    where = dict.fromkeys(place for fact, place in citations(page.base) if fact == name)
    page.lines("Cited in", *(where or ["nothing"]))


def _work(page: PageWriter, name: str) -> None:
    work = page.base.sources[name]
    page.lines(f"Work {name}", work_line(work), work.design, work.url, f"PMID {work.pmid}" if work.pmid else "")
    page.lines("Its facts", *(fact_line(page.base, f.id) for f in page.base.facts.values() if f.source == name))


# -- lists -------------------------------------------------------------------------------------------------------


def _list(base: KnowledgeBase, name: str) -> Page:
    page = PageWriter(base)
    match name:
        case "findings":
            for group in dict.fromkeys(f.group for f in base.findings.values()):
                rows = ((f.id, f.kind, _takes(base, f.id), f.label) for f in base.findings.values() if f.group == group)
                page.table(group.replace("_", " "), ("id", "kind", "takes", "label"), rows)
        case "causes":
            page.table(name, ("id", "kind", "label"), ((x.id, x.kind, x.label) for x in base.causes.values()))
        case "treatments":
            ranked = sorted(base.treatments.values(), key=lambda t: t.rung)
            page.table(name, ("rung", "id", "label"), ((str(x.rung), x.id, x.label) for x in ranked))
        case "investigations":
            rows = ((x.id, x.kind, x.burden, x.label) for x in base.investigations.values())
            page.table(name, ("id", "kind", "burden", "label"), rows)
        case "red_flags":
            flags = base.red_flags.values()
            page.table("red flags", ("id", "urgency", "title"), ((x.id, _urgencies(base, x.id), x.title) for x in flags))
        case "rules":
            page.table("red flags and imaging", ("id", "does", "says"), _short_rules(base))
            page.table("other rules", ("id", "does", "says"), ((x.id, x.then, x.say) for x in rules_of(base)))
        case "definitions":
            page.table(name, ("id", "means"), ((x.id, x.means) for x in base.definitions.values()))
        case "groups":
            page.table(name, ("id", "ingredients"), ((x, ", ".join(members)) for x, members in base.groups.items()))
        case "readings":
            rows = ((f, d.read, fhir.where_read(d), fhir.limits(d)) for f, found in base.fhir.readings.items() for d in found)
            page.table("read from a FHIR record", ("finding", "way", "from", "time"), rows)
        case "orders":
            orders = base.fhir.orders.values()
            page.table("recognised as an order", ("id", "by"), ((o.id, fhir.recognised_by(o)) for o in orders))
    return page.page(name.replace("_", " "))


def _short_rules(base: KnowledgeBase) -> Iterator[tuple[str, str, str]]:
    yield from ((x.id, _urgencies(base, x.id), x.title) for x in base.red_flags.values())
    yield from ((x.id, "imaging", x.title) for x in base.imaging.values())


def _urgencies(base: KnowledgeBase, flag: str) -> str:
    return ", ".join(level.urgency for level in base.red_flags[flag].levels)


def _takes(base: KnowledgeBase, name: str) -> str:
    finding = base.findings[name]
    if finding.range is not None:
        return f"{finding.range[0]:g} to {finding.range[1]:g} {finding.unit}".strip()
    return ", ".join(finding.values) or {"bool": "yes, no"}.get(finding.kind, finding.unit)
