"""Where the true causes stand among all, and whether the true combination is among the heaviest."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from afterdisc.validation.matched import Matched
from afterdisc.validation.truth import EXPECTED

KS = (1, 3, 5)
ROWS_AT_ONCE = 65_536
WIDTH = 64  # more ranks than there are causes
Ranks = npt.NDArray[np.uint16]
PARTS = ("any", "all", "combination")


def ranks_of(rows: Matched) -> dict[str, Ranks]:
    """[row] for every part of PARTS: the rank of the best true cause, of the last, and of the true combination.

    0 is not among those ranked. A tie counts against the true cause. Rows with a cause are moved up by WIDTH.
    """
    n = rows.n_rows
    out = {part: np.zeros(n, np.uint16) for part in PARTS}
    expected = rows.causes.index(EXPECTED)
    for start in range(0, n, ROWS_AT_ONCE):
        here = slice(start, start + ROWS_AT_ONCE)
        p, is_true = rows.p[:, here], rows.is_true[:, here]
        rank = np.array([(p >= one).sum(axis=0) for one in p])
        out["any"][here] = np.where(is_true, rank, WIDTH - 1).min(axis=0)
        out["all"][here] = np.where(is_true, rank, 0).max(axis=0)
        out["combination"][here] = rows.top[here]
        for part in PARTS:
            out[part][here] += np.where(is_true[expected], 0, WIDTH).astype(np.uint16)
    return out


def within(counts: npt.NDArray[np.int64], part: str) -> npt.NDArray[np.float64]:
    """[draw, everybody or only those with a cause, k] the share whose rank is 1 to k; counts are [draw, 2 * WIDTH]."""
    ranked = counts.reshape(len(counts), 2, WIDTH)
    both = np.stack([ranked.sum(axis=1), ranked[:, 1]], axis=1)
    ks = KS if part != "combination" else (1, 2, 3)
    found = np.stack([both[:, :, 1 : k + 1].sum(axis=2) for k in ks], axis=2)
    whole = both.sum(axis=2)[:, :, None]
    return np.where(whole > 0, found / np.maximum(whole, 1), np.nan)
