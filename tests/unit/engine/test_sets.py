"""Sets of causes in their order of size, and the runs that make one out of another."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pytest

from afterdisc.engine.sets import LANES, cause_sets, heaviest, pair_weights

SIZES = [(n, cap) for n in (1, 2, 3, 5, 8) for cap in (1, 2, 3, 4, 5)]


@pytest.mark.parametrize(("n", "cap"), SIZES)
def test_every_set_of_up_to_the_cap_stands_there_once(n: int, cap: int) -> None:
    sets = cause_sets(n, cap)
    listed = [tuple(int(c) for c in row if c >= 0) for row in sets.members]
    assert sorted(listed) == sorted(s for size in range(cap + 1) for s in combinations(range(n), size))
    assert sets.n == sum(comb(n, size) for size in range(cap + 1))
    assert listed[0] == ()


@pytest.mark.parametrize(("n", "cap"), SIZES)
def test_sets_of_one_size_stand_together_in_colexicographic_order(n: int, cap: int) -> None:
    sets = cause_sets(n, cap)
    listed = [tuple(int(c) for c in row if c >= 0) for row in sets.members]
    assert listed == sorted(listed, key=lambda s: (len(s), s[::-1]))
    assert [len(s) for s in listed] == sets.size.tolist()
    for size, start in enumerate(sets.block_start):
        assert all(len(s) >= size for s in listed[start:])


@pytest.mark.parametrize(("n", "cap"), SIZES)
def test_each_run_adds_one_cause_to_a_stretch_of_smaller_sets(n: int, cap: int) -> None:
    sets = cause_sets(n, cap)
    listed = [frozenset(int(c) for c in row if c >= 0) for row in sets.members]
    made = [0]
    for parent, start, cause, length in sets.runs.tolist():
        for k in range(length):
            assert listed[start + k] == listed[parent + k] | {cause}
            assert cause not in listed[parent + k]
            made.append(start + k)
    assert sorted(made) == list(range(sets.n))


def test_padding_ends_at_a_whole_number_of_lanes() -> None:
    for n, cap in SIZES:
        sets = cause_sets(n, cap)
        assert sets.n_padded % LANES == 0
        assert 0 <= sets.n_padded - sets.n < LANES


def test_membership_says_which_causes_a_set_holds() -> None:
    sets = cause_sets(5, 3)
    member = sets.membership()
    for row, causes in zip(member, sets.members, strict=True):
        assert set(np.flatnonzero(row)) == {int(c) for c in causes if c >= 0}
    assert set(np.unique(member)) == {0.0, 1.0}


def test_pair_odds_multiply_and_an_exclusion_leaves_nothing() -> None:
    odds = np.ones((4, 4))
    odds[0, 1] = odds[1, 0] = 2.0
    odds[1, 2] = odds[2, 1] = 3.0
    odds[0, 3] = odds[3, 0] = 0.0
    sets = cause_sets(4, 3)
    weights = pair_weights(sets, odds)
    at = {frozenset(int(c) for c in row if c >= 0): i for i, row in enumerate(sets.members)}
    assert weights[at[frozenset({0, 1, 2})]] == 6.0
    assert weights[at[frozenset({0, 2})]] == 1.0
    assert weights[at[frozenset({0, 3})]] == weights[at[frozenset({0, 1, 3})]] == 0.0
    assert weights[at[frozenset()]] == 1.0
    assert not weights[sets.n :].any()


@pytest.mark.parametrize("n", [1, 5, 49, 50, 60])
def test_the_heaviest_come_first_and_of_equal_ones_the_first_in_order(n: int) -> None:
    rng = np.random.default_rng(4)
    for kinds in (2, 7, 1000):  # few kinds of weight: many are equal, also across the last place
        weight = rng.integers(0, kinds, 50) / 8
        assert heaviest(weight, n).tolist() == sorted(range(50), key=lambda i: (-weight[i], i))[:n]
