"""Intervals come from the same model as the probabilities: draws at their mean give the point estimate."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afterdisc.compile import compile_program
from afterdisc.door import assess
from afterdisc.engine.draws import interval, posterior_draws
from afterdisc.engine.evaluate import engine_of, set_probabilities
from afterdisc.program import Program
from agreement.engine_side import evaluated, never_rechecked
from agreement.people import examples
from small_bases import Sign, bases, cases, small_base

SINGLE = 1e-5  # draws are in single precision


def at_the_mean(program: Program) -> Program:
    """The same program whose draws are all the mean."""
    n = 2
    return replace(
        program,
        fingerprint=f"{program.fingerprint} at the mean",
        recheck_above=2.0,
        likelihood_draws=np.repeat(program.likelihood[None].astype(np.float32), n, axis=0),
        log_odds_draws=np.repeat(program.log_odds[:1], n, axis=0),
        log_shift_draws=np.repeat(program.log_shift[None].astype(np.float32), n, axis=0),
    )


def must_be_the_point(program: Program, case: dict[str, Any]) -> None:
    outcome = evaluated(program, [case])
    weeks = min(case.get("weeks_since_surgery", np.nan), program.latest_weeks)
    drawn, by_set = posterior_draws(program, outcome.states[0], weeks, 3)
    point = set_probabilities(engine_of(program), outcome.states[0], weeks, 3)
    for d in range(2):
        np.testing.assert_allclose(drawn[d], outcome.probability[0], rtol=0, atol=SINGLE)
        np.testing.assert_allclose(by_set[d, : len(point)], point, rtol=0, atol=SINGLE)
    assert not by_set[:, len(point) :].any()


@settings(max_examples=60)
@given(st.data())
def test_draws_at_the_mean_are_the_point_estimate(data: st.DataObject) -> None:
    base = data.draw(bases())
    must_be_the_point(at_the_mean(compile_program(base)), data.draw(cases(base)))


@pytest.mark.parametrize("name", sorted(examples()))
def test_draws_at_the_mean_are_the_point_estimate_of_an_example(program: Program, name: str) -> None:
    mean = at_the_mean(program)
    case = examples()[name]
    must_be_the_point(mean, case)
    must_be_the_point(mean, {f: v for f, v in case.items() if f not in TIMED})


TIMED = ("weeks_since_surgery", "pain_free_interval_weeks")


@pytest.mark.parametrize("name", sorted(examples()))
def test_shown_intervals_hold_the_point_and_say_something(program: Program, name: str) -> None:
    causes = assess(examples()[name], program=program)["causes"]
    for cause in causes:
        low, high = cause["interval"]
        assert 0 <= low <= cause["probability"] <= high <= 1
        assert high > low or cause["probability"] < 1e-6
    assert max(c["interval"][1] - c["interval"][0] for c in causes) > 0.02


def test_the_drawn_interval_of_the_leading_cause_holds_the_point_by_itself(program: Program) -> None:
    """Not only because the screen makes it: in nine of ten drawn intervals the point lies inside."""
    at_three, inside = never_rechecked(program), []
    for case in examples().values():
        outcome = evaluated(at_three, [case])
        drawn, _ = posterior_draws(at_three, outcome.states[0], case["weeks_since_surgery"], 3)
        band = interval(drawn, 0.9)
        matters = outcome.probability[0] > 0.01
        inside += list(((band[:, 0] <= outcome.probability[0]) & (outcome.probability[0] <= band[:, 1]))[matters])
    assert np.mean(inside) > 0.9


def width(worth: float) -> float:
    base = small_base(
        causes={"a": 0.3, "b": 0.3},
        nothing=0.45,
        signs={"cough": Sign("noisy_or", (0.8, 0.2), {"a": (0.3, 0.7)}, worth=worth)},
        worth=worth,
        n_draws=400,
    )
    program = compile_program(base)
    drawn, _ = posterior_draws(program, evaluated(program, [{"cough": True}]).states[0], 10.0, 3)
    low, high = interval(drawn, 0.9)[0]
    assert low < evaluated(program, [{"cough": True}]).probability[0, 0] < high
    return float(high - low)


def test_the_less_a_number_is_worth_the_wider_the_interval() -> None:
    assert width(3) > 1.3 * width(12) > 1.3**2 * width(50) > 0


def test_ninety_per_cent_of_draws_lie_inside() -> None:
    drawn = np.random.default_rng(1).random((2001, 3)).astype(np.float32)
    band = interval(drawn, 0.9)
    share = ((band[:, 0] <= drawn) & (drawn <= band[:, 1])).mean(axis=0)
    np.testing.assert_allclose(share, 0.9, atol=0.002)


def test_another_seed_gives_other_draws_in_the_same_process() -> None:
    base = small_base(
        causes={"a": 0.3, "b": 0.3}, nothing=0.45, signs={"cough": Sign("noisy_or", (0.8, 0.2), {"a": (0.3, 0.7)})}, n_draws=8
    )
    one, two = compile_program(base, seed=1), compile_program(base, seed=2)
    states = evaluated(one, [{"cough": True}]).states[0]
    assert posterior_draws(one, states, 10.0, 3)[0].tobytes() != posterior_draws(two, states, 10.0, 3)[0].tobytes()
