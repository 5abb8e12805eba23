"""Small counts are not shown, nor what they could be worked out from.

A count from 1 to below the floor is hidden. Beside a total, other counts are hidden too until what is hidden together could
be many people, so that no subtraction gives a small count back (complementary suppression). Zero is shown: it is about nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence


def suppressed(
    counts: Sequence[int], floor: int, *, with_total: bool = True, last: Collection[int] = ()
) -> list[int | None]:
    """The counts of parts that add up to a shown total, with None for what is hidden.

    last  positions hidden only where no others are left: counts that stand in other tables as well
    """
    hidden = {i for i, n in enumerate(counts) if small(n, floor)}
    spare = sorted((i for i, n in enumerate(counts) if n >= floor), key=lambda i: (i in last, counts[i], i))
    while with_total and hidden and spare and (len(hidden) == 1 or sum(counts[i] for i in hidden) < floor):
        hidden.add(spare.pop(0))
    return [None if i in hidden else n for i, n in enumerate(counts)]


def hidden_rates(groups: Sequence[tuple[int, int]], floor: int) -> set[int]:
    """Which of the groups (part, whole) must not be shown, where the part and the whole of all of them are shown.

    The hidden groups together are at least two, and no share of them is of few people.
    """
    hidden = {i for i, (part, whole) in enumerate(groups) if rate_hidden(part, whole, floor)}
    spare = sorted((i for i, (_, whole) in enumerate(groups) if whole and i not in hidden), key=lambda i: (groups[i][1], i))
    while hidden and spare:
        part, whole = (sum(groups[i][k] for i in hidden) for k in (0, 1))
        if len(hidden) > 1 and not rate_hidden(part, whole, floor):
            break
        hidden.add(spare.pop(0))
    return hidden


def small(n: int, floor: int) -> bool:
    """Whether a number of people is too small for anything about them to be shown."""
    return 0 < n < floor


def rate_hidden(part: int, whole: int, floor: int) -> bool:
    """Whether a share must not be shown: the part, or what is left of the whole, could point to a person."""
    return small(part, floor) or small(whole - part, floor) or small(whole, floor)
