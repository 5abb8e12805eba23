"""One score over time against the published course after discectomy, and what happened when; as SVG without a script.

Each chart is an image with a name of its own; the numbers it shows stand in the table beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

Item = Mapping[str, Any]
WIDTH, HEIGHT = 640, 250
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 14, 34
LANE = 26
LETTER = 6.6  # of a label, on the safe side
LONG = 1080  # the timeline is as wide as the page


@dataclass(frozen=True)
class Measured:
    """One score of this person, so many weeks after the operation in question (before it: negative)."""

    weeks: float
    value: float


@dataclass(frozen=True)
class Frame:
    """How weeks and values become places on the drawing."""

    first: float
    last: float
    low: float
    high: float
    width: int = WIDTH

    def x(self, weeks: float) -> float:
        return LEFT + (weeks - self.first) / (self.last - self.first) * (self.width - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return TOP + (self.high - value) / (self.high - self.low) * (HEIGHT - TOP - BOTTOM)


def course_chart(name: str, instrument: Item, curves: Sequence[Item], measured: Sequence[Measured]) -> Markup:
    """This person's scores (dots) over the published courses (lines, the first with its spread) and the lines that matter.

    `instrument` and `curves` are those of the knowledge base's follow-up. The band is one standard deviation to each side.
    """
    frame = _frame(instrument, measured)
    parts = [_grid(frame), *_bands(frame, curves), *_lines(frame, instrument, measured), _series(frame, measured)]
    said = "; ".join(f"week {m.weeks:g}: {m.value:g}" for m in measured) or "no score yet"
    return Markup(
        '<svg class="course" viewBox="0 0 {w} {h}" role="img" aria-labelledby="{n}-t {n}-d"><title id="{n}-t">{title} over time'
        '</title><desc id="{n}-d">{said}</desc>{parts}</svg>'
    ).format(w=WIDTH, h=HEIGHT, n=name, title=instrument["label"], said=said, parts=Markup("").join(parts))


def _frame(instrument: Item, measured: Sequence[Measured]) -> Frame:
    weeks = [m.weeks for m in measured]
    last = max(26.0, *weeks) if weeks else 52.0
    low, high = instrument["range"]
    return Frame(min(-4.0, *weeks) if weeks else -4.0, last * 1.04, max(low, 0.0) if not weeks else low_of(measured, low), high)


def low_of(measured: Sequence[Measured], low: float) -> float:
    """An index that can be below nought is drawn from nought unless somebody is below it."""
    return low if min(m.value for m in measured) < 0 else max(low, 0.0)


def _grid(f: Frame) -> Markup:
    step = (f.high - f.low) / 5
    rows = [f.low + i * step for i in range(6)]
    weeks = [w for w in (0, 6, 13, 26, 52, 78, 104, 156, 208, 312, 416, 520) if f.first <= w <= f.last]
    shown = [w for i, w in enumerate(weeks) if i == 0 or f.x(w) - f.x(weeks[i - 1]) > 18]
    parts = [
        Markup(
            '<path class="grid" d="M{a:.1f} {y:.1f}H{b:.1f}"/><text class="tick" x="{t:.1f}" y="{ty:.1f}">{v:g}</text>'
        ).format(a=LEFT, b=WIDTH - RIGHT, y=f.y(v), t=LEFT - 6, ty=f.y(v) + 4, v=round(v, 2))
        for v in rows
    ]
    parts += [
        Markup(
            '<path class="{c}" d="M{x:.1f} {a:.1f}V{b:.1f}"/><text class="tick mid" x="{x:.1f}" y="{t:.1f}">{w}</text>'
        ).format(c="operated" if w == 0 else "grid", x=f.x(w), a=TOP, b=HEIGHT - BOTTOM, t=HEIGHT - BOTTOM + 16, w=w)
        for w in shown
    ]
    caption = Markup('<text class="tick mid" x="{x:.1f}" y="{y:.1f}">weeks after the operation</text>')
    return Markup("").join([*parts, caption.format(x=(LEFT + WIDTH - RIGHT) / 2, y=HEIGHT - 3)])


def _bands(f: Frame, curves: Sequence[Item]) -> list[Markup]:
    """The course with most points as a band of one standard deviation; every course with two or more points as a line."""
    out = []
    drawn = sorted((c for c in curves if len(c["points"]) > 1), key=lambda c: -len(c["points"]))
    for place, curve in enumerate(drawn):
        points = [p for p in curve["points"] if f.first <= p["weeks"] <= f.last]
        if place == 0 and len(points) > 1:
            upper = [(p["weeks"], min(p["mean"] + p["sd"], f.high)) for p in points]
            lower = [(p["weeks"], max(p["mean"] - p["sd"], f.low)) for p in reversed(points)]
            out.append(Markup('<polygon class="band" points="{p}"/>').format(p=_points(f, [*upper, *lower])))
        if len(points) > 1:
            line = _points(f, [(p["weeks"], p["mean"]) for p in points])
            out.append(Markup('<polyline class="published{c}" points="{p}"/>').format(c="" if place == 0 else " other", p=line))
    return out


def _lines(f: Frame, instrument: Item, measured: Sequence[Measured]) -> list[Markup]:
    """The acceptable state as a level of its own; an important change as a level below where this person began."""
    levels = sorted({t["value"] for t in instrument["thresholds"] if t["kind"] == "pass" and t["of"] == "score"})
    out = [_level(f, v, "pass") for v in levels]
    before = [m for m in measured if m.weeks <= 0]
    if before:
        sign = -1 if instrument["better"] == "lower" else 1
        changes = [t["value"] for t in instrument["thresholds"] if t["kind"] == "mcid" and t["of"] == "change"]
        reached = sorted({before[-1].value + sign * c for c in changes})
        out += [_level(f, v, "mcid") for v in reached if f.low <= v <= f.high]
    return out


def _level(f: Frame, value: float, kind: str) -> Markup:
    return Markup('<path class="{k}" d="M{a:.1f} {y:.1f}H{b:.1f}"/>').format(k=kind, a=LEFT, b=WIDTH - RIGHT, y=f.y(value))


def _series(f: Frame, measured: Sequence[Measured]) -> Markup:
    line = Markup('<polyline class="own" points="{p}"/>').format(p=_points(f, [(m.weeks, m.value) for m in measured]))
    dots = [
        Markup('<circle class="own" cx="{x:.1f}" cy="{y:.1f}" r="5"/>').format(x=f.x(m.weeks), y=f.y(m.value)) for m in measured
    ]
    return Markup("").join([line, *dots])


def _points(f: Frame, points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{f.x(w):.1f},{f.y(v):.1f}" for w, v in points)


# ------------------------------------------------------------------------------------------------------------ what, when


@dataclass(frozen=True)
class Span:
    """One thing on the timeline: a point (`last` None) or a stretch, in weeks after the operation in question."""

    kind: str  # operation, visit, treatment
    label: str
    first: float
    last: float | None = None
    is_open: bool = False


def timeline(name: str, spans: Sequence[Span], now_weeks: float) -> Markup:
    """Operations, visits and treatments on one line of time, each thing in a lane of its own."""
    first = min([0.0, now_weeks, *(s.first for s in spans)])
    last = max([now_weeks, 1.0, *(s.last or s.first for s in spans)])
    frame = Frame(first - (last - first) * 0.02, last + (last - first) * 0.02, 0, 1, LONG)
    height = LANE * len(spans) + 34
    rows = [_row(frame, i, span, height) for i, span in enumerate(spans)]
    rows.append(_now(frame, now_weeks, height))
    said = "; ".join(f"{s.label}, {_when(s)}" for s in spans)
    return Markup(
        '<svg class="timeline" viewBox="0 0 {w} {h}" role="img" aria-labelledby="{n}-t {n}-d">'
        '<title id="{n}-t">What happened when</title><desc id="{n}-d">{said}</desc>{rows}</svg>'
    ).format(w=LONG, h=height, n=name, said=said, rows=Markup("").join(rows))


def _when(span: Span) -> str:
    if span.last is None:
        return f"week {span.first:g}"
    return f"since week {span.first:g}" if span.is_open else f"week {span.first:g} to {span.last:g}"


def _row(f: Frame, i: int, span: Span, height: int) -> Markup:
    y = LANE * i + 16
    a = f.x(span.first)
    b = f.x(span.last) if span.last is not None else a
    shape = (
        Markup('<rect class="{k}{o}" x="{a:.1f}" y="{y}" width="{w:.1f}" height="11" rx="3"/>').format(
            k=span.kind, o=" open" if span.is_open else "", a=a, y=y - 6, w=max(b - a, 4)
        )
        if span.last is not None
        else Markup('<circle class="{k}" cx="{a:.1f}" cy="{y}" r="6"/>').format(k=span.kind, a=a, y=y)
    )
    kind, x, down = _place_of_label(span.label, a, b)
    text = Markup('<text class="{c}" x="{x:.1f}" y="{y}">{label}</text>').format(c=kind, x=x, y=y + down, label=span.label)
    return Markup('<path class="grid" d="M{l} {y}H{r}"/>').format(l=LEFT, r=LONG - RIGHT, y=y) + shape + text


def _place_of_label(label: str, a: float, b: float) -> tuple[str, float, int]:
    """To the right of its mark, to the left of it, or above a bar that leaves no room on either side."""
    wide = len(label) * LETTER
    if b + 10 + wide <= LONG:
        return "span-label", b + 10, 4
    if a - 10 - wide >= 0:
        return "span-label end", a - 10, 4
    return "span-label", max(min(a, LONG - wide), 0), -8


def _now(f: Frame, weeks: float, height: int) -> Markup:
    marks = [w for w in (0, 6, 13, 26, 52, 104, 156, 208, 312, 416, 520) if w <= f.last]
    shown = [w for i, w in enumerate(marks) if i == 0 or f.x(w) - f.x(marks[i - 1]) > 20]
    ticks = [
        Markup('<text class="tick mid" x="{x:.1f}" y="{y}">{w}</text>').format(
            x=f.x(w), y=height - 4, w="operation" if w == 0 else f"{w} w"
        )
        for w in shown
    ]
    line = Markup('<path class="now" d="M{x:.1f} 0V{h}"/>').format(x=f.x(weeks), h=height - 20)
    return Markup("").join([line, *ticks])
