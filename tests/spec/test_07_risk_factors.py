"""Risk factors

Diabetes is no sign of an infection. It makes one more likely before anything was found. So a risk factor does not enter
like a finding; it multiplies the prior odds of a cause.
"""

from __future__ import annotations

import pytest

from small_bases import Sign, finding, small_base
from spec.by_hand import CAUSES, NOTHING, PRIOR

RISK = {"a": {"diabetes": {"true": 3.0, "false": 0.8}}}
SIGN = {"cough": Sign("noisy_or", (0.9, 0.1), {"a": (0.6, 0.4)})}
BASE = small_base(causes=CAUSES, nothing=NOTHING, signs=SIGN, others=[finding("diabetes")], risk_factors=RISK)


def odds_of_a(causes: dict[str, float]) -> float:
    return causes["a"] / (1 - causes["a"])


def test_a_risk_factor_multiplies_the_prior_odds(causes_of) -> None:
    """A known risk factor multiplies the odds of its cause by the odds ratio of the state that was found; then everything
    is brought back to a sum of one. The other causes give way a little."""
    told, open_ = causes_of(BASE, {"diabetes": True}), causes_of(BASE, {})
    assert odds_of_a(told) / odds_of_a(open_) == pytest.approx(3.0, abs=1e-6)
    whole = PRIOR[""] + PRIOR["b"] + 3 * (PRIOR["a"] + PRIOR["ab"])
    assert told["b"] == pytest.approx((PRIOR["b"] + 3 * PRIOR["ab"]) / whole, abs=1e-9)


def test_not_having_a_risk_factor_lowers_the_odds(causes_of) -> None:
    """Odds ratios are centred on the average person. So "no diabetes" has a ratio below one, and an unknown risk factor
    none at all: it leaves the person average."""
    assert odds_of_a(causes_of(BASE, {"diabetes": False})) / odds_of_a(causes_of(BASE, {})) == pytest.approx(0.8, abs=1e-6)
    assert causes_of(BASE, {"diabetes": None}) == causes_of(BASE, {})


def test_a_risk_factor_and_a_finding_each_do_their_part(causes_of) -> None:
    """The odds after both are the prior odds, times the ratio of the risk factor, times what the finding weighs. The same
    item can be both: then it counts in both ways."""
    told, open_ = causes_of(BASE, {"diabetes": True, "cough": True}), causes_of(BASE, {})
    assert odds_of_a(told) / odds_of_a(open_) == pytest.approx(3.0 * 4.0, abs=1e-5)
