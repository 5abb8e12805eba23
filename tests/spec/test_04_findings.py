"""What a finding says, and how several causes share it

Of every finding the knowledge holds how often each of its states is seen under each cause alone, and in people in whom no
cause that touches it is at work: its background. A finding moves the probability of a set of causes by how often that set
shows it.
"""

from __future__ import annotations

import pytest

from afterdisc.compile import compile_program
from afterdisc.knowledge.base import NO_CAUSE
from agreement.engine_side import said
from oracle.likelihood import FLOOR, given
from small_bases import Sign, small_base
from spec.by_hand import CAUSES, NOTHING, bayes


def with_sign(sign: Sign, **more):
    return small_base(causes=CAUSES, nothing=NOTHING, signs={"sign": sign}, **more)


def test_a_cause_without_a_row_leaves_a_finding_at_its_background(causes_of) -> None:
    """A cause that has nothing to do with a finding shows it as often as everybody: it has no row, and gains or loses only
    because others do."""
    base = with_sign(Sign("noisy_or", (0.9, 0.1), {"a": (0.6, 0.4)}))
    assert causes_of(base, {"sign": True}) == pytest.approx(bayes({"": 0.1, "a": 0.4, "b": 0.1, "ab": 0.4}), abs=1e-9)


def test_two_causes_of_one_sign_each_have_their_own_chance_to_show_it(causes_of) -> None:
    """Noisy-or: a sign is absent only if the background and every cause at work spare it, each by its own chance. With one
    cause it is absent in 0.6, with the other in 0.5, in the background in 0.9: with both in 0.9 × (0.6 / 0.9) × (0.5 / 0.9)
    [pearl1988]."""
    base = with_sign(Sign("noisy_or", (0.9, 0.1), {"a": (0.6, 0.4), "b": (0.5, 0.5)}))
    both = 1 - 0.9 * (0.6 / 0.9) * (0.5 / 0.9)
    assert causes_of(base, {"sign": True}) == pytest.approx(bayes({"": 0.1, "a": 0.4, "b": 0.5, "ab": both}), abs=1e-9)


def test_of_several_degrees_the_worst_that_a_cause_brings_is_seen(causes_of) -> None:
    """Noisy-max is the same for findings with degrees: "not worse than this degree" holds only if the background and every
    cause leave it so [diez1993]."""
    base = with_sign(
        Sign("noisy_max", (0.7, 0.2, 0.1), {"a": (0.4, 0.3, 0.3), "b": (0.5, 0.2, 0.3)}, states=("none", "mild", "bad"))
    )
    not_worse_than_mild = 0.9 * (0.7 / 0.9) * (0.7 / 0.9)
    under = {"": 0.1, "a": 0.3, "b": 0.3, "ab": 1 - not_worse_than_mild}
    assert causes_of(base, {"sign": "bad"}) == pytest.approx(bayes(under), abs=1e-9)
    none = 0.7 * (0.4 / 0.7) * (0.5 / 0.7)
    under = {"": 0.2, "a": 0.3, "b": 0.2, "ab": not_worse_than_mild - none}
    assert causes_of(base, {"sign": "mild"}) == pytest.approx(bayes(under), abs=1e-9)


def test_such_a_cause_never_pushes_toward_the_normal_end(causes_of) -> None:
    """In a noisy finding a cause can only make things worse. A row that says otherwise counts as the background would, for
    a second trouble does not take the first away."""
    base = with_sign(Sign("noisy_or", (0.6, 0.4), {"a": (0.9, 0.1), "b": (0.3, 0.7)}))
    assert causes_of(base, {"sign": True}) == pytest.approx(bayes({"": 0.4, "a": 0.4, "b": 0.7, "ab": 0.7}), abs=1e-9)


def test_words_about_the_dominating_pain_are_a_mixture_of_the_causes(causes_of) -> None:
    """Where the pain is worst, or how it began, is told of one pain at a time. Such a finding is the average over the
    causes at work."""
    base = with_sign(
        Sign("mixture", (0.5, 0.3, 0.2), {"a": (0.8, 0.1, 0.1), "b": (0.2, 0.2, 0.6)}, states=("leg", "back", "both"))
    )
    assert causes_of(base, {"sign": "leg"}) == pytest.approx(bayes({"": 0.5, "a": 0.8, "b": 0.2, "ab": 0.5}), abs=1e-9)


def test_an_amplifier_hardly_alters_such_words(causes_of) -> None:
    """A cause that amplifies a pain more than it makes one has a small weight in these averages (the knowledge says which
    and how small). Alone it describes the whole picture."""
    sign = Sign("mixture", (0.5, 0.5), {"a": (0.8, 0.2), "b": (0.2, 0.8)})
    base = with_sign(sign, mixture_weight={"b": 0.1})
    both = (1.0 * 0.2 + 0.1 * 0.8) / 1.1
    assert causes_of(base, {"sign": True}) == pytest.approx(bayes({"": 0.5, "a": 0.2, "b": 0.8, "ab": both}), abs=1e-9)


def test_the_expected_course_may_have_rows_of_its_own(causes_of) -> None:
    """The background stands for people in whom no cause *of this finding* is at work. Where people on the expected course
    differ from that, a row for `expected_recovery` says so. It counts for the empty set only."""
    base = with_sign(Sign("noisy_or", (0.9, 0.1), {"a": (0.6, 0.4), NO_CAUSE: (0.98, 0.02)}))
    assert causes_of(base, {"sign": True}) == pytest.approx(bayes({"": 0.02, "a": 0.4, "b": 0.1, "ab": 0.4}), abs=1e-9)


def test_no_finding_rules_a_cause_out_for_good() -> None:
    """No state is impossible under any set of causes: the smallest likelihood is one in a hundred thousand. A slip of the
    pen in one finding can then be outweighed by others."""
    base = with_sign(Sign("mixture", (0.5, 0.5), {"a": (1.0, 0.0)}))
    assert given(base, "sign", frozenset("a"), 0)["true"] == pytest.approx(FLOOR, rel=1e-4)
    program = compile_program(base)
    assert 1e-6 < said(program, {"sign": True}).causes["a"] < 0.5
    assert dict(said(program, {"sign": True}).heaviest)[frozenset("a")] > 0


def test_findings_multiply_once_the_causes_are_given(causes_of) -> None:
    """Two findings of different groups are taken to be independent among people with the same causes: their likelihoods
    multiply, in any order."""
    signs = {"one": Sign("noisy_or", (0.9, 0.1), {"a": (0.6, 0.4)}), "two": Sign("noisy_or", (0.8, 0.2), {"b": (0.3, 0.7)})}
    base = small_base(causes=CAUSES, nothing=NOTHING, signs=signs)
    under = {"": 0.1 * 0.2, "a": 0.4 * 0.2, "b": 0.1 * 0.7, "ab": 0.4 * 0.7}
    assert causes_of(base, {"one": True, "two": True}) == pytest.approx(bayes(under), abs=1e-9)
