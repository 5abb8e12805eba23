"""What the engine betters over the design: no jumps in time, and normal answers that do not drown an abnormal one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from afterdisc.engine.evaluate import engine_of, infer, set_probabilities
from afterdisc.program import Program
from agreement.engine_side import evaluated, never_rechecked
from agreement.people import examples
from oracle.posterior import moment

FIRST, LAST = 0.1, 519.0
SACRAL_YES_NO = ("bladder_disturbance", "bowel_disturbance", "sexual_dysfunction_new", "anal_tone_reduced")


def over_time(program: Program, states: np.ndarray[Any, Any], weeks: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """[week, cause + 1] of one person whose findings stay while the time since surgery runs."""
    return infer(engine_of(program), np.repeat(states[None], len(weeks), axis=0), weeks)[0]


@pytest.mark.parametrize("name", sorted(examples()))
def test_no_probability_jumps_as_time_goes_on(program: Program, name: str) -> None:
    """Halve the step and the largest change halves: nowhere a jump, at the former edges of the slices neither."""
    at_three = never_rechecked(program)
    states = evaluated(at_three, [examples()[name]]).states[0]
    coarse = over_time(at_three, states, np.geomspace(FIRST, LAST, 801))
    fine = over_time(at_three, states, np.geomspace(FIRST, LAST, 1601))
    largest, half = np.abs(np.diff(coarse, axis=0)).max(), np.abs(np.diff(fine, axis=0)).max()
    assert 0.001 < largest < 0.03
    assert half < 0.55 * largest


@pytest.mark.parametrize("name", sorted(examples()))
def test_edges_and_centres_of_slices_are_points_like_others(program: Program, name: str) -> None:
    at_three = never_rechecked(program)
    states = evaluated(at_three, [examples()[name]]).states[0]
    marks = np.array([e for s in program.book["slices"] for e in s if e > 0] + program.centre_weeks.tolist())
    before, after = over_time(at_three, states, marks * (1 - 1e-9)), over_time(at_three, states, marks * (1 + 1e-9))
    np.testing.assert_allclose(before, after, rtol=0, atol=1e-7)


def test_beyond_the_outer_centres_nothing_changes_any_more(program: Program) -> None:
    states = evaluated(program, [examples()["returning-leg-pain"]]).states[0]
    first, last = program.centre_weeks[0], program.centre_weeks[-1]
    for weeks in ([0.01, first], [last, 519.0]):
        same = over_time(program, states, np.array(weeks))
        assert same[0].tobytes() == same[1].tobytes()


def test_half_way_between_two_centres_both_count_the_same(knowledge: Any) -> None:
    early, late = knowledge.slices[1].centre_weeks, knowledge.slices[2].centre_weeks
    now = moment(knowledge, (early * late) ** 0.5)
    assert (now.before, now.after) == (1, 2)
    assert now.share == pytest.approx(0.5)


def odds_of(program: Program, case: dict[str, Any], cause: str) -> float:
    p = float(evaluated(program, [case]).probability[0, program.causes.index(cause)])
    return p / (1 - p)


def test_a_lone_numb_saddle_keeps_its_full_weight_among_normal_answers(program: Program) -> None:
    """Its likelihood enters whole. The normal answers lower the odds by no more than they would without it."""
    at_three = never_rechecked(program)
    told: dict[str, Any] = {"weeks_since_surgery": 9.5}
    normal = dict.fromkeys(SACRAL_YES_NO, False) | {"post_void_residual_ml": 20}
    outcome = evaluated(
        at_three, [told, told | {"saddle_numbness": True}, told | normal, told | normal | {"saddle_numbness": True}]
    )
    log_p = np.log([by_set(at_three, s) for s in outcome.states])
    ratio = log_p - log_p[:, :1]  # against the empty set, so that the common factor cancels
    np.testing.assert_allclose(ratio[1] - ratio[0], ratio[3] - ratio[2], rtol=0, atol=1e-9)


def by_set(program: Program, states: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    p = set_probabilities(engine_of(program), states, 9.5, 3)
    return p[engine_of(program).tables.pairs[: len(p)] > 0]


def test_normal_answers_lower_the_odds_and_together_count_less_than_each_by_itself(program: Program) -> None:
    """However many of the sacral answers are normal, the odds never rise above what they were without any of them."""
    at_three = never_rechecked(program)
    told: dict[str, Any] = {"weeks_since_surgery": 1, "saddle_numbness": True}
    alone = odds_of(at_three, told, "epidural_haematoma")
    each = [odds_of(at_three, told | {name: False}, "epidural_haematoma") / alone for name in SACRAL_YES_NO]
    together = told
    for name in SACRAL_YES_NO:
        together = together | {name: False}
        assert odds_of(at_three, together, "epidural_haematoma") < alone
    assert odds_of(at_three, together, "epidural_haematoma") / alone > np.prod(each)
