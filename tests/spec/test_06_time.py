"""Time since surgery

What is likely changes with the weeks since the operation. The knowledge states its numbers for slices of time, each with a
centre: the week for which they hold. People do not change their causes at midnight on the last day of a slice, so between
two centres the numbers pass smoothly from one to the next.
"""

from __future__ import annotations

import math

import pytest

from afterdisc.knowledge.base import NO_CAUSE
from small_bases import Sign, small_base

EARLY, LATE = ((0.0, 6.0), 3.0, 0.25), ((6.0, 5200.0), 48.0, 0.75)  # weeks, centre, share of presentations
MIDDLE = 12.0  # of 3 and 48, in logarithms


def base_in_time(**signs: Sign):
    cough = {"cough": Sign("noisy_or", (0.9, 0.1), {"a": (0.6, 0.4)})}
    return small_base(
        causes={"a": (0.4, 0.1), "b": (0.1, 0.3)}, nothing=(0.54, 0.63), signs=signs or cough, slices=(EARLY, LATE)
    )


def at(weeks: float | None, **case):
    return {"weeks_since_surgery": weeks} | case


def test_at_its_centre_a_slice_has_its_own_numbers(causes_of) -> None:
    """At the centre of a slice the probabilities are exactly those the knowledge states for that slice."""
    assert causes_of(base_in_time(), at(3)) == pytest.approx({"a": 0.4, "b": 0.1, NO_CAUSE: 0.54}, abs=1e-9)
    assert causes_of(base_in_time(), at(48)) == pytest.approx({"a": 0.1, "b": 0.3, NO_CAUSE: 0.63}, abs=1e-9)


def test_between_two_centres_the_log_odds_pass_smoothly(causes_of) -> None:
    """On the way the log odds of every cause, and the weight of the expected course, are mixed. The later slice's share is
    3t² - 2t³, where t runs from 0 to 1 with the logarithm of the weeks: slow at both ends, half at half way. Week 12 lies
    half way between the centres 3 and 48."""
    middle = causes_of(base_in_time(), at(MIDDLE))
    assert 0.1 < middle["a"] < 0.4
    early, late = causes_of(base_in_time(), at(3)), causes_of(base_in_time(), at(48))

    def log_odds(causes, name) -> float:  # of the set of this cause alone against the empty set, causes being independent
        return math.log(causes[name] / (1 - causes[name]))

    for name in "ab":
        assert log_odds(middle, name) == pytest.approx((log_odds(early, name) + log_odds(late, name)) / 2, abs=0.01)


def test_no_answer_jumps_at_the_edge_of_a_slice(causes_of) -> None:
    """A minute before and a minute after week 6, where one slice ends and the next begins, the answer is the same to five
    digits."""
    for cough in (True, None):
        before, after = causes_of(base_in_time(), at(5.9999, cough=cough)), causes_of(base_in_time(), at(6.0001, cough=cough))
        assert before == pytest.approx(after, abs=1e-5)


def test_before_the_first_and_after_the_last_centre_nothing_changes(causes_of) -> None:
    """Earlier than the first centre the first slice's numbers hold, later than the last centre the last one's. Ten years
    and more are read as ten years."""
    assert causes_of(base_in_time(), at(0.1)) == causes_of(base_in_time(), at(3))
    assert causes_of(base_in_time(), at(2000)) == causes_of(base_in_time(), at(48))


def test_a_finding_may_mean_another_thing_early(causes_of) -> None:
    """A row of a finding may be bound to a slice: enhancement on a scan means nothing in the second week. A row without
    weeks serves all other slices. On the way from one centre to the next the likelihoods are mixed by the same share; if
    the finding shares its weight with others of its group, what is mixed is what it counts after the sharing."""
    sign = Sign(
        "noisy_or",
        {(0.0, 6.0): (0.2, 0.8), None: (0.9, 0.1)},
        {"a": {(0.0, 6.0): (0.2, 0.8), None: (0.5, 0.5)}, "b": {(0.0, 6.0): (0.2, 0.8)}},
    )
    base = base_in_time(sign=sign)
    assert causes_of(base, at(3, sign=True)) == pytest.approx(causes_of(base, at(3)), abs=1e-9)
    late, told = causes_of(base, at(48)), causes_of(base, at(48, sign=True))
    assert odds(told["a"]) / odds(late["a"]) == pytest.approx(5, abs=1e-6)
    middle, told = causes_of(base, at(MIDDLE)), causes_of(base, at(MIDDLE, sign=True))
    mixed = (0.5 * 0.8 + 0.5 * 0.5) / (0.5 * 0.8 + 0.5 * 0.1)
    assert odds(told["a"]) / odds(middle["a"]) == pytest.approx(mixed, abs=1e-6)


def odds(p: float) -> float:
    return p / (1 - p)


def test_an_unknown_time_means_all_slices_by_their_share(causes_of) -> None:
    """If nobody knows when the operation was, every slice counts with its share of the people who present. What was found
    then also speaks about the time."""
    assert causes_of(base_in_time(), at(None)) == pytest.approx(
        {"a": 0.25 * 0.4 + 0.75 * 0.1, "b": 0.25 * 0.1 + 0.75 * 0.3, NO_CAUSE: 0.25 * 0.54 + 0.75 * 0.63}, abs=1e-9
    )
    coughing = causes_of(base_in_time(), at(None, cough=True))
    p_cough = 0.25 * (0.4 * 0.4 + 0.6 * 0.1) + 0.75 * (0.1 * 0.4 + 0.9 * 0.1)
    assert coughing["a"] == pytest.approx((0.25 * 0.4 * 0.4 + 0.75 * 0.1 * 0.4) / p_cough, abs=1e-9)
