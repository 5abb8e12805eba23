"""Lists of names and maps of name to number, from Arrow columns into one column an ingredient."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from afterdisc.errors import CaseError, ImpossibleValue
from afterdisc.intake.batch import LONGEST_NAME, MOST
from afterdisc.program import Column
from afterdisc.words.ingredient import ingredient

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
Entries = list[tuple[int, Column]]


def fill_nested(values: Any, place: int, column: Column, entries: Entries, rows: Floats) -> list[tuple[Places, CaseError]]:
    """Write a set or map column into the rows [case, column]; returns which rows are wrong, and why.

    A null is unknown. A list that holds a null names some of what is taken: what it does not name is then unknown too.
    An amount that is null is taken in an unknown amount. Raises ImpossibleValue if the column's type cannot hold it.
    """
    import pyarrow as pa

    _refuse_type(values.type, column)
    if pa.types.is_null(values.type):
        return []
    known = np.flatnonzero(values.is_valid().to_numpy(zero_copy_only=False))
    rows[known, place] = 1.0
    for at, entry in entries:
        rows[known, at] = entry.absent
    if column.kind == "set":
        return _fill_set(values, entries, rows)
    fill = _fill_struct if pa.types.is_struct(values.type) else _fill_map
    return fill(values, column, entries, rows)


def _refuse_type(kind: Any, column: Column) -> None:
    import pyarrow as pa

    t = pa.types
    is_list = t.is_list(kind) or t.is_large_list(kind) or t.is_fixed_size_list(kind)
    texts = (t.is_string, t.is_large_string, t.is_string_view, t.is_null)
    is_listed = is_list and any(test(kind.value_type) for test in texts)
    if t.is_null(kind) or (is_listed if column.kind == "set" else t.is_map(kind) or t.is_struct(kind)):
        return
    wanted = "a list of text" if column.kind == "set" else "a map of text to number"
    raise ImpossibleValue(f"column `{column.name}` must hold {wanted}, this is {kind}.")


def _fill_set(values: Any, entries: Entries, rows: Floats) -> list[tuple[Places, CaseError]]:
    import pyarrow.compute as pc

    row, names = _numpy(pc.list_parent_indices(values)), pc.list_flatten(values)
    is_null = names.is_null().to_numpy(zero_copy_only=False)
    open_rows = np.unique(row[is_null])
    columns = np.array([at for at, _ in entries], np.intp)
    rows[np.ix_(open_rows, columns)] = np.nan
    at = _columns_of(names, entries)
    named = at >= 0
    rows[row[named], at[named]] = 1.0
    return []


def _fill_map(values: Any, column: Column, entries: Entries, rows: Floats) -> list[tuple[Places, CaseError]]:
    lengths = np.diff(_numpy(values.offsets))
    row = np.repeat(np.arange(len(values)), lengths)
    first, last = int(values.offsets[0].as_py()), int(values.offsets[-1].as_py())
    keys, items = values.keys[first:last], values.items[first:last]
    names = _ingredients(keys)
    return _fill_amounts(row, names, items, column, entries, rows)


def _fill_struct(values: Any, column: Column, entries: Entries, rows: Floats) -> list[tuple[Places, CaseError]]:
    """Of a struct, the fields that are not null: one field serves many rows."""
    import pyarrow as pa

    row, names, items = [], [], []
    for i in range(values.type.num_fields):
        field = values.field(i)
        at = np.flatnonzero(field.is_valid().to_numpy(zero_copy_only=False) & values.is_valid().to_numpy(zero_copy_only=False))
        row.append(at)
        names.append(np.full(len(at), ingredient(values.type.field(i).name[:LONGEST_NAME]), object))
        items.append(field.take(pa.array(at)).to_numpy(zero_copy_only=False))
    order = np.argsort(np.concatenate(row), kind="stable") if row else np.empty(0, np.intp)
    flat = pa.array(np.concatenate(items)[order]) if row else pa.array([], pa.float64())
    all_rows = np.concatenate(row)[order] if row else order
    return _fill_amounts(all_rows, np.concatenate(names)[order] if row else order, flat, column, entries, rows)


def _fill_amounts(
    row: Places, names: npt.NDArray[Any], items: Any, column: Column, entries: Entries, rows: Floats
) -> list[tuple[Places, CaseError]]:
    """`row`, `names` and `items` hold one place an entry, those of a row side by side."""
    wrong: list[tuple[Places, CaseError]] = [
        (row[i : i + 1], ImpossibleValue(f"`{column.name}` names one ingredient twice: entry {n} repeats an earlier one."))
        for i, n in _entries(row, _repeated(row, names))
    ]
    amounts, is_wrong = _amounts(items)
    wrong += [
        (row[i : i + 1], ImpossibleValue(
            f"`{column.name}` takes numbers of 0 or more, entry {n} is another thing. Write null if not known."
        ))
        for i, n in _entries(row, is_wrong)
    ]  # fmt: skip
    column_of = {entry.entry: at for at, entry in entries}
    place = np.array([column_of.get(name, -1) for name in names.tolist()], np.intp)
    good = (place >= 0) & ~is_wrong
    rows[row[good], place[good]] = amounts[good]
    return wrong


def _amounts(items: Any) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """(amounts, which are none): null is an amount nobody knows, text and a number below 0 are none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    given = items.is_valid().to_numpy(zero_copy_only=False)
    t = pa.types
    if not (t.is_null(items.type) or t.is_integer(items.type) or t.is_floating(items.type) or t.is_decimal(items.type)):
        return np.full(len(items), np.nan), given
    amounts = np.array(pc.cast(items, pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64)
    return amounts, given & ~np.isnan(amounts) & ~((amounts >= 0) & (amounts < MOST))


def _repeated(row: Places, names: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Whether an entry's ingredient stood in its row before."""
    seen: set[tuple[int, str]] = set()
    out = np.zeros(len(row), np.bool_)
    for i, pair in enumerate(zip(row.tolist(), names.tolist(), strict=True)):
        out[i] = pair in seen
        seen.add(pair)
    return out


def _entries(row: Places, which: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """(place, number of the entry in its row, from 1) of the entries asked for."""
    first = np.searchsorted(row, row)
    return [(int(i), int(i - first[i] + 1)) for i in np.flatnonzero(which)]


def _columns_of(names: Any, entries: Entries) -> npt.NDArray[np.intp]:
    """[name] the column of its ingredient; -1 for one that no rule asks for, and for null."""
    encoded = names.dictionary_encode()
    column_of = {entry.entry: at for at, entry in entries}
    known = [column_of.get(ingredient(name[:LONGEST_NAME]), -1) for name in encoded.dictionary.to_pylist()]
    codes = encoded.indices.fill_null(len(known)).to_numpy(zero_copy_only=False)
    return np.asarray(np.array([*known, -1], np.intp)[codes])


def _ingredients(keys: Any) -> npt.NDArray[Any]:
    encoded = keys.dictionary_encode()
    known = np.array([ingredient(name[:LONGEST_NAME]) for name in encoded.dictionary.to_pylist()], object)
    return np.asarray(known[encoded.indices.to_numpy(zero_copy_only=False)]) if len(known) else np.empty(0, object)


def _numpy(values: Any) -> npt.NDArray[np.intp]:
    return np.asarray(values.to_numpy(zero_copy_only=False), np.intp)
