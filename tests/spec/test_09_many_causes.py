"""More than three causes at once

Hardly anybody has four causes at once. Yet where the sets of three hold much of the probability, a fourth may be knocking.
"""

from __future__ import annotations

import pytest

from afterdisc.compile import compile_program
from agreement.engine_side import evaluated, published, said
from oracle.posterior import at_size, by_cause, posterior, with_rechecks
from small_bases import Sign, small_base

FOUR = {"a": 0.15, "b": 0.15, "c": 0.15, "d": 0.15}
TELLING = {name: Sign("noisy_or", (0.95, 0.05), {name: (0.1, 0.9)}) for name in FOUR}
BASE = small_base(causes=FOUR, nothing=0.55, signs={f"sign_{n}": s for n, s in TELLING.items()})
PROGRAM = compile_program(BASE)


def showing(names: str) -> dict[str, bool]:
    return {f"sign_{n}": n in names for n in FOUR}


def test_people_in_whom_three_causes_weigh_much_are_looked_at_again() -> None:
    """If sets of three hold more than the share that the knowledge names (a fifth), the person is evaluated again over all
    sets of up to four causes, and if the sets of four then hold as much, of up to five. Everybody else keeps the first
    answer."""
    assert evaluated(PROGRAM, [showing("a")]).cap[0] == 3
    assert evaluated(PROGRAM, [showing("abcd")]).cap[0] > 3
    for names in ("", "a", "ab", "abc", "abcd"):
        cap, sets = with_rechecks(BASE, showing(names), lambda cap: published(PROGRAM, cap))
        assert said(PROGRAM, showing(names)).cap == cap
        assert said(PROGRAM, showing(names)).causes == pytest.approx(by_cause(BASE, sets), abs=1e-12)


def test_a_fourth_cause_that_shows_itself_is_found() -> None:
    """With four causes that each show their own sign the leading set is the set of four."""
    answer = said(PROGRAM, showing("abcd"))
    assert answer.heaviest[0][0] == frozenset("abcd")
    assert min(answer.causes[n] for n in FOUR) > 0.8


def test_what_lies_at_the_limit_is_told() -> None:
    """The probability of the largest sets that were considered is part of the answer: so much could still change if more
    causes were allowed. Of a person looked at again, the probability of more than three causes is told too."""
    for names in ("a", "abcd"):
        outcome = evaluated(PROGRAM, [showing(names)])
        cap, sets = with_rechecks(BASE, showing(names), lambda cap: published(PROGRAM, cap))
        assert outcome.at_cap[0] == pytest.approx(at_size(sets, cap), abs=1e-12)
    beyond = sum(p for s, p in sets.items() if len(s) > 3)
    assert outcome.beyond_three[0] == pytest.approx(beyond, abs=1e-12)
    assert evaluated(PROGRAM, [showing("a")]).beyond_three[0] != evaluated(PROGRAM, [showing("a")]).beyond_three[0]


def test_each_limit_has_the_stated_prior() -> None:
    """Whatever the limit on concurrent causes, the odds are worked out anew, so that each cause keeps the probability that
    the knowledge states."""
    for cap in PROGRAM.caps:
        sets = posterior(BASE, {}, cap, published(PROGRAM, cap))
        assert by_cause(BASE, sets) == pytest.approx(FOUR | {"expected_recovery": 0.55}, abs=1e-9)
