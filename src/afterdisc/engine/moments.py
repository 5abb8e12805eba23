"""First and second moments of a prior over cause sets, for fitting it to marginals."""

from __future__ import annotations

import numpy as np

from afterdisc.engine.compiled import compiled
from afterdisc.engine.kernel import subset_product


@compiled()
def set_moments(u, pairs, runs, members, mean, second):  # type: ignore[no-untyped-def]
    """mean [cause + 1] and second moments [cause + 1, cause + 1] of membership when a set weighs the product of its u.

    u [cause + 1] odds of each cause and weight of the empty set (last); members [set, cap], -1 padded.
    """
    w = np.empty(pairs.shape[0])
    subset_product(u, runs, pairs, w)
    total, last = 0.0, u.shape[0] - 1
    mean[:] = 0.0
    second[:, :] = 0.0
    for s in range(members.shape[0]):
        total += w[s]
        for i in range(members.shape[1]):
            a = members[s, i]
            if a < 0:
                break
            mean[a] += w[s]
            for j in range(members.shape[1]):
                b = members[s, j]
                if b < 0:
                    break
                second[a, b] += w[s]
    mean[last] = w[0]
    second[last, last] = w[0]
    for a in range(mean.shape[0]):
        mean[a] /= total
        for b in range(mean.shape[0]):
            second[a, b] /= total
