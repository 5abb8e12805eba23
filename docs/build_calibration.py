"""The reliability curve: of the causes given a chance of 30 %, are three in ten truly at work?

    python docs/build_calibration.py

Draws a synthetic cohort, asks for every cause in every person, and writes `figures/calibration.svg` and its table in
`evaluation.md`. The people come from the model itself: the curve says that the arithmetic is sound, not that it is true.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

import numpy as np
from pages import DOCS, table, write_part

import afterdisc as ad
from afterdisc.cohort import draw_cases
from afterdisc.intake import batch_from_cases

N, SEED = 3000, 1
EDGES = (0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)
Z = 1.96  # 95 %
WIDTH, HEIGHT, LEFT, TOP, SIDE = 460, 440, 60, 20, 360
GREY, BLUE = "#777777", "#0b5cad"


@dataclass(frozen=True)
class Bin:
    n: int
    said: float  # mean of the stated probabilities
    seen: float  # share in which the cause was at work
    low: float
    high: float


def main() -> None:
    program = ad.load_program()
    cases = draw_cases(program, N, SEED)
    names = [*program.causes, "expected_recovery"]
    said = ad.evaluate(program, batch_from_cases(program, cases)).probability  # [case, cause + 1]
    true = np.array([[name in case["truth"]["causes"] for name in names] for case in cases])
    bins = [b for b in bins_of(said.ravel(), true.ravel()) if b.n]
    (DOCS / "figures").mkdir(exist_ok=True)
    (DOCS / "figures/calibration.svg").write_text(svg(bins), encoding="utf-8")
    write_part("evaluation.md", "calibration", said_in_words(program, said, true, bins))


def bins_of(said: np.ndarray, true: np.ndarray) -> list[Bin]:
    which = np.clip(np.searchsorted(EDGES, said, side="right") - 1, 0, len(EDGES) - 2)
    return [_bin(said[which == i], true[which == i]) for i in range(len(EDGES) - 1)]


def _bin(said: np.ndarray, true: np.ndarray) -> Bin:
    n = len(said)
    return Bin(n, float(said.mean()), float(true.mean()), *wilson(int(true.sum()), n)) if n else Bin(0, 0, 0, 0, 0)


def wilson(k: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share."""
    p, z2 = k / n, Z * Z
    middle, half = (p + z2 / (2 * n)) / (1 + z2 / n), Z * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def said_in_words(program, said: np.ndarray, true: np.ndarray, bins: list[Bin]) -> str:
    total = sum(b.n for b in bins)
    error = sum(b.n * abs(b.said - b.seen) for b in bins) / total
    worst = max(bins, key=lambda b: abs(b.said - b.seen))
    order = np.argsort(-said, axis=1)
    first = np.take_along_axis(true, order[:, :1], axis=1).mean()
    three = np.take_along_axis(true, order[:, :3], axis=1).any(axis=1).mean()
    rows = [
        (f"{100 * a:g} to {100 * b:g} %", f"{x.n:,}", f"{100 * x.said:.1f} %", f"{100 * x.seen:.1f} %",
         f"{100 * x.low:.1f} to {100 * x.high:.1f} %")
        for (a, b), x in zip(pairwise(EDGES), bins, strict=True)
    ]  # fmt: skip
    head = (
        f"{len(said):,} people (`draw_cases(program, {N}, seed={SEED})`), {said.shape[1]} probabilities each, knowledge "
        f"{program.version}, fingerprint `{program.fingerprint}`."
    )
    foot = (
        f"The mean gap between stated and observed is {100 * error:.1f} percentage points; the largest gap of a row is "
        f"{100 * abs(worst.said - worst.seen):.0f} points, at a stated {100 * worst.said:.0f} %. The most probable cause "
        f"is truly at work in {100 * first:.0f} % of these people, one of the first three in {100 * three:.0f} %."
    )
    rated = table(("stated chance", "probabilities", "mean stated", "truly at work", "95 % interval"), rows)
    return "\n\n".join((head, rated, foot))


# ------------------------------------------------------------------------------------------------------ the picture


def svg(bins: list[Bin]) -> str:
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="sans-serif" font-size="12">',
        "<title>Stated chance of a cause and how often it was at work, in synthetic people</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<rect x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}" fill="none" stroke="{GREY}"/>',
        f'<path d="M{x(0)} {y(0)}L{x(1)} {y(1)}" stroke="{GREY}" stroke-dasharray="4 4"/>',
    ]
    for tick in (0, 0.2, 0.4, 0.6, 0.8, 1):
        parts.append(f'<text x="{x(tick)}" y="{TOP + SIDE + 18}" text-anchor="middle">{100 * tick:g} %</text>')
        parts.append(f'<text x="{LEFT - 8}" y="{y(tick) + 4:g}" text-anchor="end">{100 * tick:g} %</text>')
    parts.append(f'<text x="{x(0.5)}" y="{TOP + SIDE + 44}" text-anchor="middle">stated chance</text>')
    parts.append(f'<text transform="rotate(-90)" x="{-y(0.5)}" y="14" text-anchor="middle">truly at work</text>')
    parts.append(f'<polyline points="{" ".join(f"{x(b.said)},{y(b.seen)}" for b in bins)}" fill="none" stroke="{BLUE}"/>')
    for b in bins:
        parts.append(f'<path d="M{x(b.said)} {y(b.low)}V{y(b.high)}" stroke="{BLUE}"/>')
        parts.append(f'<circle cx="{x(b.said)}" cy="{y(b.seen)}" r="4" fill="{BLUE}"/>')
    return "\n".join([*parts, "</svg>", ""])


def x(p: float) -> float:
    return round(LEFT + SIDE * p, 1)


def y(p: float) -> float:
    return round(TOP + SIDE * (1 - p), 1)


if __name__ == "__main__":
    main()
