"""What a person is told at once: true, false and unknown stay three things, and unknown raises nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterdisc.program import Program
from afterdisc.report.emergency import EmergencyText, emergencies_of, truth_of, with_words
from afterdisc.words.truth import Truth

Tree = dict[str, Any]
NAMES = tuple("abcdefgh")


def yes(finding: str) -> Tree:
    return {"finding": finding, "is": ["true"]}


# ------------------------------------------------------------------------------------------------------------- one finding


@pytest.mark.parametrize("answers", [{}, {"a": None}], ids=["missing", "null"])
@pytest.mark.parametrize(
    "tree", [yes("a"), {"not": yes("a")}, {"finding": "a", "op": "<", "value": 5}, {"finding": "a", "op": "!=", "value": 5}]
)
def test_an_unknown_answer_is_neither_yes_nor_no(tree: Tree, answers: dict[str, Any]) -> None:
    assert truth_of(tree, answers) is None


def test_a_known_answer_is_yes_or_no() -> None:
    assert truth_of(yes("a"), {"a": True}) is True
    assert truth_of(yes("a"), {"a": False}) is False
    assert truth_of({"finding": "a", "is": ["false"]}, {"a": False}) is True
    assert truth_of({"finding": "a", "is": ["mild", "severe"]}, {"a": "severe"}) is True
    assert truth_of({"finding": "a", "is": ["mild", "severe"]}, {"a": "none"}) is False


@pytest.mark.parametrize(
    ("op", "at_4", "at_5", "at_6"),
    [
        ("<", True, False, False),
        ("<=", True, True, False),
        (">", False, False, True),
        (">=", False, True, True),
        ("==", False, True, False),
        ("!=", True, False, True),
    ],
)
def test_a_number_is_held_against_its_limit(op: str, at_4: bool, at_5: bool, at_6: bool) -> None:
    tree = {"finding": "a", "op": op, "value": 5}
    assert [truth_of(tree, {"a": n}) for n in (4, 5.0, 6)] == [at_4, at_5, at_6]


def test_nought_is_an_answer() -> None:
    assert truth_of({"finding": "a", "op": "<=", "value": 0}, {"a": 0}) is True
    assert truth_of({"known": "a"}, {"a": 0}) is True
    assert truth_of({"known": "a"}, {"a": False}) is True
    assert truth_of({"known": "a"}, {"a": None}) is False


# --------------------------------------------------------------------------------------------------------- many findings


def trees(names: tuple[str, ...]) -> st.SearchStrategy[Tree]:
    """A condition in which each finding stands once."""
    if len(names) == 1:
        return st.sampled_from([yes(names[0]), {"not": yes(names[0])}])
    cut = st.integers(1, len(names) - 1)
    parts = cut.flatmap(lambda i: st.tuples(trees(names[:i]), trees(names[i:])).map(list))
    several = parts.flatmap(
        lambda p: st.sampled_from([{"all": p}, {"any": p}, {"at_least": 1, "of": p}, {"at_least": 2, "of": p}])
    )
    return st.one_of(several, several.map(lambda t: {"not": t}))


ANSWERS = st.dictionaries(st.sampled_from(NAMES[:6]), st.sampled_from([True, False, None]))
SOME_TREES = st.integers(1, 6).flatmap(lambda n: trees(NAMES[:n]))


def completions(answers: dict[str, Truth]) -> Iterator[dict[str, bool]]:
    """Every way in which the unknown answers may turn out."""
    for values in product(*[(True, False) if answers.get(n) is None else (answers[n],) for n in NAMES[:6]]):
        yield dict(zip(NAMES[:6], values, strict=True))


@given(SOME_TREES, ANSWERS)
def test_a_condition_is_settled_exactly_when_all_ways_the_unknown_may_turn_out_agree(
    tree: Tree, answers: dict[str, Truth]
) -> None:
    possible = {truth_of(tree, c) for c in completions(answers)}
    assert None not in possible
    assert truth_of(tree, answers) is (possible.pop() if len(possible) == 1 else None)


@given(SOME_TREES, ANSWERS, st.sampled_from(NAMES[:6]))
def test_an_answer_more_never_turns_what_was_settled(tree: Tree, answers: dict[str, Truth], name: str) -> None:
    fewer, settled = {**answers, name: None}, truth_of(tree, {**answers, name: None})
    if settled is not None:
        assert {truth_of(tree, {**fewer, name: value}) for value in (True, False)} == {settled}


# ---------------------------------------------------------------------------------------------------------------- texts


def book(*emergencies: tuple[str, str, Tree], **site: str) -> dict[str, Any]:
    texts = [
        {"id": i, "urgency": u, "title": f"{i} {{clinic}}", "say": f"Ring {{number}}, {i}.", "when": t}
        for i, u, t in emergencies
    ]
    return {"follow_up": {"emergency": texts, "site": {"number": "your local number", "clinic": "your clinic", **site}}}


SMALL = book(("numb", "now", yes("numb")), ("fever", "today", yes("fever")), ("weak", "now", yes("weak")))


def test_only_what_is_known_to_be_so_is_told() -> None:
    assert emergencies_of(SMALL, {}) == ()
    assert emergencies_of(SMALL, {"numb": None, "fever": False}) == ()
    assert [e.id for e in emergencies_of(SMALL, {"numb": True, "fever": None})] == ["numb"]


def test_what_cannot_wait_at_all_stands_before_what_can_wait_for_hours() -> None:
    told = emergencies_of(SMALL, {"fever": True, "weak": True, "numb": True})
    assert [(e.id, e.urgency) for e in told] == [("numb", "now"), ("weak", "now"), ("fever", "today")]


def test_the_words_of_the_site_replace_the_neutral_ones_where_it_has_any() -> None:
    [neutral] = emergencies_of(SMALL, {"numb": True})
    assert neutral == EmergencyText("numb", "now", "numb your clinic", "Ring your local number, numb.")
    [own] = emergencies_of(SMALL, {"numb": True}, site={"number": "112"})
    assert (own.title, own.say) == ("numb your clinic", "Ring 112, numb.")


def test_words_of_the_site_are_put_in_as_they_are() -> None:
    assert with_words("Ring {a} {b}.", {"a": "{0} %s \\1", "b": "<b>"}) == "Ring {0} %s \\1 <b>."
    assert with_words("Ring {unheard_of}.", {"a": "x"}) == "Ring {unheard_of}."


# --------------------------------------------------------------------------------------------------- the installed texts


def findings_of(tree: Tree) -> Iterator[str]:
    for key, value in tree.items():
        if key in ("all", "any", "of"):
            for part in value:
                yield from findings_of(part)
        elif key == "not":
            yield from findings_of(value)
        elif key in ("finding", "known"):
            yield value


def test_an_empty_form_and_a_form_of_unknowns_raise_nothing(program: Program) -> None:
    asked = {f for e in program.book["follow_up"]["emergency"] for f in findings_of(e["when"])}
    assert len(asked) > 10
    assert emergencies_of(program.book, {}) == ()
    assert emergencies_of(program.book, dict.fromkeys(asked)) == ()


def test_a_form_of_noes_raises_nothing(program: Program) -> None:
    texts = program.book["findings"]
    asked = {f for e in program.book["follow_up"]["emergency"] for f in findings_of(e["when"])}
    assert emergencies_of(program.book, {f: False for f in asked if texts[f]["kind"] == "bool"}) == ()


@pytest.mark.parametrize("sign", ["saddle_numbness", "bladder_disturbance", "bowel_disturbance", "sexual_dysfunction_new"])
def test_one_sign_of_pressed_nerves_is_enough_whatever_else_is_not_answered(sign: str, program: Program) -> None:
    [first, *_] = emergencies_of(program.book, {sign: True})
    assert (first.id, first.urgency) == ("nerves_of_bladder_and_bowel", "now")


def test_no_text_leaves_a_gap_for_a_word_of_the_site(program: Program) -> None:
    asked = {f for e in program.book["follow_up"]["emergency"] for f in findings_of(e["when"])}
    for finding in asked:
        for value in (True, False, 24, 500):
            for text in emergencies_of(program.book, {finding: value}):
                assert "{" not in text.title + text.say
