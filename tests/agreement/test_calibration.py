"""In a world that is as the tables say, a stated probability is the share of people in whom it is true.

People are drawn from the installed tables: a set of causes from the prior of their time, then every known finding by
itself given that set, at most one member of a group. In such a world there is nothing to discount.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from afterdisc.engine.evaluate import engine_of, infer
from afterdisc.engine.tables import set_table
from afterdisc.program import Program
from agreement.engine_side import never_rechecked

Floats = npt.NDArray[np.float64]
N_PEOPLE = 4000
SEED = 5
MOST = 4.5  # standard errors; about thirty comparisons
ENOUGH = 20.0  # summed variance from which a cause is common enough to compare


@dataclass(frozen=True)
class Cohort:
    """states [person, finding], weeks [person] (every fourth unknown), truth [person, cause + 1] who has what."""

    states: npt.NDArray[np.uint8]
    weeks: Floats
    truth: npt.NDArray[np.bool_]


def drawn(program: Program, n: int, seed: int) -> Cohort:
    rng = np.random.default_rng(seed)
    member = engine_of(program).tables.membership
    slice_of = rng.choice(len(program.slice_share), n, p=program.slice_share)
    sets = np.empty(n, np.int64)
    for s in range(len(program.slice_share)):
        here = np.flatnonzero(slice_of == s)
        sets[here] = rng.choice(len(member), len(here), p=prior(program, s))
    states = np.full((n, len(program.findings)), 255, np.uint8)
    known = some_known(program, n, rng)
    for f in np.flatnonzero(known.any(axis=0)):
        for s in range(len(program.slice_share)):
            who = np.flatnonzero(known[:, f] & (slice_of == s))
            upto = table(program, f, s)[:, sets[who]].cumsum(axis=0)  # [state, person]
            states[who, f] = (rng.random(len(who)) > upto[:-1]).sum(axis=0)
    weeks = np.where(rng.random(n) < 0.25, np.nan, program.centre_weeks[slice_of])
    return Cohort(states, weeks, np.hstack([member[sets] > 0, (sets == 0)[:, None]]))


def prior(program: Program, slice_: int) -> Floats:
    tables = engine_of(program).tables
    weight = np.exp(tables.membership @ program.log_odds[0, slice_, :-1]) * tables.pairs[: tables.sets.n]
    weight[0] = np.exp(program.log_odds[0, slice_, -1])
    return np.asarray(weight / weight.sum())


def table(program: Program, f: int, slice_: int) -> Floats:
    variant = program.variant_of[f, slice_]
    rows = program.likelihood[program.row_start[variant] : program.row_start[variant + 1]]
    return set_table(rows, bool(program.combine[f]), engine_of(program).tables.sets, program.mixture_weight)


def some_known(program: Program, n: int, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """A quarter of all findings, one of each group, no risk factor."""
    risk = program.shift_row.max(axis=1) >= 0
    known = (rng.random((n, len(program.findings))) < 0.25) & program.has_likelihood & ~risk
    for g in range(len(program.rho)):
        members = np.flatnonzero(program.group == g)
        only = members[rng.integers(len(members), size=n)]
        known[:, members] &= only[:, None] == members
    return known


def misfit(stated: Floats, truth: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Observed minus stated, in standard errors: by decile of what was stated, and by cause. Rare causes say too little."""
    gap, spread = truth - stated, stated * (1 - stated)
    decile = np.minimum((stated * 10).astype(int), 9)
    by_decile = [gap[decile == d].sum() / np.sqrt(spread[decile == d].sum()) for d in range(10)]
    by_cause = gap.sum(axis=0) / np.sqrt(spread.sum(axis=0))
    return np.array(by_decile), by_cause[spread.sum(axis=0) > ENOUGH]


def stated_by(program: Program, cohort: Cohort) -> Floats:
    return infer(engine_of(program), cohort.states, cohort.weeks)[0]


@pytest.fixture(scope="module")
def at_three(program: Program) -> Program:
    return never_rechecked(program)


@pytest.fixture(scope="module")
def cohort(at_three: Program) -> Cohort:
    return drawn(at_three, N_PEOPLE, SEED)


def test_what_is_stated_comes_true_as_often(at_three: Program, cohort: Cohort) -> None:
    by_decile, by_cause = misfit(stated_by(at_three, cohort), cohort.truth)
    assert len(by_cause) > 10
    assert np.abs(by_decile).max() < MOST
    assert np.abs(by_cause).max() < MOST


def test_it_also_tells_the_causes_apart(at_three: Program, cohort: Cohort) -> None:
    """Calibrated is not enough, the prior is too: the true cause must stand higher than a stranger's."""
    stated = stated_by(at_three, cohort)
    assert np.median(stated[cohort.truth]) > 10 * np.median(stated[~cohort.truth])


@pytest.mark.parametrize("wrong", ["prior", "likelihood", "time"])
def test_a_wrong_model_is_noticed(at_three: Program, cohort: Cohort, wrong: str) -> None:
    """The test of the test: shift one prior, flatten the likelihoods, or forget the time, and the cohort objects."""
    if wrong == "prior":
        log_odds: Any = at_three.log_odds.copy()
        log_odds[:, :, at_three.causes.index("recurrent_herniation")] += 0.4
        other = replace(at_three, log_odds=log_odds, fingerprint="a wrong prior")
        stated = stated_by(other, cohort)
    elif wrong == "likelihood":
        flat = 0.4 * at_three.likelihood + 0.6 * at_three.likelihood[:, -2:-1]
        other = replace(at_three, likelihood=flat, fingerprint="too flat")
        stated = stated_by(other, cohort)
    else:
        stated = stated_by(at_three, replace(cohort, weeks=np.full(N_PEOPLE, at_three.centre_weeks[0])))
    by_decile, by_cause = misfit(stated, cohort.truth)
    assert max(np.abs(by_decile).max(), np.abs(by_cause).max()) > MOST
