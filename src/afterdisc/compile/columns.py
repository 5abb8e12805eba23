"""Which columns a batch has: one per finding, one per ingredient that a rule asks about."""

from __future__ import annotations

import math
from collections.abc import Iterable

from afterdisc.knowledge.base import Finding, KnowledgeBase
from afterdisc.knowledge.conditions import Condition, EntryCompare, Includes, walk
from afterdisc.program import Column


def columns_of(base: KnowledgeBase, conditions: Iterable[Condition]) -> tuple[Column, ...]:
    entries = _entries(conditions)
    columns: list[Column] = []
    for finding in base.findings.values():
        if finding.kind not in ("set", "map"):
            columns.append(_column(finding, ""))
        else:
            columns.append(_column(finding, ""))  # whether it is known at all
            columns.extend(_column(finding, e) for e in sorted(entries.get(finding.id, ())))
    return tuple(columns)


def _entries(conditions: Iterable[Condition]) -> dict[str, set[str]]:
    out: dict[str, set[str]] = {}
    for condition in conditions:
        for node in walk(condition):
            if isinstance(node, Includes | EntryCompare):
                out.setdefault(node.finding, set()).update(node.ingredients)
    return out


def _column(finding: Finding, entry: str) -> Column:
    low, high = finding.range or (-math.inf, math.inf)
    absent = 0.0 if finding.kind == "set" else math.inf if finding.complete else math.nan
    return Column(
        name=f"{finding.id}[{entry}]" if entry else finding.id,
        finding=finding.id,
        kind=finding.kind,
        entry=entry,
        states=("false", "true") if finding.kind == "bool" else tuple(finding.values),
        low=low,
        high=high,
        absent=absent,
    )
