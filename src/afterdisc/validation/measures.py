"""What counts in cells say about probabilities. Axis 0 of every count is the draw, so that all draws are worked out at once.

Counts are [draw, with or without the cause, interval]; a result is [draw], NaN where it is not defined.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from afterdisc.validation.cells import THRESHOLDS, Cells, Counts, Floats
from afterdisc.validation.cells import log_odds as log_odds_of

ROUNDS, CLOSE, STEEPEST = 40, 1e-10, 50.0


def auc(counts: Counts) -> Floats:
    """The chance that somebody with the cause has the higher probability, a tie counting half [hanley1982]."""
    without, with_cause = counts[:, 0].astype(float), counts[:, 1].astype(float)
    below = np.cumsum(without, axis=1) - without / 2
    return _divided((with_cause * below).sum(axis=1), with_cause.sum(axis=1) * without.sum(axis=1))


def exact_auc(p: Floats, is_true: npt.NDArray[np.bool_]) -> float:
    """The same of rows, every value an interval of its own."""
    values, place = np.unique(p, return_inverse=True)
    counts = [np.bincount(place[is_true == state], minlength=len(values)) for state in (False, True)]
    return float(auc(np.array([counts]))[0])


def brier(counts: Counts, cells: Cells) -> Floats:
    """The mean squared difference from the truth [brier1950]."""
    return _divided((counts * cells.squared).sum(axis=(1, 2)), counts.sum(axis=(1, 2)))


def scaled_brier(counts: Counts, cells: Cells) -> Floats:
    """How much better than giving everybody the share of those who have it: 1 is perfect, 0 no better."""
    share = _divided(counts[:, 1].sum(axis=1), counts.sum(axis=(1, 2)))
    return 1 - _divided(brier(counts, cells), share * (1 - share))


def observed_to_expected(counts: Counts, cells: Cells) -> Floats:
    """How many have the cause, for each one whom the probabilities promised."""
    return _divided(counts[:, 1].sum(axis=1), (counts * cells.p).sum(axis=(1, 2)))


def grouped(counts: Counts, cells: Cells, starts: npt.NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
    """(rows, mean probability, share with the cause) of groups of intervals, each [draw, group]."""
    n = np.add.reduceat(counts.sum(axis=1), starts, axis=1)
    promised = np.add.reduceat((counts * cells.p).sum(axis=1), starts, axis=1)
    found = np.add.reduceat(counts[:, 1], starts, axis=1)
    return n.astype(float), _divided(promised, n), _divided(found, n)


def ece(counts: Counts, cells: Cells) -> Floats:
    """The mean distance between promised and found, over ten groups of equally many rows [naeini2015]."""
    n, promised, found = grouped(counts, cells, cells.tenths)
    return _divided(np.nansum(n * np.abs(promised - found), axis=1), n.sum(axis=1))


def net_benefit(counts: Counts, cells: Cells) -> Floats:
    """[draw, threshold] true positives less weighted false ones, a row, if those at or above it are acted on [vickers2006]."""
    first = cells.from_threshold()
    upto = np.concatenate([np.zeros((*counts.shape[:2], 1)), np.cumsum(counts, axis=2)], axis=2)
    acted = upto[:, :, -1:] - upto[:, :, first]
    n = counts.sum(axis=(1, 2))[:, None]
    return _divided(acted[:, 1] - acted[:, 0] * THRESHOLDS / (1 - THRESHOLDS), n)


def benefit_of_all(share: float) -> Floats:
    """[threshold] the net benefit of acting on everybody."""
    return np.asarray(share - (1 - share) * THRESHOLDS / (1 - THRESHOLDS))


def intercept(counts: Counts, log_odds: Floats) -> Floats:
    """Calibration in the large: what must be added to the log odds so that promised and found agree; 0 is right."""
    return _fit(counts, log_odds, with_slope=False)[0]


def slope(counts: Counts, log_odds: Floats) -> Floats:
    """The slope of a logistic regression on the log odds: 1 is right, below 1 too sure [cox1958]."""
    return _fit(counts, log_odds, with_slope=True)[1]


def exact_lines(p: Floats, is_true: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """(slope, intercept) of rows, every row by itself."""
    counts, x = np.array([[~is_true, is_true]], np.int64), np.tile(log_odds_of(p), (2, 1))
    return float(slope(counts, x)[0]), float(intercept(counts, x)[0])


def _fit(counts: Counts, log_odds: Floats, *, with_slope: bool) -> tuple[Floats, Floats]:
    """Newton's method, all draws at once; NaN of a draw that does not settle, as when the cause is told apart entirely."""
    used = counts.sum(axis=(0, 1)) > 0
    counts, x = counts[:, :, used], log_odds[:, used]
    a, b = np.zeros(len(counts)), np.ones(len(counts))
    moved = np.full(len(counts), np.inf)
    with np.errstate(all="ignore"):
        for _ in range(ROUNDS):
            fitted = 1 / (1 + np.exp(-(a[:, None, None] + b[:, None, None] * x)))
            off = counts * (np.array([0.0, 1.0])[:, None] - fitted)
            weight = counts * fitted * (1 - fitted)
            g0, h00 = off.sum(axis=(1, 2)), weight.sum(axis=(1, 2))
            if not with_slope:
                step = g0 / h00
                a, moved = a + step, np.abs(step)
            else:
                g1, h01, h11 = (off * x).sum(axis=(1, 2)), (weight * x).sum(axis=(1, 2)), (weight * x * x).sum(axis=(1, 2))
                det = h00 * h11 - h01 * h01
                da, db = (h11 * g0 - h01 * g1) / det, (h00 * g1 - h01 * g0) / det
                a, b, moved = a + da, b + db, np.maximum(np.abs(da), np.abs(db))
            if not (moved > CLOSE).any():
                break
        settled = (moved <= CLOSE) & (np.abs(a) < STEEPEST) & (np.abs(b) < STEEPEST)
    return np.where(settled, a, np.nan), np.where(settled, b, np.nan)


def _divided(part: npt.NDArray[np.float64] | Counts, whole: npt.NDArray[np.float64] | Counts) -> Floats:
    with np.errstate(all="ignore"):
        return np.where(whole > 0, part / whole, np.nan)
