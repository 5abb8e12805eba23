"""Credible intervals: the whole posterior again under every draw of the parameters.

Each draw redraws all likelihoods, priors and odds ratios [gelman2013]. All cause sets are kept in every draw: a set that
the mean model all but excludes can matter in a draw. Single precision and logarithms to base 2: an interval needs three
digits. Cases are weighed in blocks, draw by draw, so that the rows of a draw are made once for all cases that read them.
The result is the same to the last bit for any block, neighbours and thread count.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from afterdisc.engine.compiled import compiled
from afterdisc.engine.draw_lists import list_findings, list_risks
from afterdisc.engine.draw_rows import rows_of_draw
from afterdisc.engine.draw_tables import VERY_NEGATIVE, Singles, draw_tables
from afterdisc.engine.kernel import _sum, count_members, time_share
from afterdisc.engine.sets import LANES
from afterdisc.engine.single_precision import exp2_of, log2_of
from afterdisc.program import Program

MOST_WAITING = 6  # rows of at least the floor that single precision can hold multiplied
LOG2_E = 1.4426950408889634


def posterior_draws(program: Program, states: npt.NDArray[np.uint8], weeks: float, cap: int) -> tuple[Singles, Singles]:
    """probability [draw, cause + 1] and all set probabilities [draw, set] of one case."""
    by_set = np.empty((program.n_draws, draw_tables(program, cap).sets.n_padded), np.float32)
    return block_draws(program, states[None], np.array([weeks]), cap, by_set)[0], by_set


def block_draws(
    program: Program, states: npt.NDArray[np.uint8], weeks: npt.NDArray[np.float64], cap: int, by_set: Singles | None = None
) -> Singles:
    """probability [case, draw, cause + 1] of a block of cases; `by_set` [draw, set] is filled for the last of them."""
    t = draw_tables(program, cap)
    out = np.empty((len(states), program.n_draws, program.n_causes + 1), np.float32)
    kept = np.empty((1, t.sets.n_padded), np.float32) if by_set is None else by_set
    mean = program.log_odds[program.caps.index(cap)]
    _draws(
        states, weeks, program.centre_weeks, program.slice_share, mean, t.log_odds_shift, program.shift_row, t.log_shift,
        program.has_likelihood, program.group, t.sign, program.row_start, program.variant_of, t.per_cause, t.base, t.empty,
        t.log_first, t.factors, t.is_noisy, t.first, t.last, t.share, t.log_pairs, t.power, t.sets.runs, out, kept,
    )  # fmt: skip
    return out


def interval(drawn: npt.NDArray[np.float32], level: float) -> npt.NDArray[np.float64]:
    """[..., 2] the middle `level` of the draws along the first axis, linear between neighbouring draws."""
    ordered = np.sort(drawn, axis=0).astype(np.float64)
    out = []
    for q in ((1 - level) / 2, (1 + level) / 2):
        place = q * (len(drawn) - 1)
        low = int(np.floor(place))
        high = min(low + 1, len(drawn) - 1)
        out.append(ordered[low] + (place - low) * (ordered[high] - ordered[low]))
    return np.stack(out, axis=-1)


@compiled()
def _draws(  # type: ignore[no-untyped-def]
    states, weeks, centres, slice_share, mean, shift, shift_row, log_shift, has_likelihood, group, sign, row_start,
    variant_of, per_cause, base, empty, log_first, factors, is_noisy, first, last, share, log_pairs, power, runs, out,
    by_set,
):  # fmt: skip
    """out [case, draw, cause + 1]. A case of unknown time is listed once for every slice of time, any other once."""
    n_cases, n_draws, n_u = out.shape
    n_slices, n_sets, n_findings = centres.shape[0], log_pairs.shape[0], states.shape[1]
    n_lists = 0
    for i in range(n_cases):
        n_lists += 1 if weeks[i] == weeks[i] else n_slices
    n_likely = 0
    for f in range(n_findings):
        n_likely += has_likelihood[f]
    slices, time = np.empty((n_lists, 2), np.int64), np.zeros(n_lists)
    n, n_normal, n_risk = np.empty(n_lists, np.int64), np.empty(n_lists, np.int64), np.empty(n_cases, np.int64)
    early, late = np.empty((n_lists, n_likely), np.int32), np.empty((n_lists, n_likely), np.int32)
    weight, normal_weight = np.empty((n_lists, n_likely), np.float32), np.empty((n_lists, n_likely), np.float32)
    normal, risk = np.empty((n_lists, n_likely), np.int32), np.empty((n_cases, n_findings), np.int32)
    place_of = np.full((row_start[row_start.shape[0] - 1], power.shape[1] + 1), -1, np.int32)
    row, raised, n_rows = np.empty(place_of.size, np.int64), np.empty(place_of.size, np.float32), 0
    counts = np.zeros((max(1, group.max() + 1), 3), np.int64)
    at = 0
    for i in range(n_cases):
        count_members(states[i], has_likelihood, group, sign, row_start, variant_of, counts)
        n_risk[i] = list_risks(states[i], shift_row, risk[i])
        is_timed = weeks[i] == weeks[i]
        for s in range(1 if is_timed else n_slices):
            slices[at, 0], slices[at, 1] = s, s
            if is_timed:
                slices[at, 0], slices[at, 1], time[at] = time_share(centres, weeks[i])
            n[at], n_normal[at], n_rows = list_findings(
                states[i], slices[at, 0], slices[at, 1], is_timed, has_likelihood, group, sign, row_start, variant_of, factors,
                power, counts, place_of, row, raised, n_rows, early[at], late[at], weight[at], normal[at], normal_weight[at],
            )  # fmt: skip
            at += 1
    a = np.empty(n_u)
    product, total, linear = np.ones(n_sets, np.float32), np.empty(n_sets, np.float32), np.empty(n_sets, np.float32)
    table, logs = np.ones((n_rows, n_sets), np.float32), np.empty((n_slices, n_sets), np.float32)
    for d in range(n_draws):
        rows_of_draw(row, raised, n_rows, per_cause, base, empty, d, is_noisy, first, last, share, runs, product, table)
        w = by_set[min(d, by_set.shape[0] - 1)]
        at = 0
        for i in range(n_cases):
            is_timed = weeks[i] == weeks[i]
            for s in range(1 if is_timed else n_slices):
                _log_odds(mean, shift[d], slices[at, 0], slices[at, 1], time[at], risk[i], n_risk[i], log_shift[d], a)
                for k in range(n_normal[at]):
                    for c in range(n_u):
                        a[c] += normal_weight[at, k] * log_first[normal[at, k], d, c]
                _over_sets(a, log_pairs, runs, total)
                scale = np.float32(0.0)
                if not is_timed:
                    for h in range(n_sets):
                        linear[h] = exp2_of(total[h])
                    scale = np.float32(np.log2(slice_share[s] / _sum(linear, 0, n_sets)))
                _add_findings(n[at], early[at], late[at], weight[at], time[at], table, linear, total)
                if not is_timed:
                    for h in range(n_sets):
                        logs[s, h] = total[h] + scale
                at += 1
            if is_timed:
                _subtract_largest(total)
                for h in range(n_sets):
                    w[h] = exp2_of(total[h])
            else:
                _mix(logs, w)
            _marginals(w, runs, linear, out[i, d])


@compiled()
def _marginals(w, runs, scratch, out):  # type: ignore[no-untyped-def]
    """Makes the weights w sum to one, and out [cause + 1] from them, as `kernel.marginals`."""
    n_sets, n_u = w.shape[0], out.shape[0]
    mass = np.float32(_sum(w, 0, n_sets))
    for h in range(n_sets):
        w[h] /= mass
        scratch[h] = w[h]
    for c in range(n_u):
        out[c] = np.float32(0.0)
    for r in range(runs.shape[0] - 1, -1, -1):
        parent, start, n = runs[r, 0], runs[r, 1], runs[r, 3]
        out[runs[r, 2]] += np.float32(_sum(scratch, start, n))
        x, y = scratch[start : start + n], scratch[parent : parent + n]
        for k in range(n):
            y[k] += x[k]
    out[n_u - 1] = w[0]


@compiled()
def _log_odds(mean, shift, before, after, share, risk, n_risk, log_shift, a):  # type: ignore[no-untyped-def]
    """a [cause + 1]: log2 odds of each cause and log2 weight of the empty set, risk factors included."""
    n_causes = log_shift.shape[1]
    for c in range(n_causes + 1):
        early, late = mean[before, c] + shift[before, c], mean[after, c] + shift[after, c]
        a[c] = ((1.0 - share) * early + share * late) * LOG2_E
    for i in range(n_risk):
        for c in range(n_causes):
            a[c] += log_shift[risk[i], c] * LOG2_E


@compiled()
def _over_sets(a, log_pairs, runs, out):  # type: ignore[no-untyped-def]
    """out [set]: the sum of a over the causes of each set, and the pair odds."""
    for h in range(out.shape[0]):  # the padding too: it must never hold a NaN
        out[h] = np.float32(0.0)
    for r in range(runs.shape[0]):
        parent, start, n = runs[r, 0], runs[r, 1], runs[r, 3]
        value = np.float32(a[runs[r, 2]])
        x, y = out[start : start + n], out[parent : parent + n]
        for k in range(n):
            x[k] = y[k] + value
    out[0] = np.float32(a[a.shape[0] - 1])
    for h in range(out.shape[0]):
        out[h] += log_pairs[h]


@compiled()
def _add_findings(n, early, late, share, time, table, linear, total):  # type: ignore[no-untyped-def]
    """Adds log2 likelihoods to total. Rows of one share are multiplied first, so several of them cost one logarithm."""
    i = 0
    while i < n:
        end = i + 1
        while end < n and end - i < MOST_WAITING and share[end] == share[i]:
            end += 1
        _multiply(early, late, i, end, np.float32(time), table, linear)
        power = share[i]
        for h in range(total.shape[0]):
            total[h] += power * log2_of(linear[h])
        i = end


@compiled()
def _multiply(early, late, start, end, t, table, linear):  # type: ignore[no-untyped-def]
    """linear [set]: the product of the rows from start to end, those between two stretches of time mixed."""
    for h in range(linear.shape[0]):
        linear[h] = np.float32(1.0)
    i = start
    while i < end:
        p, q = table[early[i]], table[late[i]]
        if early[i] != late[i]:
            for h in range(linear.shape[0]):
                linear[h] *= (np.float32(1.0) - t) * p[h] + t * q[h]
            i += 1
        elif i + 1 < end and early[i + 1] == late[i + 1]:
            r = table[early[i + 1]]
            for h in range(linear.shape[0]):
                linear[h] = (linear[h] * p[h]) * r[h]
            i += 2
        else:
            for h in range(linear.shape[0]):
                linear[h] *= p[h]
            i += 1


@compiled()
def _mix(logs, w):  # type: ignore[no-untyped-def]
    """Unknown time: w [set] is the sum over the slices, each by its share of presentations."""
    top = logs[0, 0]
    for s in range(logs.shape[0]):
        for h in range(logs.shape[1]):
            top = max(top, logs[s, h])
    for h in range(w.shape[0]):
        w[h] = np.float32(0.0)
    for s in range(logs.shape[0]):
        for h in range(w.shape[0]):
            w[h] += exp2_of(logs[s, h] - top)


@compiled()
def _subtract_largest(x):  # type: ignore[no-untyped-def]
    lanes = np.full(LANES, VERY_NEGATIVE)
    for start in range(0, x.shape[0], LANES):
        for j in range(LANES):
            lanes[j] = max(lanes[j], x[start + j])
    top = lanes.max()
    for h in range(x.shape[0]):
        x[h] -= top

