"""What each finding weighs: how far the log odds of every cause would move back without it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from afterdisc.engine import kernel
from afterdisc.engine.compiled import compiled
from afterdisc.engine.evaluate import Engine, weights_of
from afterdisc.engine.kernel import MAX_LISTED
from afterdisc.program.program import UNKNOWN

Floats = npt.NDArray[np.float64]


def weights_of_evidence(engine: Engine, states: npt.NDArray[np.uint8], weeks: float) -> tuple[npt.NDArray[np.int64], Floats]:
    """(finding [known], weight [known, cause + 1]) of one case, in natural-log odds, at a cap of three causes.

    The weight of a finding for a cause is log odds with all findings minus log odds without this one, the others and
    their discounts held [good1950]. Positive speaks for the cause, negative against. An unknown finding has none.
    Unknown time: the weights at the slice that presents most often.
    """
    p, t = engine.program, engine.tables
    w = weights_of(engine, states, weeks)
    if weeks != weeks:
        weeks = float(p.centre_weeks[int(np.argmax(p.slice_share))])
        w = weights_of(engine, states, weeks)
    known = np.flatnonzero((states != UNKNOWN) & (p.has_likelihood | (p.shift_row.max(axis=1) >= 0)))
    out = np.zeros((len(known), p.n_causes + 1))
    _leave_each_out(
        states, weeks, p.centre_weeks, known, p.shift_row, engine.odds_ratio, p.has_likelihood, p.group, t.sign, p.row_start,
        p.variant_of, t.row_of, t.rows, t.sets.runs, w, out,
    )  # fmt: skip
    return known, out


@compiled()
def _leave_each_out(  # type: ignore[no-untyped-def]
    states, weeks, centres, known, shift_row, odds_ratio, has_likelihood, group, sign, row_start, variant_of, row_of,
    rows, runs, w, out,
):  # fmt: skip
    n_sets, n_u = w.shape[0], out.shape[1]
    counts = np.zeros((max(1, group.max() + 1), 3), np.int64)
    row_a, row_b, which = np.empty(MAX_LISTED, np.int64), np.empty(MAX_LISTED, np.int64), np.empty(MAX_LISTED, np.int64)
    kernel.count_members(states, has_likelihood, group, sign, row_start, variant_of, counts)
    before, after, share = kernel.time_share(centres, weeks)
    n = kernel.list_rows(
        states, has_likelihood, group, sign, row_start, variant_of, row_of, before, after, counts, row_a, row_b, which
    )
    scratch, part, m, base = np.empty(n_sets), np.empty(n_sets), np.empty(n_u), np.empty(n_u)
    u, ones = np.ones(n_u), np.ones(n_sets)
    total = kernel.marginals(w, runs, scratch, base)
    listed = 0
    for i in range(known.shape[0]):
        f = known[i]
        for c in range(n_u):
            u[c] = 1.0
        if shift_row[f, states[f]] >= 0:
            for c in range(n_u - 1):
                u[c] = 1.0 / odds_ratio[shift_row[f, states[f]], c]
        kernel.subset_product(u, runs, ones, part)
        if has_likelihood[f]:
            a, b = rows[row_a[listed]], rows[row_b[listed]]
            listed += 1
            for h in range(n_sets):
                x = (1.0 - share) * a[h] + share * b[h]
                part[h] = part[h] / x if x > 0.0 else 0.0
        for h in range(n_sets):
            part[h] *= w[h]
        rest = kernel.marginals(part, runs, scratch, m)
        for c in range(n_u):
            p, q = base[c] / total, m[c] / rest
            p, q = min(max(p, 1e-15), 1.0 - 1e-15), min(max(q, 1e-15), 1.0 - 1e-15)
            out[i, c] = np.log(p / (1.0 - p)) - np.log(q / (1.0 - q))
    assert listed == n
