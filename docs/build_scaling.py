"""How the cost of a registry run grows with the number of people: seconds and peak memory, each run in a process of its own.

    python docs/build_scaling.py [PEOPLE ...]     (10_000 100_000 1_000_000 by default: some minutes)

Writes `figures/registry-scaling.svg` and its table in `how-to/registry.md`. People are synthetic; no intervals.
"""

import os
import sys
import tempfile
from pathlib import Path

from pages import DOCS, table, write_part

sys.path.insert(0, str(DOCS.parent / "benchmarks"))
SIZES = (10_000, 100_000, 1_000_000)
WIDTH, HEIGHT, LEFT, BOTTOM = 560, 260, 62, 46
BLUE, GREY = "#0b5cad", "#777777"


def main() -> None:
    import math

    from machine import machine
    from registry import scaling

    sizes = [int(word) for word in sys.argv[1:]] or list(SIZES)
    n_threads = os.cpu_count() or 1
    with tempfile.TemporaryDirectory(prefix="afterdisc-scaling-") as folder:
        found = scaling(Path(folder), sizes, n_threads)
    each = [1e6 * f["seconds"] / f["people"] for f in found]
    rows = [
        (f"{f['people']:,}", f"{f['seconds']:.0f}", f"{one:.0f}", f"{f['peak_mb']:,.0f}")
        for f, one in zip(found, each, strict=True)
    ]
    here = machine()
    said = table(("people", "seconds", "microseconds a person", "peak memory, MB"), rows)
    note = f"{n_threads} threads, no intervals; {here['cpu']}. The first seconds are the start of the process."
    write_part("how-to/registry.md", "scaling", f"{said}\n\n{note}")
    points = [(math.log10(f["people"]), one) for f, one in zip(found, each, strict=True)]
    (DOCS / "figures/registry-scaling.svg").write_text(svg(points), encoding="utf-8")


def svg(points: list[tuple[float, float]]) -> str:
    """Microseconds a person against the number of people, on a logarithmic axis."""
    top = 1.15 * max(y for _, y in points)
    first, last = points[0][0], points[-1][0]

    def at(x: float, y: float) -> tuple[float, float]:
        across = LEFT + (x - first) / max(last - first, 1e-9) * (WIDTH - LEFT - 30)
        return across, 16 + (1 - y / top) * (HEIGHT - 16 - BOTTOM)

    places = [at(x, y) for x, y in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{BLUE}"/>' for x, y in places)
    labels = "".join(
        f'<text x="{x:.1f}" y="{HEIGHT - 24}" text-anchor="middle">{round(10**p):,}</text>'
        for (x, _), (p, _) in zip(places, points, strict=True)
    )
    grid = "".join(
        f'<path d="M{LEFT} {at(first, top * k / 4)[1]:.1f}H{WIDTH - 20}" stroke="#dddddd"/>'
        f'<text x="{LEFT - 8}" y="{at(first, top * k / 4)[1] + 4:.1f}" text-anchor="end" fill="{GREY}">{top * k / 4:.0f}</text>'
        for k in range(5)
    )
    said = "; ".join(f"{round(10**x):,} people: {y:.0f} microseconds a person" for x, y in points)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="t d" '
        f'font-family="sans-serif" font-size="12"><title id="t">Cost of a person against the size of a registry</title>'
        f'<desc id="d">{said}</desc>{grid}<polyline points="{line}" fill="none" stroke="{BLUE}" stroke-width="2"/>'
        f"{dots}{labels}"
        f'<text x="{WIDTH - 20}" y="{HEIGHT - 6}" text-anchor="end">people in the registry</text>'
        f'<text x="4" y="11">microseconds a person</text></svg>\n'
    )


if __name__ == "__main__":
    main()
