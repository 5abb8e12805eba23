"""An exact inference engine that others wrote says the same on the same network.

One root, the set of causes, with its prior; one leaf a finding, with its table given the set. There the discount of groups
has no counterpart, so at most one member of a group is known.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from afterdisc.engine.evaluate import engine_of, infer
from afterdisc.engine.sets import pair_weights
from afterdisc.engine.tables import set_table
from afterdisc.program import Program
from agreement.engine_side import never_rechecked

gum = pytest.importorskip("pyagrum")
EXACT = 1e-12
N_CASES = 25


class Network:
    """The one-root network of the installed knowledge at the centre of one slice of time."""

    def __init__(self, program: Program, slice_: int) -> None:
        self.program, self.sets = program, engine_of(program).tables.sets
        prior = self._prior(slice_)
        self.n = len(prior)
        self.net = gum.BayesNet()
        self.net.add(gum.LabelizedVariable("causes", "", self.n))
        self.net.cpt("causes").fillWith([float(p) for p in prior])
        for f, name in enumerate(program.findings):
            if program.has_likelihood[f]:
                self._add(name, self._table(f, slice_))

    def _prior(self, slice_: int) -> np.ndarray[Any, Any]:
        p = self.program
        weight = (
            np.exp(self.sets.membership() @ p.log_odds[0, slice_, :-1]) * pair_weights(self.sets, p.pair_odds)[: self.sets.n]
        )
        weight[0] = np.exp(p.log_odds[0, slice_, -1])
        return np.asarray(weight / weight.sum())

    def _table(self, f: int, slice_: int) -> np.ndarray[Any, Any]:
        p, variant = self.program, self.program.variant_of[f, slice_]
        rows = p.likelihood[p.row_start[variant] : p.row_start[variant + 1]]
        return set_table(rows, bool(p.combine[f]), self.sets, p.mixture_weight)

    def _add(self, name: str, table: np.ndarray[Any, Any]) -> None:
        self.net.add(gum.LabelizedVariable(name, "", len(table)))
        self.net.addArc("causes", name)
        self.net.cpt(name)[:] = np.ascontiguousarray(table.T)

    def posterior(self, seen: dict[str, int]) -> np.ndarray[Any, Any]:
        """[cause + 1] given hard evidence."""
        inference = gum.LazyPropagation(self.net)
        inference.setEvidence(seen)
        inference.addTarget("causes")
        inference.makeInference()
        by_set = np.array(inference.posterior("causes").tolist())
        return np.append(by_set @ self.sets.membership(), by_set[0])


@pytest.mark.parametrize("slice_", [0, 3])
def test_pyagrum_gives_the_same_probabilities(program: Program, slice_: int) -> None:
    at_three = never_rechecked(program)
    network, rng = Network(at_three, slice_), np.random.default_rng(slice_)
    engine, weeks = engine_of(at_three), np.array([at_three.centre_weeks[slice_]])
    for n_known in rng.integers(1, 60, N_CASES):
        states = some_known(at_three, int(n_known), rng)
        ours = infer(engine, states[None], weeks)[0][0]
        seen = {at_three.findings[f]: int(s) for f, s in enumerate(states) if s != 255}
        np.testing.assert_allclose(ours, network.posterior(seen), rtol=0, atol=EXACT)


def some_known(program: Program, n: int, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """States of up to n findings: likely ones, at most one of a group, and no risk factor (it has no place in the network)."""
    states, groups = np.full(len(program.findings), 255, np.uint8), set()
    risk = program.shift_row.max(axis=1) >= 0
    for f in rng.permutation(np.flatnonzero(program.has_likelihood & ~risk))[:n]:
        if program.group[f] < 0 or program.group[f] not in groups:
            groups.add(program.group[f])
            states[f] = rng.integers(len(program.states[f]))
    return states
