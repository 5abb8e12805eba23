"""Any text can stand on a page, and none of it steers the page."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from afterdisc.documents.drawable import BREAK, covered, drawable, writable


def test_names_in_latin_greek_cyrillic_hebrew_and_arabic_stay_as_they_are() -> None:
    for name in ("Müller-Łuszczewski", "Παπαδόπουλος", "Иванова", "כהן", "محمد", "O’Brien – 7 ≥ 5"):
        assert drawable(name) == name


def test_a_sign_that_no_font_holds_is_spelt_out_and_not_dropped() -> None:
    assert drawable("王 🙂") == "[U+738B] [slightly smiling face]"


def test_marks_that_turn_the_direction_are_left_out() -> None:
    assert drawable("abc\u202edef\u2066") == "abcdef"
    assert writable("abc\u202edef") == "abcdef"


def test_a_word_longer_than_the_line_may_break_and_loses_nothing() -> None:
    shown = drawable("x" * 100, 30)
    assert shown.replace(BREAK, "") == "x" * 100
    assert max(map(len, shown.split(BREAK))) == 30


@given(st.text(st.characters(exclude_categories=())))
def test_every_character_that_comes_out_is_one_that_a_font_holds(text: str) -> None:
    assert all(ord(c) in covered() or c in "\n\t" for c in drawable(text))


@given(st.text(st.characters(exclude_categories=())))
def test_what_is_writable_can_be_encoded_and_holds_no_control_character(text: str) -> None:
    kept = writable(text)
    kept.encode()
    assert not [c for c in kept if ord(c) < 32 and c not in "\n\t"]
