"""The posterior of cases with more concurrent causes, by the same kernel.

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
AT_ONCE = 512  # cases whose rows are made ready together
NOWHERE = np.empty(0, np.int32)  # every dense row stands in its own place


class Posteriors(NamedTuple):
    """What is said of a batch. One row is one case.

    probability   float64 [case, cause + 1]  of each cause to be at work; last: none of them
    top_set       int32   [case, 5]          the heaviest sets, heaviest first
    top_weight    float64 [case, 5]
    at_cap        float64 [case]             mass of the largest sets
    beyond_three  float64 [case]             mass of the sets of more causes than the first cap; NaN at the first cap
    any_of        float64 [case, list]       mass of the sets that hold a cause of a list
    """

    probability: Floats
    top_set: npt.NDArray[np.int32]
    top_weight: Floats
    at_cap: Floats
    beyond_three: Floats
    any_of: Floats

    @staticmethod
    def of(n: int, n_causes: int, n_lists: int) -> Posteriors:
        """Room for n cases."""
        top = np.empty((n, N_TOP), np.int32), np.empty((n, N_TOP))
        return Posteriors(np.empty((n, n_causes + 1)), *top, np.empty(n), np.full(n, np.nan), np.empty((n, n_lists)))


class Wider(NamedTuple):
    """What is said of one case; the arrays are shared and cannot be written.

    probability   float64 [cause + 1]  of each cause to be at work; last: none of them
    by_set        float64 [set]        of every set of at most `cap` causes
    top_set       int32   [5]          the heaviest sets, heaviest first
    top_weight    float64 [5]
    """

    probability: Floats
    by_set: Floats
    top_set: npt.NDArray[np.int32]
    top_weight: Floats


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
        with self.lock:
            found = self.last.get(key)
        if found is None:
            found = self._posterior(states, weeks)
            with self.lock:
                self.last[key] = found
                if len(self.last) > N_LAST:
                    del self.last[next(iter(self.last))]
        return found

    def posteriors(self, states: Codes, weeks: Floats, several: list[int]) -> Posteriors:
        """All cases of a batch, and of the lists of causes that rules ask for those at `several`. Takes no lock to weigh."""
        p, start = self.program, self.sets.block_start
        found = Posteriors.of(len(states), p.n_causes, len(several))
        lists = marked_sets(p, self.cap)[several]
        beyond = start[p.caps[0] + 1] if self.cap > p.caps[0] else self.sets.n_padded
        first = 0
        while first < len(states):
            n, arguments = self._ready(states[first : first + AT_ONCE], weeks[first : first + AT_ONCE])
            part = slice(first, first + n)
            room = [array[part] for array in found]
            kernel.posterior_of_all(states[part], weeks[part], *arguments, start[self.cap], beyond, lists, *room)
            first += n
        return found

    def _ready(self, states: Codes, weeks: Floats) -> tuple[int, tuple[object, ...]]:
        """For how many of these cases there is room at once, and the kernel's arguments with their rows made.

        Rows that another thread makes or forgets meanwhile lie elsewhere: what is handed out stays as it is.
        """
        p, t, n = self.program, self.dense, len(states)
        model = (p.has_likelihood, p.group, t.sign, p.row_start, p.variant_of, t.row_of)
        with self.lock:
            while True:
                wanted = np.zeros(len(self.origin), np.bool_)
                kernel.mark_rows(states[:n], weeks[:n], p.centre_weeks, *model, wanted)
                if n == 1 or wanted.sum() <= len(self.rows):
                    break
                n = (n + 1) // 2
            self._make_all(np.flatnonzero(wanted))
            return n, (
                p.centre_weeks, p.slice_share, self.odds, p.shift_row, self.odds_ratio, *model, self.rows, self.is_factored,
                self.factor, self.pairs, self.sets.runs, self.place,
            )  # fmt: skip

    def _posterior(self, states: Codes, weeks: float) -> Wider:
        p, n = self.program, self.sets.n_padded
        w, part, mass = np.empty(n), np.empty(n), np.empty(p.n_causes + 1)
        self._weigh(states, weeks, part, w)
        total = kernel.marginals(w, self.sets.runs, part, mass)
        top_set, top_weight = np.empty(N_TOP, np.int32), np.empty(N_TOP)
        kernel.top_sets(w, top_set, top_weight)
        w /= total
        found = Wider(mass / total, w[: self.sets.n], top_set, top_weight / total)
        for array in found[:4]:
            array.flags.writeable = False
        return found

    def _weigh(self, states: Codes, weeks: float, part: Floats, w: Floats) -> None:
        """Unnormalised weights w [padded set] of one case."""
        _, arguments = self._ready(states[None], np.array([weeks]))
        counts = np.zeros((max(1, len(self.program.rho)), 3), np.int64)
        lists = [np.empty(kernel.MAX_LISTED, np.int64) for _ in range(3)]
        kernel.case_weights(states, weeks, *arguments, counts, *lists, np.empty(self.program.n_causes + 1), part, w)

    def _make_all(self, dense_rows: npt.NDArray[np.intp]) -> None:
        """Make the rows that are not made yet; if there is no room for them, forget the others first."""
        missing = dense_rows[self.place[dense_rows] < 0]
        if self.n_made + len(missing) > len(self.rows):
            self._forget(len(dense_rows))
            missing = dense_rows
        by_variant: dict[int, list[int]] = {}
        for r in missing.tolist():
            by_variant.setdefault(int(self.variant_of_row[self.origin[r]]), []).append(r)
        for variant, rows in by_variant.items():
            self._make(variant, rows)

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
def marked_sets(program: Program, cap: int) -> Floats:
    """[list, padded set] for each probability a rule asks for: 1 where the set holds one of its causes."""
    at = {c: i for i, c in enumerate(program.causes)}
    sets = cause_sets(program.n_causes, cap)
    member = sets.membership() > 0
    out = np.zeros((len(program.probability_causes), sets.n_padded))
    for j, names in enumerate(program.probability_causes):
        out[j, : sets.n] = member[:, [at[c] for c in names if c in at]].any(axis=1)
        out[j, 0] = "expected_recovery" in names
    return out


@kept_with_program
def wide_rows(program: Program, cap: int) -> WideRows:
    return WideRows(program, cap)


@lru_cache(maxsize=8)
def set_names(causes: tuple[str, ...], cap: int) -> list[tuple[str, ...]]:
    """The causes of each set, by name."""
    sets = cause_sets(len(causes), cap)
    return [tuple(causes[c] for c in row if c >= 0) for row in sets.members.tolist()]
