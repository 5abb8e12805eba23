"""Groups of rows by a column, and which counts are too small to be shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from afterdisc.errors import UnreadableSource

MOST_GROUPS = 60
OWN_GROUP = 8  # up to so many different numbers, each is a group; more are cut into quarters
UNKNOWN = "unknown"
Rows = npt.NDArray[np.bool_]


def groups_of(name: str, values: npt.NDArray[Any]) -> Iterator[tuple[str, Rows]]:
    """(what the group is called, which rows) in order; those of whom it is unknown last."""
    is_text = values.dtype == object
    unknown = np.array([v is None for v in values], bool) if is_text else np.isnan(values)
    known = values[~unknown]
    distinct = sorted(set(known)) if is_text else np.unique(known).tolist()
    if is_text and len(distinct) > MOST_GROUPS:
        raise UnreadableSource(f"`{name}` has {len(distinct):,} different values; results are given by at most {MOST_GROUPS}.")
    if is_text or len(distinct) <= OWN_GROUP:
        yield from ((one if is_text else f"{one:g}", values == one) for one in distinct)
    else:
        yield from _quarters(values, known)
    if unknown.any():
        yield UNKNOWN, unknown


def _quarters(values: npt.NDArray[np.float64], known: npt.NDArray[np.float64]) -> Iterator[tuple[str, Rows]]:
    ends = np.unique(np.quantile(known, [0.25, 0.5, 0.75], method="higher"))
    between = [f"{a:g} to below {b:g}" for a, b in pairwise(ends)]
    names = [f"below {ends[0]:g}", *between, f"{ends[-1]:g} and above"]
    place = np.searchsorted(ends, values, side="right")
    for k, called in enumerate(names):
        rows = (place == k) & ~np.isnan(values)
        if rows.any():
            yield called, rows


def too_few(n: int, floor: int) -> bool:
    """Whether a count could point to a person; zero is about nobody."""
    return 0 < n < floor


def hidden(counts: Sequence[int], floor: int) -> set[int]:
    """Which parts of a whole are not shown: the small ones, and if their sum could be worked out, the next smallest."""
    small = {i for i, n in enumerate(counts) if too_few(n, floor)}
    if small and (len(small) == 1 or sum(counts[i] for i in small) < floor):
        others = sorted((n, i) for i, n in enumerate(counts) if n > 0 and i not in small)
        small |= {i for _, i in others[:1]}
    return small
