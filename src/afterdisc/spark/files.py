"""assess_files: each file or folder of a registry as one task, run by the same runner on whichever worker takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from afterdisc.errors import AfterdiscError, AnotherRun, RegistryError
from afterdisc.program import Program
from afterdisc.registry.run import Settings, run_registry
from afterdisc.spark.carried import carried, program_of

COMMAND = "afterdisc.spark.assess_files"
MOST_TOLD = 10


def assess_files(
    spark: Any, sources: Sequence[str | Path], out: str | Path, program: Program, *, today: str, at: str, **settings: Any
) -> list[dict[str, Any]]:
    """Run every source into its own folder below `out` and return the receipts, in the order of the sources.

    sources   paths that every worker sees (a mounted volume): findings tables, or folders of FHIR bulk export, each
              holding whole people. A task is one source, so make them many and alike in size.
    out       a folder that every worker sees; a source `a/b.parquet` is answered in `out/b.parquet`
    today, at the day and the time for the receipts, as ISO texts
    settings  what `afterdisc.registry.run.Settings` takes besides: `intervals`, `map_file`, `as_of` …

    A task that Spark starts anew goes on where the one before was stopped. Raises RegistryError if two sources have one
    name, and, when all tasks have run, if some could not be assessed; the answers to the others are then there.
    """
    names = [Path(source).name for source in sources]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise RegistryError(f"two sources are called {twice}: their answers would meet in one folder. Rename one.")
    program_bytes = carried(spark, program)
    asked = Settings(Path(), Path(), **settings)

    def task(pair: tuple[str, str]) -> tuple[dict[str, Any], str]:
        source, target = pair
        mine = replace(asked, source=Path(source), out=Path(target), n_threads=1)
        program = program_of(program_bytes())
        try:
            return run_registry(program, mine, today=today, clock=lambda: at, command=COMMAND), ""
        except AnotherRun:  # two tasks for one folder: Spark must not take this one for done
            raise
        except AfterdiscError as error:  # the same on every worker: trying again would not mend it
            return {}, f"{type(error).__name__}: {error}"

    pairs = [(str(source), str(Path(out) / name)) for source, name in zip(sources, names, strict=True)]
    if not pairs:
        return []
    done = spark.sparkContext.parallelize(pairs, len(pairs)).map(task).collect()
    _refuse_failed([(name, why) for name, (_, why) in zip(names, done, strict=True) if why], len(names))
    return [receipt for receipt, _ in done]


def _refuse_failed(failed: list[tuple[str, str]], n_sources: int) -> None:
    if failed:
        told = "\n".join(f"    {name}: {why}" for name, why in failed[:MOST_TOLD])
        more = f"\n    and {len(failed) - MOST_TOLD} more" if len(failed) > MOST_TOLD else ""
        raise RegistryError(
            f"{len(failed)} of {n_sources} sources could not be assessed; the answers to the others are written. Mend these "
            f"and call again: what is done is not done twice.\n{told}{more}"
        )
