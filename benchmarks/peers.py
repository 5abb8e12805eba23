"""The same questions, put to pyAgrum and to polars.

pyAgrum gets our own model in the form that suits it best: one root whose states are the sets of causes, one leaf for
each finding. polars gets the rule tape as its own expressions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyagrum as gum

from afterdisc.engine.evaluate import Engine
from afterdisc.engine.rules import Op
from afterdisc.program import Column, Program, Tape
from afterdisc.program.program import UNKNOWN

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint8]
ROOT = "sets"
COMPARE = {Op.LT: "lt", Op.LE: "le", Op.GT: "gt", Op.GE: "ge", Op.EQ: "eq", Op.NE: "ne"}


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


class Expressions:
    """The tape as polars expressions, level by level, so that polars works out each distinct node once.

    polars has three-valued and, or, not and comparisons of its own; `at_least` becomes two sums.
    """

    def __init__(self, tape: Tape, nodes: list[int]) -> None:
        self.nodes = nodes
        self.expressions = [expression(tape, n, {}) for n in range(0)]
