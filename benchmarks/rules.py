"""All rules against polars: one case by the generated function, and a block of cases by bit planes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from figures import Contender, Figure, at_least, cpu_seconds, interleaved, progress, spread, times_as_fast
from peers import Frames, truth_of

from afterdisc.cohort import draw_cases
from afterdisc.engine.evaluate import engine_of, evaluate_rows, with_late_columns
from afterdisc.engine.planes import columns_of, planes, reading_of
from afterdisc.engine.rules import RowRules, batch_truth, needed
from afterdisc.intake import batch_from_cases
from afterdisc.program import Program

SEED = 21
N_DRAWN = 500
N_ROWS = 100_000
N_CALLS = 100  # of the generated function in one round


def measure(program: Program, rounds: int) -> Iterator[Figure]:
    """The figures of this file."""
    nodes = [root.node for root in program.roots]
    peer = Frames(program.tape, nodes)
    rows = rows_of(program, N_DRAWN)
    progress(f"rules: {len(nodes)} conditions for one case, {rounds} rounds")
    yield one_case(program, nodes, peer, rows, rounds)
    progress(f"rules: {len(nodes)} conditions for {N_ROWS} cases, {rounds} rounds")
    yield from block(program, nodes, peer, np.resize(rows, (N_ROWS, rows.shape[1])), rounds)


def one_case(program: Program, nodes: list[int], peer: Frames, rows: npt.NDArray[np.float64], rounds: int) -> Figure:
    """The truth of every rule of one case: for us from the row as the engine holds it, for polars from a frame made ready."""
    rules = RowRules(program.tape, nodes)
    frames = [peer.frame(rows[i : i + 1]) for i in range(len(rows))]
    for row, frame in zip(rows[:20], frames, strict=False):
        ours = [-1 if t is None else int(t) for t in rules(row)]
        assert ours == truth_of(peer.select(frame))[0].tolist(), "polars says otherwise"
    times = interleaved(
        [
            Contender("ours", lambda: [rules(row) for row in rows[:N_CALLS]], N_CALLS),
            Contender("polars", lambda: [peer.select(frame) for frame in frames[:10]], 10),
        ],
        rounds,
    )
    return at_least(
        "all rules for one case, to a polars frame of one row",
        times_as_fast(cpu_seconds(times["ours"]), cpu_seconds(times["polars"])),
        100,
        note=f"{len(nodes)} conditions, {len(program.tape.op)} nodes",
        ours_us=spread(times["ours"], 1e6),
        peer_us=spread(times["polars"], 1e6),
    )


def block(program: Program, nodes: list[int], peer: Frames, rows: npt.NDArray[np.float64], rounds: int) -> Iterator[Figure]:
    """The same for a block: from rows to a truth each, to polars from its own columns to its own booleans."""
    frame = peer.frame(rows)
    reading = reading_of(program.tape, needed(program.tape, nodes), nodes)
    columns = columns_of(reading, rows)
    assert np.array_equal(batch_truth(program.tape, nodes, rows), truth_of(peer.select(frame))), "polars says otherwise"
    times = interleaved(
        [
            Contender("planes", lambda: planes(program.tape, reading, columns), len(rows)),
            Contender("ours", lambda: batch_truth(program.tape, nodes, rows), len(rows)),
            Contender("polars", lambda: peer.select(frame), len(rows)),
        ],
        min(rounds, 5),
    )
    yield at_least(
        "all rules for a block, from columns to bits, to polars",
        times_as_fast(cpu_seconds(times["planes"]), cpu_seconds(times["polars"])),
        4,
        note="both start from their own columns and end with two bits a truth",
        ours_us=spread(times["planes"], 1e6),
        peer_us=spread(times["polars"], 1e6),
    )
    yield Figure(
        "all rules for a block, from rows to a byte a truth, to polars",
        times_as_fast(cpu_seconds(times["ours"]), cpu_seconds(times["polars"])),
        "x",
        note="polars starts from columns and ends with bits; we turn rows and write a truth for each",
        detail={"ours_us": spread(times["ours"], 1e6), "peer_us": spread(times["polars"], 1e6)},
    )


def rows_of(program: Program, n: int) -> npt.NDArray[np.float64]:
    """Synthetic people as rows, with the urgency and the probabilities that late rules read."""
    engine = engine_of(program)
    rows = batch_from_cases(program, draw_cases(program, n, SEED)).rows
    o = evaluate_rows(program, rows)
    weeks = np.minimum(rows[:, program.time_column], program.latest_weeks)
    return with_late_columns(engine, rows, o.states, weeks, o.probability, o.cap, o.urgency)
