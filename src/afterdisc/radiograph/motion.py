"""How far one segment moves between flexion and extension, from four corner points a film.

On each film the two vertebrae that face the disc give two lines: the lower endplate of the upper vertebra and the upper
endplate of the lower one, each from its back to its front corner.

- *slip*: how far the back corner of the upper vertebra stands in front of that of the lower one, along the lower
  endplate. Positive: the upper vertebra stands forward.
- *disc angle*: the angle between the two endplates. Positive: open to the front.
- *translation* and *angulation* are what changes of these between the two films.

Where the person faces, how the film is turned and whether it is mirrored make no difference: front and back are named.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace

from afterdisc.errors import ImpossiblePoints

Point = tuple[float, float]  # x to the right, y down, in pixels
SMALLEST_ENDPLATE_PX = 5.0
PARTS = ("upper_back", "upper_front", "lower_back", "lower_front")


@dataclass(frozen=True)
class Corners:
    """The four corners on one film, in pixels of its picture."""

    upper_back: Point
    upper_front: Point
    lower_back: Point
    lower_front: Point


@dataclass(frozen=True)
class Measured:
    """One film as it was measured: its corners, and how many millimetres a pixel is."""

    corners: Corners
    mm_per_pixel: float


@dataclass(frozen=True)
class Motion:
    """What two films come to. Each `_error` is how far the result moves if every corner is a pixel off, independently."""

    translation_mm: float
    angulation_deg: float
    translation_error_mm: float
    angulation_error_deg: float
    slip_flexion_mm: float
    slip_extension_mm: float
    angle_flexion_deg: float
    angle_extension_deg: float
    slip_flexion_percent: float
    slip_extension_percent: float


def measure(flexion: Measured, extension: Measured) -> Motion:
    """Translation in millimetres and angulation in degrees between the two films; both are sizes without a sign.

    Raises ImpossiblePoints for corners that lie together, endplates that cross, or a scale that is none.
    """
    for name, film in (("flexion", flexion), ("extension", extension)):
        _refuse_nonsense(name, film)

    def slipped(a: Measured, b: Measured) -> float:
        return slip_mm(a) - slip_mm(b)

    def turned(a: Measured, b: Measured) -> float:
        return disc_angle_deg(a.corners) - disc_angle_deg(b.corners)

    return Motion(
        translation_mm=abs(slipped(flexion, extension)),
        angulation_deg=abs(turned(flexion, extension)),
        translation_error_mm=_error(slipped, flexion, extension),  # of the signed change: a size has a kink at nought
        angulation_error_deg=_error(turned, flexion, extension),
        slip_flexion_mm=slip_mm(flexion),
        slip_extension_mm=slip_mm(extension),
        angle_flexion_deg=disc_angle_deg(flexion.corners),
        angle_extension_deg=disc_angle_deg(extension.corners),
        slip_flexion_percent=_slip_percent(flexion),
        slip_extension_percent=_slip_percent(extension),
    )


def slip_mm(film: Measured) -> float:
    """How far the upper vertebra stands in front of the lower one, along the lower endplate."""
    c = film.corners
    front = _unit(_between(c.lower_back, c.lower_front))
    return _dot(_between(c.lower_back, c.upper_back), front) * film.mm_per_pixel


def disc_angle_deg(c: Corners) -> float:
    """The angle between the endplates, positive if the disc is higher in front."""
    front = _unit(_between(c.lower_back, c.lower_front))
    up = _towards_upper(c, front)
    plate = _between(c.upper_back, c.upper_front)
    return math.degrees(math.atan2(_dot(plate, up), _dot(plate, front)))


def _towards_upper(c: Corners, front: Point) -> Point:
    """Square to the lower endplate, on the side of the upper vertebra."""
    square = (-front[1], front[0])
    to_upper = _between(_middle(c.lower_back, c.lower_front), _middle(c.upper_back, c.upper_front))
    return square if _dot(to_upper, square) >= 0 else (-square[0], -square[1])


def _slip_percent(film: Measured) -> float:
    c = film.corners
    return 100 * slip_mm(film) / (_length(_between(c.lower_back, c.lower_front)) * film.mm_per_pixel)


def _error(of: Callable[[Measured, Measured], float], a: Measured, b: Measured) -> float:
    """First-order propagation of one pixel in every coordinate of every corner."""
    base, total = of(a, b), 0.0
    for name in PARTS:
        for dx, dy in ((1.0, 0.0), (0.0, 1.0)):
            total += (of(_moved(a, name, dx, dy), b) - base) ** 2 + (of(a, _moved(b, name, dx, dy)) - base) ** 2
    return math.sqrt(total)


def _moved(film: Measured, name: str, dx: float, dy: float) -> Measured:
    x, y = getattr(film.corners, name)
    return replace(film, corners=replace(film.corners, **{name: (x + dx, y + dy)}))


def _refuse_nonsense(name: str, film: Measured) -> None:
    c = film.corners
    if not all(math.isfinite(v) for f in fields(c) for v in getattr(c, f.name)):
        raise ImpossiblePoints(f"{name} film: a corner is no point. Place all four corners.")
    if not (math.isfinite(film.mm_per_pixel) and film.mm_per_pixel > 0):
        raise ImpossiblePoints(f"{name} film: the scale is not known. Draw a line of known length on it.")
    for plate, back, front in (("upper", c.upper_back, c.upper_front), ("lower", c.lower_back, c.lower_front)):
        if _length(_between(back, front)) < SMALLEST_ENDPLATE_PX:
            raise ImpossiblePoints(f"{name} film: the two corners of the {plate} endplate lie together. Place them apart.")
    if _cross_over(c):
        raise ImpossiblePoints(f"{name} film: the two endplates cross. Check which corner is which.")
    if abs(disc_angle_deg(c)) > 90:
        raise ImpossiblePoints(f"{name} film: the endplates face opposite ways. Front and back of one of them are swapped.")


def _cross_over(c: Corners) -> bool:
    def side(p: Point, a: Point, b: Point) -> float:
        return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])

    upper = side(c.lower_back, c.upper_back, c.upper_front) * side(c.lower_front, c.upper_back, c.upper_front)
    lower = side(c.upper_back, c.lower_back, c.lower_front) * side(c.upper_front, c.lower_back, c.lower_front)
    return upper < 0 and lower < 0


def _between(a: Point, b: Point) -> Point:
    return (b[0] - a[0], b[1] - a[1])


def _middle(a: Point, b: Point) -> Point:
    return ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)


def _dot(a: Point, b: Point) -> float:
    return a[0] * b[0] + a[1] * b[1]


def _length(a: Point) -> float:
    return math.hypot(*a)


def _unit(a: Point) -> Point:
    size = _length(a)
    return (a[0] / size, a[1] / size)
