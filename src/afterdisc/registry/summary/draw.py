"""Pictures of a registry as SVG without a script; each is an image with a name, its numbers stand in the table below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup, escape

WIDTH = 720
LEFT, RIGHT, TOP, BOTTOM = 60, 20, 26, 44
COLOURS = ("c0", "c1", "c2", "c3", "c4")


@dataclass(frozen=True)
class Line:
    """A curve of (x, y) points, with a band of (x, low, high) around it; `steps` for a curve that jumps."""

    label: str
    points: Sequence[tuple[float, float]]
    band: Sequence[tuple[float, float, float]] = ()
    steps: bool = False


@dataclass(frozen=True)
class Mark:
    """A point with its name, filled or hollow."""

    label: str
    x: float
    y: float
    hollow: bool = False


@dataclass(frozen=True)
class Frame:
    x0: float
    x1: float
    y0: float
    y1: float
    height: int = 300

    def x(self, value: float) -> float:
        return LEFT + (value - self.x0) / max(self.x1 - self.x0, 1e-12) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return TOP + (self.y1 - value) / max(self.y1 - self.y0, 1e-12) * (self.height - TOP - BOTTOM)


def picture(name: str, title: str, said: str, inside: str, height: int) -> Markup:
    return Markup(
        '<svg class="figure" viewBox="0 0 {w} {h}" role="img" aria-labelledby="{n}-t {n}-d"><title id="{n}-t">{t}</title>'
        '<desc id="{n}-d">{d}</desc>{i}</svg>'
    ).format(w=WIDTH, h=height, n=name, t=title, d=said, i=Markup(inside))


def said_at(x: float, y: float, text: str, kind: str = "label", anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def bars(
    name: str, title: str, rows: Sequence[tuple[str, float, tuple[float, float] | None]], *, largest: float = 0.0
) -> Markup:
    """Shares from 0 to 1 as bars with whiskers, one a row."""
    step, left = 32, 262
    top = largest or max([value for _, value, _ in rows] + [band[1] for _, _, band in rows if band] + [0.01])
    scale = (WIDTH - left - 70) / top
    parts = []
    for i, (label, value, band) in enumerate(rows):
        y = 8 + i * step
        words = _two_lines(label, 32)
        for k, line in enumerate(words):
            parts.append(said_at(left - 8, y + (6 if len(words) > 1 else 12) + 13 * k, line, anchor="end"))
        parts.append(f'<rect class="bar" x="{left}" y="{y + 2}" width="{max(value * scale, 0.5):.1f}" height="13"/>')
        if band:
            low, high = left + band[0] * scale, left + min(band[1], top) * scale
            ends = f"M{low:.1f} {y + 4}V{y + 13}M{high:.1f} {y + 4}V{y + 13}"
            parts.append(f'<path class="whisker" d="M{low:.1f} {y + 8}H{high:.1f}{ends}"/>')
        parts.append(said_at(WIDTH - 4, y + 12, f"{100 * value:.1f} %", "value", "end"))
    said = "; ".join(f"{label}: {100 * value:.1f} %" for label, value, _ in rows[:12])
    return picture(name, title, said, "".join(parts), 16 + step * len(rows))


def curves(
    name: str,
    title: str,
    lines: Sequence[Line],
    marks: Sequence[Mark] = (),
    *,
    x_label: str,
    y_label: str,
    at_risk: Sequence[tuple[float, str]] = (),
    ticks: Sequence[tuple[float, str]] = (),
) -> Markup:
    """Curves with bands over time, published points beside them, and the numbers at risk below."""
    xs = [x for line in lines for x, _ in line.points] + [m.x for m in marks]
    ys = [b[2] for line in lines for b in line.band] + [y for line in lines for _, y in line.points] + [m.y for m in marks]
    frame = Frame(0, max([*xs, 1e-9]), 0, min(1.0, 1.15 * max([*ys, 0.01])), 320)
    parts = [_axes(frame, x_label, y_label, ticks)]
    for i, line in enumerate(lines):
        colour = COLOURS[i % len(COLOURS)]
        if line.band:
            there = " ".join(f"{frame.x(x):.1f},{frame.y(low):.1f}" for x, low, _ in line.band)
            back = " ".join(f"{frame.x(x):.1f},{frame.y(high):.1f}" for x, _, high in reversed(line.band))
            parts.append(f'<polygon class="band {colour}" points="{there} {back}"/>')
        parts.append(f'<path class="line {colour}" d="{_path(frame, line)}"/>')
        x, y = line.points[-1]
        parts.append(said_at(frame.x(x) - 4, frame.y(y) + (-8 if i == 0 else 18), line.label, anchor="end"))
    parts += [_mark(frame, m) for m in marks]
    height = frame.height
    if at_risk:
        parts.append(said_at(4, height + 10, "at risk", "small"))
        parts += [said_at(frame.x(x), height + 10, n, "small", "middle") for x, n in at_risk]
        height += 20
    said = "; ".join(f"{line.label}: {100 * line.points[-1][1]:.1f} % at {line.points[-1][0]:.1f}" for line in lines)
    return picture(name, title, said, "".join(parts), height)


def funnel(name: str, title: str, marks: Sequence[Mark], limits: Sequence[Line], target: float) -> Markup:
    """One dot a site: its share against its number of people, inside the limits that chance alone allows."""
    most = max([m.x for m in marks] + [1.0])
    top = min(1.0, 1.25 * max([m.y for m in marks] + [target, 0.04]))
    frame = Frame(0, 1.05 * most, 0, top, 320)
    limits = [replace(line, points=[(x, y) for x, y in line.points if y <= top]) for line in limits]
    parts = [_axes(frame, "people", "share")]
    y = frame.y(target)
    parts.append(f'<path class="target" d="M{frame.x(0):.1f} {y:.1f}H{frame.x(frame.x1):.1f}"/>')
    parts += [f'<path class="limit" d="{_path(frame, line)}"/>' for line in limits if line.points]
    parts += [_mark(frame, m) for m in marks]
    said = f"overall {100 * target:.0f} %; " + "; ".join(f"{m.label}: {100 * m.y:.0f} % of {m.x:.0f}" for m in marks[:20])
    return picture(name, title, said, "".join(parts), frame.height)


def flow(name: str, title: str, rows: Sequence[Sequence[tuple[str, str, float]]]) -> Markup:
    """Boxes of people, row by row; a box is (label, count as shown, share of all)."""
    parts, step = [], 82
    for i, row in enumerate(rows):
        x, y, gap = 4.0, 8 + i * step, 8.0
        room = WIDTH - 8 - gap * (len(row) - 1)
        least = min(96.0, room / max(len(row), 1))
        spare = max(room - least * len(row), 0)
        whole = sum(share for _, _, share in row) or 1
        for label, count, share in row:
            width = least + spare * share / whole
            parts.append(f'<rect class="box" x="{x:.1f}" y="{y}" width="{width:.1f}" height="58" rx="4"/>')
            parts.append(said_at(x + width / 2, y + 19, count, "count", "middle"))
            for k, words in enumerate(_two_lines(label, int(width / 5.7))):
                parts.append(said_at(x + width / 2, y + 35 + 13 * k, words, "small", "middle"))
            x += width + gap
        if i + 1 < len(rows):
            parts.append(f'<path class="arrow" d="M{WIDTH / 2} {y + 60}v14m-5 -5l5 6l5 -6"/>')
    said = "; ".join(", ".join(f"{label} {count}" for label, count, _ in row) for row in rows)
    return picture(name, title, said, "".join(parts), 8 + step * len(rows) - 16)


def _axes(frame: Frame, x_label: str, y_label: str, ticks: Sequence[tuple[float, str]] = ()) -> str:
    parts = []
    for k in range(5):
        value = frame.y0 + (frame.y1 - frame.y0) * k / 4
        y = frame.y(value)
        parts.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(said_at(LEFT - 6, y + 4, f"{100 * value:.{0 if frame.y1 > 0.2 else 1}f} %", "small", "end"))
    places = [frame.x0 + (frame.x1 - frame.x0) * k / 5 for k in range(6)]
    for value, shown in ticks or [(v, f"{v:.{1 if frame.x1 < 20 else 0}f}") for v in places]:
        parts.append(said_at(frame.x(value), frame.height - BOTTOM + 18, shown, "small", "middle"))
    parts.append(said_at(WIDTH - RIGHT, frame.height - 8, x_label, anchor="end"))
    parts.append(said_at(4, 12, y_label))
    return "".join(parts)


def _path(frame: Frame, line: Line) -> str:
    out, before = "", None
    for x, y in line.points:
        if before is None:
            out = f"M{frame.x(x):.1f} {frame.y(y):.1f}"
        elif line.steps:
            out += f"H{frame.x(x):.1f}V{frame.y(y):.1f}"
        else:
            out += f"L{frame.x(x):.1f} {frame.y(y):.1f}"
        before = y
    return out


def _mark(frame: Frame, mark: Mark) -> str:
    x, y = frame.x(mark.x), frame.y(mark.y)
    anchor, shift = ("end", -7) if x > WIDTH * 0.75 else ("start", 7)
    kind = "mark hollow" if mark.hollow else "mark"
    dot = f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'
    return dot + said_at(x + shift, y + 4, _short(mark.label, 30), "small", anchor)


def _two_lines(text: str, n: int) -> list[str]:
    """The text on at most two lines of n letters."""
    first, words = "", text.split()
    while words and len(first) + 1 + len(words[0]) <= n:
        first = f"{first} {words.pop(0)}".strip()
    rest = " ".join(words)
    return [_short(x, n) for x in (first, rest) if x]


def _short(text: str, n: int) -> str:
    return text if len(text) <= n else text[: max(n - 1, 1)] + "…"
