"""Credible intervals of the causes for a block of cases."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from afterdisc.engine.draws import interval, posterior_draws
from afterdisc.program import Program

Floats = npt.NDArray[np.float64]


def intervals_of(
    program: Program, states: npt.NDArray[np.uint8], weeks: Floats, cap: npt.NDArray[np.int8]
) -> tuple[Floats, Floats]:
    """(low, high) [case, cause + 1]: what the assessment of each case alone shows."""
    low, high = np.empty((len(states), program.n_causes + 1)), np.empty((len(states), program.n_causes + 1))
    for i in range(len(states)):
        drawn, _ = posterior_draws(program, states[i], float(weeks[i]), min(int(cap[i]), program.caps[1]))
        band = interval(drawn, program.settings["credible_interval"])
        low[i], high[i] = band[:, 0], band[:, 1]
    return low, high
