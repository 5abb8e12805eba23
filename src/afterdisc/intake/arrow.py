"""From an Arrow table or record batch to a batch: one column a finding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from afterdisc.errors import CaseError, ImpossibleState, ImpossibleValue, UnknownFinding, UnreadableCase
from afterdisc.intake.batch import LONGEST_NAME, Batch, contradictory_rows, layout_of, out_of_scope
from afterdisc.intake.nested import fill_nested
from afterdisc.program import Column, Program
from afterdisc.words.nearest import did_you_mean
from afterdisc.words.printable import quoted

ID = "id"
BLOCK_ROWS = 16_384  # rows of a large table held as numbers at once
Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Wrong:
    """Why some rows of a table cannot be cases: their positions, the column, and the error that each of them is."""

    rows: Places
    column: str
    error: CaseError


def batches_from_arrow(program: Program, table: Any) -> Iterator[Batch]:
    """The batches of an Arrow table, a record batch, or anything that gives an Arrow stream; at least one.

    Columns are named like findings, `id` is optional; null and NaN are unknown. Numbers may be any numeric type, yes/no
    findings boolean, states text or dictionary-encoded text, sets a list of text, maps a map or a struct of text to
    number.

    Raises UnknownFinding, ImpossibleState, ImpossibleValue, ContradictoryFacts or OutOfScope naming column and row,
    never a value.
    """
    whole = _table(table)
    refuse_columns(program, whole.schema.names)
    starts = range(0, max(whole.num_rows, 1), BLOCK_ROWS)
    return (_batch(program, whole.slice(start, BLOCK_ROWS), start) for start in starts)


def rows_from_arrow(program: Program, table: Any) -> tuple[Floats, list[Wrong]]:
    """(rows [case, column], what is wrong with which of them): nothing raised for a single row's sake.

    A row that something is wrong with holds NaN where its wrong value stood and is not to be assessed. Raises CaseError
    for what is wrong with a whole column: a name that is no finding, a type that cannot hold it.
    """
    refuse_columns(program, table.schema.names)
    layout, rows, wrong = layout_of(program), np.full((table.num_rows, len(program.columns)), np.nan), []
    for name in table.schema.names:
        if name == ID:
            continue
        place, column = layout.simple[name]
        values = _whole(table.column(name))
        if column.kind in ("set", "map"):
            wrong += [Wrong(at, name, e) for at, e in fill_nested(values, place, column, layout.entries.get(name, []), rows)]
        else:
            rows[:, place], bad = _coded(program, values, place)
            wrong += bad
    wrong += [Wrong(at, "", error) for at, error in contradictory_rows(program, rows)]
    return rows, wrong


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


def refuse_columns(program: Program, names: list[str]) -> None:
    """Raises UnknownFinding for a column that is no finding, UnreadableCase for one that stands there twice."""
    known = layout_of(program).simple
    for name in names:
        if name != ID and name not in known:
            guess = did_you_mean(name[:LONGEST_NAME], known)
            raise UnknownFinding(f"column {quoted(name)} is no finding. {guess}".rstrip())
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise UnreadableCase(f"column `{twice}` stands there twice. Leave one of them out.")


def _batch(program: Program, table: Any, first_row: int) -> Batch:
    rows, wrong = rows_from_arrow(program, table)
    if wrong:
        first = wrong[0]
        more = f" ({len(first.rows)} such rows)" if len(first.rows) > 1 else ""
        raise type(first.error)(f"row {first_row + int(first.rows[0])}: {first.error}{more}")
    return Batch(rows, ids_of(table, first_row))


def _whole(values: Any) -> Any:
    """One array; a dictionary-encoded column as what it stands for."""
    import pyarrow as pa

    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values


def ids_of(table: Any, first_row: int) -> tuple[str, ...]:
    """What each row is called: its `id`, or its number counted from `first_row`."""
    numbers = [str(first_row + i) for i in range(table.num_rows)]
    if ID not in table.schema.names:
        return tuple(numbers)
    given = table.column(ID).to_pylist()
    return tuple(number if name is None else str(name) for number, name in zip(numbers, given, strict=True))


def _coded(program: Program, values: Any, place: int) -> tuple[Floats, list[Wrong]]:
    import pyarrow as pa

    column = program.columns[place]
    if pa.types.is_null(values.type):
        return np.full(len(values), np.nan), []
    if column.kind == "bool":
        if not pa.types.is_boolean(values.type):
            raise ImpossibleState(f"column `{column.name}` must be boolean, this is {values.type}.")
        return _floats(values), []
    return _states(values, column) if column.states else _numbers(program, values, place)


def _floats(values: Any) -> Floats:
    """As float64, each number as near as float64 comes; null as NaN."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return np.array(pc.cast(values, pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64)


def _numbers(program: Program, values: Any, place: int) -> tuple[Floats, list[Wrong]]:
    import pyarrow as pa

    column = program.columns[place]
    is_number = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    if not any(test(values.type) for test in is_number):
        raise ImpossibleValue(f"column `{column.name}` must hold numbers, this is {values.type}.")
    numbers, wrong = _floats(values), []
    outside = np.flatnonzero((numbers < column.low) | (numbers > column.high))
    if len(outside):
        wrong += _outside(program, place, numbers, outside)
        numbers[outside] = np.nan
    if column.kind == "count":
        broken = np.flatnonzero(~np.isnan(numbers) & (numbers != np.trunc(numbers)))
        if len(broken):
            wrong.append(Wrong(broken, column.name, ImpossibleValue(f"`{column.name}` is a count: a whole number.")))
            numbers[broken] = np.nan
    return numbers, wrong


def _outside(program: Program, place: int, numbers: Floats, outside: Places) -> list[Wrong]:
    """A number outside its range is a slip, or a person this knowledge is not about."""
    column = program.columns[place]
    beyond = [out_of_scope(program, place, float(number)) for number in numbers[outside]]
    slips = outside[[error is None for error in beyond]]
    out = [Wrong(np.array([at]), column.name, error) for at, error in zip(outside, beyond, strict=True) if error is not None]
    if len(slips):
        text = f"`{column.name}` takes {column.low:g} to {column.high:g}; this value is outside. Check the unit."
        out.append(Wrong(slips, column.name, ImpossibleValue(text)))
    return sorted(out, key=lambda wrong: int(wrong.rows[0]))


def _states(values: Any, column: Column) -> tuple[Floats, list[Wrong]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not is_text(values.type):
        raise ImpossibleState(f"column `{column.name}` must hold text, this is {values.type}.")
    codes = pc.index_in(values.cast(pa.string()), value_set=pa.array(column.states))
    bad = np.flatnonzero(pc.and_(pc.is_valid(values), pc.is_null(codes)).to_numpy(zero_copy_only=False))
    error = ImpossibleState(f"`{column.name}` takes one of {', '.join(column.states)}.")
    return _floats(codes), [Wrong(bad, column.name, error)] if len(bad) else []


def is_text(kind: Any) -> bool:
    import pyarrow as pa

    return any(test(kind) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view))
