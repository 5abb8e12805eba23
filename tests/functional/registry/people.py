"""Synthetic people as tables and files, and a run over them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from afterdisc.cohort import draw_cases
from afterdisc.door import load_program
from afterdisc.registry import findings_schema
from afterdisc.registry.run import Settings, run_registry

TODAY = "2026-03-01"
AT = "2026-03-01T12:00:00+00:00"


@lru_cache(maxsize=4)
def people(n: int, seed: int = 5) -> pa.Table:
    """n synthetic people as a findings table."""
    program = load_program()
    rows = [{"id": f"p{i}", **case["findings"]} for i, case in enumerate(draw_cases(program, n, seed))]
    names = ["id", *sorted({name for row in rows for name in row} - {"id"})]
    return pa.Table.from_pylist(rows, schema=findings_schema(program, names))


def table(columns: Mapping[str, list[Any]]) -> pa.Table:
    return pa.table(dict(columns))


def run(source: Path, out: Path, **settings: Any) -> dict[str, Any]:
    """The receipt of a run without intervals, unless told otherwise."""
    given = {"intervals": False, "rows_a_part": 64, **settings}
    return run_registry(load_program(), Settings(source, out, **given), today=TODAY, clock=lambda: AT)


def answers(out: Path) -> pa.Table:
    """All answers, in the order of the parts."""
    return pa.concat_tables([pq.read_table(part) for part in sorted((out / "people").glob("*.parquet"))])


def refused(out: Path) -> list[dict[str, str]]:
    with (out / "refused.csv").open(newline="") as handle:
        return list(csv.DictReader(handle))


def as_csv(given: pa.Table) -> str:
    """The table as the runner reads CSV: empty is unknown, yes/no as true and false."""
    lines = [",".join(given.schema.names)]
    for row in given.to_pylist():
        lines.append(",".join(written(row[name]) for name in given.schema.names))
    return "\n".join(lines) + "\n"


def written(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


Writer = Callable[[pa.Table, Path], None]
