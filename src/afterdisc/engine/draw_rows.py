"""The rows of one draw over all cause sets: what one state of one finding says, whole or under the discount of its group."""

from __future__ import annotations

import numpy as np

from afterdisc.engine.compiled import compiled
from afterdisc.engine.single_precision import exp2_of, log2_of
from afterdisc.engine.tables import FLOOR


@compiled()
def rows_of_draw(  # type: ignore[no-untyped-def]
    row, raised, n, per_cause, base, empty, d, is_noisy, first, last, share, runs, product, out
):
    """out [place, set]: the n listed rows under draw d, each raised to the power that stands beside it."""
    for i in range(n):
        _row(per_cause, base, row[i], empty, d, is_noisy, first, last, share, runs, product, out[i])
        if raised[i] < np.float32(1.0):
            x = out[i]
            for h in range(x.shape[0]):
                x[h] = exp2_of(log2_of(x[h]) * raised[i])


@compiled()
def _row(per_cause, base, row, empty, d, is_noisy, first, last, share, runs, product, out):  # type: ignore[no-untyped-def]
    """P(one state | set) under one draw, floored."""
    least = np.float32(FLOOR)
    if not is_noisy[row]:
        _sums(per_cause[row, d], runs, product)
        for h in range(out.shape[0]):
            out[h] = max(product[h] * share[h], least)
    elif last[row] and first[row]:
        for h in range(out.shape[0]):
            out[h] = np.float32(1.0)
    elif last[row]:
        _product(per_cause[row - 1, d], base[row - 1, d], runs, product)
        for h in range(out.shape[0]):
            out[h] = max(np.float32(1.0) - product[h], least)
    elif first[row]:
        _product(per_cause[row, d], base[row, d], runs, product)
        for h in range(out.shape[0]):
            out[h] = max(product[h], least)
    else:
        _product(per_cause[row, d], base[row, d], runs, out)
        _product(per_cause[row - 1, d], base[row - 1, d], runs, product)
        for h in range(out.shape[0]):
            out[h] = max(out[h] - product[h], least)
    out[0] = max(empty[row, d], least)


@compiled()
def _sums(per_cause, runs, out):  # type: ignore[no-untyped-def]
    out[0] = np.float32(0.0)
    for r in range(runs.shape[0]):
        parent, start, n = runs[r, 0], runs[r, 1], runs[r, 3]
        x = per_cause[runs[r, 2]]
        a, b = out[start : start + n], out[parent : parent + n]
        for k in range(n):
            a[k] = b[k] + x


@compiled()
def _product(ratio, base, runs, out):  # type: ignore[no-untyped-def]
    out[0] = base
    for r in range(runs.shape[0]):
        parent, start, n = runs[r, 0], runs[r, 1], runs[r, 3]
        x = ratio[runs[r, 2]]
        a, b = out[start : start + n], out[parent : parent + n]
        for k in range(n):
            a[k] = b[k] * x
