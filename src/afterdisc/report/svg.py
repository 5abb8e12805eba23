"""Small charts as SVG: a chance with its interval, and a weight for or against; no script is needed to see them.

Each chart is an image with a name of its own; the numbers it shows stand in the table cell beside it.
"""

from __future__ import annotations

import math

from markupsafe import Markup

CHANCE = Markup(
    '<svg class="chart chance" role="img" aria-labelledby="{id}t {id}d" '
    'viewBox="0 0 100 12" preserveAspectRatio="none">'
    '<title id="{id}t">{title}</title><desc id="{id}d">{desc}</desc>'
    '<path class="grid" d="M25 0V12M50 0V12M75 0V12M0 0V12M100 0V12"/>'
    '<rect class="bar" x="0" y="3" width="{p:.2f}" height="6"/>{whisker}</svg>'
)
WHISKER = Markup('<path class="whisker" d="M{low:.2f} 6H{high:.2f}M{low:.2f} 3.5V8.5M{high:.2f} 3.5V8.5"/>')
WEIGHT = Markup(
    '<svg class="chart weight" role="img" aria-labelledby="{id}t {id}d" '
    'viewBox="-50 0 100 12" preserveAspectRatio="none">'
    '<title id="{id}t">{title}</title><desc id="{id}d">{desc}</desc>'
    '<rect class="{side}" x="{x:.2f}" y="2.5" width="{size:.2f}" height="7"/><path class="axis" d="M0 0V12"/></svg>'
)


class Charts:
    """Draws charts and gives each its own ids."""

    def __init__(self) -> None:
        self._drawn = 0

    def _id(self) -> str:
        self._drawn += 1
        return f"chart{self._drawn}"

    def chance(self, label: str, p: float, band: list[float] | None = None) -> Markup:
        """A chance from 0 to 1 as a bar, its interval as a whisker."""
        said = f"{100 * p:.0f} of 100"
        if band:
            said += f", interval {100 * band[0]:.0f} to {100 * band[1]:.0f}"
        whisker = WHISKER.format(low=100 * band[0], high=100 * band[1]) if band else ""
        return CHANCE.format(id=self._id(), title=label, desc=said, p=100 * p, whisker=whisker)

    def weight(self, label: str, weight: float, largest: float) -> Markup:
        """A natural-log weight as a bar to the right (for) or to the left (against) of the middle."""
        size = 48 * min(abs(weight) / largest, 1) if largest else 0.0
        side = "for" if weight > 0 else "against"
        said = f"speaks {side}: multiplies the odds by {math.exp(weight):.2g}"
        return WEIGHT.format(id=self._id(), title=label, desc=said, side=side, x=0 if weight > 0 else -size, size=size)
