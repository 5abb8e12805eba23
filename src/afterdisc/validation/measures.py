"""What counts in cells say about probabilities. Axis 0 of every count is the draw, so that all draws are worked out at once.

Counts are [draw, with or without the cause, interval]; a result is [draw], NaN where it is not defined.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from afterdisc.validation.cells import THRESHOLDS, Cells, Counts, Floats
from afterdisc.validation.cells import log_odds as log_odds_of

ROUNDS, HALVINGS = 40, 30
CLOSE, TOLERATED, STEEPEST = 1e-9, 1e-12, 50.0
TRUTH = np.array([[0.0], [1.0]])


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
    """Logistic regression, all draws at once; NaN of a draw that does not settle, as when the cause is told apart entirely."""
    used = counts.sum(axis=(0, 1)) > 0
    kept, x = counts[:, :, used].astype(float), log_odds[:, used]
    line = _settled(kept, x, with_slope, careful=False)
    open_ = np.isnan(line[:, 0])
    if open_.any():
        line[open_] = _settled(kept[open_], x, with_slope, careful=True)
    return line[:, 0], line[:, 1]


def _settled(counts: Floats, x: Floats, with_slope: bool, *, careful: bool) -> Floats:
    """[draw, intercept and slope] by Newton's method; `careful` halves a step until it is an improvement."""
    line, step = np.tile([0.0, 1.0], (len(counts), 1)), np.full((len(counts), 2), np.inf)
    with np.errstate(all="ignore"):
        for _ in range(ROUNDS):
            step = _newton(counts, x, line, with_slope)
            if careful:
                step *= _kept_share(counts, x, line, step)[:, None]
            line = line + step
            if not (np.abs(step) > CLOSE).any():
                break
        is_settled = (np.abs(step) <= CLOSE).all(axis=1) & (np.abs(line) < STEEPEST).all(axis=1)
    return np.where(is_settled[:, None], line, np.nan)


def _newton(counts: Floats, x: Floats, line: Floats, with_slope: bool) -> Floats:
    """[draw, intercept and slope] the step to where the likelihood's parabola is highest."""
    fitted = 1 / (1 + np.exp(-_on(line, x)))
    off, weight = counts * (TRUTH - fitted), counts * fitted * (1 - fitted)
    g0, h00 = off.sum(axis=(1, 2)), weight.sum(axis=(1, 2))
    if not with_slope:
        return np.stack([g0 / h00, np.zeros_like(g0)], axis=1)
    g1, h01, h11 = (part.sum(axis=(1, 2)) for part in (off * x, weight * x, weight * x * x))
    det = h00 * h11 - h01 * h01
    return np.asarray(np.stack([h11 * g0 - h01 * g1, h00 * g1 - h01 * g0], axis=1) / det[:, None])


def _kept_share(counts: Floats, x: Floats, line: Floats, step: Floats) -> Floats:
    """[draw] how much of the step to go: 1, or halved until the likelihood is no worse."""
    now, share = _log_likelihood(counts, x, line), np.ones(len(counts))
    for _ in range(HALVINGS):
        worse = _log_likelihood(counts, x, line + share[:, None] * step) < now - TOLERATED * np.abs(now)
        if not worse.any():
            break
        share[worse] /= 2
    return share


def _log_likelihood(counts: Floats, x: Floats, line: Floats) -> Floats:
    on = _on(line, x)
    return np.asarray((counts * (TRUTH * on - np.logaddexp(0, on))).sum(axis=(1, 2)))


def _on(line: Floats, x: Floats) -> Floats:
    """[draw, without or with the cause, interval] log odds on the line."""
    return np.asarray(line[:, :1, None] + line[:, 1:, None] * x)


def _divided(part: npt.NDArray[np.float64] | Counts, whole: npt.NDArray[np.float64] | Counts) -> Floats:
    with np.errstate(all="ignore"):
        return np.where(whole > 0, part / whole, np.nan)
