"""From an Arrow table or record batch to a batch: one column a finding."""

from __future__ import annotations

from typing import Any

import numpy as np

from afterdisc.errors import ImpossibleState, ImpossibleValue, UnknownFinding
from afterdisc.intake.batch import Batch, layout_of
from afterdisc.program import Column, Program
from afterdisc.words.ingredient import ingredient
from afterdisc.words.nearest import did_you_mean

ID = "id"


def batch_from_arrow(program: Program, table: Any) -> Batch:
    """A batch from an Arrow table: columns named like findings, `id` optional; null and NaN are unknown.

    Numbers may be any numeric type, yes/no findings boolean, states text or dictionary-encoded text, sets a list of text,
    maps a map of text to number. Raises UnknownFinding, ImpossibleState or ImpossibleValue naming column and row, never a value.
    """
    import pyarrow as pa

    layout = layout_of(program)
    n = table.num_rows
    rows = np.full((n, len(program.columns)), np.nan)
    for name in table.schema.names:
        if name == ID:
            continue
        if name not in layout.simple:
            raise UnknownFinding(f"column `{name}` is no finding. {did_you_mean(name, layout.simple)}".rstrip())
        values = table.column(name)
        values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
        place, column = layout.simple[name]
        if column.kind in ("set", "map"):
            _fill_nested(values, place, column, layout.entries.get(name, []), rows)
        else:
            rows[:, place] = _plain(values, column)
    ids = tuple(str(v) for v in table.column(ID).to_pylist()) if ID in table.schema.names else tuple(map(str, range(n)))
    return Batch(rows, ids)


def _plain(values: Any, column: Column) -> np.ndarray[Any, np.dtype[np.float64]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if column.kind == "bool":
        if not pa.types.is_boolean(values.type):
            raise ImpossibleState(f"column `{column.name}` must be boolean, this is {values.type}.")
        return np.asarray(pc.cast(values, pa.float64()).to_numpy(zero_copy_only=False), np.float64)
    if column.states:
        return _coded(values, column)
    if not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type)):
        raise ImpossibleValue(f"column `{column.name}` must hold numbers, this is {values.type}.")
    numbers = np.asarray(pc.cast(values, pa.float64()).to_numpy(zero_copy_only=False), np.float64)
    outside = np.flatnonzero((numbers < column.low) | (numbers > column.high))
    if len(outside):
        raise ImpossibleValue(
            f"row {outside[0]}: `{column.name}` takes {column.low:g} to {column.high:g}; this value is outside "
            f"({len(outside)} such rows). Check the unit."
        )
    return numbers


def _coded(values: Any, column: Column) -> np.ndarray[Any, np.dtype[np.float64]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type) or pa.types.is_null(values.type)):
        raise ImpossibleState(f"column `{column.name}` must hold text, this is {values.type}.")
    codes = pc.index_in(values.cast(pa.string()), value_set=pa.array(column.states))
    bad = pc.and_(pc.is_valid(values), pc.is_null(codes))
    if pc.any(bad).as_py():
        row = pc.index(bad, True).as_py()
        raise ImpossibleState(f"row {row}: `{column.name}` takes one of {', '.join(column.states)}.")
    return np.asarray(pc.cast(codes, pa.float64()).to_numpy(zero_copy_only=False), np.float64)


def _fill_nested(
    values: Any, place: int, column: Column, entries: list[tuple[int, Column]], rows: np.ndarray[Any, np.dtype[np.float64]]
) -> None:
    for i, value in enumerate(values.to_pylist()):
        if value is None:
            continue
        rows[i, place] = 1.0
        if column.kind == "set":
            listed = {ingredient(str(v)) for v in value}
            for j, entry in entries:
                rows[i, j] = 1.0 if entry.entry in listed else entry.absent
        else:
            amounts = {ingredient(str(k)): v for k, v in (value.items() if isinstance(value, dict) else value)}
            for j, entry in entries:
                amount = amounts.get(entry.entry)
                rows[i, j] = entry.absent if amount is None else float(amount)
