"""Intervals of shares."""

from __future__ import annotations

import math

Z_95 = 1.959963984540054


def wilson(part: float, whole: float) -> tuple[float, float]:
    """The 95 % interval of a share, after Wilson [wilson1927]; 0 to 1 of nobody."""
    if whole <= 0:
        return 0.0, 1.0
    p, z2 = part / whole, Z_95**2
    middle = (p + z2 / (2 * whole)) / (1 + z2 / whole)
    half = Z_95 / (1 + z2 / whole) * math.sqrt(p * (1 - p) / whole + z2 / (4 * whole**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def control_limits(p: float, n: float, z: float) -> tuple[float, float]:
    """Where z standard errors around a share of p lie for n people: the limits of a funnel [spiegelhalter2005]."""
    half = z * math.sqrt(p * (1 - p) / n) if n > 0 else 1.0
    return max(0.0, p - half), min(1.0, p + half)


def expected_count(probabilities_sum: float, variance_sum: float) -> tuple[float, float]:
    """The 95 % interval of how many people have a cause, from the sum of p and of p (1 - p) over them."""
    half = Z_95 * math.sqrt(variance_sum)
    return max(0.0, probabilities_sum - half), probabilities_sum + half
