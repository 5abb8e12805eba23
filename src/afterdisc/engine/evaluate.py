"""evaluate: a block of cases through rules, causes, and the rules that need the causes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from afterdisc.engine import kernel
from afterdisc.engine.direct import NOWHERE, Posteriors, marked_sets, posterior_with_cap, wide_rows
from afterdisc.engine.rules import RowRules, TapeLists, batch_truth
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
        self.several = [j for j, names in enumerate(program.probability_causes) if len(names) > 1]
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
            p.row_start, p.variant_of, t.row_of, t.rows, t.is_factored, t.factor, t.pairs, t.sets.runs, NOWHERE,
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
    *outcome, any_of = _infer(engine, states, weeks, engine.several if engine.late else [])
    urgency = _urgency(engine, truth)
    if engine.late:
        known = _with_late_columns(engine, rows, outcome[0], urgency, any_of)
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


def infer(engine: Engine, states: npt.NDArray[np.uint8], weeks: Floats) -> tuple[Any, ...]:
    """probability, top sets and their weights, cap, mass at the cap, mass beyond three: see Outcome."""
    return _infer(engine, states, weeks, [])[:6]


def _infer(engine: Engine, states: npt.NDArray[np.uint8], weeks: Floats, several: list[int]) -> tuple[Any, ...]:
    """The same, and [case, len(several)] the probability that some cause of a list that a rule asks for is at work."""
    p, n, cap = engine.program, len(states), engine.program.caps[0]
    found = Posteriors.of(n, p.n_causes, len(several))
    last_block = engine.tables.sets.block_start[-1]
    lists = marked_sets(p, cap)[several]
    kernel.posterior_of_all(states, weeks, *engine.model_arguments(), last_block, engine.tables.sets.n_padded, lists, *found)
    with_cap = np.full(n, cap, np.int8)
    for wider in p.caps[1:]:
        again = np.flatnonzero((found.at_cap > p.recheck_above) & (with_cap == wider - 1))
        if len(again):
            again = again[np.argsort(weeks[again], kind="stable")]
            result = wide_rows(p, wider).posteriors(states[again], weeks[again], several)
            for name in Posteriors._fields:
                getattr(found, name)[again] = getattr(result, name)
            with_cap[again] = wider
    return (*found[:3], with_cap, *found[3:])


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
    return _with_late_columns(engine, rows, probability, urgency, _infer(engine, states, weeks, engine.several)[6])


def _with_late_columns(
    engine: Engine, rows: Floats, probability: Floats, urgency: npt.NDArray[np.int8], any_of: Floats
) -> Floats:
    p = engine.program
    late = np.empty((len(rows), 1 + len(p.probability_causes)))
    late[:, 0] = urgency
    at = {c: i for i, c in enumerate((*p.causes, "expected_recovery"))}
    for j, names in enumerate(p.probability_causes):
        late[:, 1 + j] = probability[:, at[names[0]]]
    late[:, [1 + j for j in engine.several]] = any_of
    return np.hstack([rows, late])


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
