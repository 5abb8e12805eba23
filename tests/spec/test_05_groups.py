"""Findings that partly say the same thing

Fever felt and fever measured are nearly one finding. The knowledge lists such groups, each with a correlation rho: how
closely two members go together among people with the same causes. Counting each at full weight would make the answer too
sure.
"""

from __future__ import annotations

import math

import pytest

from small_bases import Sign, small_base
from spec.by_hand import CAUSES, NOTHING, bayes

RHO = 0.5


def group_of(first: Sign, second: Sign):
    signs = {"one": first, "two": second}
    return small_base(causes=CAUSES, nothing=NOTHING, signs=signs, groups={"g": (RHO, ("one", "two"))})


STRONG = Sign("noisy_or", (0.99, 0.01), {"a": (0.5, 0.5)})
PLAIN = Sign("noisy_or", (0.9, 0.1), {"a": (0.6, 0.4)})
WORD = Sign("mixture", (0.5, 0.5), {"a": (0.8, 0.2)})


def weight_for_a(causes_of, base, case) -> float:
    """How far the log odds of a move. The other cause has no rows and cannot blur it."""
    return log_odds(causes_of(base, case)["a"]) - log_odds(causes_of(base, {})["a"])


def log_odds(p: float) -> float:
    return math.log(p / (1 - p))


def test_one_member_alone_keeps_its_full_weight(causes_of) -> None:
    """A member of a group that is the only one known counts like a finding without a group."""
    assert weight_for_a(causes_of, group_of(STRONG, PLAIN), {"two": True}) == pytest.approx(math.log(4), abs=1e-8)


def test_several_members_on_one_side_share_their_weight(causes_of) -> None:
    """With k members known, all abnormal or all normal, each log likelihood is divided by 1 + (k - 1) × rho. With two
    members and a rho of a half each keeps two thirds."""
    both = weight_for_a(causes_of, group_of(STRONG, PLAIN), {"one": True, "two": True})
    assert both == pytest.approx((math.log(50) + math.log(4)) / (1 + RHO), abs=1e-8)
    normal = weight_for_a(causes_of, group_of(STRONG, PLAIN), {"one": False, "two": False})
    assert normal == pytest.approx((math.log(0.5 / 0.99) + math.log(0.6 / 0.9)) / (1 + RHO), abs=1e-8)


def test_normal_answers_do_not_dilute_an_abnormal_one(causes_of) -> None:
    """One numb saddle among normal answers about bladder and bowel keeps its full weight. The normal answers count too,
    with theirs: each side is discounted by itself."""
    mixed = weight_for_a(causes_of, group_of(STRONG, PLAIN), {"one": True, "two": False})
    assert mixed == pytest.approx(math.log(50) + math.log(0.6 / 0.9), abs=1e-8)


def test_a_finding_without_a_normal_end_counts_with_both_sides(causes_of) -> None:
    """The words of a mixture have no normal end (leg and back are neither better nor worse). Such a member shares its
    weight with all the others, and they with it."""
    joint = {"": 0.01 * 0.5, "a": 0.5 * 0.8, "b": 0.01 * 0.5, "ab": 0.5 * 0.65}
    shared = {causes: p ** (1 / (1 + RHO)) for causes, p in joint.items()}
    assert causes_of(group_of(STRONG, WORD), {"one": True, "two": False}) == pytest.approx(bayes(shared), abs=1e-9)


def test_the_discount_of_one_group_leaves_others_alone(causes_of) -> None:
    """Groups are discounted each by itself; a finding belongs to one group at most."""
    base = small_base(
        causes=CAUSES,
        nothing=NOTHING,
        signs={"one": STRONG, "two": PLAIN, "three": PLAIN},
        groups={"g": (RHO, ("one", "two"))},
    )
    alone = weight_for_a(causes_of, base, {"one": True, "two": True})
    with_other = weight_for_a(causes_of, base, {"one": True, "two": True, "three": True})
    assert with_other - alone == pytest.approx(math.log(4), abs=1e-8)
