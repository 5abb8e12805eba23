"""The posterior of one case with more concurrent causes, straight from the small tables.

For the few cases whose mass sits at the cap: sets of up to four, then five causes are too many for dense tables, so only
the rows this case needs are made. The meaning is that of `kernel`, the arithmetic is slower and obvious.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from afterdisc.engine.kernel import time_share
from afterdisc.engine.sets import cause_sets, pair_weights
from afterdisc.engine.tables import discount, set_table, signs
from afterdisc.program import Program, kept_with_program
from afterdisc.program.program import UNKNOWN

Floats = npt.NDArray[np.float64]
MOST_BYTES = 100_000_000  # of rows kept in memory between cases


class Wider(NamedTuple):
    """probability [cause + 1], the sets' probabilities [set], the mass of the largest sets and of those beyond three."""

    probability: Floats
    by_set: Floats
    at_cap: float
    beyond_three: float


_LOCK = threading.Lock()


def posterior_with_cap(program: Program, states: npt.NDArray[np.uint8], weeks: float, cap: int) -> Wider:
    """One case evaluated over all sets of at most `cap` causes. Unknown time mixes the slices."""
    sets = cause_sets(program.n_causes, cap)
    if np.isnan(weeks):
        total = np.zeros(sets.n)
        for s, share in enumerate(program.slice_share):
            prior = _prior(program, states, s, s, 0.0, cap)
            total += share * prior / prior.sum() * _likelihood(program, states, s, s, 0.0, cap)
    else:
        before, after, share = time_share(program.centre_weeks, weeks)
        total = _prior(program, states, before, after, share, cap)
        total = total * _likelihood(program, states, before, after, share, cap)
    total /= total.sum()
    largest, beyond = sets.block_start[cap], sets.block_start[min(program.caps[0] + 1, cap)]
    probability = np.append(total @ sets.membership(), total[0])
    return Wider(
        probability,
        total,
        float(total[largest:].sum()),
        float(total[beyond:].sum()) if cap > program.caps[0] else 0.0,
    )


def _prior(program: Program, states: npt.NDArray[np.uint8], before: int, after: int, share: float, cap: int) -> Floats:
    sets = cause_sets(program.n_causes, cap)
    log_odds = program.log_odds[program.caps.index(cap)]
    a = (1 - share) * log_odds[before] + share * log_odds[after]
    shift = np.zeros(program.n_causes)
    for f, state in enumerate(states):
        if state != UNKNOWN and program.shift_row[f, state] >= 0:
            shift += program.log_shift[program.shift_row[f, state]]
    weight = _pairs(program, cap) * np.exp(sets.membership() @ (a[:-1] + shift))
    weight[0] = np.exp(a[-1])
    return np.asarray(weight)


@kept_with_program
def _signs(program: Program) -> npt.NDArray[np.int8]:
    return signs(program)


@kept_with_program
def _pairs(program: Program, cap: int) -> Floats:
    sets = cause_sets(program.n_causes, cap)
    return pair_weights(sets, program.pair_odds)[: sets.n]


@kept_with_program
def _rows(program: Program) -> dict[tuple[int, int, int, int], Floats]:
    return {}


def _likelihood(
    program: Program, states: npt.NDArray[np.uint8], before: int, after: int, share: float, cap: int
) -> Floats:
    out = np.ones(cause_sets(program.n_causes, cap).n)
    for f, k in members(program, states):
        early = _row(program, int(program.variant_of[f, before]), f, int(states[f]), k, cap)
        if before == after:
            out *= early
        else:
            late = _row(program, int(program.variant_of[f, after]), f, int(states[f]), k, cap)
            out *= (1 - share) * early + share * late
    return out


def members(program: Program, states: npt.NDArray[np.uint8]) -> list[tuple[int, int]]:
    """(finding, k) for every known finding: with how many members of its group it shares its weight."""
    sign = _signs(program)
    known = [f for f, s in enumerate(states) if s != UNKNOWN and program.has_likelihood[f]]
    direction = {f: sign[program.row_start[program.variant_of[f, 0]] + states[f]] for f in known}
    out = []
    for f in known:
        mates = [g for g in known if program.group[g] == program.group[f]] if program.group[f] >= 0 else [f]
        sharing = [g for g in mates if direction[f] == 0 or direction[g] in (0, direction[f])]
        out.append((f, len(sharing)))
    return out


def _row(program: Program, variant: int, finding: int, state: int, k: int, cap: int) -> Floats:
    """The discounted likelihood of one state over all sets; kept for the next case that needs it."""
    key, made = (variant, state, k, cap), _rows(program)
    row = made.get(key)
    if row is None:
        sets = cause_sets(program.n_causes, cap)
        rows = program.likelihood[program.row_start[variant] : program.row_start[variant + 1]]
        table = set_table(rows, bool(program.combine[finding]), sets, program.mixture_weight)
        rho = float(program.rho[program.group[finding]]) if program.group[finding] >= 0 else 0.0
        row = table[state] ** discount(rho, k)
        with _LOCK:
            made[key] = row
            while sum(r.nbytes for r in made.values()) > MOST_BYTES:
                del made[next(iter(made))]
    return row


@lru_cache(maxsize=8)
def set_names(causes: tuple[str, ...], cap: int) -> list[tuple[str, ...]]:
    """The causes of each set, by name."""
    sets = cause_sets(len(causes), cap)
    return [tuple(causes[c] for c in row if c >= 0) for row in sets.members]
