"""What every draw of the parameters says of every state of every finding, made once for a program and a cap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from afterdisc.engine.sets import CauseSets, cause_sets, pair_weights
from afterdisc.engine.tables import FLOOR, cumulative_ratio, discount, group_sizes, signs, variants
from afterdisc.program import Program, kept_with_program

Singles = npt.NDArray[np.float32]
VERY_NEGATIVE = np.float32(-1e30)


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
