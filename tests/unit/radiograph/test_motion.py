"""What four corners a film come to: known cases, what must make no difference, how sure it is, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import astuple, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterdisc.errors import ImpossiblePoints
from afterdisc.radiograph import Corners, Measured, measure
from afterdisc.radiograph.motion import Point, disc_angle_deg, slip_mm

CLOSE = {"rel": 1e-9, "abs": 1e-7}
PARTS = ("upper_back", "upper_front", "lower_back", "lower_front")
NEUTRAL = Corners(upper_back=(100, 170), upper_front=(200, 170), lower_back=(100, 200), lower_front=(200, 200))


def segment(slip: float, angle: float, *, lower: float = 120.0, upper: float = 110.0, height: float = 20.0) -> Corners:
    """A segment seen from the side, front to the right: slip in pixels, opening to the front in degrees."""
    along, up = upper * math.cos(math.radians(angle)), upper * math.sin(math.radians(angle))
    back = (300.0 + slip, 300.0 - height + up / 2)
    return Corners(back, (back[0] + along, back[1] - up), (300.0, 300.0), (300.0 + lower, 300.0))


def through(move: Callable[[Point], Point], film: Measured) -> Measured:
    return replace(film, corners=Corners(*(move(p) for p in astuple(film.corners))))


def turned(degrees: float) -> Callable[[Point], Point]:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return lambda p: (c * p[0] - s * p[1], s * p[0] + c * p[1])


@st.composite
def segments(draw: st.DrawFn) -> Corners:
    angle = draw(st.floats(-30, 30))
    upper = draw(st.floats(60, 400))
    least = upper / 2 * abs(math.sin(math.radians(angle))) + 3  # the endplates do not touch
    return segment(
        draw(st.floats(-80, 80)), angle, lower=draw(st.floats(60, 400)), upper=upper, height=least + draw(st.floats(0, 60))
    )


SCALES = st.floats(0.05, 1.0)
FILMS = st.builds(Measured, segments(), SCALES)


# ------------------------------------------------------------------------------------------------------------ known cases


def test_two_films_alike_show_no_motion() -> None:
    film = Measured(segment(3, 8), 0.2)
    motion = measure(film, film)
    assert (motion.translation_mm, motion.angulation_deg) == (0, 0)


def test_a_vertebra_ten_pixels_forward_slips_two_millimetres_at_a_fifth_of_a_millimetre_a_pixel() -> None:
    flexed = Measured(segment(10, 0), 0.2)
    motion = measure(flexed, Measured(segment(0, 0), 0.2))
    assert motion.slip_flexion_mm == pytest.approx(2.0)
    assert motion.slip_extension_mm == pytest.approx(0.0)
    assert motion.translation_mm == pytest.approx(2.0)
    assert motion.slip_flexion_percent == pytest.approx(100 * 10 / 120)


def test_a_slip_forward_in_flexion_and_backward_in_extension_adds_up() -> None:
    motion = measure(Measured(segment(10, 0), 0.2), Measured(segment(-5, 0), 0.2))
    assert motion.slip_extension_mm == pytest.approx(-1.0)
    assert motion.translation_mm == pytest.approx(3.0)


def test_each_film_has_its_own_scale() -> None:
    motion = measure(Measured(segment(10, 0), 0.2), Measured(segment(20, 0), 0.1))
    assert motion.translation_mm == pytest.approx(0.0)


def test_a_disc_that_closes_in_front_by_five_and_opens_by_nine_turns_by_fourteen_degrees() -> None:
    motion = measure(Measured(segment(0, -5), 0.2), Measured(segment(0, 9), 0.2))
    assert motion.angle_flexion_deg == pytest.approx(-5)
    assert motion.angle_extension_deg == pytest.approx(9)
    assert motion.angulation_deg == pytest.approx(14)


def test_endplates_that_touch_behind_are_measured() -> None:
    touching = Corners((100, 200), (200, 170), (100, 200), (200, 200))
    assert disc_angle_deg(touching) == pytest.approx(math.degrees(math.atan2(30, 100)))


@given(st.floats(-80, 80), st.floats(-30, 30), SCALES)
def test_what_was_built_in_is_what_is_measured(slip: float, angle: float, scale: float) -> None:
    film = Measured(segment(slip, angle, height=60), scale)
    assert slip_mm(film) == pytest.approx(slip * scale, **CLOSE)
    assert disc_angle_deg(film.corners) == pytest.approx(angle, **CLOSE)


# ------------------------------------------------------------------------------------------------- what makes no difference


def agree(one: Measured, other: Measured) -> None:
    assert slip_mm(one) == pytest.approx(slip_mm(other), **CLOSE)
    assert disc_angle_deg(one.corners) == pytest.approx(disc_angle_deg(other.corners), **CLOSE)


@given(FILMS)
def test_the_side_the_person_faces_makes_no_difference(film: Measured) -> None:
    agree(film, through(lambda p: (2000 - p[0], p[1]), film))


@given(FILMS)
def test_a_film_upside_down_makes_no_difference(film: Measured) -> None:
    agree(film, through(lambda p: (p[0], 2000 - p[1]), film))


@given(FILMS, st.floats(-180, 180))
def test_how_far_the_film_is_turned_makes_no_difference(film: Measured, degrees: float) -> None:
    agree(film, through(turned(degrees), film))


@given(FILMS, st.floats(-2000, 2000), st.floats(-2000, 2000))
def test_where_on_the_film_the_segment_lies_makes_no_difference(film: Measured, dx: float, dy: float) -> None:
    agree(film, through(lambda p: (p[0] + dx, p[1] + dy), film))


@given(FILMS, st.floats(0.5, 8))
def test_a_larger_picture_of_the_same_body_measures_the_same(film: Measured, times: float) -> None:
    larger = through(lambda p: (p[0] * times, p[1] * times), film)
    agree(film, replace(larger, mm_per_pixel=film.mm_per_pixel / times))


@given(FILMS, st.floats(0.5, 8))
def test_millimetres_grow_with_the_scale_and_degrees_do_not(film: Measured, times: float) -> None:
    rescaled = replace(film, mm_per_pixel=film.mm_per_pixel * times)
    assert slip_mm(rescaled) == pytest.approx(slip_mm(film) * times, **CLOSE)
    assert disc_angle_deg(rescaled.corners) == disc_angle_deg(film.corners)


@given(FILMS, FILMS)
def test_films_the_other_way_round_move_as_far(flexion: Measured, extension: Measured) -> None:
    there, back = measure(flexion, extension), measure(extension, flexion)
    assert back.translation_mm == pytest.approx(there.translation_mm, **CLOSE)
    assert back.angulation_deg == pytest.approx(there.angulation_deg, **CLOSE)
    assert back.translation_error_mm == pytest.approx(there.translation_error_mm, **CLOSE)
    assert back.angulation_error_deg == pytest.approx(there.angulation_error_deg, **CLOSE)
    assert (back.slip_flexion_mm, back.slip_extension_mm) == (there.slip_extension_mm, there.slip_flexion_mm)
    assert (back.angle_flexion_deg, back.angle_extension_deg) == (there.angle_extension_deg, there.angle_flexion_deg)


@given(FILMS, FILMS)
def test_sizes_are_never_negative_and_errors_never_nought(flexion: Measured, extension: Measured) -> None:
    motion = measure(flexion, extension)
    assert min(motion.translation_mm, motion.angulation_deg) >= 0
    assert min(motion.translation_error_mm, motion.angulation_error_deg) > 0
    assert all(math.isfinite(v) for v in astuple(motion))


# -------------------------------------------------------------------------------------------------------------- how sure


def scattered(film: Measured, n: int, rng: np.random.Generator) -> list[Measured]:
    """The same film with each corner a pixel off in either direction, by chance."""
    drawn = np.array(astuple(film.corners)) + rng.normal(size=(n, 4, 2))
    return [replace(film, corners=Corners(*map(tuple, points))) for points in drawn.tolist()]


ERROR_CASES = {
    "clear motion": (Measured(segment(12, -6), 0.2), Measured(segment(-3, 8), 0.2)),
    "hardly any motion": (Measured(segment(2, 6.1, height=30), 0.2), Measured(segment(1.8, 6.0, height=30), 0.2)),
    "films of unlike scale": (Measured(segment(10, 2, lower=300, upper=280, height=60), 0.1), Measured(segment(4, 7), 0.35)),
    "turned and mirrored": (
        through(turned(37), Measured(segment(9, -4), 0.25)),
        through(lambda p: (900 - p[0], p[1]), Measured(segment(-9, 12), 0.25)),
    ),
}


@pytest.mark.parametrize("case", list(ERROR_CASES))
def test_the_errors_are_those_of_corners_placed_a_pixel_off_by_chance(case: str) -> None:
    flexion, extension = ERROR_CASES[case]
    rng, n = np.random.default_rng(1), 3000
    pairs = list(zip(scattered(flexion, n, rng), scattered(extension, n, rng), strict=True))
    slips = np.array([slip_mm(a) - slip_mm(b) for a, b in pairs])
    angles = np.array([disc_angle_deg(a.corners) - disc_angle_deg(b.corners) for a, b in pairs])
    told = measure(flexion, extension)
    assert told.translation_error_mm == pytest.approx(slips.std(), rel=0.15)
    assert told.angulation_error_deg == pytest.approx(angles.std(), rel=0.15)


def test_a_larger_picture_of_the_same_body_is_measured_more_surely() -> None:
    small = Measured(segment(10, 5), 0.2)
    large = Measured(segment(20, 5, lower=240, upper=220, height=40), 0.1)
    one, other = measure(small, small), measure(large, large)
    assert other.translation_error_mm == pytest.approx(one.translation_error_mm / 2, rel=0.05)
    assert other.angulation_error_deg == pytest.approx(one.angulation_error_deg / 2, rel=0.05)


# -------------------------------------------------------------------------------------------------------------- refusals


REFUSED = {
    "corners of the upper endplate together": (replace(NEUTRAL, upper_front=(103, 171)), 0.2, "upper endplate lie together"),
    "corners of the lower endplate together": (replace(NEUTRAL, lower_front=(100, 200)), 0.2, "lower endplate lie together"),
    "endplates that cross": (replace(NEUTRAL, upper_back=(100, 190), upper_front=(200, 210)), 0.2, "endplates cross"),
    "front and back of one endplate swapped": (
        replace(NEUTRAL, upper_back=(200, 170), upper_front=(100, 170)),
        0.2,
        "Front and back of one of them are swapped",
    ),
    "no scale": (NEUTRAL, 0.0, "scale is not known"),
    "a scale below nought": (NEUTRAL, -0.2, "scale is not known"),
    "a scale that is no number": (NEUTRAL, math.nan, "scale is not known"),
    "a scale without end": (NEUTRAL, math.inf, "scale is not known"),
}


@pytest.mark.parametrize("film", ["flexion", "extension"])
@pytest.mark.parametrize("case", list(REFUSED))
def test_what_no_spine_has_is_refused_by_film_and_reason(case: str, film: str) -> None:
    corners, scale, reason = REFUSED[case]
    bad, good = Measured(corners, scale), Measured(NEUTRAL, 0.2)
    with pytest.raises(ImpossiblePoints, match=rf"^{film} film: .*{reason}"):
        measure(bad, good) if film == "flexion" else measure(good, bad)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("part", PARTS)
def test_a_corner_that_is_no_point_is_refused(part: str, value: float) -> None:
    bad = Measured(replace(NEUTRAL, **{part: (100.0, value)}), 0.2)
    with pytest.raises(ImpossiblePoints, match="extension film: a corner is no point"):
        measure(Measured(NEUTRAL, 0.2), bad)


@given(FILMS, FILMS)
def test_nothing_a_spine_can_have_is_refused(flexion: Measured, extension: Measured) -> None:
    measure(flexion, extension)


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0, 50)), min_size=8, max_size=8), SCALES)
def test_any_points_at_all_come_to_numbers_or_to_a_refusal(points: list[Point], scale: float) -> None:
    try:
        numbers = astuple(measure(Measured(Corners(*points[:4]), scale), Measured(Corners(*points[4:]), scale)))
    except ImpossiblePoints:
        numbers = ()
    assert all(math.isfinite(v) for v in numbers)
