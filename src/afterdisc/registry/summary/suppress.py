"""Small counts are not shown, nor what they could be worked out from.

A count from 1 to below the floor is hidden. Where hidden counts stand beside a total, and only one is hidden, the smallest
other count is hidden too, so that no subtraction gives it back (complementary suppression). Zero is shown: it is about nobody.
"""

from __future__ import annotations

from collections.abc import Sequence


def suppressed(counts: Sequence[int], floor: int, *, with_total: bool = True) -> list[int | None]:
    """The counts of parts that add up to a shown total, with None for what is hidden."""
    hidden = {i for i, n in enumerate(counts) if 0 < n < floor}
    if with_total and hidden:
        others = sorted((n, i) for i, n in enumerate(counts) if n > 0 and i not in hidden)
        if others and (len(hidden) == 1 or sum(counts[i] for i in hidden) < floor):
            hidden.add(others[0][1])
    return [None if i in hidden else n for i, n in enumerate(counts)]


def small(n: int, floor: int) -> bool:
    """Whether a number of people is too small for anything about them to be shown."""
    return 0 < n < floor


def rate_hidden(part: int, whole: int, floor: int) -> bool:
    """Whether a share must not be shown: the part, or what is left of the whole, could point to a person."""
    return small(part, floor) or small(whole - part, floor) or small(whole, floor)
