"""A whole registry: what Parquet to Parquet costs beside inference alone, intervals beside points, a dense product, Spark."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from figures import Contender, Figure, at_least, cpu_seconds, interleaved, progress, seconds, spread, times_as_fast, under
from posterior import without_second_look

from afterdisc.cohort import draw_rows
from afterdisc.door import load_program
from afterdisc.engine.evaluate import encoded, engine_of, evaluate_rows, infer
from afterdisc.engine.intervals import intervals_of
from afterdisc.program import Program
from afterdisc.registry.run import Settings, run_registry
from afterdisc.registry.synthetic import Asked, write_registry

SEED = 31
N_PEOPLE = 100_000
N_WITH_INTERVALS = 400
N_A_PROCESS = 50_000  # people in one file of the comparison with Spark
TODAY, AT = "2026-01-01", "2026-01-01T00:00:00+00:00"
Floats = npt.NDArray[np.float64]


def measure(program: Program, rounds: int) -> Iterator[Figure]:
    """The figures of this file."""
    progress(f"registry: drawing {N_PEOPLE} synthetic people")
    rows = np.vstack([draw_rows(program, 10_000, SEED + i).rows for i in range(N_PEOPLE // 10_000)])
    few = min(rounds, 3)
    yield dense_product(program, rows[:20_000], few)
    yield two_threads(program, rows, few)
    yield intervals(program, rows[:N_WITH_INTERVALS], few)
    with tempfile.TemporaryDirectory(prefix="afterdisc-bench-") as folder:
        yield end_to_end(program, rows, Path(folder), few)
        yield from spark(program, Path(folder), few)


def states_of(program: Program, rows: Floats) -> tuple[npt.NDArray[np.uint8], Floats]:
    outcome = evaluate_rows(program, rows[:1])
    assert outcome.states.shape[0] == 1
    engine, blocks = engine_of(program), range(0, len(rows), 8192)
    found = [encoded(engine, rows[i : i + 8192], evaluate_rows(program, rows[i : i + 8192]).truth) for i in blocks]
    return np.vstack(found), np.minimum(rows[:, program.time_column], program.latest_weeks)


def dense_product(program: Program, rows: Floats, rounds: int) -> Figure:
    """Posteriors a second, to what a dense float64 product of the same size could give at this machine's peak."""
    plain = without_second_look(program)
    states, weeks = states_of(plain, rows)
    engine = engine_of(plain)
    n_rows, n_sets = engine.tables.rows.shape
    a = np.random.default_rng(1).random((3072, 3072))
    times = interleaved(
        [
            Contender("posterior", lambda: infer(engine, states, weeks), len(states)),
            Contender("product", lambda: a @ a, 1),
        ],
        rounds,
    )
    peak = [2 * 3072**3 / s for s in cpu_seconds(times["product"])]
    dense = 2 * len(program.row_start[:-1]) * n_sets  # one row a finding, as if every finding were looked up by a product
    ratio = [p / s for p, s in zip([dense / x for x in peak], cpu_seconds(times["posterior"]), strict=True)]
    return at_least(
        "posterior, to a dense float64 product at the measured peak",
        ratio,
        1.5,
        note=f"{np.median(peak) / 1e9:.0f} GFLOP/s; {dense / 1e6:.2f} MFLOP a case if it were a product over {n_sets} sets",
        row_us=spread(times["posterior"], 1e6),
        rows=n_rows,
    )


def two_threads(program: Program, rows: Floats, rounds: int) -> Figure:
    plain = without_second_look(program)
    states, weeks = states_of(plain, rows)
    engine = engine_of(plain)

    def with_threads(n: int) -> None:
        numba.set_num_threads(n)
        infer(engine, states, weeks)
        numba.set_num_threads(1)

    times = interleaved([Contender(str(n), lambda n=n: with_threads(n), len(states)) for n in (1, 2)], rounds)  # type: ignore[misc]
    return at_least("posterior, two threads to one", times_as_fast(seconds(times["2"]), seconds(times["1"])), 1.6)


def intervals(program: Program, rows: Floats, rounds: int) -> Figure:
    """The intervals of 100 draws of all parameters, to 100 point evaluations."""
    plain = without_second_look(program)
    states, weeks = states_of(plain, rows)
    cap = np.full(len(rows), program.caps[0], np.int8)
    times = interleaved(
        [
            Contender("draws", lambda: intervals_of(plain, states, weeks, cap), len(rows)),
            Contender("points", lambda: infer(engine_of(plain), np.tile(states, (20, 1)), np.tile(weeks, 20)), 20 * len(rows)),
        ],
        rounds,
    )
    ratio = [d / (program.n_draws * p) for d, p in zip(cpu_seconds(times["draws"]), cpu_seconds(times["points"]), strict=True)]
    return under(
        f"{program.n_draws}-draw intervals, to {program.n_draws} point evaluations",
        ratio,
        1.3,
        "x",
        row_us=spread(times["draws"], 1e6),
    )


def end_to_end(program: Program, rows: Floats, folder: Path, rounds: int) -> Figure:
    """Parquet to Parquet with all outputs but intervals, to inference (with the second look) on the same people, one thread."""
    write_registry(program, Asked(N_PEOPLE, SEED), folder / "drawn")
    states, weeks = states_of(program, rows)

    def run() -> None:
        shutil.rmtree(folder / "out", ignore_errors=True)
        settings = Settings(folder / "drawn" / "findings", folder / "out", intervals=False)
        run_registry(program, settings, today=TODAY, clock=lambda: AT)

    def alone() -> None:
        for i in range(0, len(states), 8192):
            infer(engine_of(program), states[i : i + 8192], weeks[i : i + 8192])

    times = interleaved([Contender("run", run, N_PEOPLE), Contender("infer", alone, N_PEOPLE)], rounds)
    ratio = [r / i for r, i in zip(cpu_seconds(times["run"]), cpu_seconds(times["infer"]), strict=True)]
    rate = 1 / np.median(seconds(times["run"]))
    note = f"{rate:,.0f} people a second"
    return under(
        "Parquet to Parquet, to inference alone, one thread", ratio, 2.5, "x", note=note, row_us=spread(times["run"], 1e6)
    )


def spark(program: Program, folder: Path, rounds: int) -> Iterator[Figure]:
    """The same two files by Spark local[2], to two processes of our own; each side warmed up."""
    if shutil.which("java") is None:
        progress("spark: needs Java; left out")
        return
    from pyspark.sql import SparkSession

    from afterdisc.spark import assess, assess_files, findings_frame

    os.environ |= {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    files = []
    for k in range(2):
        write_registry(program, Asked(N_A_PROCESS, SEED + k), folder / f"s{k}")
        files.append(folder / f"s{k}" / "findings" / "part-00000.parquet")
        files[-1] = files[-1].rename(folder / f"s{k}.parquet")
    session = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").config("spark.log.level", "ERROR")
    made = session.config("spark.sql.execution.arrow.maxRecordsPerBatch", "8192").getOrCreate()
    with ProcessPoolExecutor(2) as pool:

        def processes() -> None:
            shutil.rmtree(folder / "pool", ignore_errors=True)
            list(pool.map(one_process, [(str(f), str(folder / "pool" / f.stem)) for f in files]))

        def by_file() -> None:
            shutil.rmtree(folder / "byfile", ignore_errors=True)
            assess_files(made, files, folder / "byfile", program, today=TODAY, at=AT, intervals=False)

        def packed() -> None:
            frame = findings_frame(made, str(folder / "s?.parquet"), program).repartition(2)
            assess(frame, program).write.mode("overwrite").parquet(str(folder / "packed"))

        n = 2 * N_A_PROCESS
        times = interleaved(
            [Contender("pool", processes, n), Contender("files", by_file, n), Contender("packed", packed, n)], rounds
        )
    made.stop()
    pool_s = seconds(times["pool"])
    yield at_least(
        "Spark local[2], files scheduled, to two processes",
        [p / s for p, s in zip(pool_s, seconds(times["files"]), strict=True)],
        0.6,
    )
    yield at_least(
        "Spark local[2], packed mapInArrow, to two processes",
        [p / s for p, s in zip(pool_s, seconds(times["packed"]), strict=True)],
        0.33,
    )


def one_process(pair: tuple[str, str]) -> None:
    numba.set_num_threads(1)
    run_registry(load_program(), Settings(Path(pair[0]), Path(pair[1]), intervals=False), today=TODAY, clock=lambda: AT)


def scaling(folder: Path, sizes: list[int], n_threads: int) -> list[dict[str, Any]]:
    """People, seconds and peak memory of a run of each size in a process of its own; see the plot in the manual."""
    out = []
    for n in sizes:
        drawn, answers = folder / f"drawn-{n}", folder / f"out-{n}"
        write_registry(load_program(), Asked(n, SEED), drawn)
        words = ["registry", "run", str(drawn / "findings"), str(answers), "--no-intervals", "--threads", str(n_threads)]
        begun = time.perf_counter()
        child = subprocess.Popen(
            [sys.executable, "-c", "from afterdisc.cli import main; main()", *words], stdout=subprocess.DEVNULL
        )
        _, _, usage = os.wait4(child.pid, 0)
        out.append({"people": n, "seconds": time.perf_counter() - begun, "peak_mb": usage.ru_maxrss / 1024})
        shutil.rmtree(drawn), shutil.rmtree(answers)
    return out
