"""Which rows the cases of a block read, listed once for all draws, and every row that they share only once."""

from __future__ import annotations

import numpy as np

from afterdisc.engine.compiled import compiled
from afterdisc.engine.kernel import members_known


@compiled()
def list_findings(  # type: ignore[no-untyped-def]
    states, before, after, products, has_likelihood, group, sign, row_start, variant_of, factors, power, counts,
    place_of, row, raised, n_rows, early, late, share, normal, normal_share,
):  # fmt: skip
    """The known findings of one case. Returns (how many, how many normal answers beside them, rows of the block so far).

    early, late     where the row before in time and the one after stand among the rows of the block
    share           the power a row counts with, the discount of its group; those of one share stand together, so that
                    they are multiplied before their logarithm is taken
    row, raised     the rows of the block, each with its power: a row between two stretches of time is raised by the
                    discount first, then mixed, and counts whole
    place_of        [row, k] where a row stands, raised for k members known (k = 0: not raised), or -1
    normal          answers that are a product over causes, as `factors` says, with the power `normal_share`; none of
                    them are listed apart unless `products`
    """
    n = n_normal = 0
    for f in range(states.shape[0]):
        if states[f] == 255 or not has_likelihood[f]:
            continue
        a, b = row_start[variant_of[f, before]] + states[f], row_start[variant_of[f, after]] + states[f]
        k = members_known(sign[a], counts[group[f]]) if group[f] >= 0 else 1
        e = power[f, k - 1]
        if products and a == b and factors[a]:
            normal[n_normal], normal_share[n_normal] = a, e
            n_normal += 1
            continue
        is_raised = a != b and e < np.float32(1.0)
        whole = e if a == b else np.float32(1.0)
        i = n
        while i > 0 and share[i - 1] < whole:
            early[i], late[i], share[i] = early[i - 1], late[i - 1], share[i - 1]
            i -= 1
        share[i] = whole
        early[i], n_rows = _place(a, k if is_raised else 0, e if is_raised else np.float32(1.0), place_of, row, raised, n_rows)
        late[i], n_rows = _place(b, k if is_raised else 0, e if is_raised else np.float32(1.0), place_of, row, raised, n_rows)
        n += 1
    return n, n_normal, n_rows


@compiled()
def _place(wanted, k, power, place_of, row, raised, n_rows):  # type: ignore[no-untyped-def]
    if place_of[wanted, k] < 0:
        place_of[wanted, k] = n_rows
        row[n_rows], raised[n_rows] = wanted, power
        n_rows += 1
    return place_of[wanted, k], n_rows


@compiled()
def list_risks(states, shift_row, risk):  # type: ignore[no-untyped-def]
    """The rows of odds ratios of the known risk factors, in the order of the findings. Returns how many."""
    n = 0
    for f in range(states.shape[0]):
        if states[f] != 255 and shift_row[f, states[f]] >= 0:
            risk[n] = shift_row[f, states[f]]
            n += 1
    return n
