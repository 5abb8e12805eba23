"""Can every number be followed to its source? Facts, works, codes, and the dates by which somebody must look again."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from afterdisc.errors import KnowledgeError, UndeclaredName, UnreadableKnowledge
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.knowledge.places import Places
from afterdisc.knowledge.supports import citations


def source_errors(base: KnowledgeBase, places: Places) -> Iterator[KnowledgeError]:
    for name, where in dict.fromkeys(citations(base)):
        if name not in base.facts:
            yield places.undeclared(name, "fact of sources/facts-*.csv", base.facts, where)
    for fact in base.facts.values():
        if fact.source not in base.sources:
            yield places.undeclared(
                fact.source, "work of sources/sources-*.csv", base.sources, places.of_row("facts-*.csv", fact.id)
            )
        elif fact.verified and not fact.locator.strip():
            yield UndeclaredName(
                f"fact `{fact.id}` does not say where in the work it stands",
                where=places.of_row("facts-*.csv", fact.id),
                mend="Fill in `locator`: page, table, figure, abstract.",
            )
    yield from _rows_twice(base.folder, "facts-*.csv")
    yield from _rows_twice(base.folder, "sources-*.csv")
    yield from _codes(base, places)


def _rows_twice(folder: Path, pattern: str) -> Iterator[KnowledgeError]:
    """An id that two rows have: the later one would silently win."""
    first: dict[str, str] = {}
    for path in sorted((folder / "sources").glob(pattern)):
        with path.open(newline="", encoding="utf-8") as handle:
            rows = csv.reader(handle)
            next(rows, None)
            for row in rows:
                where = f"sources/{path.name}:{rows.line_num}"
                if row and row[0] in first:
                    yield UnreadableKnowledge(
                        f"the id `{row[0]}` stands twice",
                        where=where,
                        mend=f"The first is {first[row[0]]}; rename one.",
                    )
                elif row:
                    first[row[0]] = where


# -- codes -------------------------------------------------------------------------------------------------------


def _codes(base: KnowledgeBase, places: Places) -> Iterator[KnowledgeError]:
    """A code that is not marked unsure stands in sources/codes.csv, verified."""
    known: dict[tuple[str, str], bool] = {}
    with (base.folder / "sources" / "codes.csv").open(newline="", encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            key = row["system"], row["code"]
            known[key] = known.get(key, False) or row["verified"] == "yes"
    for items in (base.findings, base.causes, base.investigations, base.treatments):
        for item in items.values():
            for code in item.codes:
                if code.unsure or known.get((code.system, code.code)):
                    continue
                found = (code.system, code.code) in known
                yield UndeclaredName(
                    f"`{item.id}`: the code {code.system} {code.code} "
                    f"{'is not verified' if found else 'is missing'} in sources/codes.csv",
                    where=places.of(item.where, code.code),
                    mend="Mend the code, verify it there, or mark it `unsure: true`.",
                )


# -- what somebody should look at --------------------------------------------------------------------------------


def _review_dates(base: KnowledgeBase, places: Places) -> Iterator[tuple[str, str]]:
    """(review_by, file:line) of the base and of each cause and treatment that names one."""
    dates = [(base.review_by, "base.yaml:1")]
    dates += [(c.review_by, c.where) for c in base.causes.values()]
    dates += [(t.review_by, t.where) for t in base.treatments.values()]
    yield from ((text, places.of(where, "review_by")) for text, where in dates if text)


def review_errors(base: KnowledgeBase, places: Places) -> Iterator[KnowledgeError]:
    for text, where in _review_dates(base, places):
        if _date(text) is None:
            yield UnreadableKnowledge(f"`review_by: {text}` is no date", where=where, mend='Write it as "2027-11-30".')


def review_warnings(base: KnowledgeBase, today: date) -> Iterator[str]:
    """One line for each part whose review date has passed."""
    for text, where in _review_dates(base, Places(base.folder)):
        due = _date(text)
        if due is not None and due < today:
            yield f"{where}  was to be reviewed by {due.isoformat()}. Review it, then set the next `review_by`."


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def unconfirmed_warning(base: KnowledgeBase) -> Iterator[str]:
    """One line that counts the cited facts nobody has confirmed in the work itself."""
    cited = {fact for fact, _ in citations(base)}
    open_ = sorted(f for f in cited if f in base.facts and not base.facts[f].verified)
    if open_:
        yield f"{len(open_)} of {len(cited)} cited facts are unconfirmed: {', '.join(open_)}."
