"""So many of a hundred people, drawn as a hundred small figures, for the screen and for paper.

Filled darkly: as many as the low end of the interval. Filled more lightly: up to the best guess. Outlined: up to the high end.
Grey: the others. The picture has a name and a description, so nothing hangs on colour; colours are attributes, which a style
sheet may replace by the classes `sure`, `guess`, `perhaps` and `rest`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

N = 100
COLUMNS = 20
WIDTH, HEIGHT = 10.0, 19.0  # the room of one figure
FIGURE = (  # from the upper left corner of its room: a head, and a body with arms and legs
    "m5 1a2.3 2.3 0 1 0 .01 0z"
    "m-2.1 5.4q-1.6 0-1.6 1.6v4.2q0 .8.8.8h.7v4.4q0 .8.8.8h2.8q.8 0 .8-.8v-4.4h.7q.8 0 .8-.8v-4.2q0-1.6-1.6-1.6z"
)
REST = "#d3dbde"
GOOD: Mapping[str, str] = {"sure": "#1b5f56", "guess": "#5a9f95"}
BAD: Mapping[str, str] = {"sure": "#8a3f00", "guess": "#cf8743"}


@dataclass(frozen=True)
class Counted:
    """How many of a hundred people, as best guess and as the interval leaves open."""

    n: int
    low: int | None = None
    high: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.least <= self.n <= self.most <= N:
            raise ValueError("a count of a hundred needs 0 <= low <= n <= high <= 100")

    @property
    def least(self) -> int:
        return self.n if self.low is None else self.low

    @property
    def most(self) -> int:
        return self.n if self.high is None else self.high


def counted(p: float, low: float | None = None, high: float | None = None) -> Counted:
    """A chance and its interval as counts of a hundred; the counts keep the order that rounding could upset."""
    n = round(N * p)
    if low is None or high is None:
        return Counted(n)
    return Counted(n, min(n, round(N * low)), max(n, round(N * high)))


def in_words(c: Counted) -> str:
    """`34 of 100, could be 25 to 45`; a rare thing is never called nothing, a certain one never all."""
    said = "fewer than 1 of 100" if c.n == 0 else "more than 99 of 100" if c.n == N else f"{c.n} of 100"
    room = _room(c)
    return f"{said}, could be {room}" if room else said


def _room(c: Counted) -> str:
    if c.least == c.most:
        return ""
    if c.least == c.n:
        return f"up to {c.most}"
    return f"{c.least or 'fewer than 1'} to {c.most}" if c.most > 1 else "fewer"


def icon_array(name: str, title: str, c: Counted, colours: Mapping[str, str] = GOOD) -> Markup:
    """An SVG of a hundred figures. `name` is its own on the page; `title` says what is counted."""
    rows = -(-N // COLUMNS)
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="icon-array" viewBox="0 0 {w:g} {h:g}" role="img" '
        'aria-labelledby="{n}-t {n}-d"><title id="{n}-t">{title}</title><desc id="{n}-d">{said}</desc>{figures}</svg>'
    ).format(w=COLUMNS * WIDTH, h=rows * HEIGHT, n=name, title=title, said=in_words(c), figures=_figures(c, colours))


def _figures(c: Counted, colours: Mapping[str, str]) -> Markup:
    parts = [
        _path("sure", range(c.least), fill=colours["sure"]),
        _path("guess", range(c.least, c.n), fill=colours["guess"]),
        _path("perhaps", range(c.n, c.most), fill="#ffffff", stroke=colours["sure"]),
        _path("rest", range(c.most, N), fill=REST),
    ]
    return Markup("").join(parts)


def _path(kind: str, places: Iterable[int], *, fill: str, stroke: str = "none") -> Markup:
    d = "".join(f"M{WIDTH * (i % COLUMNS):g} {HEIGHT * (i // COLUMNS):g}{FIGURE}" for i in places)
    if not d:
        return Markup("")
    path = Markup('<path class="{k}" fill="{f}" stroke="{s}" stroke-width="0.9" d="{d}"/>')
    return path.format(k=kind, f=fill, s=stroke, d=d)
