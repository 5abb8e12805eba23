"""Priors over sets of causes with given marginals."""

from __future__ import annotations

import numpy as np
import pytest

from afterdisc.compile.priors import PriorFit
from afterdisc.engine.sets import cause_sets, pair_weights
from afterdisc.errors import BadDistribution
from afterdisc.knowledge.base import NO_CAUSE, KnowledgeBase
from afterdisc.program import Program


def marginals_of(log_odds: np.ndarray, n: int, cap: int, pair_odds: np.ndarray) -> np.ndarray:
    """[cause + 1] worked out anew: each cause, then the empty set."""
    sets = cause_sets(n, cap)
    weight = pair_weights(sets, pair_odds)[: sets.n] * np.exp(sets.membership() @ log_odds[:-1])
    weight[0] = np.exp(log_odds[-1])
    p = weight / weight.sum()
    return np.append(p @ sets.membership(), p[0])


@pytest.mark.parametrize("cap", [2, 3, 4])
def test_marginals_are_exactly_those_asked_for(cap: int) -> None:
    wanted, pairs = np.array([0.3, 0.25, 0.02, 0.1, 0.5]), np.ones((4, 4))
    pairs[0, 1] = pairs[1, 0] = 3.0
    pairs[2, 3] = pairs[3, 2] = 0.0
    fitted = PriorFit(cause_sets(4, cap), pairs).log_odds(wanted)
    np.testing.assert_allclose(marginals_of(fitted, 4, cap, pairs), wanted, rtol=1e-10)


def test_rare_causes_keep_their_share() -> None:
    wanted = np.array([0.6, 1e-5, 3e-4, 0.3998])
    fitted = PriorFit(cause_sets(3, 3), np.ones((3, 3))).log_odds(wanted)
    np.testing.assert_allclose(marginals_of(fitted, 3, 3, np.ones((3, 3))), wanted, rtol=1e-9)


def test_where_to_start_does_not_matter() -> None:
    wanted, fit = np.array([0.3, 0.25, 0.1, 0.5]), PriorFit(cause_sets(3, 3), np.ones((3, 3)))
    far = fit.log_odds(wanted, start=np.array([-5.0, 3.0, 1.0, -2.0]))
    np.testing.assert_allclose(far, fit.log_odds(wanted), atol=2e-11)


@pytest.mark.parametrize(
    "impossible",
    [
        np.array([0.1, 0.1, 0.5]),  # too few causes for so little of the expected course
        np.array([0.9, 0.3, 0.4]),  # a cause more frequent than all people who have any
    ],
)
def test_marginals_that_no_prior_has_are_refused(impossible: np.ndarray) -> None:
    with pytest.raises(BadDistribution, match="no prior"), np.errstate(all="ignore"):
        PriorFit(cause_sets(2, 3), np.ones((2, 2))).log_odds(impossible)


def test_the_installed_priors_are_exact_in_every_slice_and_at_every_cap(program: Program, knowledge: KnowledgeBase) -> None:
    for i, cap in enumerate(program.caps):
        for s, piece in enumerate(knowledge.slices):
            wanted = [
                next(p.p for p in knowledge.causes[name].priors if p.weeks[0] <= piece.weeks[0] < p.weeks[1])
                for name in (*program.causes, NO_CAUSE)
            ]
            found = marginals_of(program.log_odds[i, s], program.n_causes, cap, program.pair_odds)
            np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-10)


def test_drawn_priors_keep_the_number_of_causes_per_person(program: Program) -> None:
    """Every draw is a prior over sets of at most three causes with as many causes per ill person as the mean has."""
    for s in range(len(program.centre_weeks)):
        mean = marginals_of(program.log_odds[0, s], program.n_causes, 3, program.pair_odds)
        per_person = mean[:-1].sum() / (1 - mean[-1])
        for draw in program.log_odds_draws[:10, s]:
            drawn = marginals_of(draw, program.n_causes, 3, program.pair_odds)
            assert drawn[:-1].sum() / (1 - drawn[-1]) == pytest.approx(per_person, rel=1e-6)
