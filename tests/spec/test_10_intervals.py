"""How sure the numbers are

No number of the knowledge is exact. Each says how many patients it is worth; an opinion is worth few. The interval beside a
probability shows how far it could move if the numbers were drawn again from what they are worth [gelman2013]. It says how
well the knowledge knows, not how ill the person is.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from afterdisc.compile import compile_program
from afterdisc.engine.draws import interval, posterior_draws
from agreement.engine_side import evaluated
from small_bases import Sign, finding, small_base
from spec.by_hand import CAUSES, NOTHING


def program_worth(worth: float, of_sign: float | None = None):
    sign = Sign("noisy_or", (0.8, 0.2), {"a": (0.3, 0.7)}, worth=of_sign or worth)
    return compile_program(
        small_base(
            causes=CAUSES,
            nothing=NOTHING,
            signs={"cough": sign},
            others=[finding("diabetes")],
            risk_factors={"a": {"diabetes": {"true": 2.0}}},
            worth=worth,
            n_draws=400,
        )
    )


def drawn(program, case) -> np.ndarray:
    """[draw, cause + 1]"""
    return posterior_draws(program, evaluated(program, [case]).states[0], np.nan, 3)[0]


def width(program, case) -> float:
    low, high = interval(drawn(program, case), 0.9)[0]
    return float(high - low)


def test_the_less_a_number_is_worth_the_wider_the_interval() -> None:
    """A likelihood that rests on five patients spreads the answer more than one that rests on fifty."""
    cough = {"cough": True}
    assert width(program_worth(50, 5), cough) > 1.3 * width(program_worth(50, 50), cough)
    assert width(program_worth(5, 50), cough) > 1.3 * width(program_worth(50, 50), cough)


def test_the_point_is_the_answer_of_the_stated_numbers() -> None:
    """The probability that is shown comes from the numbers as they stand, not from the middle of the draws. With every draw
    at its mean both are the same."""
    program = program_worth(5)
    mean = replace(
        program,
        fingerprint="all draws at the mean",
        likelihood_draws=np.repeat(program.likelihood[None].astype(np.float32), 2, axis=0),
        log_odds_draws=np.repeat(program.log_odds[:1], 2, axis=0),
        log_shift_draws=np.repeat(program.log_shift[None].astype(np.float32), 2, axis=0),
    )
    case = {"cough": True, "diabetes": True}
    for draw in drawn(mean, case):
        assert draw == pytest.approx(evaluated(program, [case]).probability[0], abs=1e-5)


def test_every_kind_of_number_is_drawn() -> None:
    """Priors, likelihoods and odds ratios are all drawn again, everything at once in each draw: a risk factor known makes
    the interval wider (its ratio is uncertain too), and even without any finding there is one, from the priors."""
    program = program_worth(20)
    assert width(program, {}) > 0.1
    logits = [np.log(p / (1 - p)) for p in (drawn(program, {})[:, 0], drawn(program, {"diabetes": True})[:, 0])]
    assert logits[1].std() > 1.05 * logits[0].std()


def test_nine_of_ten_draws_lie_inside() -> None:
    """The interval holds the middle nine tenths of the draws (the knowledge says how many)."""
    draws = drawn(program_worth(10), {"cough": True})[:, 0]
    low, high = interval(draws[:, None], 0.9)[0]
    assert np.mean((low <= draws) & (draws <= high)) == pytest.approx(0.9, abs=0.01)
