"""Unknown is never no

A finding is what somebody looked for and found, or looked for and did not find. What nobody looked for is unknown. It is
left out of the case, or written as `null`; both mean the same.
"""

from __future__ import annotations

import pytest

from afterdisc.knowledge.base import NO_CAUSE
from afterdisc.knowledge.conditions import Is, Known, Not
from small_bases import Sign, finding, small_base

BASE = small_base(
    causes={"infection": 0.2, "scar": 0.3},
    nothing=0.55,
    signs={"fever": Sign("noisy_or", (0.95, 0.05), {"infection": (0.4, 0.6)})},
    others=[finding("cough")],
)
FEVER = Is("fever", ("true",))


def test_an_unknown_finding_leaves_every_probability_as_it_is(causes_of) -> None:
    """Whoever has not been asked about fever has the probabilities they had before the question: no part of the arithmetic
    looks at an unknown finding."""
    assert causes_of(BASE, {"fever": None}) == causes_of(BASE, {})
    assert causes_of(BASE, {})["infection"] == pytest.approx(0.2, abs=1e-9)


def test_a_finding_known_to_be_absent_counts(causes_of) -> None:
    """ "No fever" is a finding like any other. It speaks against the causes that bring fever, and so a little for the
    others."""
    absent, unknown = causes_of(BASE, {"fever": False}), causes_of(BASE, {})
    assert absent["infection"] < unknown["infection"]
    assert absent[NO_CAUSE] > unknown[NO_CAUSE]


def test_a_condition_on_an_unknown_finding_is_unknown(truth_of) -> None:
    """A line such as `fever` is true or false only if somebody looked. Otherwise it is unknown, and so is its opposite `not
    fever`: nobody may conclude from an open question that there is none."""
    assert truth_of(FEVER, {"fever": True}) is True
    assert truth_of(FEVER, {"fever": False}) is False
    assert truth_of(FEVER, {}) is None
    assert truth_of(Not(FEVER), {}) is None


def test_whether_something_is_known_is_always_known(truth_of) -> None:
    """`fever known` and `fever unknown` ask whether somebody looked. They are true or false, never unknown themselves.
    Rules use them to say what they take an open question for."""
    assert truth_of(Known("fever"), {}) is False
    assert truth_of(Known("fever"), {"fever": False}) is True
    assert truth_of(Not(Known("fever")), {}) is True
