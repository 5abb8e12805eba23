"""Conditions: true, false, unknown

Rules are built from conditions. Each is true, false or unknown, and they are put together by `all`, `any`, `not` and
`at_least`, which follow one thought: the answer is settled as soon as no answer to an open question could change it
[kleene1952].
"""

from __future__ import annotations

from afterdisc.knowledge.conditions import All, Any_, AtLeast, Compare, EntryCompare, Includes, Is, Not
from small_bases import DRUGS

FEVER, NUMB, OLD = Is("fever", ("true",)), Is("numb", ("true",)), Compare("age_years", ">=", 5)


def test_all_is_false_as_soon_as_one_line_is_false(truth_of) -> None:
    """`all` is false as soon as one line is false, whatever is still open; true only if every line is true; else
    unknown."""
    both = All((FEVER, NUMB))
    assert truth_of(both, {"fever": False}) is False
    assert truth_of(both, {"fever": True, "numb": True}) is True
    assert truth_of(both, {"fever": True}) is None


def test_any_is_true_as_soon_as_one_line_is_true(truth_of) -> None:
    """`any` is true as soon as one line is true; false only if every line is known to be false; else unknown."""
    either = Any_((FEVER, NUMB))
    assert truth_of(either, {"fever": True}) is True
    assert truth_of(either, {"fever": False, "numb": False}) is False
    assert truth_of(either, {"fever": False}) is None


def test_not_of_unknown_is_unknown(truth_of) -> None:
    """`not` turns true into false and false into true. Unknown stays unknown."""
    assert truth_of(Not(FEVER), {"fever": False}) is True
    assert truth_of(Not(All((FEVER, NUMB))), {"fever": True}) is None
    assert truth_of(Not(All((FEVER, NUMB))), {"fever": False}) is True


def test_at_least_counts_what_is_known(truth_of) -> None:
    """`at_least: {n: 2, of: […]}` is true once two lines are true, and false once so many are known to be false that two
    can no longer be reached. Until then it is unknown."""
    two_of_three = AtLeast(2, (FEVER, NUMB, OLD))
    assert truth_of(two_of_three, {"fever": True, "numb": True}) is True
    assert truth_of(two_of_three, {"fever": False, "numb": False}) is False
    assert truth_of(two_of_three, {"fever": True, "numb": False}) is None


def test_a_number_is_compared_as_it_was_recorded(truth_of) -> None:
    """A limit belongs to the side that its sign says: `age_years >= 5` holds at 5, `age_years > 5` does not. Numbers are
    compared as recorded, without rounding."""
    assert truth_of(Compare("age_years", ">=", 5), {"age_years": 5}) is True
    assert truth_of(Compare("age_years", ">", 5), {"age_years": 5}) is False
    assert truth_of(Compare("age_years", "<", 5), {"age_years": 4.999999999}) is True


def test_a_state_that_is_another_one_is_false(truth_of) -> None:
    """Of a finding with several states one is recorded; every other state is then known not to be. `level is not L5-S1` is
    true of L4-L5, and unknown if the level is not recorded."""
    assert truth_of(Is("level", ("L5-S1",)), {"level": "L4-L5"}) is False
    assert truth_of(Not(Is("level", ("L5-S1",))), {"level": "L4-L5"}) is True
    assert truth_of(Is("level", ("L4-L5", "L5-S1")), {"level": "L4-L5"}) is True
    assert truth_of(Is("level", ("L5-S1",)), {}) is None


def test_a_list_of_medicines_names_all_of_them(truth_of) -> None:
    """Whoever writes down what a person takes writes down everything: a medicine that is not on the list is not taken. No
    list at all leaves every medicine unknown."""
    takes_aspirin = Includes("takes", ("aspirin",))
    assert truth_of(takes_aspirin, {"takes": ["aspirin", "tramadol"]}) is True
    assert truth_of(takes_aspirin, {"takes": []}) is False
    assert truth_of(takes_aspirin, {}) is None
    assert truth_of(Includes("takes", ("aspirin", "tramadol")), {"takes": ["tramadol"]}) is True


def test_a_dose_that_is_not_listed_is_unknown(truth_of) -> None:
    """A list of doses need not be complete: a medicine that is missing from it may be taken at any dose."""
    high = EntryCompare("dose", ("gabapentin",), ">", 3)
    assert truth_of(high, {"dose": {"gabapentin": 4}}) is True
    assert truth_of(high, {"dose": {"aspirin": 4}}) is None


def test_of_a_list_that_is_complete_what_is_missing_never_was(truth_of) -> None:
    """The list of medicines stopped lately is complete. One that is not on it was not stopped lately: its number of weeks
    has no limit. Of a group of medicines the one stopped last counts."""
    lately = EntryCompare("stopped", ("gabapentin",), "<", 3)
    assert truth_of(lately, {"stopped": {"gabapentin": 2}}) is True
    assert truth_of(lately, {"stopped": {}}) is False
    assert truth_of(lately, {}) is None
    assert truth_of(EntryCompare("stopped", DRUGS, "<", 3), {"stopped": {"aspirin": 9, "tramadol": 1}}) is True
    assert truth_of(EntryCompare("stopped", DRUGS, ">=", 3), {"stopped": {"aspirin": 9, "tramadol": 1}}) is False
