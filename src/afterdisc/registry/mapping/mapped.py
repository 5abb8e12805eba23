"""mapped: rows of a registry's own columns as a findings table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from afterdisc.errors import UnreadableMap
from afterdisc.intake.batch import layout_of
from afterdisc.program import Program
from afterdisc.registry.columns import ID, finding_type, record_type
from afterdisc.registry.mapping.map import UNKNOWN, Amounts, Constant, Elapsed, FromColumn, Map, Way, YesColumns
from afterdisc.registry.typed import as_kind, days_of, whole
from afterdisc.words.printable import quoted

DAYS_A_WEEK, MONTHS_A_YEAR = 7, 12
Bools = npt.NDArray[np.bool_]
Refused = list[tuple[int, str, str]]


def mapped(map_: Map, program: Program, batch: Any) -> tuple[Any, Refused]:
    """(findings table, refused cells as (row of the batch, column, reason)): as many rows as the batch, in its order.

    A cell that the map cannot place is null, and its row refused unless the map says `otherwise: unknown`. No value is
    repeated in a reason.
    """
    import pyarrow as pa

    texts = _Texts(batch)
    columns: dict[str, Any] = {ID: texts.of(map_.id, ()).values}
    refused: Refused = []
    simple = layout_of(program).simple
    for name, way in {**map_.record, **map_.findings}.items():
        kind = record_type(name) if name in map_.record else finding_type(simple[name][1])
        is_complete = name in simple and simple[name][1].absent == np.inf
        columns[name], bad = _made(texts, way, kind, is_complete)
        if not isinstance(way, Constant) and way.otherwise != UNKNOWN:
            reason = f"UnmappedValue: `{name}` cannot be made of it. Add it to the map, or say `otherwise: unknown`."
            refused += [(int(i), ", ".join(way.columns), reason) for i in np.flatnonzero(bad)]
    return pa.RecordBatch.from_arrays([_array(c) for c in columns.values()], list(columns)), refused


def _array(values: Any) -> Any:
    import pyarrow as pa

    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


class _Text:
    """A column as text; null is missing."""

    def __init__(self, values: Any) -> None:
        self.values = values


class _Texts:
    """Columns of a batch as trimmed text, whole numbers without a decimal point; each made once."""

    def __init__(self, batch: Any) -> None:
        self.batch = batch
        self.made: dict[str, Any] = {}

    def of(self, column: str, missing: tuple[str, ...]) -> _Text:
        import pyarrow as pa
        import pyarrow.compute as pc

        if column not in self.made:
            values = whole(self.batch.column(column))
            if pa.types.is_date(values.type) or pa.types.is_timestamp(values.type):
                values = pc.strftime(values, "%Y-%m-%d")
            try:
                self.made[column] = pc.utf8_trim_whitespace(values.cast(pa.string()))
            except pa.ArrowException:
                what = f"column {quoted(column)} holds {values.type}: a map takes columns of text, numbers, yes/no or dates."
                raise UnreadableMap(what) from None
        text = self.made[column]
        if not missing:
            return _Text(text)
        return _Text(pc.if_else(pc.is_in(text, pa.array(missing, pa.string())), None, text))


def _made(texts: _Texts, way: Way, kind: Any, is_complete: bool) -> tuple[Any, Bools]:
    """(values of that kind, where one could not be made). `is_complete`: what a map of amounts does not name is not there."""
    n = texts.batch.num_rows
    if isinstance(way, Constant):
        import pyarrow as pa

        return pa.repeat(pa.scalar(way.value, kind), n), np.zeros(n, np.bool_)
    if isinstance(way, Elapsed):
        return _elapsed(texts, way)
    if isinstance(way, YesColumns):
        return _names(texts, way, n)
    return _amounts(texts, way, is_complete) if isinstance(way, Amounts) else _column(texts, way, kind)


def _column(texts: _Texts, way: FromColumn, kind: Any) -> tuple[Any, Bools]:
    import pyarrow as pa
    import pyarrow.compute as pc

    text = texts.of(way.column, way.missing).values
    if way.values:
        return _looked_up(text, way.values, kind)
    if pa.types.is_date(kind) and way.date_format:
        return _dates(text, way.date_format)
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        if way.decimal == ",":
            text = pc.replace_substring(text, ",", ".")
        values, bad = as_kind(text, pa.float64())
        return _scaled(values, way).cast(kind, safe=False), bad
    return as_kind(text, kind)


def _scaled(values: Any, way: FromColumn) -> Any:
    """70 by a factor of 0.1 is 7 and not the number beside it: a factor that is one part of a whole number divides."""
    import pyarrow.compute as pc

    if (way.factor, way.offset) == (1.0, 0.0):
        return values
    parts = round(1 / way.factor) if 0 < abs(way.factor) < 1 else 0
    divides = parts != 0 and 1 / parts == way.factor
    scaled = pc.divide(values, float(parts)) if divides else pc.multiply(values, way.factor)
    return pc.add(scaled, way.offset) if way.offset else scaled


def _looked_up(text: Any, values: Mapping[str, Any], kind: Any) -> tuple[Any, Bools]:
    import pyarrow as pa
    import pyarrow.compute as pc

    at = pc.index_in(text, pa.array(list(values), pa.string()))
    bad = pc.and_(pc.is_valid(text), pc.is_null(at)).to_numpy(zero_copy_only=False)
    return pa.array(list(values.values()), kind).take(at), bad


def _dates(text: Any, date_format: str) -> tuple[Any, Bools]:
    import pyarrow.compute as pc

    return days_of(pc.if_else(pc.equal(text, ""), None, text), date_format)


def _elapsed(texts: _Texts, way: Elapsed) -> tuple[Any, Bools]:
    """Days are whole; weeks to a hundredth; months and years are the whole ones that have passed."""
    import pyarrow as pa
    import pyarrow.compute as pc

    ends, bad = [], np.zeros(texts.batch.num_rows, np.bool_)
    for column in way.columns:
        text = texts.of(column, way.missing).values
        dates, wrong = _dates(text, way.date_format) if way.date_format else as_kind(text, pa.date32())
        ends.append(dates)
        bad |= wrong
    start, end = ends
    days = pc.days_between(start, end)
    backwards = pc.fill_null(pc.less(days, 0), False).to_numpy(zero_copy_only=False)
    value = elapsed(start, end, days, way.unit)
    return pc.if_else(pa.array(backwards), None, value), bad | backwards


def elapsed(start: Any, end: Any, days: Any, unit: str) -> Any:
    """float64 [row] as `words.days` reckons it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if unit == "days":
        return days.cast(pa.float64())
    if unit == "weeks":
        return pc.round(pc.divide(days.cast(pa.float64()), float(DAYS_A_WEEK)), 2, round_mode="half_to_even")
    years, rest = pc.subtract(pc.year(end), pc.year(start)), pc.subtract(pc.month(end), pc.month(start))
    months = pc.add(pc.multiply(years, MONTHS_A_YEAR), rest)
    whole_months = pc.subtract(months, pc.less(pc.day(end), pc.day(start)).cast(pa.int64())).cast(pa.float64())
    return whole_months if unit == "months" else pc.floor(pc.divide(whole_months, float(MONTHS_A_YEAR)))


def _names(texts: _Texts, way: YesColumns, n: int) -> tuple[Any, Bools]:
    """A list a row; null where no column says anything; with a null in it where something else may be taken."""
    import pyarrow as pa
    import pyarrow.compute as pc

    yes, told, bad = [], np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    silent = np.zeros(n, np.bool_)
    for column in way.columns:
        text = texts.of(column, way.missing).values
        is_yes = pc.fill_null(pc.is_in(pc.utf8_lower(text), pa.array(way.yes)), False).to_numpy(zero_copy_only=False)
        is_no = pc.fill_null(pc.is_in(pc.utf8_lower(text), pa.array(way.no)), False).to_numpy(zero_copy_only=False)
        given = text.is_valid().to_numpy(zero_copy_only=False)
        yes.append(is_yes)
        told |= is_yes | is_no
        silent |= ~given
        bad |= given & ~is_yes & ~is_no
    taken, names = np.array(yes).T, np.array(list(way.names.values()), object)
    is_open = silent | (not way.complete)
    out = [[*names[taken[i]], *([None] if is_open[i] else [])] if told[i] else None for i in range(n)]
    return pa.array(out, pa.list_(pa.string())), bad


def _amounts(texts: _Texts, way: Amounts, is_complete: bool) -> tuple[Any, Bools]:
    """A map a row from the columns that hold an amount; null where none does. Zero is no dose.

    In a complete map (weeks since each medicine was stopped) zero counts, and a name whose column is empty is kept without
    amount: left out, it would say no.
    """
    import pyarrow as pa

    amounts, bad = [], np.zeros(texts.batch.num_rows, np.bool_)
    for column in way.columns:
        values, wrong = as_kind(texts.of(column, way.missing).values, pa.float64())
        amounts.append(values.to_numpy(zero_copy_only=False))
        bad |= wrong | (amounts[-1] < 0)
    names, table = list(way.names.values()), np.array(amounts).T
    kept = ~np.isnan(table).all(axis=1)[:, None] & ((table >= 0) | np.isnan(table)) if is_complete else table > 0
    out = [
        [(names[j], None if np.isnan(row[j]) else float(row[j])) for j in np.flatnonzero(keep)] or None
        for row, keep in zip(table, kept, strict=True)
    ]
    return pa.array(out, pa.map_(pa.string(), pa.float64())), bad
