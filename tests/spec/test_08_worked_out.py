"""Findings worked out from others

Some answers mean something only beside another one. Such a finding is worked out from what was asked, by the same
three-valued conditions as the rules.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from afterdisc.compile import compile_program
from afterdisc.knowledge.conditions import All, Compare, Is, Known, Not
from agreement.engine_side import said
from small_bases import Sign, finding, small_base
from spec.by_hand import CAUSES, NOTHING

SIGN = Sign("noisy_or", (0.9, 0.1), {"a": (0.6, 0.4)})
ASKED, WEAK = Is("fits_asked", ("true",)), Is("weak", ("true",))
FITS = replace(SIGN, derived_from={"false": All((WEAK, Not(ASKED))), "true": All((WEAK, ASKED))})


def base_with(**signs: Sign):
    others = [finding("weak"), finding("score", "number", range_=(0, 10))]
    return small_base(causes=CAUSES, nothing=NOTHING, signs=signs, others=others)


def test_an_answer_counts_only_where_it_means_something(causes_of) -> None:
    """ "The weakness does not fit the operated root" says nothing of a person who is not weak. The finding is worked out as
    "fits" or "does not fit" only in people known to be weak; in all others it is unknown."""
    base = base_with(fits=FITS)
    assert causes_of(base, {"weak": True, "fits_asked": True})["a"] > causes_of(base, {})["a"]
    assert causes_of(base, {"weak": True, "fits_asked": False})["a"] < causes_of(base, {})["a"]
    for case in ({"weak": False, "fits_asked": False}, {"fits_asked": False}):
        assert causes_of(base, case) == pytest.approx(causes_of(base, {}), abs=1e-12)


def test_a_poorer_answer_falls_silent_beside_a_better_one(causes_of) -> None:
    """ "Is there leg pain?" says nothing more once it is scored. Such a finding falls silent: it is kept, and rules may
    still read it, but it carries no weight, as if unknown."""
    base = base_with(pain=replace(SIGN, silent_when=Known("score")))
    assert causes_of(base, {"pain": True})["a"] > causes_of(base, {})["a"]
    assert causes_of(base, {"pain": True, "score": 5}) == pytest.approx(causes_of(base, {"score": 5}), abs=1e-12)


def test_an_open_question_silences_nothing(causes_of) -> None:
    """A finding falls silent only when its condition is true. While that is unknown, it speaks."""
    base = base_with(pain=replace(SIGN, silent_when=Compare("score", ">", 3)))
    assert causes_of(base, {"pain": True})["a"] > causes_of(base, {})["a"]


def test_a_number_becomes_a_state_by_its_limits() -> None:
    """A number that carries weight is read as one of a few states. A limit belongs to the state above it."""
    sign = Sign("noisy_max", (0.6, 0.3, 0.1), {"a": (0.2, 0.3, 0.5)}, states=("low", "middle", "high"), bins=(3.0, 7.0))
    program = compile_program(base_with(points=sign))
    same = [said(program, {"points": x}).causes for x in (-100.0, 2.9)]
    assert same[0] == same[1] != said(program, {"points": 3.0}).causes
    assert said(program, {"points": 3.0}).causes == said(program, {"points": 6.99}).causes
    assert said(program, {"points": 7.0}).causes == said(program, {"points": 100.0}).causes
