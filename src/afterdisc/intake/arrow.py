"""From an Arrow table or record batch to a batch: one column a finding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from afterdisc.errors import CaseError, ImpossibleState, ImpossibleValue, UnknownFinding, UnreadableCase
from afterdisc.intake.batch import (
    LONGEST_NAME,
    Batch,
    amounts_of,
    layout_of,
    listed_of,
    out_of_scope,
    refuse_contradictory_rows,
)
from afterdisc.program import Column, Program
from afterdisc.words.nearest import did_you_mean
from afterdisc.words.printable import quoted

ID = "id"
BLOCK_ROWS = 16_384  # rows of a large table held as numbers at once
Floats = npt.NDArray[np.float64]


def batches_from_arrow(program: Program, table: Any) -> Iterator[Batch]:
    """The batches of an Arrow table, a record batch, or anything that gives an Arrow stream; at least one.

    Columns are named like findings, `id` is optional; null and NaN are unknown. Numbers may be any numeric type, yes/no
    findings boolean, states text or dictionary-encoded text, sets a list of text, maps a map or a struct of text to
    number.

    Raises UnknownFinding, ImpossibleState, ImpossibleValue, ContradictoryFacts or OutOfScope naming column and row,
    never a value.
    """
    whole = _table(table)
    _refuse_columns(program, whole.schema.names)
    starts = range(0, max(whole.num_rows, 1), BLOCK_ROWS)
    return (_batch(program, whole.slice(start, BLOCK_ROWS), start) for start in starts)


def _table(given: Any) -> Any:
    try:
        import pyarrow as pa
    except ModuleNotFoundError:
        raise ModuleNotFoundError("Arrow tables need pyarrow: pip install 'afterdisc[arrow]'.", name="pyarrow") from None

    if isinstance(given, pa.Table | pa.RecordBatch):
        return given
    if hasattr(given, "__arrow_c_stream__"):
        return pa.table(given)
    raise UnreadableCase("this is no Arrow table or record batch, and no frame that can be one (polars, pandas).")


def _refuse_columns(program: Program, names: list[str]) -> None:
    known = layout_of(program).simple
    for name in names:
        if name != ID and name not in known:
            guess = did_you_mean(name[:LONGEST_NAME], known)
            raise UnknownFinding(f"column {quoted(name)} is no finding. {guess}".rstrip())
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise UnreadableCase(f"column `{twice}` stands there twice. Leave one of them out.")


def _batch(program: Program, table: Any, first_row: int) -> Batch:
    layout, n = layout_of(program), table.num_rows
    rows = np.full((n, len(program.columns)), np.nan)
    for name in table.schema.names:
        if name == ID:
            continue
        place, column = layout.simple[name]
        values = _whole(table.column(name))
        if column.kind in ("set", "map"):
            _fill_nested(values, place, column, layout.entries.get(name, []), rows, first_row)
        else:
            rows[:, place] = _coded(program, values, place, first_row)
    refuse_contradictory_rows(program, rows, first_row)
    return Batch(rows, _ids(table, first_row))


def _whole(values: Any) -> Any:
    """One array; a dictionary-encoded column as what it stands for."""
    import pyarrow as pa

    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values


def _ids(table: Any, first_row: int) -> tuple[str, ...]:
    numbers = [str(first_row + i) for i in range(table.num_rows)]
    if ID not in table.schema.names:
        return tuple(numbers)
    given = table.column(ID).to_pylist()
    return tuple(number if name is None else str(name) for number, name in zip(numbers, given, strict=True))


def _coded(program: Program, values: Any, place: int, first_row: int) -> Floats:
    import pyarrow as pa

    column = program.columns[place]
    if pa.types.is_null(values.type):
        return np.full(len(values), np.nan)
    if column.kind == "bool":
        if not pa.types.is_boolean(values.type):
            raise ImpossibleState(f"column `{column.name}` must be boolean, this is {values.type}.")
        return _floats(values)
    return _states(values, column, first_row) if column.states else _numbers(program, values, place, first_row)


def _floats(values: Any) -> Floats:
    """As float64, each number as near as float64 comes; null as NaN."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return np.asarray(pc.cast(values, pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64)


def _numbers(program: Program, values: Any, place: int, first_row: int) -> Floats:
    import pyarrow as pa

    column = program.columns[place]
    is_number = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    if not any(test(values.type) for test in is_number):
        raise ImpossibleValue(f"column `{column.name}` must hold numbers, this is {values.type}.")
    numbers = _floats(values)
    outside = np.flatnonzero((numbers < column.low) | (numbers > column.high))
    if len(outside):
        beyond = out_of_scope(program, place, float(numbers[outside[0]]))
        if beyond:
            raise type(beyond)(f"row {first_row + outside[0]}: {beyond}")
        raise ImpossibleValue(
            f"row {first_row + outside[0]}: `{column.name}` takes {column.low:g} to {column.high:g}; this value is "
            f"outside ({len(outside)} such rows). Check the unit."
        )
    broken = np.flatnonzero(numbers != np.trunc(numbers)) if column.kind == "count" else outside
    broken = broken[~np.isnan(numbers[broken])]
    if len(broken):
        raise ImpossibleValue(f"row {first_row + broken[0]}: `{column.name}` is a count: a whole number.")
    return numbers


def _states(values: Any, column: Column, first_row: int) -> Floats:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not _is_text(values.type):
        raise ImpossibleState(f"column `{column.name}` must hold text, this is {values.type}.")
    codes = pc.index_in(values.cast(pa.string()), value_set=pa.array(column.states))
    bad = pc.and_(pc.is_valid(values), pc.is_null(codes))
    if pc.any(bad).as_py():
        row = first_row + pc.index(bad, True).as_py()
        raise ImpossibleState(f"row {row}: `{column.name}` takes one of {', '.join(column.states)}.")
    return _floats(codes)


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return any(test(kind) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view))


def _fill_nested(
    values: Any, place: int, column: Column, entries: list[tuple[int, Column]], rows: Floats, first_row: int
) -> None:
    _refuse_nested_type(values.type, column)
    for i, value in enumerate(values.to_pylist()):
        if value is None:
            continue
        rows[i, place] = 1.0
        try:
            amounts, rest = _listed(value) if column.kind == "set" else (_amounts(column, value), None)
        except CaseError as error:
            raise type(error)(f"row {first_row + i}: {error}") from None
        for j, entry in entries:
            rows[i, j] = amounts.get(entry.entry, entry.absent if rest is None else rest)


def _refuse_nested_type(kind: Any, column: Column) -> None:
    import pyarrow as pa

    t = pa.types
    is_list = t.is_list(kind) or t.is_large_list(kind) or t.is_fixed_size_list(kind)
    is_listed = is_list and (_is_text(kind.value_type) or t.is_null(kind.value_type))
    if t.is_null(kind) or (is_listed if column.kind == "set" else t.is_map(kind) or t.is_struct(kind)):
        return
    wanted = "a list of text" if column.kind == "set" else "a map of text to number"
    raise ImpossibleValue(f"column `{column.name}` must hold {wanted}, this is {kind}.")


def _listed(value: list[Any]) -> tuple[dict[str, float], float | None]:
    names, rest = listed_of(value)
    return dict.fromkeys(names, 1.0), rest


def _amounts(column: Column, value: Any) -> dict[str, float]:
    """Of a map, its pairs; of a struct, the fields that are not null: one field serves many rows."""
    if isinstance(value, dict):
        return amounts_of(column, [(name, amount) for name, amount in value.items() if amount is not None])
    return amounts_of(column, value)
