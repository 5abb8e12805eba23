"""draw_cases: people from the model itself, for tests, demonstrations and calibration."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from afterdisc.cohort.fast import draw_sets, normal_to_uniform
from afterdisc.engine.direct import set_names
from afterdisc.engine.evaluate import Engine, engine_of
from afterdisc.engine.rules import batch_truth
from afterdisc.program import Column, Program

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
UNKNOWN = -1
N_CANDIDATES = 24  # values tried for a number that a derived finding is worked out from


def draw_cases(program: Program, n: int, seed: int) -> list[dict[str, Any]]:
    """n synthetic people: `{"id", "findings", "truth": {"causes": […]}}`; the same seed gives the same people.

    The time since surgery comes from the slices (log-uniform within one), risk factors from their prevalence, the set
    of causes from the prior for that time and those risk factors, findings from the tables given the set. Members of a
    dependence group are correlated by its rho (a Gaussian copula); items go unrecorded at the shares of the settings.
    """
    if n <= 0:
        return []
    return _Draw(program, n, np.random.Generator(np.random.PCG64(seed))).cases()


@dataclass(frozen=True)
class Drawn:
    """Synthetic people as numbers. One row is one person.

    rows    float64 [person, column of a batch]  NaN for unknown
    causes  the causes truly at work, `["expected_recovery"]` for none
    """

    rows: Floats
    causes: list[list[str]]


def draw_rows(program: Program, n: int, seed: int) -> Drawn:
    """The people of `draw_cases` as rows of a batch."""
    drawn = _Draw(program, n, np.random.Generator(np.random.PCG64(seed)))
    rows = drawn.rows()
    for c, column in enumerate(program.columns):  # as a clinician would write it
        if column.kind == "count":
            rows[:, c] = np.trunc(rows[:, c])
        elif column.kind == "number":
            rows[:, c] = rounded(rows[:, c], 2)
    return Drawn(rows, drawn.causes())


class _Draw:
    def __init__(self, program: Program, n: int, rng: np.random.Generator) -> None:
        self.p, self.n, self.rng = program, n, rng
        self.engine: Engine = engine_of(program)
        self.columns = program.column_index()
        self.weeks = self._weeks()
        self.before, self.after = np.empty(n, np.int64), np.empty(n, np.int64)  # the slices of time around each person,
        self.share = np.empty(n)  # and how far they are from the first to the second
        self.risk = self._risk_states()
        self.sets = self._cause_sets()

    def rows(self) -> Floats:
        """[person, column] what is recorded of each, NaN for unknown."""
        rows = np.full((self.n, len(self.p.columns)), np.nan)
        rows[:, self.p.time_column] = self.weeks
        self._write_risks(rows)
        drawn = self._finding_states()
        for f, codes in drawn.items():
            if self.p.source_column[f] >= 0:
                self._write(rows, f, codes)
        self._mend_contradictions(rows)
        for f, codes in drawn.items():
            if self.p.source_column[f] < 0:
                self._write_derived(rows, f, codes)
        return rows

    def causes(self) -> list[list[str]]:
        """The causes truly at work in each person."""
        names = set_names(self.p.causes, self.p.caps[0])
        return [list(names[s]) or ["expected_recovery"] for s in self.sets.tolist()]

    def cases(self) -> list[dict[str, Any]]:
        rows, causes = self.rows(), self.causes()
        return [
            {
                "id": f"synthetic-{i + 1}",
                "findings": self._findings(rows[i]),
                "truth": {"causes": causes[i]},
            }
            for i in range(self.n)
        ]

    # -- who they are --------------------------------------------------------------------------------------------

    def _weeks(self) -> Floats:
        edges = self.p.book["slices"]
        which = self.rng.choice(len(edges), size=self.n, p=self.p.slice_share / self.p.slice_share.sum())
        low = np.array([max(a, 1 / 7) for a, _ in edges])[which]
        high = np.array([b for _, b in edges])[which]
        days = np.exp(np.log(low) + self.rng.random(self.n) * (np.log(high) - np.log(low))) * 7
        return np.asarray(np.round(np.floor(days) / 7, 2))

    def _risk_states(self) -> dict[int, Codes]:
        """A state of every risk factor that the tables give a prevalence for, by finding."""
        out: dict[int, Codes] = {}
        prevalence = self.p.book["prevalence"]
        for f, name in enumerate(self.p.findings):
            if name not in prevalence or self.p.has_likelihood[f] or self.p.source_column[f] < 0:
                continue
            share = np.array([prevalence[name].get(s, 0.0) for s in self.p.states[f]])
            upto = np.cumsum(share) / max(1.0, float(share.sum()))  # what is left over has none of it: unknown
            codes = (self.rng.random(self.n)[:, None] >= upto).sum(axis=1)
            out[f] = np.where(codes == len(share), UNKNOWN, codes)
        return out

    def _cause_sets(self) -> Codes:
        t = self.engine.tables
        states = np.full((self.n, len(self.p.findings)), 255, np.uint8)
        for f, codes in self.risk.items():
            states[:, f] = np.where(codes < 0, 255, codes)
        out = np.empty(self.n, np.int64)
        draw_sets(
            self.p.centre_weeks, self.weeks, self.rng.random(self.n), states, self.engine.odds, self.p.shift_row,
            self.engine.odds_ratio, t.sets.runs, t.pairs, t.sets.n, t.sets.n_padded, self.before, self.after, self.share, out,
        )  # fmt: skip
        return out

    # -- what is found -------------------------------------------------------------------------------------------

    def _finding_states(self) -> dict[int, Codes]:
        """State codes of every weighed finding, -1 where nobody recorded it."""
        common = self.rng.standard_normal((self.n, max(1, len(self.p.rho))))
        out: dict[int, Codes] = {}
        for f in np.flatnonzero(self.p.has_likelihood):
            z = self.rng.standard_normal(self.n)
            group = int(self.p.group[f])
            if group >= 0:
                rho = math.sin(math.pi / 2 * float(self.p.rho[group]))  # of the latent scale, from that of the states
                z = math.sqrt(rho) * common[:, group] + math.sqrt(1 - rho) * z
            hidden = self.rng.random(self.n) < self._unrecorded(int(f))
            uniform = np.empty(self.n)
            normal_to_uniform(z, uniform)
            codes = (uniform[:, None] > self._cumulative(int(f))[:, :-1]).sum(axis=1)
            out[int(f)] = np.where(hidden, UNKNOWN, codes)
        return out

    def _unrecorded(self, finding: int) -> float:
        from_others = self.p.silent_root[finding] >= 0 and self.p.findings[finding] != "motor_grade_worst"
        if from_others:
            return 1.0  # a stand-in for a better finding
        asked_at = self.p.book["findings"][self.p.asks[finding]]["asked_at"]
        return float(self.p.settings.get(f"unrecorded_{asked_at}", self.p.settings["unrecorded_history"]))

    def _cumulative(self, finding: int) -> Floats:
        """[case, state] cumulative P(state | the person's causes) at the person's time."""
        p, t = self.p, self.engine.tables
        out = np.empty((self.n, len(p.states[finding])))
        before, after, share = self.before, self.after, self.share
        for state in range(out.shape[1]):
            a = t.row_of[p.row_start[p.variant_of[finding, before]] + state]
            b = t.row_of[p.row_start[p.variant_of[finding, after]] + state]
            early, late = t.rows[a, self.sets] * t.scale[a], t.rows[b, self.sets] * t.scale[b]
            out[:, state] = (1 - share) * early + share * late
        return np.cumsum(out, axis=1)

    # -- as a clinician would write it ---------------------------------------------------------------------------

    def _write_risks(self, rows: Floats) -> None:
        for f, codes in self.risk.items():
            self._write(rows, f, codes)

    def _write(self, rows: Floats, finding: int, codes: Codes) -> None:
        p, c = self.p, int(self.p.source_column[finding])
        known = codes >= 0
        if p.bin_start[finding] < 0:
            back = np.full(len(p.states[finding]), np.nan)
            for j in reversed(range(len(p.columns[c].states))):
                back[p.state_map[finding, j]] = j
            rows[known, c] = back[codes[known]]
            return
        uniform = self.rng.random(self.n)
        for s in range(len(p.states[finding])):
            at = np.flatnonzero(codes == s)
            low, high = self._usual(finding, s)
            rows[at, c] = _numbers_in(p.columns[c], low, high, uniform[at])

    def _usual(self, finding: int, state: int) -> tuple[float, float]:
        """The bin of a state; an open end reaches as far as twice its neighbour is wide."""
        start = int(self.p.bin_start[finding])
        end = start + len(self.p.states[finding])
        lows, highs = self.p.bin_low[start:end], self.p.bin_high[start:end]
        low, high = float(lows[state]), float(highs[state])
        widths = [h - b for b, h in zip(lows, highs, strict=True) if math.isfinite(h - b)]
        if math.isfinite(low) and math.isfinite(high):
            return low, high
        edge = low if math.isfinite(low) else high
        reach = 2 * min(widths) if widths else max(0.3 * abs(edge), 0.5)
        return (edge, edge + reach) if math.isfinite(low) else (edge - reach, edge)

    def _write_derived(self, rows: Floats, finding: int, codes: Codes) -> None:
        """Give the asked finding a value under which the derived one comes out as drawn; unknown if there is none."""
        p = self.p
        c = self.columns[p.asks[finding]]
        roots = [int(p.derived_root[finding]) + s for s in range(len(p.states[finding]))]
        open_ = np.isnan(rows[:, c]) & (codes >= 0)
        for value in _candidates(p.columns[c]):
            if not open_.any():
                return
            kept = rows[:, c].copy()
            rows[:, c] = value
            truth = batch_truth(p.tape, [p.roots[r].node for r in roots], rows)
            fits = open_ & (truth[np.arange(self.n), np.maximum(codes, 0)] == 1)
            rows[:, c] = np.where(fits, value, kept)
            open_ &= ~fits

    def _mend_contradictions(self, rows: Floats) -> None:
        """A number that may not exceed another one becomes unknown where it does."""
        for first, second, slack, _ in self.p.orders:
            rows[rows[:, first] > rows[:, second] + slack, first] = np.nan

    def _findings(self, row: Floats) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for c in np.flatnonzero(~np.isnan(row)):
            column = self.p.columns[int(c)]
            if column.kind == "bool":
                out[column.name] = bool(row[c])
            elif column.kind in ("category", "ordinal"):
                out[column.name] = column.states[int(row[c])]
            elif column.kind == "count":
                out[column.name] = int(row[c])
            elif column.kind == "number":
                out[column.name] = round(float(row[c]), 2)
        return out


def _numbers_in(column: Column, low: float, high: float, share: Floats) -> Floats:
    """Readable numbers inside a bin: whole if one fits, else with one or two decimals."""
    bottom, top = max(low, column.low), min(high, column.high)
    value = bottom + share * (top - bottom)
    out, open_ = value.copy(), np.ones(len(value), np.bool_)
    for digits in (0, 1, 2):
        shown = rounded(value, digits)
        fits = open_ & (low <= shown) & (shown < high) & (column.low <= shown) & (shown <= column.high)
        out[fits] = shown[fits]
        open_ &= ~fits
    return out


def rounded(values: Floats, digits: int) -> Floats:
    """As Python rounds: to the nearest decimal, judged by the exact value of the number."""
    scale = 10.0**digits
    out = np.asarray(np.rint(values * scale) / scale)
    near_half = np.abs(np.abs(values * scale - np.trunc(values * scale)) - 0.5) < 1e-6
    out[near_half] = [round(float(v), digits) for v in values[near_half]]
    return out


def _candidates(column: Column) -> list[float]:
    if column.kind == "bool":
        return [0.0, 1.0]
    if column.states:
        return [float(j) for j in range(len(column.states))]
    top = min(column.high, 400.0)
    return [round(top * (k / N_CANDIDATES) ** 2.5, 1) for k in range(1, N_CANDIDATES + 1)]
