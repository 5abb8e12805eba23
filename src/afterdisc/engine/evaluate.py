"""evaluate: a block of cases through rules, causes, and the rules that need the causes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numba
import numpy as np
import numpy.typing as npt

from afterdisc.engine import kernel
from afterdisc.engine.direct import posterior_with_cap
from afterdisc.engine.rules import RowRules, TapeLists, batch_truth
from afterdisc.engine.sets import N_TOP, cause_sets
from afterdisc.engine.tables import tables_of
from afterdisc.program import Program, kept_with_program
from afterdisc.words.urgency import URGENCIES

Floats = npt.NDArray[np.float64]
FEW = 24  # up to here the generated function beats the bit planes


@dataclass(frozen=True)
class Outcome:
    """What the engine says of a block of cases. One row is one person at one evaluation.

    states       uint8   [case, finding]    state seen, 255 unknown
    truth        int8    [case, root]       1 true, 0 false, -1 unknown
    urgency      int8    [case]             position in words.urgency.URGENCIES
    probability  float64 [case, cause + 1]  of each cause to be at work (not exclusive); last: none of them
    top_set      int32   [case, 5]          position among the sets of at most `cap` causes, heaviest first
    top_weight   float64 [case, 5]          probability of that set
    cap          int8    [case]             how many concurrent causes were considered
    at_cap       float64 [case]             probability of the largest sets considered: what more causes could change
    beyond_three float64 [case]             probability of more than three causes; NaN where it was not looked at
    """

    states: npt.NDArray[np.uint8]
    truth: npt.NDArray[np.int8]
    urgency: npt.NDArray[np.int8]
    probability: Floats
    top_set: npt.NDArray[np.int32]
    top_weight: Floats
    cap: npt.NDArray[np.int8]
    at_cap: Floats
    beyond_three: Floats


class Engine:
    """A Program made ready to run: tables, generated rules. Made once for a program; see `engine_of`."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.nodes = nodes = [r.node for r in program.roots]
        self.finding_of = [*(c.finding for c in program.columns), *("" for _ in program.late_columns)]
        late = program.tape.late
        self.early = [i for i, n in enumerate(nodes) if not late[n]]
        self.late = [i for i, n in enumerate(nodes) if late[n]]
        self.early_nodes = [nodes[i] for i in self.early]
        self.late_nodes = [nodes[i] for i in self.late]
        self.n_states = np.array([len(s) for s in program.states], np.int32)
        self.odds_ratio = np.exp(program.log_shift)
        self.odds = kernel.with_odds(program.log_odds[0])
        flags = [(i, URGENCIES.index(r.name)) for i, r in enumerate(program.roots) if r.kind == "flag"]
        self.flag_roots = np.array([i for i, _ in flags], np.intp)
        self.flag_urgency = np.array([u for _, u in flags], np.int8)

    @cached_property
    def tables(self):  # type: ignore[no-untyped-def]
        return tables_of(self.program, self.program.caps[0])

    @cached_property
    def all_rules(self) -> RowRules:
        """Every node of the tape, for the reasons of one case."""
        return RowRules(self.program.tape, range(len(self.program.tape.op)))

    @cached_property
    def tape_lists(self) -> TapeLists:
        return TapeLists(self.program.tape)

    @cached_property
    def column_at(self) -> dict[str, int]:
        return self.program.column_index()

    @cached_property
    def early_rules(self) -> RowRules:
        return RowRules(self.program.tape, self.early_nodes)

    @cached_property
    def late_rules(self) -> RowRules:
        return RowRules(self.program.tape, self.late_nodes)

    def model_arguments(self) -> tuple[object, ...]:
        p, t = self.program, self.tables
        return (
            p.centre_weeks, p.slice_share, self.odds, p.shift_row, self.odds_ratio, p.has_likelihood, p.group, t.sign,
            p.row_start, p.variant_of, t.row_of, t.rows, t.is_factored, t.factor, t.pairs, t.sets.runs,
        )  # fmt: skip


@kept_with_program
def engine_of(program: Program) -> Engine:
    return Engine(program)


def evaluate_rows(program: Program, rows: Floats) -> Outcome:
    """The outcome of a block of rows [case, column], NaN for unknown.

    A row's result is the same to the last bit whichever rows stand beside it and however many threads run.
    """
    engine = engine_of(program)
    truth = np.empty((len(rows), len(program.roots)), np.int8)
    truth[:, engine.early] = _truth(engine, rows, late=False)
    states = encoded(engine, rows, truth)
    weeks = np.minimum(rows[:, program.time_column], program.latest_weeks)
    outcome = infer(engine, states, weeks)
    urgency = _urgency(engine, truth)
    if engine.late:
        known = with_late_columns(engine, rows, states, weeks, outcome[0], outcome[3], urgency)
        truth[:, engine.late] = _truth(engine, known, late=True)
    return Outcome(states, truth, urgency, *outcome)


def encoded(engine: Engine, rows: Floats, truth: npt.NDArray[np.int8]) -> npt.NDArray[np.uint8]:
    p = engine.program
    out = np.empty((len(rows), len(p.findings)), np.uint8)
    kernel.encode_all(
        rows, truth, p.source_column, p.bin_start, p.bin_low, p.bin_high, p.state_map, engine.n_states, p.derived_root,
        p.silent_root, out,
    )  # fmt: skip
    return out


def infer(
    engine: Engine, states: npt.NDArray[np.uint8], weeks: Floats
) -> tuple[Floats, npt.NDArray[np.int32], Floats, npt.NDArray[np.int8], Floats, Floats]:
    """probability, top sets and their weights, cap, mass at the cap, mass beyond three: see Outcome."""
    p, n = engine.program, len(states)
    probability = np.empty((n, p.n_causes + 1))
    top_set, top_weight = np.empty((n, N_TOP), np.int32), np.empty((n, N_TOP))
    at_cap = np.empty(n)
    last_block = engine.tables.sets.block_start[-1]
    arguments = (states, weeks, *engine.model_arguments(), last_block, probability, top_set, top_weight, at_cap)
    if n <= kernel.BLOCK or numba.get_num_threads() == 1:  # a thread of its own shares no lock
        kernel.posterior_block(0, n, *arguments)
    else:
        with kernel.ONE_AT_A_TIME:
            kernel.posterior_blocks(*arguments)
    cap = np.full(n, p.caps[0], np.int8)
    beyond = np.full(n, np.nan)
    if not (at_cap > p.recheck_above).any():
        return probability, top_set, top_weight, cap, at_cap, beyond
    for wider in p.caps[1:]:
        for i in np.flatnonzero((at_cap > p.recheck_above) & (cap == wider - 1)):
            result = posterior_with_cap(p, states[i], float(weeks[i]), wider)
            probability[i], top_set[i], top_weight[i] = result.probability, result.top_set, result.top_weight
            cap[i], at_cap[i], beyond[i] = wider, result.at_cap, result.beyond_three
    return probability, top_set, top_weight, cap, at_cap, beyond


def _truth(engine: Engine, rows: Floats, *, late: bool) -> npt.NDArray[np.int8]:
    nodes = engine.late_nodes if late else engine.early_nodes
    if len(rows) > FEW:
        return batch_truth(engine.program.tape, nodes, rows)
    rules = engine.late_rules if late else engine.early_rules
    answers = [rules(row) for row in rows]
    return np.array([[-1 if t is None else t for t in row] for row in answers], np.int8).reshape(len(rows), len(nodes))


def _urgency(engine: Engine, truth: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    routine = np.int8(URGENCIES.index("E3"))
    raised = np.where(truth[:, engine.flag_roots] == 1, engine.flag_urgency, routine)
    return np.asarray(raised.min(axis=1, initial=routine), np.int8)


def with_late_columns(
    engine: Engine,
    rows: Floats,
    states: npt.NDArray[np.uint8],
    weeks: Floats,
    probability: Floats,
    cap: npt.NDArray[np.int8],
    urgency: npt.NDArray[np.int8],
) -> Floats:
    """The rows with the urgency and every probability that a rule asks for appended."""
    p = engine.program
    late = np.empty((len(rows), 1 + len(p.probability_causes)))
    late[:, 0] = urgency
    at = {c: i for i, c in enumerate((*p.causes, "expected_recovery"))}
    several = [j for j, names in enumerate(p.probability_causes) if len(names) > 1]
    for j, names in enumerate(p.probability_causes):
        late[:, 1 + j] = probability[:, at[names[0]]]
    if several:
        late[:, [1 + j for j in several]] = _any_of(engine, states, weeks, cap, several)
    return np.hstack([rows, late])


def _any_of(
    engine: Engine, states: npt.NDArray[np.uint8], weeks: Floats, cap: npt.NDArray[np.int8], which: list[int]
) -> Floats:
    """[case, len(which)] probability that some cause of a list is at work."""
    p, t = engine.program, engine.tables
    out = np.empty((len(states), len(which)))
    narrow, wide = np.flatnonzero(cap == p.caps[0]), np.flatnonzero(cap != p.caps[0])
    members = np.zeros((len(which), t.sets.n_padded))
    members[:, : t.sets.n] = [probability_members(p, p.caps[0])[j] for j in which]
    found = np.empty((len(narrow), len(which)))
    arguments = (states[narrow], weeks[narrow], *engine.model_arguments(), members, found)
    if len(narrow) <= kernel.BLOCK or numba.get_num_threads() == 1:
        kernel.any_of_block(0, len(narrow), *arguments)
    else:
        with kernel.ONE_AT_A_TIME:
            kernel.any_of_blocks(*arguments)
    out[narrow] = found
    for i in wide:
        by_set = posterior_with_cap(p, states[i], float(weeks[i]), int(cap[i])).by_set
        out[i] = [by_set[probability_members(p, int(cap[i]))[j]].sum() for j in which]
    return out


@kept_with_program
def probability_members(program: Program, cap: int) -> list[npt.NDArray[np.bool_]]:
    """[set] for each probability a rule asks for: does the set hold one of its causes?"""
    at = {c: i for i, c in enumerate(program.causes)}
    member = cause_sets(program.n_causes, cap).membership() > 0
    out = []
    for names in program.probability_causes:
        rows = np.asarray(member[:, [at[c] for c in names if c in at]].any(axis=1))
        rows[0] |= "expected_recovery" in names
        out.append(rows)
    return out


def set_probabilities(engine: Engine, states: npt.NDArray[np.uint8], weeks: float, cap: int) -> Floats:
    """[set] of one case, over all sets of at most `cap` causes."""
    p = engine.program
    if cap != p.caps[0]:
        return posterior_with_cap(p, states, weeks, cap).by_set
    w = weights_of(engine, states, weeks)
    return np.asarray(w[: engine.tables.sets.n] / w.sum())


def weights_of(engine: Engine, states: npt.NDArray[np.uint8], weeks: float) -> Floats:
    """[padded set] unnormalised weights of one case at a cap of three."""
    p, t = engine.program, engine.tables
    w, part, u = np.empty(t.sets.n_padded), np.empty(t.sets.n_padded), np.empty(p.n_causes + 1)
    counts = np.zeros((max(1, len(p.rho)), 3), np.int64)
    lists = [np.empty(kernel.MAX_LISTED, np.int64) for _ in range(3)]
    kernel.case_weights(states, weeks, *engine.model_arguments(), counts, *lists, u, part, w)
    return w
