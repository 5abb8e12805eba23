"""How much of the base is measured, how much is derived, how much is opinion?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from afterdisc.knowledge.base import KnowledgeBase, Support
from afterdisc.knowledge.supports import citations, supports_by_part

KINDS = ("measured", "derived", "judgement")


@dataclass(frozen=True)
class Share:
    """One part of the base: how many of its numbers and rules stand on what, and what an opinion is worth."""

    part: str
    measured: int
    derived: int
    judgement: int
    cites_facts: int  # whatever the kind: a judgement may rest on facts too
    median_worth: float | None  # patients; None where no entry gives a worth

    @property
    def total(self) -> int:
        return self.measured + self.derived + self.judgement


@dataclass(frozen=True)
class Coverage:
    """`parts` by part of the base, `whole` all of them together; a distribution counts as one number."""

    parts: tuple[Share, ...]
    whole: Share
    facts_shipped: int
    facts_cited: int
    facts_cited_unconfirmed: int
    works: int
    works_cited: int


def coverage(base: KnowledgeBase) -> Coverage:
    """The share of numbers and rules that are measured, derived and judgement, part by part, and their facts."""
    parts = supports_by_part(base)
    cited = {fact for fact, _ in citations(base)} & set(base.facts)
    return Coverage(
        parts=tuple(_share(part, supports) for part, supports in parts.items()),
        whole=_share("all", [s for supports in parts.values() for s in supports]),
        facts_shipped=len(base.facts),
        facts_cited=len(cited),
        facts_cited_unconfirmed=sum(not base.facts[f].verified for f in cited),
        works=len(base.sources),
        works_cited=len({base.facts[f].source for f in cited}),
    )


def _share(part: str, supports: Sequence[Support]) -> Share:
    counts = [sum(s.kind == kind for s in supports) for kind in KINDS]
    worth = [s.worth for s in supports if s.worth is not None]
    cites = sum(bool(s.facts) for s in supports)
    return Share(part, counts[0], counts[1], counts[2], cites, median(worth) if worth else None)


def text(found: Coverage) -> str:
    """The table for a terminal."""
    lines = [f"{'part':<20}{'numbers':>8}{'measured':>10}{'derived':>9}{'judgement':>11}{'cites facts':>13}{'worth':>7}"]
    lines += [_line(share) for share in found.parts]
    lines += [
        _line(found.whole),
        "",
        f"Facts: {found.facts_shipped} shipped, {found.facts_cited} cited",
        f"Cited but unconfirmed: {found.facts_cited_unconfirmed}",
        f"Works: {found.works} shipped, {found.works_cited} cited",
        "numbers: rules, and numbers with a support of their own; a distribution counts once.",
        "worth: median, in patients; derived and judged numbers carry it.",
    ]
    return "\n".join(lines)


def _line(share: Share) -> str:
    n = max(share.total, 1)
    worth = "–" if share.median_worth is None else f"{share.median_worth:g}"
    return (
        f"{share.part:<20}{share.total:>8}{share.measured / n:>10.0%}"
        f"{share.derived / n:>9.0%}{share.judgement / n:>11.0%}{share.cites_facts / n:>13.0%}{worth:>7}"
    )
