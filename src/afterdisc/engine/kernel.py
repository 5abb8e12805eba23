"""The one kernel: weights of all cause sets for one case, then sums over them. Compiled; float64; no fast-math.

Every loop is element-wise or sums in eight fixed lanes, so a result has the same bits for any batch, block size,
thread count, and freshly compiled or loaded from the cache.
"""

from __future__ import annotations

import threading
from typing import Any

import numba as nb
import numpy as np
from numba import prange

from afterdisc.engine.compiled import compiled

MAX_LISTED = 160  # known findings of one case that can be listed; more than the model has
BLOCK = 128  # cases per block
ONE_AT_A_TIME = threading.Lock()  # parallel kernels are not to be entered by two threads at once
PADDING = 15  # at most so many entries pad the sets


@compiled()
def _sum(a, start, n):  # type: ignore[no-untyped-def]
    """Sum in eight lanes, in a fixed order."""
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
    k, end = start, start + n
    while k + 8 <= end:
        s0 += a[k]
        s1 += a[k + 1]
        s2 += a[k + 2]
        s3 += a[k + 3]
        s4 += a[k + 4]
        s5 += a[k + 5]
        s6 += a[k + 6]
        s7 += a[k + 7]
        k += 8
    total = ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
    while k < end:
        total += a[k]
        k += 1
    return total


@compiled()
def time_share(centres, weeks):  # type: ignore[no-untyped-def]
    """(slice before, slice after, share of the one after).

    The share rises smoothly (3t² - 2t³, t linear in log weeks) from one centre to the next: no jump, no kink, and near
    its centre a slice keeps its own numbers. Constant beyond the outer centres.
    """
    n = centres.shape[0]
    if weeks <= centres[0]:
        return 0, 0, 0.0
    if weeks >= centres[n - 1]:
        return n - 1, n - 1, 0.0
    after = 1
    while centres[after] <= weeks:
        after += 1
    if weeks == centres[after - 1]:
        return after - 1, after - 1, 0.0
    low = np.log(centres[after - 1])
    t = (np.log(weeks) - low) / (np.log(centres[after]) - low)
    return after - 1, after, t * t * (3.0 - 2.0 * t)


@compiled()
def encode(values, trits, source, bin_start, bin_low, bin_high, state_map, n_states, derived, silent, out):  # type: ignore[no-untyped-def]
    """State codes [finding] of one case from its columns and the truth of the derived conditions; 255 unknown."""
    for f in range(source.shape[0]):
        code = 255
        if derived[f] >= 0:
            for s in range(n_states[f]):
                if trits[derived[f] + s] == 1:
                    code = s
                    break
        else:
            v = values[source[f]]
            if v == v:
                if bin_start[f] >= 0:
                    for s in range(n_states[f]):
                        b = bin_start[f] + s
                        if bin_low[b] <= v < bin_high[b]:
                            code = s
                            break
                else:
                    code = state_map[f, int(v)]
        if silent[f] >= 0 and trits[silent[f]] == 1:
            code = 255
        out[f] = code


@compiled()
def count_members(states, has_likelihood, group, sign, row_start, variant_of, counts):  # type: ignore[no-untyped-def]
    """counts [group, 3]: known members that are normal, without direction, abnormal."""
    counts[:] = 0
    for f in range(states.shape[0]):
        if states[f] != 255 and has_likelihood[f] and group[f] >= 0:
            counts[group[f], sign[row_start[variant_of[f, 0]] + states[f]] + 1] += 1


@compiled()
def members_known(sign, counts):  # type: ignore[no-untyped-def]
    """How many members share the weight with one of this sign: normal answers never dilute an abnormal one."""
    if sign == 0:
        return counts[0] + counts[1] + counts[2]
    return counts[sign + 1] + counts[1]


@compiled()
def list_rows(  # type: ignore[no-untyped-def]
    states, has_likelihood, group, sign, row_start, variant_of, row_of, before, after, counts, row_a, row_b, which
):
    """The dense rows of the known findings: row_a before and row_b after in time, and which finding each is. Returns n."""
    n = 0
    for f in range(states.shape[0]):
        if states[f] == 255 or not has_likelihood[f]:
            continue
        first = row_start[variant_of[f, before]] + states[f]
        k = 1
        if group[f] >= 0:
            k = members_known(sign[first], counts[group[f]])
        row_a[n] = row_of[first] + k - 1
        row_b[n] = row_of[row_start[variant_of[f, after]] + states[f]] + k - 1
        which[n] = f
        n += 1
    return n


@compiled()
def with_odds(log_odds):  # type: ignore[no-untyped-def]
    """[2, slice, cause + 1]: log odds and odds, by the same exponential that is used between the slices."""
    out = np.empty((2, log_odds.shape[0], log_odds.shape[1]))
    for s in range(log_odds.shape[0]):
        for c in range(log_odds.shape[1]):
            out[0, s, c] = log_odds[s, c]
            out[1, s, c] = np.exp(log_odds[s, c])
    return out


@compiled()
def prior_odds(log_odds, before, after, share, states, shift_row, odds_ratio, u):  # type: ignore[no-untyped-def]
    """u [cause + 1]: odds of each cause and weight of the empty set for this time and these risk factors.

    log_odds [2, slice, cause + 1] holds the logarithms, then the odds themselves, as `with_odds` makes them.
    """
    n = u.shape[0]
    for c in range(n):
        if share == 0.0:
            u[c] = log_odds[1, before, c]
        else:
            u[c] = np.exp((1.0 - share) * log_odds[0, before, c] + share * log_odds[0, after, c])
    for f in range(states.shape[0]):
        if states[f] != 255 and shift_row[f, states[f]] >= 0:
            row = odds_ratio[shift_row[f, states[f]]]
            for c in range(n - 1):
                u[c] *= row[c]


@compiled()
def subset_product(u, runs, pairs, w):  # type: ignore[no-untyped-def]
    """w [set] = product of the u of the causes in the set, times the pair odds; the empty set gets u's last."""
    w[0] = 1.0
    for h in range(max(0, w.shape[0] - PADDING), w.shape[0]):  # fresh memory may hold a NaN, and NaN times 0 is NaN
        w[h] = 0.0
    for r in range(runs.shape[0]):
        parent, start, n = runs[r, 0], runs[r, 1], runs[r, 3]
        x = u[runs[r, 2]]
        a, b = w[start : start + n], w[parent : parent + n]
        for k in range(n):
            a[k] = b[k] * x
    w[0] = u[u.shape[0] - 1]
    for h in range(pairs.shape[0]):
        w[h] *= pairs[h]


@compiled()
def multiply_rows(rows, row_a, row_b, n, share, is_factored, factor, pairs, runs, u, plain, w):  # type: ignore[no-untyped-def]
    """Prior odds u and the listed rows to unnormalised weights w. Factored rows go into u, the others over all sets.

    `plain` is scratch: the rows that are neither factored nor between two stretches of time, four at a time.
    """
    n_u = u.shape[0]
    n_plain = 0
    for i in range(n):
        a = row_a[i]
        if a != row_b[i]:
            continue
        if is_factored[a]:
            for c in range(n_u):
                u[c] *= factor[a, c]
        else:
            plain[n_plain] = a
            n_plain += 1
    subset_product(u, runs, pairs, w)
    i = 0
    while i + 4 <= n_plain:
        p, q, r, s = rows[plain[i]], rows[plain[i + 1]], rows[plain[i + 2]], rows[plain[i + 3]]
        for h in range(w.shape[0]):
            w[h] *= (p[h] * q[h]) * (r[h] * s[h])
        i += 4
        if i % 24 == 0:  # as many rows lose at most 1e-120 between them
            _rescale(w)
    while i < n_plain:
        p = rows[plain[i]]
        for h in range(w.shape[0]):
            w[h] *= p[h]
        i += 1
    done = n_plain % 24 + 3  # rows since the last look, and a few to spare
    for i in range(n):
        if row_a[i] == row_b[i]:
            continue
        p, q = rows[row_a[i]], rows[row_b[i]]
        for h in range(w.shape[0]):
            w[h] *= (1.0 - share) * p[h] + share * q[h]
        done += 1
        if done >= 24:
            _rescale(w)
            done = 0


@compiled()
def _rescale(w):  # type: ignore[no-untyped-def]
    """Keep the weights away from underflow; the scale cancels when they are normalised."""
    t = _sum(w, 0, w.shape[0])
    if t < 1e-100:
        for h in range(w.shape[0]):
            w[h] /= t


@compiled()
def marginals(w, runs, scratch, out):  # type: ignore[no-untyped-def]
    """out [cause + 1]: mass of the sets holding each cause, then of the empty set. Returns the whole mass.

    One sweep backwards: each set hands its mass to its largest cause and to the set without it.
    """
    n_u = out.shape[0]
    for c in range(n_u):
        out[c] = 0.0
    for h in range(w.shape[0]):
        scratch[h] = w[h]
    for r in range(runs.shape[0] - 1, -1, -1):
        parent, start, c, n = runs[r, 0], runs[r, 1], runs[r, 2], runs[r, 3]
        out[c] += _sum(scratch, start, n)
        a, b = scratch[start : start + n], scratch[parent : parent + n]
        for k in range(n):
            b[k] += a[k]
    out[n_u - 1] = w[0]
    return scratch[0]


@compiled()
def top_sets(w, index, weight):  # type: ignore[no-untyped-def]
    """The heaviest sets, heaviest first; of equal ones the first in order."""
    k = index.shape[0]
    for j in range(k):
        index[j] = -1
        weight[j] = -1.0
    for start in range(0, w.shape[0], 16):
        m = w[start]
        for h in range(start + 1, start + 16):
            m = w[h] if w[h] > m else m
        if m <= weight[k - 1]:
            continue
        for h in range(start, start + 16):
            if w[h] > weight[k - 1]:
                j = k - 1
                while j > 0 and w[h] > weight[j - 1]:
                    weight[j] = weight[j - 1]
                    index[j] = index[j - 1]
                    j -= 1
                weight[j] = w[h]
                index[j] = h


@compiled()
def case_weights(  # type: ignore[no-untyped-def]
    states, weeks, centres, slice_share, log_odds, shift_row, odds_ratio,
    has_likelihood, group, sign, row_start, variant_of, row_of, rows, is_factored, factor, pairs, runs, place,
    counts, row_a, row_b, which, u, part, w,
):  # fmt: skip
    """Unnormalised weights w [set] of one case. An unknown time mixes the slices by their share of presentations.

    place [dense row] where a dense row stands in `rows`; empty: each in its own place.
    """
    count_members(states, has_likelihood, group, sign, row_start, variant_of, counts)
    if weeks == weeks:
        before, after, share = time_share(centres, weeks)
        n = list_rows(
            states, has_likelihood, group, sign, row_start, variant_of, row_of, before, after, counts, row_a, row_b, which
        )
        _look_up(place, row_a, row_b, n)
        prior_odds(log_odds, before, after, share, states, shift_row, odds_ratio, u)
        multiply_rows(rows, row_a, row_b, n, share, is_factored, factor, pairs, runs, u, which, w)
        return
    for h in range(w.shape[0]):
        w[h] = 0.0
    for s in range(centres.shape[0]):
        n = list_rows(states, has_likelihood, group, sign, row_start, variant_of, row_of, s, s, counts, row_a, row_b, which)
        _look_up(place, row_a, row_b, n)
        prior_odds(log_odds, s, s, 0.0, states, shift_row, odds_ratio, u)
        subset_product(u, runs, pairs, part)
        scale = slice_share[s] / _sum(part, 0, part.shape[0])
        multiply_rows_unscaled(rows, row_a, row_b, n, is_factored, factor, pairs, runs, u, part)
        for h in range(w.shape[0]):
            w[h] += scale * part[h]


@compiled()
def _look_up(place, row_a, row_b, n):  # type: ignore[no-untyped-def]
    if place.shape[0]:
        for i in range(n):
            row_a[i], row_b[i] = place[row_a[i]], place[row_b[i]]


@compiled()
def multiply_rows_unscaled(rows, row_a, row_b, n, is_factored, factor, pairs, runs, u, w):  # type: ignore[no-untyped-def]
    """As multiply_rows at one slice, never rescaled, so that slices can be added. Underflow would need 60 rows at the floor."""
    for i in range(n):
        if is_factored[row_a[i]] == 1:
            for c in range(u.shape[0]):
                u[c] *= factor[row_a[i], c]
    subset_product(u, runs, pairs, w)
    for i in range(n):
        if is_factored[row_a[i]] != 1:
            p = rows[row_a[i]]
            for h in range(w.shape[0]):
                w[h] *= p[h]


@compiled()
def _sums_of_members(w, members, out):  # type: ignore[no-untyped-def]
    """out [list]: the mass of the sets that `members` [list, set] marks with 1, each summed as `_sum` does."""
    for j in range(members.shape[0]):
        m = members[j]
        s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
        for k in range(0, w.shape[0], 8):  # sets are padded to a multiple of sixteen
            s0 += w[k] * m[k]
            s1 += w[k + 1] * m[k + 1]
            s2 += w[k + 2] * m[k + 2]
            s3 += w[k + 3] * m[k + 3]
            s4 += w[k + 4] * m[k + 4]
            s5 += w[k + 5] * m[k + 5]
            s6 += w[k + 6] * m[k + 6]
            s7 += w[k + 7] * m[k + 7]
        out[j] = ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))


@compiled()
def posterior_block(  # type: ignore[no-untyped-def]
    first, last, states, weeks, centres, slice_share, log_odds, shift_row, odds_ratio,
    has_likelihood, group, sign, row_start, variant_of, row_of, rows, is_factored, factor, pairs, runs, place,
    last_block, first_beyond, members, probability, top_index, top_weight, at_cap, beyond, any_of,
):  # fmt: skip
    """Cases first … last - 1: probabilities [case, cause + 1], heaviest sets [case, k], mass of the largest sets [case], of
    the sets from `first_beyond` on [case] (left as it is if there are none), and of the sets of each list [case, list]."""
    n_u, n_sets = probability.shape[1], rows.shape[1]
    w, part, scratch = np.empty(n_sets), np.empty(n_sets), np.empty(n_sets)
    u, m = np.empty(n_u), np.empty(n_u)
    counts = np.zeros((max(1, group.max() + 1), 3), np.int64)
    row_a, row_b, which = np.empty(MAX_LISTED, np.int64), np.empty(MAX_LISTED, np.int64), np.empty(MAX_LISTED, np.int64)
    for i in range(first, last):
        case_weights(
            states[i], weeks[i], centres, slice_share, log_odds, shift_row, odds_ratio,
            has_likelihood, group, sign, row_start, variant_of, row_of, rows, is_factored, factor, pairs, runs, place,
            counts, row_a, row_b, which, u, part, w,
        )  # fmt: skip
        total = marginals(w, runs, scratch, m)
        for c in range(n_u):
            probability[i, c] = m[c] / total
        top_sets(w, top_index[i], top_weight[i])
        for j in range(top_weight.shape[1]):
            top_weight[i, j] /= total
        at_cap[i] = _sum(w, last_block, n_sets - last_block) / total
        if first_beyond < n_sets:
            beyond[i] = _sum(w, first_beyond, n_sets - first_beyond) / total
        if members.shape[0]:
            total = _sum(w, 0, n_sets)
            _sums_of_members(w, members, any_of[i])
            for j in range(members.shape[0]):
                any_of[i, j] /= total


@compiled(parallel=True)
def posterior_blocks(  # type: ignore[no-untyped-def]
    states, weeks, centres, slice_share, log_odds, shift_row, odds_ratio,
    has_likelihood, group, sign, row_start, variant_of, row_of, rows, is_factored, factor, pairs, runs, place,
    last_block, first_beyond, members, probability, top_index, top_weight, at_cap, beyond, any_of,
):  # fmt: skip
    """The same for a large batch, block by block on all threads. Not to be called by two threads at once."""
    n_cases = len(states)
    for block in prange((n_cases + BLOCK - 1) // BLOCK):
        posterior_block(
            block * BLOCK, min(n_cases, (block + 1) * BLOCK), states, weeks, centres, slice_share, log_odds, shift_row,
            odds_ratio, has_likelihood, group, sign, row_start, variant_of, row_of, rows, is_factored, factor, pairs, runs,
            place, last_block, first_beyond, members, probability, top_index, top_weight, at_cap, beyond, any_of,
        )  # fmt: skip


def posterior_of_all(states: Any, *arguments: Any) -> None:
    """`posterior_block` for all cases: a large batch on all threads that this thread may use."""
    if len(states) <= BLOCK or nb.get_num_threads() == 1:  # a thread of its own shares no lock
        posterior_block(0, len(states), states, *arguments)
    else:
        with ONE_AT_A_TIME:
            posterior_blocks(states, *arguments)


@compiled()
def mark_rows(  # type: ignore[no-untyped-def]
    states, weeks, centres, has_likelihood, group, sign, row_start, variant_of, row_of, wanted
):
    """wanted [dense row]: true for every dense row that one of the cases reads."""
    counts = np.zeros((max(1, group.max() + 1), 3), np.int64)
    row_a, row_b, which = np.empty(MAX_LISTED, np.int64), np.empty(MAX_LISTED, np.int64), np.empty(MAX_LISTED, np.int64)
    for i in range(states.shape[0]):
        count_members(states[i], has_likelihood, group, sign, row_start, variant_of, counts)
        is_timed = weeks[i] == weeks[i]
        for s in range(1 if is_timed else centres.shape[0]):
            before, after = s, s
            if is_timed:
                before, after, _ = time_share(centres, weeks[i])
            n = list_rows(
                states[i], has_likelihood, group, sign, row_start, variant_of, row_of, before, after, counts, row_a, row_b,
                which,
            )  # fmt: skip
            for k in range(n):
                wanted[row_a[k]] = True
                wanted[row_b[k]] = True


@compiled()
def encode_all(values, trits, source, bin_start, bin_low, bin_high, state_map, n_states, derived, silent, out):  # type: ignore[no-untyped-def]
    """`encode` for every row of a batch."""
    for i in range(values.shape[0]):
        encode(values[i], trits[i], source, bin_start, bin_low, bin_high, state_map, n_states, derived, silent, out[i])
