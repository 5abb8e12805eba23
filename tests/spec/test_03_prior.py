"""Before anything was found

The question is not which one cause a person has, but which causes are at work, alone or together. So the engine weighs sets
of causes: every set of up to three, and the empty set, which is the expected course (none of the listed causes). What is
shown of a cause is the summed probability of the sets that hold it; these do not add up to one.
"""

from __future__ import annotations

import pytest

from afterdisc.compile import compile_program
from afterdisc.knowledge.base import NO_CAUSE
from agreement.engine_side import said
from oracle.posterior import posterior
from small_bases import Sign, small_base

COUGH = {"cough": Sign("noisy_or", (0.9, 0.1), {"a": (0.5, 0.5)})}
THREE = {"a": 0.3, "b": 0.25, "c": 0.1}


def test_each_cause_has_the_probability_the_knowledge_states(causes_of) -> None:
    """Of a person of whom nothing is known, each cause has exactly the probability that its file states for people who
    present at that time, and so has the expected course. The odds behind them are worked out so that this holds
    [darroch1972]."""
    causes = causes_of(small_base(causes=THREE, nothing=0.5, signs=COUGH), {})
    assert causes == pytest.approx({"a": 0.3, "b": 0.25, "c": 0.1, NO_CAUSE: 0.5}, abs=1e-9)


def test_causes_that_exclude_each_other_are_never_together() -> None:
    """Where the knowledge says that two causes exclude each other, no set holds both. Each keeps its own probability."""
    base = small_base(causes=THREE, nothing=0.4, signs=COUGH, excludes=[("a", "b")])
    assert not [s for s in posterior(base, {}, 3) if {"a", "b"} <= s]
    answer = said(compile_program(base), {})
    assert not [s for s, _ in answer.heaviest if {"a", "b"} <= s]
    assert answer.causes["a"] == pytest.approx(0.3, abs=1e-9)


def test_causes_that_go_together_are_together_more_often() -> None:
    """An odds multiplier says how many times the odds of two causes being at work together stand above what they would be
    if the causes did not care for each other. It moves no probability of a cause by itself."""
    loose = posterior(small_base(causes=THREE, nothing=0.5, signs=COUGH), {}, 3)
    bound = posterior(small_base(causes=THREE, nothing=0.5, signs=COUGH, odds_multipliers={("a", "b"): 3.0}), {}, 3)

    def odds_ratio(sets) -> float:
        a, b, both, c_only = (sets[frozenset(s)] for s in ("ac", "bc", "abc", "c"))
        return both * c_only / (a * b)

    assert odds_ratio(loose) == pytest.approx(1.0, abs=1e-9)
    assert odds_ratio(bound) == pytest.approx(3.0, abs=1e-8)


def test_sets_of_more_than_three_causes_wait(causes_of) -> None:
    """At first sets of up to three causes are weighed. More are looked at for the few people who need it: see below."""
    base = small_base(causes={"a": 0.3, "b": 0.3, "c": 0.3, "d": 0.3}, nothing=0.2, signs=COUGH)
    assert max(len(s) for s in posterior(base, {}, 3)) == 3
    assert sum(causes_of(base, {}).values()) == pytest.approx(1.4, abs=1e-8)
