"""All sets of up to `cap` causes, in an order that keeps the arithmetic in long contiguous runs.

Sets of one size stand together, in colexicographic order: the sets of size d whose largest cause is k are the first
comb(k, d - 1) sets of size d - 1, each with k added. So one run of a row is another run times one number.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import comb

import numpy as np
import numpy.typing as npt

LANES = 16  # sets are padded to a multiple of this
N_TOP = 5  # the heaviest sets that an answer names


@dataclass(frozen=True)
class CauseSets:
    """members int16 [set, cap], -1 padded; size int8 [set]; runs int32 [run, 4]: parent start, start, cause, length."""

    n_causes: int
    cap: int
    n: int
    n_padded: int
    members: npt.NDArray[np.int16]
    size: npt.NDArray[np.int8]
    runs: npt.NDArray[np.int32]
    block_start: tuple[int, ...]  # [size] where the sets of a size begin

    def membership(self) -> npt.NDArray[np.float64]:
        """[set, cause] 1 where the cause is in the set."""
        return _membership(self.n_causes, self.cap)


@lru_cache(maxsize=8)
def _membership(n_causes: int, cap: int) -> npt.NDArray[np.float64]:
    sets = cause_sets(n_causes, cap)
    out = np.zeros((sets.n, n_causes))
    for column in sets.members.T:
        rows = np.flatnonzero(column >= 0)
        out[rows, column[rows]] = 1.0
    out.flags.writeable = False
    return out


@lru_cache(maxsize=8)
def cause_sets(n_causes: int, cap: int) -> CauseSets:
    sets: list[tuple[int, ...]] = [()]
    starts = [0]
    runs: list[tuple[int, int, int, int]] = []
    for size in range(1, cap + 1):
        parent_start = starts[size - 1]
        starts.append(len(sets))
        for cause in range(size - 1, n_causes):
            length = comb(cause, size - 1)
            if length:
                runs.append((parent_start, len(sets), cause, length))
                sets.extend((*sets[parent_start + i], cause) for i in range(length))
    members = np.full((len(sets), cap), -1, np.int16)
    for i, s in enumerate(sets):
        members[i, : len(s)] = s
    return CauseSets(
        n_causes=n_causes,
        cap=cap,
        n=len(sets),
        n_padded=-(-len(sets) // LANES) * LANES,
        members=members,
        size=np.array([len(s) for s in sets], np.int8),
        runs=np.array(runs, np.int32).reshape(-1, 4),
        block_start=tuple(starts),
    )


def pair_weights(sets: CauseSets, pair_odds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """[set, padded] product of the pair odds inside each set; 0 where two causes exclude each other and in the padding."""
    out = np.zeros(sets.n_padded)
    out[: sets.n] = 1.0
    for first in range(sets.cap):
        for second in range(first + 1, sets.cap):
            a, b = sets.members[:, first], sets.members[:, second]
            both = np.flatnonzero((a >= 0) & (b >= 0))
            out[both] *= pair_odds[a[both], b[both]]
    return out


def heaviest(weight: npt.NDArray[np.float64], n: int) -> npt.NDArray[np.intp]:
    """Positions of the n largest weights, the largest first; of equal ones the first in order."""
    if len(weight) <= n:
        return np.argsort(-weight, kind="stable")
    least = np.partition(weight, len(weight) - n)[len(weight) - n]
    near = np.flatnonzero(weight >= least)  # in order, so that the stable sort keeps it among equals
    return near[np.argsort(-weight[near], kind="stable")][:n]
