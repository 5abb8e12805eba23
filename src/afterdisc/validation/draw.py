"""Pictures of a validation as SVG without a script; each is an image with a name, its numbers stand in the table below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

SIDE, LEFT, RIGHT, TOP, BOTTOM = 340, 48, 22, 26, 40
TICKS = 4
BELOW = 1  # marks of net benefit below zero; what falls deeper is not drawn
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Frame:
    """From (0, `y0`) to (`x1`, `y1`) in a square picture."""

    x1: float
    y0: float
    y1: float

    def at(self, x: float, y: float) -> str:
        across = LEFT + x / self.x1 * (SIDE - LEFT - RIGHT)
        return f"{across:.1f},{TOP + (self.y1 - y) / (self.y1 - self.y0) * (SIDE - TOP - BOTTOM):.1f}"

    def place(self, x: float, y: float) -> tuple[float, float]:
        across, down = self.at(x, y).split(",")
        return float(across), float(down)

    def line(self, points: Points, kind: str) -> str:
        return f'<polyline class="{kind}" points="{" ".join(self.at(x, y) for x, y in points)}"/>'


def calibration(name: str, title: str, groups: Sequence[dict[str, Any]]) -> Markup:
    """What was found against what was promised, with intervals; on the straight line both agree."""
    top = max([0.01, *(g["promised"] for g in groups), *(g["found"]["high"] or g["found"]["value"] for g in groups)])
    top = min(1.0, 1.05 * top)
    frame = Frame(top, 0.0, top)
    parts = [_axes(frame, "promised", "found"), frame.line([(0, 0), (top, top)], "ideal")]
    for group in groups:
        x, found = group["promised"], group["found"]
        if found["low"] is not None:
            parts.append(frame.line([(x, found["low"]), (x, min(found["high"], top))], "whisker"))
        across, down = frame.place(x, found["value"])
        parts.append(f'<circle class="dot" cx="{across}" cy="{down}" r="4"/>')
    parts.append(frame.line([(g["promised"], g["found"]["value"]) for g in groups], "line"))
    said = "; ".join(f"promised {_share(g['promised'])}, found {_share(g['found']['value'])}" for g in groups)
    return _picture(name, title, said, parts, SIDE, SIDE)


def decision(name: str, title: str, curve: Sequence[dict[str, Any]]) -> Markup:
    """Net benefit against the threshold: by the model, by acting on everybody, and on nobody (the zero line)."""
    values = [(p["threshold"], p["model"]["value"], p["model"]["low"], p["model"]["high"], p["everybody"]) for p in curve]
    top = max([1e-4, *(v[1] for v in values), *(v[4] for v in values)]) * 1.1
    frame = Frame(values[-1][0], -BELOW / TICKS * top, top)

    def cut(points: Points) -> Points:
        return [(x, max(y, frame.y0)) for x, y in points]

    def begun(points: Points) -> Points:
        """Up to where it leaves the picture."""
        inside = [(x, y) for x, y in points if y >= frame.y0]
        return inside or points[:1]

    parts = [_axes(frame, "act from a probability of", "net benefit", marks=TICKS + BELOW, share=False)]
    if values[0][2] is not None:
        band = [*cut([(v[0], v[3]) for v in values]), *reversed(cut([(v[0], v[2]) for v in values]))]
        parts.append(f'<polygon class="band" points="{" ".join(frame.at(x, min(y, top)) for x, y in band)}"/>')
    parts.append(frame.line([(0, 0), (frame.x1, 0)], "ideal"))
    parts.append(frame.line(begun([(v[0], v[4]) for v in values]), "other"))
    parts.append(frame.line(cut([(v[0], v[1]) for v in values]), "line"))
    better = [v for v in values if v[1] > max(v[4], 0)]
    said = f"better than acting on everybody and on nobody at {len(better)} of {len(values)} thresholds"
    return _picture(name, title, said, parts, SIDE, SIDE)


def forest(
    name: str, title: str, rows: Sequence[tuple[str, dict[str, Any]]], *, low: float, high: float, mark: float
) -> Markup:
    """One estimate with its interval a row, between `low` and `high`; the line at `mark` says nothing either way."""
    width, left, step = 720, 290, 22

    def x(value: float) -> float:
        return left + (min(max(value, low), high) - low) / (high - low) * (width - left - 60)

    height = 26 + step * len(rows)
    parts = [f'<path class="ideal" d="M{x(mark):.1f} 4V{height - 22}"/>']
    for k in range(TICKS + 1):
        value = low + (high - low) * k / TICKS
        parts.append(f'<text class="small" x="{x(value):.1f}" y="{height - 6}" text-anchor="middle">{value:.3g}</text>')
    for i, (label, found) in enumerate(rows):
        y = 14 + i * step
        parts.append(f'<text class="small" x="{left - 12}" y="{y + 4}" text-anchor="end">{escape(_short(label))}</text>')
        if found["low"] is not None:
            parts.append(f'<path class="whisker" d="M{x(found["low"]):.1f} {y}H{x(found["high"]):.1f}"/>')
        parts.append(f'<circle class="dot" cx="{x(found["value"]):.1f}" cy="{y}" r="4"/>')
        parts.append(f'<text class="small" x="{width - 4}" y="{y + 4}" text-anchor="end">{found["value"]:.3f}</text>')
    said = "; ".join(f"{label} {found['value']:.3f}" for label, found in rows)
    return _picture(name, title, said, parts, width, height)


def _picture(name: str, title: str, said: str, parts: Sequence[str], width: int, height: int) -> Markup:
    return Markup(
        '<svg class="figure" viewBox="0 0 {w} {h}" role="img" aria-labelledby="{n}-t {n}-d"><title id="{n}-t">{t}</title>'
        '<desc id="{n}-d">{d}</desc>{i}</svg>'
    ).format(w=width, h=height, n=name, t=title, d=said, i=Markup("".join(parts)))


def _axes(frame: Frame, across: str, up: str, *, marks: int = TICKS, share: bool = True) -> str:
    parts = []
    for k in range(marks + 1):
        y = frame.y0 + (frame.y1 - frame.y0) * k / marks
        _, down = frame.place(0, y)
        parts.append(frame.line([(0, y), (frame.x1, y)], "grid"))
        shown = _share(y) if share else f"{y:.2g}" if abs(y) > 1e-9 else "0"
        parts.append(f'<text class="small" x="{LEFT - 5}" y="{down + 4:.1f}" text-anchor="end">{shown}</text>')
    for k in range(TICKS + 1):
        x = frame.x1 * k / TICKS
        right, _ = frame.place(x, 0)
        parts.append(f'<text class="small" x="{right}" y="{SIDE - BOTTOM + 16}" text-anchor="middle">{_share(x)}</text>')
    parts.append(f'<text class="small" x="{SIDE - RIGHT}" y="{SIDE - 8}" text-anchor="end">{across}</text>')
    parts.append(f'<text class="small" x="2" y="10">{up}</text>')
    return "".join(parts)


def _share(value: float) -> str:
    return f"{100 * value:.{0 if abs(value) >= 0.1 or not value else 1}f} %"


def _short(label: str) -> str:
    return label if len(label) <= 42 else label[:41] + "…"
