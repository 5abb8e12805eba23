"""A page about one thing in the knowledge base: titled sections of lines and tables, and its plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from afterdisc.knowledge.base import Code, Fact, KnowledgeBase, Source, Support

WIDTH = 110
WIDEST_COLUMN = 44


@dataclass(frozen=True)
class Section:
    """Lines of text, then a table whose first row is its head; either may be empty."""

    title: str
    lines: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Page:
    title: str
    sections: tuple[Section, ...]


class PageWriter:
    """Collects sections, and every fact that they cite."""

    def __init__(self, base: KnowledgeBase) -> None:
        self.base = base
        self.sections: list[Section] = []
        self.cited: dict[str, None] = {}

    def lines(self, title: str, *lines: str) -> None:
        kept = tuple(line for line in lines if line.strip())
        if kept:
            self.sections.append(Section(title, kept))

    def table(self, title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        body = tuple(tuple(row) for row in rows)
        if body:
            self.sections.append(Section(title, (), (tuple(head), *body)))

    def facts(self, facts: Iterable[str]) -> str:
        """`[dx099, dx100]`, and they will be listed at the foot of the page."""
        ids = list(facts)
        self.cited.update(dict.fromkeys(ids))
        return f"[{', '.join(ids)}]" if ids else ""

    def support(self, support: Support) -> str:
        """Kind, facts, reason and worth in one line."""
        worth = f"worth {support.worth:g} patients" if support.worth is not None else ""
        return ", ".join(filter(None, [support.kind, self.facts(support.facts), worth])) + (
            f": {support.because}" if support.because else ""
        )

    def page(self, title: str) -> Page:
        sources = [fact_line(self.base, f) for f in self.cited]
        if sources:
            self.sections.append(Section("Sources", tuple(sources)))
        return Page(title, tuple(self.sections))


# -- citations ---------------------------------------------------------------------------------------------------


def fact_line(base: KnowledgeBase, name: str) -> str:
    """A fact with its value, population, place and work, and whether anybody confirmed it."""
    fact = base.facts.get(name)
    if fact is None:
        return f"{name}: no such fact"
    work = base.sources.get(fact.source)
    state = "verified" if fact.verified else "UNCONFIRMED"
    said = " · ".join(filter(None, [value_of(fact), fact.population, fact.note]))
    return f"{name} ({state}): {said}. {work_line(work) if work else fact.source}, {fact.locator or 'no locator'}"


def value_of(fact: Fact) -> str:
    item = fact.item.replace("_", " ")
    value = " ".join(filter(None, [fact.value, fact.unit]))
    between = f"({fact.low}–{fact.high})" if fact.low and fact.high else ""
    n = f"n={fact.n}" if fact.n else ""
    return " ".join(filter(None, [item, value, between, n]))


def work_line(work: Source) -> str:
    address = f"doi:{work.doi}" if work.doi else work.url
    parts = [work.author, work.year, work.title, work.journal, address]
    return f"{work.id}: " + ", ".join(filter(None, parts))


def code_line(code: Code) -> str:
    return f"{code.system} {code.code} {code.display}{' (unsure)' if code.unsure else ''}"


# -- text --------------------------------------------------------------------------------------------------------


def text(page: Page) -> str:
    """The page for a terminal."""
    lines = [page.title, "=" * min(len(page.title), WIDTH)]
    for section in page.sections:
        lines += ["", section.title, "-" * min(len(section.title), WIDTH)]
        for line in section.lines:
            lines += _wrapped(line)
        lines += _table(section.table)
    return "\n".join(line.rstrip() for line in lines)


def _wrapped(line: str) -> list[str]:
    """A line that begins with spaces keeps its place; what runs over is set further in."""
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.wrap(line, WIDTH, subsequent_indent=indent + "  ", break_long_words=False, break_on_hyphens=False)


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns as wide as their content, up to a limit; long cells run over several lines."""
    if not rows:
        return
    widths = [min(WIDEST_COLUMN, max(len(row[j]) for row in rows)) for j in range(len(rows[0]))]
    widths[-1] = max(20, WIDTH - sum(widths[:-1]) - 2 * (len(widths) - 1))
    for row in rows:
        cells = [textwrap.wrap(cell, width) or [""] for cell, width in zip(row, widths, strict=True)]
        for i in range(max(map(len, cells))):
            parts = (cell[i] if i < len(cell) else "" for cell in cells)
            yield "  ".join(part.ljust(width) for part, width in zip(parts, widths, strict=True))
