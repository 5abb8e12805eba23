"""Credible intervals: the whole posterior again under every draw of the parameters.

Each draw redraws all likelihoods, priors and odds ratios [gelman2013]. All cause sets are kept in every draw: a set that
the mean model all but excludes can matter in a draw. Single precision and logarithms to base 2: an interval needs three
digits. The result is the same to the last bit for any thread count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from afterdisc.engine.compiled import compiled
from afterdisc.engine.kernel import _sum, count_members, members_known, time_share
from afterdisc.engine.sets import LANES, CauseSets, cause_sets, pair_weights
from afterdisc.engine.tables import FLOOR, cumulative_ratio, discount, group_sizes, signs, variants
from afterdisc.program import Program, kept_with_program

Singles = npt.NDArray[np.float32]
MOST_WAITING = 6  # rows of at least the floor that single precision can hold multiplied
VERY_NEGATIVE = np.float32(-1e30)
LOG2_E = 1.4426950408889634
# log2(1 + t) = t (LOG0 + LOG1 t + …) and 2^t = 1 + EXP1 t + … on 0 <= t < 1: Chebyshev interpolation
LOG0, LOG1, LOG2, LOG3, LOG4 = 1.44269499, -0.721339513, 0.48067889, -0.35829907, 0.275221212
LOG5, LOG6, LOG7, LOG8 = -0.196238952, 0.111832074, -0.0419450087, 0.00739540209
EXP1, EXP2, EXP3, EXP4, EXP5, EXP6 = 0.693146933, 0.240230454, 0.0554806302, 0.00968418631, 0.00123913318, 0.000218657848


@dataclass(frozen=True, eq=False)
class DrawTables:
    """per_cause float32 [row, draw, cause]: F_c / F_bg of a noisy finding, weighted P of a mixture; base, empty [row, draw]."""

    sets: CauseSets
    per_cause: Singles
    base: Singles
    empty: Singles
    log_first: Singles  # [row, draw, cause + 1] log2 of what a normal answer multiplies each odds by; last: the empty set
    factors: npt.NDArray[np.bool_]  # [row] a normal answer is a product over causes in every draw: the floor never bites
    is_noisy: npt.NDArray[np.bool_]  # [row]
    last: npt.NDArray[np.bool_]  # [row] the most abnormal state of its variant
    first: npt.NDArray[np.bool_]
    share: Singles  # [set] one over the summed mixture weights
    log_pairs: Singles  # [set]
    power: Singles  # [finding, k - 1]
    sign: npt.NDArray[np.int8]
    log_odds_shift: npt.NDArray[np.float64]  # [draw, slice, cause + 1] what a draw adds to the mean
    log_shift: Singles


@kept_with_program
def draw_tables(program: Program, cap: int) -> DrawTables:
    sets = cause_sets(program.n_causes, cap)
    drawn = program.likelihood_draws
    n_rows = drawn.shape[1]
    per_cause = np.empty((drawn.shape[0], n_rows, program.n_causes), np.float32)
    base = np.empty((drawn.shape[0], n_rows), np.float32)
    first, last, noisy = (np.zeros(n_rows, np.bool_) for _ in range(3))
    for finding, variant in variants(program):
        start, end = int(program.row_start[variant]), int(program.row_start[variant + 1])
        first[start], last[end - 1] = True, True
        block = drawn[:, start:end].astype(np.float64)
        noisy[start:end] = bool(program.combine[finding])
        base[:, start:end] = block[:, :, -2].cumsum(axis=1)
        if program.combine[finding]:
            per_cause[:, start:end] = np.exp(cumulative_ratio(block))
        else:
            per_cause[:, start:end] = block[:, :, :-2] * program.mixture_weight
    empty = np.ascontiguousarray(drawn[:, :, -1])
    least = base * per_cause.min(axis=2, initial=1.0) ** cap  # a bound: the smallest ratio once for every cause
    normal = noisy & first
    log_first = np.zeros((len(drawn), n_rows, program.n_causes + 1), np.float32)
    log_first[:, normal, :-1] = np.log2(per_cause[:, normal])
    log_first[:, normal, -1] = np.log2(np.maximum(empty[:, normal], FLOOR)) - np.log2(base[:, normal])
    share = np.ones(sets.n_padded, np.float32)
    share[1 : sets.n] = 1 / (sets.membership() @ program.mixture_weight)[1:]
    pairs = pair_weights(sets, program.pair_odds)
    log_pairs = np.full(sets.n_padded, VERY_NEGATIVE, np.float32)
    log_pairs[pairs > 0] = np.log2(pairs[pairs > 0])
    sizes = group_sizes(program)
    power = np.ones((len(program.findings), int(sizes.max())), np.float32)
    for f, size in enumerate(sizes):
        if program.group[f] >= 0:
            power[f, :size] = [discount(program.rho[program.group[f]], k + 1) for k in range(size)]
    return DrawTables(
        sets,
        _by_row(per_cause),
        _by_row(base),
        _by_row(empty),
        _by_row(log_first),
        normal & np.asarray((least > FLOOR).all(axis=0)),
        noisy,
        last,
        first,
        share,
        log_pairs,
        power,
        signs(program),
        program.log_odds_draws - program.log_odds[0],
        program.log_shift_draws,
    )


def _by_row(drawn: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """[draw, row, …] to [row, draw, …]: a case reads few rows and all draws, so these lie side by side in memory."""
    return np.ascontiguousarray(np.moveaxis(drawn, 0, 1))


def posterior_draws(program: Program, states: npt.NDArray[np.uint8], weeks: float, cap: int) -> tuple[Singles, Singles]:
    """probability [draw, cause + 1] and all set probabilities [draw, set] of one case."""
    t = draw_tables(program, cap)
    n_draws = program.n_draws
    out = np.empty((n_draws, program.n_causes + 1), np.float32)
    by_set = np.empty((n_draws, t.sets.n_padded), np.float32)
    mean = program.log_odds[program.caps.index(cap)]
    _draws(
        states, weeks, program.centre_weeks, program.slice_share, mean, t.log_odds_shift, program.shift_row, t.log_shift,
        program.has_likelihood, program.group, t.sign, program.row_start, program.variant_of, t.per_cause, t.base, t.empty,
        t.log_first, t.factors, t.is_noisy, t.first, t.last, t.share, t.log_pairs, t.power, t.sets.runs, out, by_set,
    )  # fmt: skip
    return out, by_set


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
def _log2(x, out):  # type: ignore[no-untyped-def]
    """Logarithm to base 2 of positive numbers, to 2e-7; element-wise, so it vectorises."""
    bits = x.view(np.int32)
    mantissa = np.empty_like(x)
    m = mantissa.view(np.int32)
    for h in range(x.shape[0]):
        m[h] = (bits[h] & np.int32(0x7FFFFF)) | np.int32(0x3F800000)
    for h in range(x.shape[0]):
        t = mantissa[h] - np.float32(1.0)
        p = np.float32(LOG8)
        p = p * t + np.float32(LOG7)
        p = p * t + np.float32(LOG6)
        p = p * t + np.float32(LOG5)
        p = p * t + np.float32(LOG4)
        p = p * t + np.float32(LOG3)
        p = p * t + np.float32(LOG2)
        p = p * t + np.float32(LOG1)
        p = p * t + np.float32(LOG0)
        out[h] = np.float32((bits[h] >> np.int32(23)) - np.int32(127)) + p * t


@compiled()
def _exp2(x, out):  # type: ignore[no-untyped-def]
    """Two to the power x, to 2e-7 of the value; zero below -126."""
    bits = out.view(np.int32)
    whole = np.empty(x.shape[0], np.int32)
    for h in range(x.shape[0]):
        y = max(x[h], np.float32(-126.0))
        f = np.floor(y)
        whole[h] = np.int32(f)
        t = y - f
        p = np.float32(EXP6)
        p = p * t + np.float32(EXP5)
        p = p * t + np.float32(EXP4)
        p = p * t + np.float32(EXP3)
        p = p * t + np.float32(EXP2)
        p = p * t + np.float32(EXP1)
        out[h] = p * t + np.float32(1.0)
    for h in range(x.shape[0]):
        bits[h] += whole[h] << np.int32(23)
    for h in range(x.shape[0]):
        out[h] = out[h] if x[h] > np.float32(-126.0) else np.float32(0.0)


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


@compiled()
def _log_odds(mean, shift, before, after, share, states, shift_row, log_shift, a):  # type: ignore[no-untyped-def]
    """a [cause + 1]: log2 odds of each cause and log2 weight of the empty set, risk factors included."""
    n_causes = log_shift.shape[1]
    for c in range(n_causes + 1):
        early, late = mean[before, c] + shift[before, c], mean[after, c] + shift[after, c]
        a[c] = ((1.0 - share) * early + share * late) * LOG2_E
    for f in range(states.shape[0]):
        if states[f] != 255 and shift_row[f, states[f]] >= 0:
            for c in range(n_causes):
                a[c] += log_shift[shift_row[f, states[f]], c] * LOG2_E


@compiled()
def _over_sets(a, log_pairs, runs, out):  # type: ignore[no-untyped-def]
    """out [set]: the sum of a over the causes of each set, and the pair odds."""
    for h in range(out.shape[0]):  # the padding too: it must never hold a NaN
        out[h] = np.float32(0.0)
    for r in range(runs.shape[0]):
        parent, start, n = runs[r, 0], runs[r, 1], runs[r, 3]
        x = np.float32(a[runs[r, 2]])
        for k in range(n):
            out[start + k] = out[parent + k] + x
    out[0] = np.float32(a[a.shape[0] - 1])
    for h in range(out.shape[0]):
        out[h] += log_pairs[h]


@compiled()
def _list_findings(  # type: ignore[no-untyped-def]
    states, before, after, has_likelihood, group, sign, row_start, variant_of, factors, power, counts, row, other, share,
    raised, normal, normal_share,
):  # fmt: skip
    """Lists the known findings, the same for every draw. Returns (how many rows, how many normal answers beside them).

    row, other      the row before in time and the one after
    share           the power a row counts with, the discount of its group; those of one share stand together, so that
                    they are multiplied before their logarithm is taken
    raised          the same discount for a row between two stretches of time: both are raised, then mixed, and count whole
    normal          answers that are a product over causes, as `factors` says, with the power `normal_share`
    """
    n = n_normal = 0
    for f in range(states.shape[0]):
        if states[f] == 255 or not has_likelihood[f]:
            continue
        a, b = row_start[variant_of[f, before]] + states[f], row_start[variant_of[f, after]] + states[f]
        k = members_known(sign[a], counts[group[f]]) if group[f] >= 0 else 1
        e = power[f, k - 1]
        if a == b and factors[a]:
            normal[n_normal], normal_share[n_normal] = a, e
            n_normal += 1
            continue
        whole = e if a == b else np.float32(1.0)
        i = n
        while i > 0 and share[i - 1] < whole:
            row[i], other[i], share[i], raised[i] = row[i - 1], other[i - 1], share[i - 1], raised[i - 1]
            i -= 1
        row[i], other[i], share[i], raised[i] = a, b, whole, e
        n += 1
    return n, n_normal


@compiled()
def _add_findings(  # type: ignore[no-untyped-def]
    n, row, other, share, raised, time, per_cause, base, empty, d, is_noisy, first, last, set_share, runs, product, early,
    late, linear, total,
):  # fmt: skip
    """Adds log2 likelihoods to total. Rows of one share are multiplied first, so several of them cost one logarithm."""
    for h in range(total.shape[0]):
        linear[h] = np.float32(1.0)
    waiting = 0
    for i in range(n):
        if waiting == MOST_WAITING or (waiting > 0 and share[i] != share[i - 1]):
            _add_log2(linear, share[i - 1], product, total)
            waiting = 0
        _row(per_cause, base, row[i], empty, d, is_noisy, first, last, set_share, runs, product, early)
        if row[i] != other[i]:
            _row(per_cause, base, other[i], empty, d, is_noisy, first, last, set_share, runs, product, late)
            if raised[i] < np.float32(1.0):
                _raise(early, raised[i], product)
                _raise(late, raised[i], product)
            t = np.float32(time)
            for h in range(total.shape[0]):
                early[h] = (np.float32(1.0) - t) * early[h] + t * late[h]
        for h in range(total.shape[0]):
            linear[h] *= early[h]
        waiting += 1
    if waiting:
        _add_log2(linear, share[n - 1], product, total)


@compiled()
def _raise(x, power, product):  # type: ignore[no-untyped-def]
    _log2(x, product)
    for h in range(x.shape[0]):
        product[h] *= power
    _exp2(product, x)


@compiled()
def _add_log2(linear, share, product, total):  # type: ignore[no-untyped-def]
    _log2(linear, product)
    for h in range(total.shape[0]):
        total[h] += share * product[h]
        linear[h] = np.float32(1.0)


@compiled()
def _draws(  # type: ignore[no-untyped-def]
    states, weeks, centres, slice_share, mean, shift, shift_row, log_shift, has_likelihood, group, sign, row_start,
    variant_of, per_cause, base, empty, log_first, factors, is_noisy, first, last, share, log_pairs, power, runs, out,
    by_set,
):  # fmt: skip
    n_sets = log_pairs.shape[0]
    counts = np.zeros((max(1, group.max() + 1), 3), np.int64)
    count_members(states, has_likelihood, group, sign, row_start, variant_of, counts)
    a = np.empty(out.shape[1])
    n_findings = states.shape[0]
    row, other, normal = np.empty(n_findings, np.int64), np.empty(n_findings, np.int64), np.empty(n_findings, np.int64)
    weight, raised = np.empty(n_findings, np.float32), np.empty(n_findings, np.float32)
    normal_weight = np.empty(n_findings, np.float32)
    before, after, time, n_listed, n_normal = 0, 0, 0.0, 0, 0
    if weeks == weeks:
        before, after, time = time_share(centres, weeks)
        n_listed, n_normal = _list_findings(
            states, before, after, has_likelihood, group, sign, row_start, variant_of, factors, power, counts, row, other,
            weight, raised, normal, normal_weight,
        )  # fmt: skip
    product, early, late = np.empty(n_sets, np.float32), np.empty(n_sets, np.float32), np.empty(n_sets, np.float32)
    total, linear = np.empty(n_sets, np.float32), np.empty(n_sets, np.float32)
    for d in range(out.shape[0]):
        w = by_set[d]
        for h in range(n_sets):
            early[h] = late[h] = product[h] = np.float32(1.0)
        if weeks == weeks:
            _log_odds(mean, shift[d], before, after, time, states, shift_row, log_shift[d], a)
            for i in range(n_normal):
                for c in range(a.shape[0]):
                    a[c] += normal_weight[i] * log_first[normal[i], d, c]
            _over_sets(a, log_pairs, runs, total)
            _add_findings(
                n_listed, row, other, weight, raised, time, per_cause, base, empty, d, is_noisy, first, last, share, runs,
                product, early, late, linear, total,
            )  # fmt: skip
            _subtract_largest(total)
            _exp2(total, w)
        else:
            _mixed(
                states, slice_share, mean, shift[d], shift_row, log_shift[d], has_likelihood, group, sign, row_start,
                variant_of, per_cause, base, empty, d, is_noisy, first, last, share, log_pairs, power, runs, counts,
                product, early, late, linear, total, a, factors, row, other, weight, raised, normal, normal_weight, w,
            )  # fmt: skip
        mass = np.float32(_sum(w, 0, n_sets))
        for h in range(n_sets):
            w[h] /= mass
            early[h] = w[h]
        for c in range(out.shape[1]):
            out[d, c] = np.float32(0.0)
        for r in range(runs.shape[0] - 1, -1, -1):
            parent, start, n = runs[r, 0], runs[r, 1], runs[r, 3]
            out[d, runs[r, 2]] += np.float32(_sum(early, start, n))
            for k in range(n):
                early[parent + k] += early[start + k]
        out[d, out.shape[1] - 1] = w[0]


@compiled()
def _mixed(  # type: ignore[no-untyped-def]
    states, slice_share, mean, shift, shift_row, log_shift, has_likelihood, group, sign, row_start, variant_of,
    per_cause, base, empty, d, is_noisy, first, last, share, log_pairs, power, runs, counts, product, early, late, linear,
    total, a, factors, row, other, weight, raised, normal, normal_weight, w,
):  # fmt: skip
    """Unknown time: the slices by their share of presentations, each prior summing to one before the findings."""
    n_slices, n_sets = slice_share.shape[0], total.shape[0]
    logs = np.empty((n_slices, n_sets), np.float32)
    none = np.zeros_like(factors)  # a factored row leaves out a constant, which does not cancel between slices
    for s in range(n_slices):
        _log_odds(mean, shift, s, s, 0.0, states, shift_row, log_shift, a)
        _over_sets(a, log_pairs, runs, total)
        _exp2(total, product)
        scale = np.float32(np.log2(slice_share[s] / _sum(product, 0, n_sets)))
        n, _ = _list_findings(
            states, s, s, has_likelihood, group, sign, row_start, variant_of, none, power, counts, row, other, weight,
            raised, normal, normal_weight,
        )  # fmt: skip
        _add_findings(
            n, row, other, weight, raised, 0.0, per_cause, base, empty, d, is_noisy, first, last, share, runs, product,
            early, late, linear, total,
        )  # fmt: skip
        for h in range(n_sets):
            logs[s, h] = total[h] + scale
    top = logs[0, 0]
    for s in range(n_slices):
        for h in range(n_sets):
            top = max(top, logs[s, h])
    for h in range(n_sets):
        w[h] = np.float32(0.0)
    for s in range(n_slices):
        for h in range(n_sets):
            total[h] = logs[s, h] - top
        _exp2(total, product)
        for h in range(n_sets):
            w[h] += product[h]


@compiled()
def _subtract_largest(x):  # type: ignore[no-untyped-def]
    lanes = np.full(LANES, VERY_NEGATIVE)
    for start in range(0, x.shape[0], LANES):
        for j in range(LANES):
            lanes[j] = max(lanes[j], x[start + j])
    top = lanes.max()
    for h in range(x.shape[0]):
        x[h] -= top

