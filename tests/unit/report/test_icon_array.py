"""A hundred figures, whatever the chance."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterdisc.report.icon_array import Counted, counted, icon_array, in_words

SHARE = st.floats(0, 1)


def figures_of(svg: str) -> dict[str, int]:
    """How many figures of each kind are drawn."""
    root = ElementTree.fromstring(svg)
    paths = root.iter("{http://www.w3.org/2000/svg}path")
    return {p.attrib["class"]: len(re.findall("M", p.attrib["d"])) for p in paths}


@given(SHARE, SHARE, SHARE)
def test_there_are_always_a_hundred_figures(a: float, b: float, c: float) -> None:
    low, p, high = sorted((a, b, c))
    seen = counted(p, low, high)
    drawn = figures_of(str(icon_array("x", "Better", seen)))
    assert sum(drawn.values()) == 100
    assert drawn.get("sure", 0) + drawn.get("guess", 0) == seen.n == round(100 * p)
    assert drawn.get("perhaps", 0) == seen.most - seen.n


def test_the_picture_says_in_words_what_it_shows() -> None:
    root = ElementTree.fromstring(str(icon_array("x", "Better after a year", counted(0.34, 0.25, 0.45))))
    title, desc = root[0], root[1]
    assert title.text == "Better after a year"
    assert desc.text == "34 of 100, could be 25 to 45"
    assert root.attrib["aria-labelledby"] == f"{title.attrib['id']} {desc.attrib['id']}"


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (Counted(0), "fewer than 1 of 100"),
        (Counted(0, 0, 3), "fewer than 1 of 100, could be up to 3"),
        (Counted(1, 0, 1), "1 of 100, could be fewer"),
        (Counted(2, 0, 5), "2 of 100, could be fewer than 1 to 5"),
        (Counted(100), "more than 99 of 100"),
        (Counted(7, 7, 7), "7 of 100"),
    ],
)
def test_rare_is_not_nothing_and_nearly_all_is_not_all(shown: Counted, said: str) -> None:
    assert in_words(shown) == said


def test_a_title_is_text_and_never_markup() -> None:
    svg = str(icon_array("x", '<script>alert("1")</script>', Counted(3)))
    assert "<script>" not in svg
    assert ElementTree.fromstring(svg)[0].text == '<script>alert("1")</script>'


def test_nothing_in_it_breaks_a_strict_content_policy() -> None:
    svg = str(icon_array("x", "Better", Counted(3, 1, 9)))
    assert not re.search(r"style=|on\w+=|<script|<style|href", svg)


@pytest.mark.parametrize("wrong", [(5, 6, 9), (5, 1, 4), (101, None, None)])
def test_a_count_outside_its_own_interval_is_refused(wrong: tuple[int, int | None, int | None]) -> None:
    with pytest.raises(ValueError, match="low <= n <= high"):
        Counted(*wrong)
