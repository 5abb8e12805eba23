"""How probable is each state of a finding under each set of causes?"""

from __future__ import annotations

from collections.abc import Iterable

from afterdisc.knowledge.base import NO_CAUSE, Distribution, KnowledgeBase
from oracle.prior import CauseSet

FLOOR = 1e-5  # no state is impossible under any set
TINY = 1e-9  # a cumulative share is never read as less
BACKGROUND = "(background)"


def row(base: KnowledgeBase, finding: str, cause: str, week: float) -> dict[str, float]:
    """P(state) under one cause alone: the row of that week, else the untimed one, else what people without a cause have."""
    background = base.model_findings[finding].background
    if cause == BACKGROUND:
        found = in_force(background, week)
        assert found is not None
        return found
    rows = base.causes[cause].findings.get(finding, ())
    return in_force(rows, week) or row(base, finding, BACKGROUND, week)


def in_force(rows: Iterable[Distribution], week: float) -> dict[str, float] | None:
    untimed = None
    for r in rows:
        if r.weeks is None:
            untimed = dict(r.p)
        elif r.weeks[0] <= week < r.weeks[1]:
            return dict(r.p)
    return untimed


def given(base: KnowledgeBase, finding: str, causes: CauseSet, week: float) -> dict[str, float]:
    """P(state | set of causes), floored and summing to one."""
    states = base.model_findings[finding].states
    if not causes:
        raw = row(base, finding, NO_CAUSE, week)
    elif base.model_findings[finding].combine == "mixture":
        raw = averaged(base, finding, causes, week)
    else:
        raw = pushed(base, finding, causes, week)
    floored = {s: max(raw[s], FLOOR) for s in states}
    whole = sum(floored.values())
    return {s: p / whole for s, p in floored.items()}


def averaged(base: KnowledgeBase, finding: str, causes: CauseSet, week: float) -> dict[str, float]:
    """The average over the causes; an amplifier counts with its small weight."""
    share = {c: base.concurrency.mixture_weight.get(c, 1.0) for c in sorted(causes)}
    whole = sum(share.values())
    rows = {c: row(base, finding, c, week) for c in share}
    return {s: sum(share[c] * rows[c][s] for c in share) / whole for s in base.model_findings[finding].states}


def pushed(base: KnowledgeBase, finding: str, causes: CauseSet, week: float) -> dict[str, float]:
    """Noisy-or, noisy-max: each cause by itself may push the finding toward the abnormal end, never back.

    "Not worse than state k" holds if the background and every cause leave it so, each by its own chance.
    """
    states = base.model_findings[finding].states
    background = upto(row(base, finding, BACKGROUND, week), states)
    left = {c: spared(background, upto(row(base, finding, c, week), states)) for c in sorted(causes)}
    out, before = {}, 0.0
    for k, state in enumerate(states):
        not_worse = background[k]
        for shares in left.values():
            not_worse *= shares[k]
        out[state] = not_worse - before
        before = not_worse
    return out


def upto(p: dict[str, float], states: tuple[str, ...]) -> list[float]:
    """P(not worse than state k) for every k."""
    out, total = [], 0.0
    for state in states:
        total += p[state]
        out.append(total)
    return out


def spared(background: list[float], alone: list[float]) -> list[float]:
    """By which factor a cause lowers "not worse than state k": at most one, and never less for a worse state."""
    shares = [min(1.0, max(a, TINY) / max(b, TINY)) for a, b in zip(alone, background, strict=True)]
    shares[-1] = 1.0
    return [min(shares[k:]) for k in range(len(shares))]
