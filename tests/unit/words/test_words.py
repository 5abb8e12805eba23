"""The words every room shares."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterdisc.words import status, truth, urgency
from afterdisc.words.files import stamp_of
from afterdisc.words.ingredient import ingredient
from afterdisc.words.nearest import did_you_mean, nearest

TRUTHS = (True, False, None)


def ways(values: list[truth.Truth]) -> list[tuple[bool, ...]]:
    """Every way in which the unknown ones may turn out."""
    return list(product(*[(v,) if v is not None else (True, False) for v in values]))


def agreed(answers: set[bool]) -> truth.Truth:
    return answers.pop() if len(answers) == 1 else None


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_an_answer_is_settled_when_all_ways_the_unknown_could_turn_out_agree(n: int) -> None:
    for values in product(TRUTHS, repeat=n):
        possible = ways(list(values))
        assert truth.all_(values) is agreed({all(w) for w in possible})
        assert truth.any_(values) is agreed({any(w) for w in possible})
        for least in range(n + 2):
            assert truth.at_least(least, values) is agreed({sum(w) >= least for w in possible})


def test_not_of_unknown_is_unknown() -> None:
    assert [truth.not_(value) for value in TRUTHS] == [False, True, None]


def test_nothing_listed_is_all_true_and_none_true() -> None:
    assert truth.all_([]) is True
    assert truth.any_([]) is False


@given(st.lists(st.sampled_from(TRUTHS)))
def test_any_is_all_the_other_way_round(values: list[truth.Truth]) -> None:
    assert truth.any_(values) is truth.not_(truth.all_(map(truth.not_, values)))


def test_the_most_urgent_wins_and_nothing_is_routine() -> None:
    assert urgency.most_urgent(["E3", "ask", "E2"]) == "E2"
    assert urgency.most_urgent([]) == "E3"
    assert set(urgency.MEANING) == set(urgency.URGENCIES)


def test_every_status_has_a_meaning_and_offered_ones_stand_first() -> None:
    assert set(status.MEANING) == set(status.STATUSES)
    assert status.STATUSES[: len(status.OFFERED)] == status.OFFERED


@pytest.mark.parametrize("written", ["Methylene Blue", "methylene-blue", " methylene_blue ", "METHYLENE  BLUE"])
def test_one_ingredient_has_one_spelling(written: str) -> None:
    assert ingredient(written) == "methylene_blue"


def test_a_slip_of_the_pen_names_the_nearest_word_and_nonsense_none() -> None:
    known = ["saddle_numbness", "fever", "new_weakness"]
    assert nearest("sadle_numbness", known) == "saddle_numbness"
    assert did_you_mean("fevr", known) == "Did you mean `fever`?"
    assert did_you_mean("zzz", known) == ""


def test_a_stamp_changes_with_a_name_or_a_word_and_with_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "causes").mkdir()
    (tmp_path / "base.yaml").write_text("a: 1")
    (tmp_path / "causes" / "x.yaml").write_text("b: 2")
    first = stamp_of(tmp_path)
    (tmp_path / "notes.txt").write_text("not knowledge")
    assert stamp_of(tmp_path) == first
    (tmp_path / "causes" / "x.yaml").write_text("b: 3")
    changed = stamp_of(tmp_path)
    (tmp_path / "causes" / "x.yaml").rename(tmp_path / "causes" / "y.yaml")
    assert len({first, changed, stamp_of(tmp_path)}) == 3
