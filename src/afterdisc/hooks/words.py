"""The text of a card: a line of fewer than 140 characters, and details in GitHub-flavoured Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from afterdisc.report import phrases, works

Item = Mapping[str, Any]
SHORTEST, LONGEST_SUMMARY = 60, 139
MOST_SOURCES, MOST_UNKNOWN = 8, 6
_MARKUP = re.compile(r"([\\`*_\[\]<>|#~])")


def plain(text: str) -> str:
    """Words of the knowledge base, so that Markdown reads them as words."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def summary(text: str) -> str:
    """One line that fits: whole if it can be, else whole sentences, else whole words and an ellipsis."""
    line = " ".join(text.split())
    if len(line) <= LONGEST_SUMMARY:
        return line
    ends = [m.end() for m in re.finditer(r"[.;](?= )", line[:LONGEST_SUMMARY])]
    if ends and ends[-1] >= SHORTEST:
        return line[: ends[-1]].rstrip(";")
    return line[: LONGEST_SUMMARY - 1].rpartition(" ")[0].rstrip(" ,;:") + "…"


def rule_lines(lines: Sequence[Item]) -> Iterator[str]:
    """What each rule says, with what decided it."""
    for line in lines:
        decided = "; ".join(phrases.decided(dict(line)))
        yield f"- {plain(line['say'])}{f' *({plain(decided)})*' if decided else ''}"


def unknown_line(findings: Sequence[str], labels: Mapping[str, str], what: str) -> Iterator[str]:
    """What nobody has looked for and could change what is said; the first few by name."""
    named = [plain(labels.get(f, f.replace("_", " "))) for f in findings[:MOST_UNKNOWN]]
    if named:
        more = f"; and {len(findings) - MOST_UNKNOWN} more" if len(findings) > MOST_UNKNOWN else ""
        yield f"**Not on record, and could change {what}:** {'; '.join(named)}{more}."


def source_lines(lines: Sequence[Item], sources: Item) -> Iterator[str]:
    """The works behind these lines with the places in each; where a line has none, its judgement."""
    cited = [sources[f] for f in dict.fromkeys(f for line in lines for f in line["sources"]) if f in sources]
    by_work: dict[str, list[Item]] = {}
    for fact in cited:
        by_work.setdefault(fact["source"], []).append(fact)
    judged = dict.fromkeys(j for line in lines if not line["sources"] and (j := works.judgement_of(dict(line))))
    if by_work or judged:
        yield "**Sources**"
        yield ""
    for facts in list(by_work.values())[:MOST_SOURCES]:
        yield f"- {_cited(facts)}"
    if len(by_work) > MOST_SOURCES:
        yield f"- and {len(by_work) - MOST_SOURCES} more in Afterdisc"
    for because, _ in judged:
        yield f"- Judgement, without a source: {plain(because)}"


def _cited(facts: Sequence[Item]) -> str:
    work = facts[0]["work"] or {"id": facts[0]["source"]}
    who, what, where = author(work), works.title(work), works.link(work)
    named = f"[{plain(what)}]({where})" if where else plain(what)
    places = "; ".join(dict.fromkeys(plain(f["locator"]) for f in facts if f["locator"]))
    seen = "" if all(works.is_confirmed(dict(f)) for f in facts) else " (in part as recalled; not seen in the work)"
    return f"{f'{plain(who)}: ' if who else ''}{named}{f', {places}' if places else ''}{seen}"


def author(work: Item) -> str:
    """`Boden SD 1992`; "" where no author is known."""
    named, year = works.author_year(dict(work)), str(work.get("year", ""))
    return "" if named == year else named


def closed_up(lines: Iterable[str]) -> str:
    """The lines as one text, with one empty line where there were more, and none at the ends."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def footer(assessment: Item) -> str:
    known = assessment["knowledge"]
    return f"Afterdisc knowledge {plain(known['version'])} ({known['fingerprint']}). Supports a decision and never makes one."
