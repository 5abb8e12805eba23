"""The chance of benefit of a treatment, and its interval."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from afterdisc.engine.benefit import N_SETS_FOR_INTERVALS, benefits_of
from afterdisc.program import Program

LEVEL = 0.9


def spread_over(program: Program, n: int) -> np.ndarray[Any, Any]:
    """Probabilities of the sets of causes, n of them not zero."""
    rng = np.random.default_rng(6)
    by_set = np.zeros(len(benefits_of(program).logits[0]))
    by_set[np.append(0, rng.permutation(len(by_set) - 1)[: n - 1] + 1)] = rng.random(n)
    return by_set / by_set.sum()


def people(program: Program) -> list[dict[str, str]]:
    """Nobody in particular, everybody whose findings move a chance of benefit one way, and all of that at once."""
    each = [{finding: state} for _, finding, state, _ in program.shift_keys if finding]
    return [{}, *each, {k: v for one in each for k, v in one.items()}]


def test_the_chance_is_weighed_over_the_sets_after_the_findings_have_moved_it(program: Program) -> None:
    benefits, by_set = benefits_of(program), spread_over(program, 400)
    seen = []
    for person in people(program):
        shift = benefits.shifts(person, np.arange(len(by_set)))
        by_hand = (1 / (1 + np.exp(-(benefits.logits + shift)))) @ by_set
        seen.append(benefits.mean(by_set, person))
        np.testing.assert_allclose(seen[-1], by_hand, rtol=1e-14)
    assert any((seen[0] != other).any() for other in seen)


def test_draws_that_are_all_the_mean_leave_no_width_to_the_interval(program: Program) -> None:
    same = replace(program, benefit_draws=np.repeat(program.benefit[None].astype(np.float32), 3, axis=0))
    by_set = spread_over(same, N_SETS_FOR_INTERVALS)
    draws = np.repeat(by_set[None].astype(np.float32), 3, axis=0)
    for person in people(same):
        mean, band = benefits_of(same).expected(by_set, draws, person, LEVEL)
        np.testing.assert_allclose(band, np.stack([mean, mean], axis=-1), rtol=0, atol=1e-6)


def test_without_draws_the_interval_is_unknown(program: Program) -> None:
    mean, band = benefits_of(program).expected(spread_over(program, 5), None, {}, LEVEL)
    assert np.isfinite(mean).all()
    assert np.isnan(band).all()
