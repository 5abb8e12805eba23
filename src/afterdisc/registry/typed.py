"""Columns of a file as a findings table: text where numbers, yes or no, dates or lists belong is read, or the row refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from afterdisc.errors import UnknownFinding
from afterdisc.intake.arrow import is_text
from afterdisc.intake.batch import LONGEST_NAME, layout_of
from afterdisc.program import Program
from afterdisc.registry.columns import ID, RECORD_COLUMNS, finding_type, record_type
from afterdisc.registry.outcomes import Refusal
from afterdisc.words.nearest import did_you_mean
from afterdisc.words.printable import quoted

YES, NO = ("true", "yes", "1"), ("false", "no", "0")
NUMBER = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$"
TAKES_NONE, OTHERS_UNKNOWN = "none", "?"


def refuse_names(program: Program, names: list[str], where: str) -> None:
    """Raises UnknownFinding for a column that is neither the id, nor a record column, nor a finding."""
    known = {ID, *RECORD_COLUMNS, *layout_of(program).simple}
    for name in names:
        if name not in known:
            guess = did_you_mean(name[:LONGEST_NAME], known)
            raise UnknownFinding(
                f"{where}: column {quoted(name)} is no finding. {guess} Give a map with --map (`afterdisc registry map "
                "--suggest` drafts one), or leave the column out with --without."
            )


def typed(program: Program, table: Any) -> tuple[Any, list[Refusal]]:
    """(findings table, cells that could not be read): a refused cell is null, its row is not to be assessed.

    A refusal's row is its position in the table. A type that can hold the finding is left as it is.
    """
    import pyarrow as pa

    simple = layout_of(program).simple
    columns, refused = {}, []
    for name in table.schema.names:
        values = whole(table.column(name))
        if name == ID:
            columns[name] = values.cast(pa.string())
            continue
        kind = record_type(name) if name in RECORD_COLUMNS else finding_type(simple[name][1])
        columns[name], wrong = as_kind(values, kind)
        reason = f"UnreadableRow: `{name}` takes {_wanted(kind)}, this is another thing."
        refused += [Refusal(int(i), name, reason) for i in np.flatnonzero(wrong)]
    return pa.table(columns), refused


def whole(values: Any) -> Any:
    import pyarrow as pa

    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values


def as_kind(values: Any, kind: Any) -> tuple[Any, Any]:
    """(values of that kind, where a value is another thing)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    none = np.zeros(len(values), np.bool_)
    if pa.types.is_null(values.type):
        return pa.nulls(len(values), kind), none
    if is_text(values.type):
        return _read(pc.utf8_trim_whitespace(values.cast(pa.string())), kind)
    if pa.types.is_date(kind) and (pa.types.is_timestamp(values.type) or pa.types.is_date(values.type)):
        return values.cast(pa.date32(), safe=False), none
    if pa.types.is_boolean(kind) and pa.types.is_integer(values.type):
        return _only(values, pc.is_in(values, pa.array([0, 1], values.type)), lambda v: v.cast(pa.bool_()))
    if pa.types.is_date(kind) or (pa.types.is_string(kind) and not pa.types.is_integer(values.type)):
        return pa.nulls(len(values), kind), pc.is_valid(values).to_numpy(zero_copy_only=False)
    return values.cast(pa.string()) if pa.types.is_string(kind) else values, none


def _read(text: Any, kind: Any) -> tuple[Any, Any]:
    """Text as a value of that kind; empty text is unknown."""
    import pyarrow as pa
    import pyarrow.compute as pc

    given = pc.if_else(pc.equal(text, ""), None, text)
    t = pa.types
    if t.is_floating(kind) or t.is_integer(kind):
        return _only(given, pc.match_substring_regex(given, NUMBER), lambda v: pc.cast(v.cast(pa.float64()), kind, safe=False))
    if t.is_boolean(kind):
        lower = pc.utf8_lower(given)
        known = pc.is_in(lower, pa.array([*YES, *NO]))
        return _only(lower, known, lambda v: pc.if_else(pc.is_valid(v), pc.is_in(v, pa.array(YES)), None))
    if t.is_date(kind):
        dates = pc.strptime(pc.utf8_slice_codeunits(given, 0, 10), "%Y-%m-%d", "s", error_is_null=True)
        bad = pc.and_(pc.is_valid(given), pc.is_null(dates))
        return dates.cast(pa.date32()), bad.to_numpy(zero_copy_only=False)
    if t.is_list(kind):
        return _lists(given)
    return _maps(given) if t.is_map(kind) else (given, np.zeros(len(given), np.bool_))


def _only(values: Any, good: Any, made: Callable[[Any], Any]) -> tuple[Any, Any]:
    import pyarrow.compute as pc

    bad = pc.and_(pc.is_valid(values), pc.invert(pc.fill_null(good, False)))
    return made(pc.if_else(bad, None, values)), bad.to_numpy(zero_copy_only=False)


def _lists(text: Any) -> tuple[Any, Any]:
    """`gabapentin;ibuprofen`; `none` takes none; `?` among them: others nobody knows of."""
    import pyarrow as pa

    out = []
    for value in text.to_pylist():
        names = None if value is None else [n.strip() for n in value.split(";") if n.strip()]
        if names is not None and [n.lower() for n in names] == [TAKES_NONE]:
            names = []
        out.append(names if names is None else [None if n == OTHERS_UNKNOWN else n for n in names])
    return pa.array(out, pa.list_(pa.string())), np.zeros(len(text), np.bool_)


def _maps(text: Any) -> tuple[Any, Any]:
    """`gabapentin=900;pregabalin=?`: an amount that is `?` is taken in an unknown amount."""
    import pyarrow as pa

    out: list[list[tuple[str, float | None]] | None] = []
    wrong = np.zeros(len(text), np.bool_)
    for i, value in enumerate(text.to_pylist()):
        pairs: list[tuple[str, float | None]] | None = None if value is None else []
        for part in (value or "").split(";"):
            name, _, amount = part.partition("=")
            if not part.strip() or part.strip().lower() == TAKES_NONE:
                continue
            try:
                assert pairs is not None
                pairs.append((name.strip(), None if amount.strip() == OTHERS_UNKNOWN else float(amount)))
            except ValueError:
                wrong[i] = True
        out.append(None if wrong[i] else pairs)
    return pa.array(out, pa.map_(pa.string(), pa.float64())), wrong


def _wanted(kind: Any) -> str:
    import pyarrow as pa

    t = pa.types
    if t.is_floating(kind) or t.is_integer(kind):
        return "a number, with a point for the decimals"
    if t.is_boolean(kind):
        return "yes or no (true, false, 1, 0)"
    if t.is_date(kind):
        return "a date as in 2026-03-01"
    return "pairs as in gabapentin=900;pregabalin=?" if t.is_map(kind) else "text"
