"""The loops of a draw that run once a person, compiled."""

from __future__ import annotations

import math

import numpy as np

from afterdisc.engine.compiled import compiled
from afterdisc.engine.kernel import prior_odds, subset_product, time_share


@compiled()
def draw_sets(  # type: ignore[no-untyped-def]
    centres, weeks, uniform, states, odds, shift_row, odds_ratio, runs, pairs, n_sets, n_padded, before, after, share, out
):
    """For each person the set of causes at work, drawn from the prior of their time and risk factors; their times beside it."""
    u, w = np.empty(odds.shape[2]), np.empty(n_padded)
    for i in range(weeks.shape[0]):
        b, a, s = time_share(centres, weeks[i])
        before[i], after[i], share[i] = b, a, s
        prior_odds(odds, b, a, s, states[i], shift_row, odds_ratio, u)
        subset_product(u, runs, pairs, w)
        total = 0.0
        for h in range(n_sets):
            total += w[h]
            w[h] = total
        target = uniform[i] * total
        low, high = 0, n_sets
        while low < high:  # the first set beyond the target
            middle = (low + high) // 2
            if w[middle] > target:
                high = middle
            else:
                low = middle + 1
        out[i] = min(low, n_sets - 1)


@compiled()
def normal_to_uniform(z, out):  # type: ignore[no-untyped-def]
    root = math.sqrt(2.0)
    for i in range(z.shape[0]):
        out[i] = 0.5 * (1 + math.erf(z[i] / root))
