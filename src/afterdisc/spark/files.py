"""assess_files: each file or folder of a registry as one task, run by the same runner on whichever worker takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from afterdisc.errors import RegistryError
from afterdisc.program import Program
from afterdisc.registry.run import Settings, run_registry
from afterdisc.spark.carried import carried, program_of

COMMAND = "afterdisc.spark.assess_files"


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
    name; what is wrong with a source is raised when its task has run.
    """
    names = [Path(source).name for source in sources]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise RegistryError(f"two sources are called {twice}: their answers would meet in one folder. Rename one.")
    program_bytes = carried(spark, program)
    asked = Settings(Path(), Path(), **settings)

    def task(pair: tuple[str, str]) -> dict[str, Any]:
        source, target = pair
        mine = replace(asked, source=Path(source), out=Path(target), n_threads=1)
        return run_registry(program_of(program_bytes()), mine, today=today, clock=lambda: at, command=COMMAND)

    pairs = [(str(source), str(Path(out) / name)) for source, name in zip(sources, names, strict=True)]
    return list(spark.sparkContext.parallelize(pairs, len(pairs)).map(task).collect())
