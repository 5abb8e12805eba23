"""The same questions, put to pyAgrum and to polars.

pyAgrum gets our own model in the form that suits it best: one root whose states are the sets of causes, one leaf for
each finding. polars gets the rule tape as its own expressions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import and_, eq, ge, gt, le, lt, ne, or_

import numpy as np
import numpy.typing as npt
import polars as pl
import pyagrum as gum

from afterdisc.engine.evaluate import Engine
from afterdisc.engine.rules import Op, needed
from afterdisc.program import Tape
from afterdisc.program.program import UNKNOWN

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint8]
ROOT = "sets"
COMPARE: dict[Op, Callable[[pl.Expr, float], pl.Expr]] = {
    Op.LT: lt,
    Op.LE: le,
    Op.GT: gt,
    Op.GE: ge,
    Op.EQ: eq,
    Op.NE: ne,
}


class Network:
    """pyAgrum's posterior over the sets of causes, for cases that stand at the centre of one slice of time."""

    def __init__(self, engine: Engine, slice_: int) -> None:
        self.engine, self.slice = engine, slice_
        self.net = gum.BayesNet()
        self.root = self.net.add(gum.LabelizedVariable(ROOT, "", engine.tables.sets.n))
        weighed = np.flatnonzero(engine.program.has_likelihood)
        self.leaf = {int(f): self._leaf(int(f)) for f in weighed}
        self.elimination = gum.VariableElimination(self.net)
        self.elimination.setNumberOfThreads(1)
        self.elimination.setTargets({self.root})

    def _leaf(self, finding: int) -> int:
        p, t = self.engine.program, self.engine.tables
        name = f"finding {finding}"
        leaf = int(self.net.add(gum.LabelizedVariable(name, "", len(p.states[finding]))))
        self.net.addArc(self.root, leaf)
        first = int(p.row_start[p.variant_of[finding, self.slice]])
        rows = t.row_of[first : first + len(p.states[finding])]
        table = t.rows[rows, : t.sets.n] * t.scale[rows][:, None]  # [state, set]
        self.net.cpt(leaf)[:] = np.ascontiguousarray(table.T)
        return leaf

    def prior(self, states: Codes) -> list[float]:
        """The probability of each set before the findings, for this time and these risk factors."""
        p, t = self.engine.program, self.engine.tables
        odds = np.array(p.log_odds[0, self.slice])
        for f in np.flatnonzero(states != UNKNOWN):
            if p.shift_row[f, states[f]] >= 0:
                odds[:-1] += p.log_shift[p.shift_row[f, states[f]]]
        weight = t.pairs[: t.sets.n] * np.exp(t.membership @ odds[:-1])
        weight[0] = np.exp(odds[-1])
        return [float(w) for w in weight / weight.sum()]

    def evidence(self, states: Codes) -> dict[int, int]:
        return {leaf: int(states[f]) for f, leaf in self.leaf.items() if states[f] != UNKNOWN}

    def posterior(self, prior: list[float], evidence: dict[int, int]) -> Floats:
        """[set] of one case; its prior becomes the table of the root."""
        self.net.cpt(self.root).fillWith(prior)
        self.elimination.setEvidence(evidence)
        self.elimination.makeInference()
        return np.asarray(self.elimination.posterior(self.root).toarray())


class Frames:
    """The rule tape in polars: one `with_columns` for each level, so that every distinct node is worked out once.

    One `select` of nested expressions gives the same and takes ten times as long. polars has three-valued and, or, not
    and comparisons of its own; `at_least` becomes two sums.
    """

    def __init__(self, tape: Tape, nodes: Sequence[int]) -> None:
        self.columns = sorted({int(tape.column[n]) for n in needed(tape, nodes) if tape.column[n] >= 0})
        levels: list[list[pl.Expr]] = []
        for node, level in _levels(tape, needed(tape, nodes)).items():
            if level == len(levels):
                levels.append([])
            levels[level].append(_expression(tape, node).alias(f"node {node}"))
        self.levels = levels
        self.roots = [pl.col(f"node {n}").alias(f"root {j}") for j, n in enumerate(nodes)]

    def frame(self, rows: Floats) -> pl.DataFrame:
        """Rows [case, column] as polars wants them: a column each, null for unknown."""
        return pl.DataFrame({f"column {c}": pl.Series(rows[:, c]).fill_nan(None) for c in self.columns})

    def select(self, frame: pl.DataFrame) -> pl.DataFrame:
        for level in self.levels:
            frame = frame.with_columns(level)
        return frame.select(self.roots)


def truth_of(answers: pl.DataFrame) -> npt.NDArray[np.int8]:
    """[case, root] 1 true, 0 false, -1 unknown."""
    return np.stack([s.cast(pl.Int8).fill_null(-1).to_numpy() for s in answers.get_columns()], axis=1)


def _levels(tape: Tape, nodes: Sequence[int]) -> dict[int, int]:
    """Each node's level, atoms 0, lower levels first."""
    level: dict[int, int] = {}
    for n in nodes:  # children come before parents
        level[n] = 0 if tape.op[n] <= Op.KNOWN else 1 + max((level[k] for k in _items(tape, n)), default=0)
    return dict(sorted(level.items(), key=lambda pair: pair[1]))


def _items(tape: Tape, node: int) -> list[int]:
    start = int(tape.start[node])
    return [int(i) for i in tape.items[start : start + int(tape.count[node])]]


def _expression(tape: Tape, node: int) -> pl.Expr:
    op = Op(int(tape.op[node]))
    column, value = pl.col(f"column {tape.column[node]}"), float(tape.value[node])
    if op in COMPARE:
        return COMPARE[op](column, value)
    if op == Op.IN:
        return column.is_in([float(i) for i in _items(tape, node)])
    if op == Op.KNOWN:
        return column.is_not_null()
    parts = [pl.col(f"node {k}") for k in _items(tape, node)]
    if op == Op.NOT:
        return ~parts[0]
    if op == Op.AT_LEAST:
        return _at_least(value, parts)
    return reduce(and_ if op == Op.AND else or_, parts) if parts else pl.lit(op == Op.AND)


def _at_least(n: float, parts: list[pl.Expr]) -> pl.Expr:
    surely = pl.sum_horizontal([p.fill_null(False).cast(pl.Int32) for p in parts])
    perhaps = pl.sum_horizontal([p.fill_null(True).cast(pl.Int32) for p in parts])
    return pl.when(surely >= n).then(True).when(perhaps < n).then(False).otherwise(None)
