"""The posterior of one case with more concurrent causes, by the same kernel.

For the few cases whose mass sits at the cap. Sets of up to four, then five causes are too many to hold a row for every
state of every finding from the start, so a row is made when a case first needs it.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from afterdisc.engine import kernel
from afterdisc.engine.sets import N_TOP, cause_sets, pair_weights
from afterdisc.engine.tables import FLOOR, as_product, discount, set_table, tables_of, variants
from afterdisc.program import Program, kept_with_program

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint8]
MOST_BYTES = 280_000_000  # of rows kept in memory for one cap
N_LAST = 4


class Wider(NamedTuple):
    """What is said of one case; the arrays are shared and cannot be written.

    probability   float64 [cause + 1]  of each cause to be at work; last: none of them
    by_set        float64 [set]        of every set of at most `cap` causes
    top_set       int32   [5]          the heaviest sets, heaviest first
    top_weight    float64 [5]
    at_cap                             mass of the largest sets
    beyond_three                       mass of the sets of more causes than the first cap
    """

    probability: Floats
    by_set: Floats
    top_set: npt.NDArray[np.int32]
    top_weight: Floats
    at_cap: float
    beyond_three: float


def posterior_with_cap(program: Program, states: Codes, weeks: float, cap: int) -> Wider:
    """One case evaluated over all sets of at most `cap` causes. Unknown time mixes the slices."""
    return wide_rows(program, cap).posterior(states, weeks)


class WideRows:
    """The dense rows of one cap, on the same scale as in `tables`, made when first needed and kept in the order of making."""

    def __init__(self, program: Program, cap: int, *, most_bytes: int = MOST_BYTES) -> None:
        self.program, self.cap, self.most_bytes = program, cap, most_bytes
        self.dense = t = tables_of(program, program.caps[0])
        self.sets = cause_sets(program.n_causes, cap)
        self.pairs = pair_weights(self.sets, program.pair_odds)
        self.odds = kernel.with_odds(program.log_odds[program.caps.index(cap)])
        self.odds_ratio = np.exp(program.log_shift)
        n_dense = np.diff(np.append(t.row_of, len(t.rows)))
        self.origin = np.repeat(np.arange(len(t.row_of)), n_dense)  # [dense row] the program row it is made from
        n_rows = np.diff(program.row_start)
        self.variant_of_row = np.repeat(np.arange(len(n_rows)), n_rows)  # [program row]
        self.finding_of = [finding for finding, _ in variants(program)]  # [variant]
        self.lock = threading.Lock()
        self.last: dict[tuple[str, bytes], Wider] = {}  # an assessment asks for the same case several times
        self._forget(0)

    def posterior(self, states: Codes, weeks: float) -> Wider:
        key = weeks.hex(), states.tobytes()
        with self.lock:  # until the rows are read, no other thread may forget them
            found = self.last.get(key)
            if found is None:
                found = self.last[key] = self._posterior(states, weeks)
                if len(self.last) > N_LAST:
                    del self.last[next(iter(self.last))]
        return found

    def _posterior(self, states: Codes, weeks: float) -> Wider:
        p, n = self.program, self.sets.n_padded
        w, part, mass = np.empty(n), np.empty(n), np.empty(p.n_causes + 1)
        self._weigh(states, weeks, part, w)
        total = kernel.marginals(w, self.sets.runs, part, mass)
        top_set, top_weight = np.empty(N_TOP, np.int32), np.empty(N_TOP)
        kernel.top_sets(w, top_set, top_weight)
        w /= total
        start, first = self.sets.block_start, p.caps[0]
        at_cap, beyond = float(w[start[self.cap] :].sum()), float(w[start[first + 1] :].sum()) if self.cap > first else 0.0
        found = Wider(mass / total, w[: self.sets.n], top_set, top_weight / total, at_cap, beyond)
        for array in found[:4]:
            array.flags.writeable = False
        return found

    def _weigh(self, states: Codes, weeks: float, part: Floats, w: Floats) -> None:
        """Unnormalised weights w [padded set] of one case."""
        p, t = self.program, self.dense
        model = (p.has_likelihood, p.group, t.sign, p.row_start, p.variant_of)
        counts = np.zeros((max(1, len(p.rho)), 3), np.int64)
        lists = [np.empty(kernel.MAX_LISTED, np.int64) for _ in range(3)]
        kernel.count_members(states, *model, counts)
        needed: set[int] = set()
        for before, after in self._stretches(weeks):
            n = kernel.list_rows(states, *model, t.row_of, before, after, counts, *lists)
            needed.update(lists[0][:n].tolist(), lists[1][:n].tolist())
        row_of = self._places(np.array(sorted(needed), np.intp))
        kernel.case_weights(
            states, weeks, p.centre_weeks, p.slice_share, self.odds, p.shift_row, self.odds_ratio, *model, row_of,
            self.rows, self.is_factored, self.factor, self.pairs, self.sets.runs, counts, *lists, np.empty(p.n_causes + 1),
            part, w,
        )  # fmt: skip

    def _stretches(self, weeks: float) -> list[tuple[int, int]]:
        if weeks != weeks:
            return [(s, s) for s in range(len(self.program.slice_share))]
        before, after, _ = kernel.time_share(self.program.centre_weeks, weeks)
        return [(before, after)]

    def _places(self, dense_rows: npt.NDArray[np.intp]) -> npt.NDArray[np.int32]:
        """[program row] where the kernel finds the rows of one case, as `row_of` says in `tables`: k - 1 before its place.

        A case has one k for each program row, so every row may stand anywhere.
        """
        missing = [r for r in dense_rows.tolist() if self.place[r] < 0]
        if self.n_made + len(missing) > len(self.rows):
            self._forget(len(dense_rows))
            missing = dense_rows.tolist()
        by_variant: dict[int, list[int]] = {}
        for r in missing:
            by_variant.setdefault(int(self.variant_of_row[self.origin[r]]), []).append(r)
        for variant, rows in by_variant.items():
            self._make(variant, rows)
        row_of, origin = np.zeros(len(self.dense.row_of), np.int32), self.origin[dense_rows]
        row_of[origin] = self.place[dense_rows] - (dense_rows - self.dense.row_of[origin])
        return row_of

    def _forget(self, n_needed: int) -> None:
        """Begin anew, with room for `most_bytes` of rows; the system gives memory only where one is written."""
        n = max(n_needed, min(len(self.origin), self.most_bytes // (8 * self.sets.n_padded)))
        self.n_made = 0
        self.place = np.full(len(self.origin), -1, np.int32)  # [dense row] -1 if it is not made
        self.rows = np.empty((n, self.sets.n_padded))
        self.factor = np.ones((n, self.program.n_causes + 1))
        self.is_factored = np.zeros(n, np.int8)

    def _make(self, variant: int, dense_rows: list[int]) -> None:
        p, t, sets = self.program, self.dense, self.sets
        first, finding = int(p.row_start[variant]), self.finding_of[variant]
        likelihood = p.likelihood[first : int(p.row_start[variant + 1])]
        is_noisy, rho = bool(p.combine[finding]), float(p.rho[p.group[finding]]) if p.group[finding] >= 0 else 0.0
        table = set_table(likelihood, is_noisy, sets, p.mixture_weight)
        is_product = is_noisy and bool(table.min() > FLOOR * 1.001)
        for r in dense_rows:
            row, at = int(self.origin[r]), self.n_made
            share = discount(rho, r - int(t.row_of[row]) + 1)
            self.rows[at, : sets.n] = table[row - first] ** share / t.scale[r]
            self.rows[at, sets.n :] = 0.0
            if is_product and row == first:
                self.factor[at] = as_product(likelihood) ** share
                self.is_factored[at] = 1 if self.finding_of.count(finding) == 1 else 2
            self.place[r] = at
            self.n_made += 1


@kept_with_program
def wide_rows(program: Program, cap: int) -> WideRows:
    return WideRows(program, cap)


@lru_cache(maxsize=8)
def set_names(causes: tuple[str, ...], cap: int) -> list[tuple[str, ...]]:
    """The causes of each set, by name."""
    sets = cause_sets(len(causes), cap)
    return [tuple(causes[c] for c in row if c >= 0) for row in sets.members.tolist()]
