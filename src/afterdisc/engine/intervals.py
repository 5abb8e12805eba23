"""Credible intervals of the causes for a block of cases."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from afterdisc.engine.draws import block_draws, interval
from afterdisc.program import Program

Floats = npt.NDArray[np.float64]
BLOCK = 512  # cases whose draws are held at once


def intervals_of(
    program: Program, states: npt.NDArray[np.uint8], weeks: Floats, cap: npt.NDArray[np.int8]
) -> tuple[Floats, Floats]:
    """(low, high) [case, cause + 1]: to the last bit what the assessment of each case alone shows.

    cap  int8 [case]  how many causes at once a case was evaluated with; its draws are made with at most the second cap.

    Takes no lock: threads may call it at once. Cases near in time stand in one block, because they read the same rows.
    """
    low, high = np.empty((len(states), program.n_causes + 1)), np.empty((len(states), program.n_causes + 1))
    drawn_with = np.minimum(cap, program.caps[1])
    for considered in np.unique(drawn_with):
        which = np.flatnonzero(drawn_with == considered)
        which = which[np.argsort(weeks[which], kind="stable")]
        for start in range(0, len(which), BLOCK):
            block = which[start : start + BLOCK]
            drawn = block_draws(program, states[block], weeks[block], int(considered))
            band = interval(np.moveaxis(drawn, 1, 0), program.settings["credible_interval"])
            low[block], high[block] = band[..., 0], band[..., 1]
    return low, high
