"""How probable is each set of causes before anything was found?

P(S) is proportional to the odds of its causes, times the pair odds inside it; the empty set has a weight of its own. The
odds are those that give every cause, and the empty set, exactly the probability the knowledge base states.
"""

from __future__ import annotations

import math
from itertools import combinations

from afterdisc.knowledge.base import NO_CAUSE, KnowledgeBase

NEAR_ENOUGH = 1e-13
MOST_ROUNDS = 100_000
CauseSet = frozenset[str]
LogOdds = dict[str, float]  # by cause; NO_CAUSE: the logarithm of the weight of the empty set


def sets_of(base: KnowledgeBase, cap: int) -> list[CauseSet]:
    """All sets of up to `cap` causes of which no two exclude each other."""
    apart = [frozenset(pair) for pair in base.concurrency.excludes]
    out = []
    for size in range(cap + 1):
        for names in combinations(base.cause_names, size):
            if not any(pair <= set(names) for pair in apart):
                out.append(frozenset(names))
    return out


def pair_odds(base: KnowledgeBase, causes: CauseSet) -> float:
    product = 1.0
    for pair, odds in base.concurrency.odds_multipliers.items():
        if set(pair) <= causes:
            product *= odds
    return product


def tabulated(base: KnowledgeBase, slice_: int) -> dict[str, float]:
    """The probability of each cause, and of none, as the knowledge base states it for a slice of time."""
    week = base.slices[slice_].weeks[0]
    out = {}
    for name in (*base.cause_names, NO_CAUSE):
        out[name] = next(p.p for p in base.causes[name].priors if p.weeks[0] <= week < p.weeks[1])
    return out


def fitted(base: KnowledgeBase, slice_: int, cap: int) -> LogOdds:
    """Proportional scaling: put one probability right after the other, round and round, until all of them stay."""
    target = tabulated(base, slice_)
    pairs = {s: pair_odds(base, s) for s in sets_of(base, cap)}
    weight = {name: p / (1 - p) for name, p in target.items()}
    for _ in range(MOST_ROUNDS):
        furthest = 0.0
        for name, wanted in target.items():
            of_sets = weights(pairs, weight)
            whole = math.fsum(of_sets.values())
            now = math.fsum(w for s, w in of_sets.items() if name in (s or {NO_CAUSE})) / whole
            furthest = max(furthest, abs(now - wanted) / wanted)
            weight[name] *= wanted / (1 - wanted) * (1 - now) / now
        if furthest < NEAR_ENOUGH:
            return {name: math.log(w) for name, w in weight.items()}
    raise ValueError("no prior has these marginals")


def weights(pairs: dict[CauseSet, float], weight: dict[str, float]) -> dict[CauseSet, float]:
    out = {}
    for causes, product in pairs.items():
        for cause in sorted(causes):
            product *= weight[cause]
        out[causes] = product if causes else weight[NO_CAUSE]
    return out
