"""The bibliography of one page: only the works this very page relied on, numbered in the order they are met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Item = dict[str, Any]
NOBODY = ("none", "not shown in excerpt")  # so the sources say where no author was seen; also "(author not seen)"


@dataclass(frozen=True)
class Mark:
    """One citation: fact `fact` is the `part`-th cited from work `work`."""

    work: int
    part: int
    fact: str


class Works:
    """Numbers for works and their facts, given out as they are cited."""

    def __init__(self, sources: Item) -> None:
        self._sources = sources
        self._facts: dict[str, dict[str, int]] = {}  # work id → fact id → part
        self._judgements: dict[tuple[str, float | None], int] = {}

    def marks(self, line: Item) -> list[Mark]:
        """The citations of a line, one a fact; none for a fact that the assessment does not carry."""
        return [self._mark(f) for f in facts_of(line) if f in self._sources]

    def numbers(self, line: Item) -> list[int]:
        """The works a line rests on, each once."""
        return sorted({m.work for m in self.marks(line)})

    def judgement(self, line: Item) -> int | None:
        """The number of the judgement a line states, if it states one."""
        told = judgement_of(line)
        if told is None:
            return None
        return self._judgements.setdefault(told, len(self._judgements) + 1)

    @property
    def cited(self) -> list[tuple[int, Item, list[tuple[int, Item]]]]:
        """Number, work, and its cited facts with their parts."""
        out = []
        for n, facts in enumerate(self._facts.values(), 1):
            parts = [(part, self._sources[f]) for f, part in facts.items()]
            first = parts[0][1]
            out.append((n, first["work"] or {"id": first["source"]}, parts))
        return out

    @property
    def judgements(self) -> list[tuple[int, str, float | None]]:
        return [(n, because, worth) for (because, worth), n in self._judgements.items()]

    def _mark(self, fact: str) -> Mark:
        parts = self._facts.setdefault(self._sources[fact]["source"], {})
        part = parts.setdefault(fact, len(parts) + 1)
        return Mark(list(self._facts).index(self._sources[fact]["source"]) + 1, part, fact)


def facts_of(line: Item) -> list[str]:
    """The facts a line names, whatever part of the assessment it comes from."""
    return list(dict.fromkeys(line.get("sources") or line.get("facts") or []))


def judgement_of(line: Item) -> tuple[str, float | None] | None:
    """Because, and how many patients the opinion is worth."""
    told = line.get("judgement")
    if told is None and "facts" in line and (line.get("support") == "judgement" or not line["facts"]):
        told = {"because": line.get("why"), "worth": line.get("worth")}
    return (told["because"], told["worth"]) if told and told["because"] else None


def is_judged(line: Item) -> bool:
    """Does the line rest on judgement, alone or beside its sources?"""
    return line.get("support") == "judgement" or judgement_of(line) is not None


def author_year(work: Item) -> str:
    """How the work is named in a list: its author and year, or its year alone."""
    author = str(work.get("author", ""))
    named = "" if author in NOBODY or author.startswith("(") else author
    return " ".join(x for x in (named, str(work.get("year", ""))) if x)


def title(work: Item) -> str:
    return str(work.get("title") or work["id"])


def where(work: Item) -> str:
    """Where the work is to be found, for paper and terminals."""
    return f"doi:{work['doi']}" if work.get("doi") else str(work.get("url", ""))


def is_confirmed(fact: Item) -> bool:
    """Was the figure seen in the work itself?"""
    return bool(fact["verified"])


def link(work: Item) -> str:
    """Where the work is to be found: as a link: its doi, else a web address; empty if neither is known."""
    if work.get("doi"):
        return f"https://doi.org/{work['doi']}"
    url = str(work.get("url", ""))
    return url if url.startswith(("https://", "http://")) else ""
