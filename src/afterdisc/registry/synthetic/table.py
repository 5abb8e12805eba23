"""Rows of numbers as a findings table, one row a visit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from afterdisc.program import Column, Program, kept_with_program
from afterdisc.registry.columns import finding_type, record_type

Floats = npt.NDArray[np.float64]
DAYS_A_WEEK = 7


@dataclass(frozen=True)
class Visit:
    """One visit of every person: rows [person, column], and how many days before the last visit it was."""

    rows: Floats
    days_before: npt.NDArray[np.int64]


@kept_with_program
def drawn_columns(program: Program) -> tuple[tuple[str, int], ...]:
    """(finding, column) of what can be drawn: everything but lists and maps."""
    return tuple((c.finding, i) for i, c in enumerate(program.columns) if not c.entry and c.kind not in ("set", "map"))


def last_visits(program: Program, rows: Floats, rng: np.random.Generator, n_visits: int) -> list[Visit]:
    """The visits of each person, the earliest first; the last holds all that is known, an earlier one a share of it."""
    share = program.book["registry"]["synthetic"]["earlier_visit_share"]
    weeks = np.nan_to_num(rows[:, program.time_column])
    visits = []
    for k in range(n_visits - 1, 0, -1):
        before = np.floor(weeks * DAYS_A_WEEK * k / n_visits).astype(np.int64)
        earlier = np.where(rng.random(rows.shape) < share, rows, np.nan)
        earlier[:, program.time_column] = np.round((np.round(weeks * DAYS_A_WEEK) - before) / DAYS_A_WEEK, 2)
        for first, second, slack, _ in program.orders:  # what could not have been yet was not asked
            earlier[earlier[:, first] > earlier[:, second] + slack, first] = np.nan
        visits.append(Visit(earlier, before))
    return [*visits, Visit(rows, np.zeros(len(rows), np.int64))]


def findings_table(program: Program, visits: list[Visit], record: dict[str, Any], keep: Any, ids: list[str]) -> Any:
    """An Arrow table of the people kept: their visits one after the other, person by person."""
    import pyarrow as pa

    n, k = len(keep), len(visits)
    order = np.arange(n * k).reshape(k, n).T.ravel()  # all visits of the first person, then of the second
    columns: dict[str, Any] = {"id": pa.array(np.repeat(np.array(ids, object), k), pa.string())}
    for name, values in record.items():
        each = np.asarray(values)[keep]
        if name == "visit_date":
            stacked = np.concatenate([each - v.days_before[keep].astype("timedelta64[D]") for v in visits])[order]
        else:
            stacked = np.repeat(each, k)
        columns[name] = pa.array(stacked, record_type(name))
    for name, at in drawn_columns(program):
        stacked = np.concatenate([v.rows[keep, at] for v in visits])[order]
        columns[name] = _column(program.columns[at], stacked)
    return pa.table(columns)


def _column(column: Column, values: Floats) -> Any:
    import pyarrow as pa

    unknown = np.isnan(values)
    if column.kind == "bool":
        return pa.array(values == 1, mask=unknown)
    if column.states:
        codes = pa.array(np.where(unknown, 0, values).astype(np.int32), mask=unknown)
        return pa.array(column.states, pa.string()).take(codes)
    return pa.array(np.where(unknown, 0.0, values), finding_type(column), mask=unknown)
