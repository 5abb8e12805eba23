"""The whole assessment of one person, and what its credible intervals cost."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from figures import Contender, Figure, cpu_seconds, interleaved, progress, spread, times_as_fast, under

from afterdisc.door import assess
from afterdisc.engine.draws import interval, posterior_draws
from afterdisc.engine.evaluate import engine_of, evaluate_rows, infer
from afterdisc.intake import batch_from_cases, read_case
from afterdisc.program import Program

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
N_BLOCK = 1024

Case = Mapping[str, Any]


def measure(program: Program, rounds: int, folder: Path | None = None) -> Iterator[Figure]:
    """The figures of this file, over the examples or the cases of another folder."""
    cases = cases_in(folder or EXAMPLES)
    progress(f"assessment: {len(cases)} cases in {(folder or EXAMPLES).name}, {rounds} rounds")
    yield whole(program, cases, rounds)
    progress("assessment: the draws behind the intervals")
    yield draws(program, cases, rounds)


def cases_in(folder: Path) -> list[Case]:
    """Every case of a folder; one at two stages of its work-up counts as two."""
    out: list[Case] = []
    for path in sorted(folder.glob("*.json")):
        case = read_case(str(path))
        if isinstance(case, dict):
            out += [{"id": stage, **known} for stage, known in case["stages"].items()] if "stages" in case else [case]
    return out


def whole(program: Program, cases: Sequence[Case], rounds: int) -> Figure:
    """Rules, causes, weights of evidence, 100-draw intervals, plan, what to ask next and the sources, as plain data."""
    caps = [assess(case, program=program)["concurrent_causes"]["max_causes"] for case in cases]
    taken: list[list[float]] = [[] for _ in cases]
    for _ in range(rounds):
        for case, times in zip(cases, taken, strict=True):
            start = time.process_time()
            assess(case, program=program)
            times.append((time.process_time() - start) * 1e3)
    ms = [median(times) for times in taken]
    wider = [t for t, cap in zip(ms, caps, strict=True) if cap > program.caps[0]]
    note = f"{len(ms)} cases, 95th percentile {np.quantile(ms, 0.95):.1f} ms"
    note += f"; {len(wider)} looked at with four or five causes, {median(wider):.1f} ms" if wider else ""
    return under("whole assessment of one person, warm, one thread", ms, 5, "ms", note=note, cases=ms, max_causes=caps)


def draws(program: Program, cases: Sequence[Case], rounds: int) -> Figure:
    """100 draws of every parameter and the intervals of all causes, to as many point estimates."""
    engine, n_draws = engine_of(program), program.n_draws
    rows = batch_from_cases(program, cases).rows
    rows = rows[~np.isnan(rows[:, program.time_column])]
    outcome = evaluate_rows(program, rows)
    weeks = np.minimum(rows[:, program.time_column], program.latest_weeks)
    plain = np.flatnonzero(outcome.cap == program.caps[0])
    states, level = outcome.states, program.settings["credible_interval"]
    block = np.resize(plain, N_BLOCK)

    def drawn() -> None:
        for i in plain:
            interval(posterior_draws(program, states[i], float(weeks[i]), program.caps[0])[0], level)

    times = interleaved(
        [
            Contender("draws", drawn, len(plain) * n_draws),
            Contender("point", lambda: infer(engine, states[block], weeks[block]), N_BLOCK),
        ],
        rounds,
    )
    cost = times_as_fast(cpu_seconds(times["point"]), cpu_seconds(times["draws"]))
    return Figure(
        f"{n_draws} draws with intervals, to {n_draws} point estimates, one thread",
        cost,
        "x",
        note="a draw makes its likelihoods anew; a point estimate finds them in dense tables",
        detail={"draw_us": spread(times["draws"], 1e6), "point_us": spread(times["point"], 1e6)},
    )
