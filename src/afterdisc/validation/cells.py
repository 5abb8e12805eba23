"""Rows counted in cells of probability, so that a measure can be worked out again from counts alone.

A cell is an interval of probability, with or without the cause. Measures of a sample drawn again need only how many rows fell
into each cell, so a draw costs one pass over the rows, and everything after it a thousand cells instead of a million rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from afterdisc.engine.compiled import compiled

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
CLIP = 1e-9  # probabilities are kept this far from 0 and 1 where log odds are taken
STEP = 1 / 64  # of log odds, width of an interval
THRESHOLDS = np.arange(1, 61) / 100
N_GROUPS = 10


@dataclass(frozen=True)
class Cells:
    """The intervals of one cause's probability and what a row in each is like on average; axis 0: without or with it."""

    cell: npt.NDArray[np.uint16]  # [row] 2 * interval + (1 with the cause)
    n: Counts  # [2, interval]
    p: Floats  # [2, interval] mean probability
    squared: Floats  # [2, interval] mean squared difference from the truth
    log_odds: Floats  # [2, interval] mean
    ends: Floats  # lower end of each interval but the first: p at or above it is in that interval or a higher one
    tenths: npt.NDArray[np.intp]  # first interval of each group of equally many rows
    cases: npt.NDArray[np.intp]  # first interval of each group of equally many expected cases

    @property
    def n_cells(self) -> int:
        return int(self.n.size)

    def from_threshold(self) -> npt.NDArray[np.intp]:
        """The first interval at or above each of THRESHOLDS."""
        return np.searchsorted(self.ends, THRESHOLDS) + 1


def cells_of(p: Floats, is_true: npt.NDArray[np.bool_]) -> Cells:
    """The cells of one cause's rows. Thresholds and the ends of groups are ends of intervals: no interval straddles one."""
    ordered = np.sort(p)
    tenths = _quantiles(ordered, np.arange(1, len(p) + 1, dtype=float))
    cases = _quantiles(ordered, np.cumsum(ordered))
    low, high = log_odds(ordered[:1])[0], log_odds(ordered[-1:])[0]
    steps = np.arange(np.floor(low / STEP) + 1, np.ceil(high / STEP)) * STEP
    ends = np.unique(np.concatenate([1 / (1 + np.exp(-steps)), THRESHOLDS, tenths, cases]))
    cell = (2 * np.searchsorted(ends, p, side="right") + is_true).astype(np.uint16)
    size = 2 * (len(ends) + 1)
    n = np.bincount(cell, minlength=size)

    def mean(values: Floats) -> Floats:
        total = np.bincount(cell, weights=values, minlength=size)
        return _by_truth(np.divide(total, n, out=np.zeros(size), where=n > 0))

    means = mean(p), mean((p - is_true) ** 2), mean(log_odds(p))
    return Cells(cell, _by_truth(n), *means, ends, _starts(ends, tenths), _starts(ends, cases))


def log_odds(p: Floats) -> Floats:
    kept = np.clip(p, CLIP, 1 - CLIP)
    return np.asarray(np.log(kept) - np.log1p(-kept))


def _quantiles(ordered: Floats, upto: Floats) -> Floats:
    """Where the groups begin that share what `upto` adds up, equally; rows of one value stay together."""
    shares = np.arange(1, N_GROUPS) / N_GROUPS * upto[-1]
    return np.unique(ordered[np.minimum(np.searchsorted(upto, shares, side="right"), len(ordered) - 1)])


def _starts(ends: Floats, at: Floats) -> npt.NDArray[np.intp]:
    """The interval that each end begins, after the first interval of all."""
    return np.unique(np.concatenate([[0], np.searchsorted(ends, at) + 1]))


def _by_truth(flat: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.ascontiguousarray(flat.reshape(-1, 2).T)


@compiled()
def tally(cells: npt.NDArray[np.uint16], weights: npt.NDArray[np.int32], out: Counts) -> None:
    """Add up into out[cell] how often each row was drawn."""
    for i in range(len(cells)):
        out[cells[i]] += weights[i]
