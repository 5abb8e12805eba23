"""Dense tables over cause sets, made once from a Program's small ones.

A row is the discounted likelihood of one state of one finding in one stretch of time, over all cause sets, scaled so
that its largest value over all stretches is 1 (the scale is the same in every stretch, so it cancels).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from afterdisc.engine.sets import CauseSets, cause_sets, pair_weights
from afterdisc.program import Program, kept_with_program

FLOOR = 1e-5  # no state is impossible under any set: part of the model, not of the arithmetic
TINY = 1e-9
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Tables:
    """rows float64 [dense_row, set]; a dense row is found as row_of[program row] + (k - 1), k members known.

    factor float64 [dense_row, cause + 1] the same row as a product over causes (last: the empty set), where
    `is_factored` says that this is exact: then a row costs 21 multiplications instead of one for every set. 1: always;
    2: within one stretch of time (a constant is left out, which cancels there but not between stretches); 0: not at all.
    """

    sets: CauseSets
    pairs: Floats  # [set]
    rows: Floats
    scale: Floats  # [dense_row] what a row was divided by
    row_of: Ints  # [program row]
    factor: Floats
    is_factored: npt.NDArray[np.int8]
    group_size: Ints  # [finding] how many members its group has, itself included
    sign: npt.NDArray[np.int8]  # [program row] 1 abnormal, -1 normal, 0 neither (mixtures)
    membership: Floats  # [set, cause]


def set_table(likelihood: Floats, noisy: bool, sets: CauseSets, mixture_weight: Floats) -> Floats:
    """[state, set] P(state | set) from P(state | cause alone), background and empty set.

    likelihood  float64 [state, cause + 2], states from least to most abnormal.

    Several causes of one ordered finding combine by noisy-or or noisy-max: with F the cumulative distribution,
    F(k | S) = F_bg(k) x product over S of F_c(k) / F_bg(k) [pearl1988, diez1993]. A mixture is the average over the causes.
    """
    n_states = len(likelihood)
    out = np.empty((n_states, sets.n))
    base, empty = likelihood[:, -2], likelihood[:, -1]
    if noisy:
        ratio = cumulative_ratio(likelihood)
        below = np.zeros(sets.n)
        for k in range(n_states):
            upto = np.exp(np.zeros(sets.n) if k == n_states - 1 else _over_sets(ratio[k], sets)) * base[: k + 1].sum()
            out[k] = upto - below
            below = upto
    else:
        share = _over_sets(mixture_weight, sets)
        for k in range(n_states):
            out[k] = _over_sets(mixture_weight * likelihood[k, :-2], sets) / np.maximum(share, TINY)
    out[:, 0] = empty
    out = np.maximum(out, FLOOR)
    return np.asarray(out / out.sum(axis=0))


def cumulative_ratio(likelihood: Floats) -> Floats:
    """[state, cause] log of F_c / F_bg, cut back where a cause would push toward the normal end."""
    upto = np.maximum(likelihood.cumsum(axis=-2), TINY)
    ratio = np.minimum(np.log(upto[..., :-2]) - np.log(upto[..., -2:-1]), 0.0)
    flipped = np.flip(ratio, axis=-2)
    return np.flip(np.minimum.accumulate(flipped, axis=-2), axis=-2)


def as_product(likelihood: Floats) -> Floats:
    """[cause + 1] what the most normal state of a noisy finding multiplies the odds of each cause by; last: the empty set."""
    return np.append(np.exp(cumulative_ratio(likelihood)[0]), likelihood[0, -1] / likelihood[0, -2])


def _over_sets(per_cause: Floats, sets: CauseSets) -> Floats:
    """[set] sum over the causes of each set, in the order of the runs."""
    out = np.zeros(sets.n)
    for parent, start, cause, length in sets.runs:
        out[start : start + length] = out[parent : parent + length] + per_cause[cause]
    return out


def variants(program: Program) -> list[tuple[int, int]]:
    """(finding, variant) for every variant, in order."""
    pairs = {int(v): i for i, row in enumerate(program.variant_of) for v in row if v >= 0}
    return [(pairs[v], v) for v in range(len(program.row_start) - 1)]


def group_sizes(program: Program) -> Ints:
    counts = np.bincount(program.group[program.group >= 0], minlength=len(program.rho))
    return np.array([counts[g] if g >= 0 else 1 for g in program.group], np.int32)


def discount(rho: float, k: int) -> float:
    """The share of its weight that each of k known members of a group keeps."""
    return 1.0 / (1.0 + (k - 1) * rho)


def signs(program: Program) -> npt.NDArray[np.int8]:
    """[program row] 1 abnormal, -1 normal, 0 for mixtures, whose states have no such direction."""
    out = np.zeros(len(program.likelihood), np.int8)
    for finding, variant in variants(program):
        if program.combine[finding]:
            start, end = program.row_start[variant], program.row_start[variant + 1]
            out[start] = -1
            out[start + 1 : end] = 1
    return out


@kept_with_program
def tables_of(program: Program, cap: int) -> Tables:
    """The tables for one cap on concurrent causes."""
    sets = cause_sets(program.n_causes, cap)
    sizes = group_sizes(program)
    row_of = np.zeros(len(program.likelihood), np.int32)
    n_rows = 0
    for finding, variant in variants(program):
        for row in range(program.row_start[variant], program.row_start[variant + 1]):
            row_of[row] = n_rows
            n_rows += int(sizes[finding])
    rows = np.zeros((n_rows, sets.n_padded))
    factor = np.ones((n_rows, program.n_causes + 1))
    is_factored = np.zeros(n_rows, np.int8)
    n_variants = np.bincount([f for f, _ in variants(program)], minlength=len(program.findings))
    for finding, variant in variants(program):
        start, end = int(program.row_start[variant]), int(program.row_start[variant + 1])
        likelihood = program.likelihood[start:end]
        table = set_table(likelihood, bool(program.combine[finding]), sets, program.mixture_weight)
        exact = bool(program.combine[finding]) and bool(table.min() > FLOOR * 1.001)
        for state in range(end - start):
            at = row_of[start + state]
            rows[at : at + sizes[finding], : sets.n] = _powers(table[state], program, finding, int(sizes[finding]))
            if state == 0 and exact:
                factor[at : at + sizes[finding]] = _powers(as_product(likelihood), program, finding, int(sizes[finding]))
                is_factored[at : at + sizes[finding]] = 1 if n_variants[finding] == 1 else 2
    scale = _scaled(program, sizes, row_of, rows)
    pairs = pair_weights(sets, program.pair_odds)
    return Tables(sets, pairs, rows, scale, row_of, factor, is_factored, sizes, signs(program), sets.membership())


def _powers(row: Floats, program: Program, finding: int, n: int) -> Floats:
    """[k - 1, ...] the row under the discount for k = 1 … n known members."""
    group = program.group[finding]
    return np.stack([row if k == 0 else row ** discount(program.rho[group], k + 1) for k in range(n)])


def _scaled(program: Program, sizes: Ints, row_of: Ints, rows: Floats) -> Floats:
    """Scale each (finding, state, k) to a maximum of 1 in place, with one scale for all stretches of time."""
    scale = np.ones(len(rows))
    by_finding: dict[int, list[int]] = {}
    for finding, variant in variants(program):
        by_finding.setdefault(finding, []).append(variant)
    for finding, stretches in by_finding.items():
        for state in range(len(program.states[finding])):
            for k in range(int(sizes[finding])):
                at = [row_of[program.row_start[v] + state] + k for v in stretches]
                scale[at] = rows[at].max()
                rows[at] /= scale[at][:, None]
    return scale
