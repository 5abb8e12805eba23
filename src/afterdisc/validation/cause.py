"""One cause: all its measures with their intervals, its calibration curve and its decision curve."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from afterdisc.validation import measures
from afterdisc.validation.cells import THRESHOLDS, Cells, Counts, Floats
from afterdisc.validation.draws import estimate, rounded

MEASURES = ("auc", "brier", "scaled_brier", "slope", "intercept", "observed_to_expected", "ece")


def measured(
    p: Floats, is_true: npt.NDArray[np.bool_], cells: Cells, drawn: Counts
) -> tuple[dict[str, Any], dict[str, Floats]]:
    """({measure: estimate}, {measure: [draw]}) of the rows of one cause; `drawn` is [draw, cell]."""
    now, draws = cells.n[None], by_truth(drawn)
    points, moved = {"auc": measures.exact_auc(p, is_true)}, {"auc": measures.auc(draws)}
    for name in ("brier", "scaled_brier", "observed_to_expected", "ece"):
        of = getattr(measures, name)
        points[name], moved[name] = float(of(now, cells)[0]), of(draws, cells)
    points["slope"], points["intercept"] = measures.exact_lines(p, is_true)
    moved["slope"], moved["intercept"] = (of(draws, cells.log_odds) for of in (measures.slope, measures.intercept))
    return {name: estimate(points[name], moved[name]) for name in MEASURES}, moved


def calibration_curve(cells: Cells, drawn: Counts, floor: int) -> list[dict[str, Any]]:
    """Promised and found in groups of equally many expected cases, none with fewer than `floor` rows with or without it."""
    starts = _merged(cells, floor)
    n, promised, found = (x[0] for x in measures.grouped(cells.n[None], cells, starts))
    _, _, moved = measures.grouped(by_truth(drawn), cells, starts)
    return [
        {"rows": int(n[g]), "promised": rounded(promised[g]), "found": estimate(found[g], moved[:, g])} for g in range(len(n))
    ]


def decision_curve(cells: Cells, drawn: Counts) -> list[dict[str, Any]]:
    """Net benefit at every threshold, of the model and of acting on everybody; acting on nobody is 0."""
    model, moved = measures.net_benefit(cells.n[None], cells)[0], measures.net_benefit(by_truth(drawn), cells)
    everybody = measures.benefit_of_all(cells.n[1].sum() / cells.n.sum())
    return [
        {"threshold": float(t), "model": estimate(model[k], moved[:, k]), "everybody": rounded(everybody[k])}
        for k, t in enumerate(THRESHOLDS)
    ]


def by_truth(drawn: Counts) -> Counts:
    """[draw, cell] as [draw, without or with the cause, interval]."""
    return drawn.reshape(len(drawn), drawn.shape[1] // 2, 2).transpose(0, 2, 1)


def _merged(cells: Cells, floor: int) -> npt.NDArray[np.intp]:
    """Groups from the top down, each joined with the next until it is large enough; what is left at the end joins the last."""
    kept: list[int] = []
    upto = cells.n.shape[1]
    for start in cells.cases[::-1]:
        if (cells.n[:, start:upto].sum(axis=1) >= floor).all():
            kept.append(int(start))
            upto = int(start)
    if kept and upto:
        kept[-1] = 0
    return np.array(kept[::-1] or [0], np.intp)
