"""People drawn again with replacement: how much every measure would move in another sample of the same size."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from afterdisc.validation.cells import Counts, Floats, tally

LEVEL = 0.95
MOST_UNDEFINED = 0.1  # of the draws; with more, no interval is given


def draws_of(
    person: npt.NDArray[np.int32],
    cells: Sequence[npt.NDArray[np.uint16]],
    sizes: Sequence[int],
    *,
    n_draws: int,
    seed: int,
    progress: Callable[[int], None],
) -> list[Counts]:
    """[draw, cell] for each way of putting rows in cells: how many rows of a draw fell into each.

    A draw takes as many people as there are, with replacement, each with all rows of theirs, and is the same for every way;
    draw k of a seed is the same however many are made.
    """
    n = int(person.max()) + 1
    out = [np.zeros((n_draws, size), np.int64) for size in sizes]
    for k in range(n_draws):
        stream = np.random.Generator(np.random.PCG64([seed, k]))
        times = np.bincount(stream.integers(0, n, n), minlength=n).astype(np.int32)
        weights = times[person]
        for cell, counts in zip(cells, out, strict=True):
            tally(cell, weights, counts[k])
        progress(k + 1)
    return out


def estimate(value: float, drawn: Floats) -> dict[str, float | None]:
    """The value of the rows as they are, and the percentiles of the draws around it; None where it is not defined."""
    known = drawn[~np.isnan(drawn)]
    low, high = None, None
    if len(known) and len(known) >= (1 - MOST_UNDEFINED) * len(drawn):
        low, high = (rounded(float(x)) for x in np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]))
    return {"value": rounded(value), "low": low, "high": high}


def rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)
