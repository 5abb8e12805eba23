"""Prior weights of cause sets whose marginals are exactly the tabulated ones.

P(S) is proportional to the product of the odds of its causes and of the pair odds inside it; the empty set has a
weight of its own. Odds and weight are found by proportional scaling, then Newton's method, on the log-linear model
[darroch1972].
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from afterdisc.engine.moments import set_moments
from afterdisc.engine.sets import CauseSets, pair_weights
from afterdisc.errors import BadDistribution

Floats = npt.NDArray[np.float64]
NEAR = 0.3  # relative gap below which Newton's method is safe
TOLERANCE = 1e-13
DIGITS = 11  # further digits would differ between processors
MOST_ROUNDS = 500


class PriorFit:
    """Fits for one cap on concurrent causes, for all slices and draws."""

    def __init__(self, sets: CauseSets, pair_odds: Floats) -> None:
        self.sets = sets
        self.pairs = pair_weights(sets, pair_odds)

    def log_odds(self, marginals: Floats, start: Floats | None = None) -> Floats:
        """[cause + 1] log odds of each cause and log weight of the empty set (last), from their marginals.

        Raises BadDistribution when no such prior exists under the cap.
        """
        a = np.log(marginals / (1 - marginals)) if start is None else start.copy()
        mean, second = np.empty(len(a)), np.empty((len(a), len(a)))
        gap = np.full(len(a), np.inf)
        for _ in range(MOST_ROUNDS):
            set_moments(np.exp(a), self.pairs, self.sets.runs, self.sets.members, mean, second)
            gap = marginals - mean
            if np.abs(gap / marginals).max() < TOLERANCE:
                break
            if not np.abs(gap / np.minimum(marginals, mean)).max() < NEAR:  # far away: scale each odds by itself
                a += 0.5 * np.clip(np.log(marginals / (1 - marginals) * (1 - mean) / mean), -1.0, 1.0)
                continue
            spread = second - np.outer(mean, mean)
            scale = np.sqrt(np.diag(spread))
            try:
                step = np.linalg.solve(spread / np.outer(scale, scale), gap / scale) / scale
            except np.linalg.LinAlgError:
                break
            a += np.clip(step, -1.0, 1.0)
        if not np.abs(gap / marginals).max() < 1e-8:
            raise BadDistribution("no prior over cause sets has these marginals", mend="Lower the sum of the priors.")
        return np.round(a, DIGITS)
