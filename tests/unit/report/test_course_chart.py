"""The charts of a person over time: where the dots stand, what is drawn around them, and what is said to who cannot see."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterdisc.program import Program
from afterdisc.report.course_chart import BOTTOM, HEIGHT, LEFT, LONG, RIGHT, TOP, WIDTH, Measured, Span, course_chart, timeline

PAIN = {
    "label": "Leg pain",
    "range": [0.0, 10.0],
    "better": "lower",
    "thresholds": [
        {"kind": "pass", "of": "score", "value": 2.0},
        {"kind": "mcid", "of": "change", "value": 3.0},
        {"kind": "mcid", "of": "percent_change", "value": 1.0},
        {"kind": "success", "of": "change", "value": 4.0},
    ],
}
HEALTH = {"label": "Health", "range": [-0.6, 1.0], "better": "higher", "thresholds": PAIN["thresholds"][1:2]}
CURVE = {"points": [{"weeks": w, "mean": m, "sd": 2.0} for w, m in ((0, 9.0), (6, 3.0), (26, 2.0), (52, 1.0))]}
SHORT = {"points": [{"weeks": 0, "mean": 6.0, "sd": 1.0}, {"weeks": 52, "mean": 3.0, "sd": 1.0}]}
POINT = {"points": [{"weeks": 0, "mean": 5.0, "sd": 1.0}]}
Element = ElementTree.Element


def drawn(svg: object) -> Element:
    return ElementTree.fromstring(str(svg))


def of_class(root: Element, name: str, kind: str = "*") -> list[Element]:
    return [e for e in root.iter() if name in e.get("class", "").split() and kind in ("*", e.tag)]


def points(element: Element) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (p.split(",") for p in element.get("points", "").split())]


def level(element: Element) -> float:
    found = re.fullmatch(r"M[\d.]+ ([\d.]+)H[\d.]+", element.get("d", ""))
    assert found
    return float(found[1])


def places(root: Element) -> Iterable[tuple[float, float]]:
    """Every place anything is drawn at."""
    for e in root.iter():
        yield from points(e)
        for x, y in (("cx", "cy"), ("x", "y")):
            if e.get(x):
                yield float(e.get(x, "")), float(e.get(y, ""))


def y_of(value: float, low: float = 0.0, high: float = 10.0) -> float:
    return TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM)


# ----------------------------------------------------------------------------------------------------------------- dots


def test_each_score_is_a_dot_at_its_week_and_value() -> None:
    root = drawn(course_chart("pain", PAIN, [CURVE], [Measured(-2, 8), Measured(6, 3), Measured(30, 6)]))
    dots = [(float(c.get("cx", "")), float(c.get("cy", ""))) for c in of_class(root, "own", "circle")]
    assert [y for _, y in dots] == pytest.approx([y_of(8), y_of(3), y_of(6)], abs=0.06)
    assert (dots[1][0] - dots[0][0]) / (dots[2][0] - dots[1][0]) == pytest.approx(8 / 24, abs=0.01)
    [line] = of_class(root, "own", "polyline")
    assert points(line) == dots


def test_a_better_score_stands_lower_or_higher_as_its_numbers_do() -> None:
    for instrument, values in ((PAIN, (9, 1)), (HEALTH, (0.9, 0.1))):
        root = drawn(course_chart("x", instrument, [], [Measured(i, v) for i, v in enumerate(values)]))
        high, low = (float(c.get("cy", "")) for c in of_class(root, "own", "circle"))
        assert high < low  # y grows downwards


@given(
    st.lists(st.tuples(st.floats(-100, 1500), st.floats(0, 10)), max_size=12),
    st.sampled_from([[], [CURVE], [CURVE, SHORT, POINT]]),
)
def test_nothing_is_drawn_outside_the_picture(scores: list[tuple[float, float]], curves: list[Any]) -> None:
    root = drawn(course_chart("pain", PAIN, curves, [Measured(w, v) for w, v in sorted(scores)]))
    assert all(-1 <= x <= WIDTH + 1 and -1 <= y <= HEIGHT + 1 for x, y in places(root))
    inside = [p for e in (*of_class(root, "own"), *of_class(root, "band"), *of_class(root, "published")) for p in points(e)]
    assert all(LEFT - 0.1 <= x <= WIDTH - RIGHT + 0.1 and TOP - 0.1 <= y <= HEIGHT - BOTTOM + 0.1 for x, y in inside)


@given(st.lists(st.floats(-30, 1500), min_size=1, max_size=8))
def test_the_weeks_below_do_not_run_into_each_other(weeks: list[float]) -> None:
    root = drawn(course_chart("pain", PAIN, [], [Measured(w, 5) for w in sorted(weeks)]))
    at = sorted(float(t.get("x", "")) for t in of_class(root, "mid", "text") if (t.text or "").isdigit())
    assert all(b - a > 15 for a, b in pairwise(at))


def test_the_day_of_the_operation_is_marked() -> None:
    [mark] = of_class(drawn(course_chart("pain", PAIN, [], [Measured(-4, 8), Measured(40, 3)])), "operated")
    assert mark.get("d", "").endswith(f"V{HEIGHT - BOTTOM:.1f}")


def test_an_index_is_drawn_from_nought_unless_somebody_is_below_it() -> None:
    def lowest(value: float) -> str:
        root = drawn(course_chart("x", HEALTH, [], [Measured(3, value)]))
        ticks = [t for t in of_class(root, "tick", "text") if "mid" not in t.get("class", "").split()]
        return str(ticks[0].text)

    assert lowest(0.4) == "0"
    assert lowest(-0.2) == "-0.6"


# --------------------------------------------------------------------------------------------- what is drawn around them


def test_the_course_with_most_points_has_the_band_and_the_others_are_lines() -> None:
    root = drawn(course_chart("pain", PAIN, [SHORT, CURVE, POINT], [Measured(60, 5)]))
    [band] = of_class(root, "band")
    assert len(points(band)) == 2 * len(CURVE["points"])
    lines = of_class(root, "published", "polyline")
    assert [len(points(e)) for e in lines] == [4, 2]
    assert ["other" in e.get("class", "").split() for e in lines] == [False, True]


def test_the_band_is_one_standard_deviation_within_the_range() -> None:
    [band] = of_class(drawn(course_chart("pain", PAIN, [CURVE], [Measured(60, 5)])), "band")
    heights = [y for _, y in points(band)]
    assert heights[:4] == pytest.approx([y_of(10), y_of(5), y_of(4), y_of(3)], abs=0.06)
    assert heights[4:] == pytest.approx([y_of(0), y_of(0), y_of(1), y_of(7)], abs=0.06)  # 9 and 2 end at 10, 1 less 2 at nought


def test_a_course_is_shown_as_far_as_the_picture_goes() -> None:
    [line] = of_class(drawn(course_chart("pain", PAIN, [CURVE], [Measured(3, 5)])), "published")
    assert len(points(line)) == 3


def test_the_acceptable_state_is_a_level_for_everybody() -> None:
    for scores in ([], [Measured(5, 5)]):
        [passed] = of_class(drawn(course_chart("pain", PAIN, [], scores)), "pass")
        assert level(passed) == pytest.approx(y_of(2), abs=0.06)


def test_an_important_change_is_counted_from_where_this_person_began() -> None:
    [lower] = of_class(drawn(course_chart("pain", PAIN, [], [Measured(-9, 9), Measured(0, 8), Measured(12, 4)])), "mcid")
    assert level(lower) == pytest.approx(y_of(8 - 3), abs=0.06)
    begun = {**HEALTH, "thresholds": [{"kind": "mcid", "of": "change", "value": 0.2}]}
    [higher] = of_class(drawn(course_chart("x", begun, [], [Measured(-1, 0.3), Measured(9, 0.4)])), "mcid")
    assert level(higher) == pytest.approx(y_of(0.5, 0, 1), abs=0.06)


@pytest.mark.parametrize("scores", [[], [Measured(4, 8)], [Measured(-3, 2)]], ids=["none", "only after", "already low"])
def test_without_a_beginning_or_room_below_it_no_change_is_drawn(scores: list[Measured]) -> None:
    assert of_class(drawn(course_chart("pain", PAIN, [], scores)), "mcid") == []


# ------------------------------------------------------------------------------------------------------- for who cannot see


def test_the_picture_has_a_name_and_says_its_numbers() -> None:
    root = drawn(course_chart("pain", PAIN, [CURVE], [Measured(-2, 8), Measured(6.5, 3)]))
    named = {e.get("id"): e.text for e in root.iter() if e.get("id")}
    assert root.get("role") == "img"
    assert [named[i] for i in root.get("aria-labelledby", "").split()] == ["Leg pain over time", "week -2: 8; week 6.5: 3"]


def test_no_score_yet_is_said() -> None:
    assert "no score yet" in course_chart("pain", PAIN, [CURVE], [])
    assert of_class(drawn(course_chart("pain", PAIN, [CURVE], [])), "own", "circle") == []


ALLOWED = {"svg", "title", "desc", "path", "text", "circle", "rect", "polyline", "polygon"}
HOSTILE = "<script>alert(1)</script>\"'&{x} %s"


def test_words_stay_words_and_the_page_needs_no_style_or_script_of_the_picture() -> None:
    chart = course_chart("pain", {**PAIN, "label": HOSTILE}, [CURVE], [Measured(1, 2)])
    line = timeline("t", [Span("visit", HOSTILE, 3), Span("treatment", HOSTILE, 1, 9)], 12)
    for svg in (chart, line):
        root = drawn(svg)
        assert HOSTILE in "".join(root.itertext())
        assert {e.tag for e in root.iter()} <= ALLOWED
        assert not any(a == "style" or a.startswith("on") or a.endswith("href") for e in root.iter() for a in e.attrib)


def test_two_pictures_on_a_page_share_no_identity() -> None:
    svgs = [course_chart(n, PAIN, [CURVE], [Measured(1, 2)]) for n in ("one", "two")] + [timeline("three", [], 5)]
    identities = [i for svg in svgs for i in re.findall(r' id="([^"]+)"', svg)]
    assert len(identities) == len(set(identities)) == 6


def test_every_installed_score_can_be_drawn(program: Program) -> None:
    follow_up = program.book["follow_up"]
    assert follow_up["instruments"]
    for name, instrument in follow_up["instruments"].items():
        low, high = instrument["range"]
        root = drawn(course_chart(name, instrument, follow_up["expected_curve"][name], [Measured(-1, low), Measured(52, high)]))
        assert len(of_class(root, "band")) == 1
        assert all(TOP - 0.1 <= level(e) <= HEIGHT - BOTTOM + 0.1 for e in (*of_class(root, "pass"), *of_class(root, "mcid")))


# ------------------------------------------------------------------------------------------------------------- what, when


LIFE = [
    Span("operation", "Discectomy L5/S1", 0),
    Span("treatment", "Exercise", 8, 30, is_open=True),
    Span("treatment", "Gabapentin", 10, 16),
    Span("visit", "Visit", 12),
]


def test_what_lasts_is_a_bar_and_what_happens_once_a_dot() -> None:
    root = drawn(timeline("t", LIFE, 30))
    assert len(of_class(root, "treatment", "rect")) == 2
    assert [e.tag for e in (*of_class(root, "operation"), *of_class(root, "visit"))] == ["circle", "circle"]


def test_what_goes_on_is_marked_in_picture_and_words() -> None:
    root = drawn(timeline("t", LIFE, 30))
    assert len(of_class(root, "open")) == 1
    said = root.findtext("desc") or ""
    assert said == "Discectomy L5/S1, week 0; Exercise, since week 8; Gabapentin, week 10 to 16; Visit, week 12"


def test_a_bar_begins_and_ends_where_the_weeks_say() -> None:
    root = drawn(timeline("t", LIFE, 30))
    exercise, gabapentin = of_class(root, "treatment", "rect")
    [operation] = of_class(root, "operation")
    week = (float(exercise.get("x", "")) - float(operation.get("cx", ""))) / 8
    assert float(exercise.get("width", "")) == pytest.approx(22 * week, abs=0.2)
    assert float(gabapentin.get("width", "")) == pytest.approx(6 * week, abs=0.2)


def test_each_thing_has_a_lane_of_its_own() -> None:
    heights = [float(e.get("y", "")) for e in of_class(drawn(timeline("t", LIFE, 30)), "span-label")]
    assert len(set(heights)) == len(LIFE)


@given(
    st.lists(st.tuples(st.floats(-500, 1000), st.none() | st.floats(0, 300)), max_size=8),
    st.floats(-50, 1000),
)
def test_every_thing_and_today_stand_within_the_timeline(spans: list[tuple[float, float | None]], now: float) -> None:
    made = [Span("visit", "x", a, None if b is None else a + b) for a, b in spans]
    root = drawn(timeline("t", made, now))
    height = float(root.get("viewBox", "").split()[3])
    assert all(0 <= x <= LONG and 0 <= y <= height for x, y in places(root))
    [today] = of_class(root, "now")
    found = re.match(r"M([\d.-]+) 0V", today.get("d", ""))
    assert found
    assert LEFT - 0.1 <= float(found[1]) <= LONG - RIGHT + 0.1


def test_a_short_treatment_can_still_be_seen() -> None:
    [bar] = of_class(drawn(timeline("t", [Span("treatment", "x", 400, 400.1)], 800)), "treatment", "rect")
    assert float(bar.get("width", "")) >= 4
