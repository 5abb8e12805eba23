"""A registry at once: rows a second, what a second thread gives, and what cases at the cap of three causes cost."""

from __future__ import annotations

from collections.abc import Iterator

import numba
import numpy as np
import numpy.typing as npt
from figures import Contender, Figure, cpu_seconds, interleaved, progress, seconds, spread, times_as_fast
from posterior import without_second_look

from afterdisc.cohort import draw_cases
from afterdisc.engine.evaluate import evaluate_rows
from afterdisc.intake import batch_from_cases
from afterdisc.program import Program

SEED = 23
N_ROWS = 20_000
N_CHECKED = 2_000  # rows with the second look at crowded cases, which is slow


def measure(program: Program, rounds: int) -> Iterator[Figure]:
    """The figures of this file."""
    progress(f"batch: drawing {N_ROWS} synthetic people")
    rows = batch_from_cases(program, draw_cases(program, N_ROWS, SEED)).rows
    plain = without_second_look(program)
    progress(f"batch: {N_ROWS} rows by one and by two threads, {min(rounds, 5)} rounds")
    yield from throughput(plain, rows, min(rounds, 5))
    progress(f"batch: the second look at crowded cases, {N_CHECKED} rows, {min(rounds, 5)} rounds")
    yield from second_look(program, plain, rows[:N_CHECKED], min(rounds, 5))


def throughput(plain: Program, rows: npt.NDArray[np.float64], rounds: int) -> Iterator[Figure]:
    """Rules, causes and late rules of every row, without the second look."""
    times = interleaved(
        [Contender(str(n), lambda n=n: with_threads(n, plain, rows), len(rows)) for n in (1, 2)],  # type: ignore[misc]
        rounds,
    )
    for n in ("1", "2"):
        rate = [1 / s for s in seconds(times[n])]
        measure = f"evaluate, {n} thread(s), no second look"
        yield Figure(measure, rate, "rows/s", detail={"row_us": spread(times[n], 1e6)})
    yield Figure("evaluate, two threads to one", times_as_fast(seconds(times["2"]), seconds(times["1"])), "x")


def second_look(program: Program, plain: Program, rows: npt.NDArray[np.float64], rounds: int) -> Iterator[Figure]:
    """The same with rows whose mass sits at three causes evaluated again with four or five."""
    cap = evaluate_rows(program, rows).cap
    times = interleaved(
        [
            Contender("with", lambda: evaluate_rows(program, rows), len(rows)),
            Contender("without", lambda: evaluate_rows(plain, rows), len(rows)),
        ],
        rounds,
    )
    rate = [1 / s for s in seconds(times["with"])]
    cost = {"row_us": spread(times["with"], 1e6)}
    yield Figure("evaluate, 1 thread(s), with the second look", rate, "rows/s", detail=cost)
    share = [100 * float(np.mean(cap > program.caps[0]))]
    n_by_cap = {int(c): int((cap == c).sum()) for c in program.caps}
    yield Figure("rows looked at again with four or five causes", share, "%", detail={"n_by_cap": n_by_cap})
    extra = [a - b for a, b in zip(cpu_seconds(times["with"]), cpu_seconds(times["without"]), strict=True)]
    n_again = int((cap > program.caps[0]).sum())
    if n_again:
        each = [e * len(rows) / n_again * 1e3 for e in extra]
        yield Figure("cost of a second look", each, "ms", note="for each such row")
    dearer = times_as_fast(cpu_seconds(times["without"]), cpu_seconds(times["with"]))
    yield Figure("cost of evaluate with the second look, to without", dearer, "x")


def with_threads(n: int, program: Program, rows: npt.NDArray[np.float64]) -> None:
    numba.set_num_threads(n)
    evaluate_rows(program, rows)
    numba.set_num_threads(1)
