"""Columns of a file as a findings table: text where numbers, yes or no, dates or lists belong is read, or the row refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from afterdisc.errors import UnknownFinding, UnreadableSource
from afterdisc.intake.arrow import is_text
from afterdisc.intake.batch import LONGEST_NAME, layout_of
from afterdisc.program import Program
from afterdisc.registry.columns import ID, RECORD_COLUMNS, finding_type, record_type
from afterdisc.registry.outcomes import Refusal
from afterdisc.words.nearest import did_you_mean
from afterdisc.words.printable import quoted

YES, NO = ("true", "yes", "1"), ("false", "no", "0")
ISO = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:.*)?$"
NUMBER = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$"
TAKES_NONE, OTHERS_UNKNOWN = "none", "?"


def refuse_names(program: Program, names: list[str], where: str) -> None:
    """Raises UnknownFinding for a column that is neither the id, nor a record column, nor a finding.

    Raises UnreadableSource for two columns of one name.
    """
    refuse_twice(names, where)
    known = {ID, *RECORD_COLUMNS, *layout_of(program).simple}
    for name in names:
        if name not in known:
            guess = did_you_mean(name[:LONGEST_NAME], known)
            raise UnknownFinding(
                f"{where}: column {quoted(name)} is no finding. {guess} Give a map with --map (`afterdisc registry map "
                "--suggest` drafts one), or leave the column out with --without."
            )


def refuse_twice(names: list[str], where: str) -> None:
    """Raises UnreadableSource if two columns have one name: nobody could say which of them is meant."""
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UnreadableSource(f"{where}: column {quoted(twice)} stands there twice. Rename or drop one of them.")


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
            columns[name], wrong = _ids(values)
            wanted = "text or a number"
        else:
            kind = record_type(name) if name in RECORD_COLUMNS else finding_type(simple[name][1])
            columns[name], wrong = as_kind(values, kind)
            wanted = _wanted(kind)
        reason = f"UnreadableRow: `{name}` takes {wanted}, this is another thing."
        refused += [Refusal(int(i), name, reason) for i in np.flatnonzero(wrong)]
    return pa.table(columns), refused


def whole(values: Any) -> Any:
    import pyarrow as pa

    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values


def _readable(values: Any) -> tuple[Any, Any]:
    """(values, where bytes are no UTF-8): such a cell is null. A file of another encoding holds them as if they were text."""
    import pyarrow as pa

    try:
        values.validate(full=True)
        return values, np.zeros(len(values), np.bool_)
    except pa.ArrowInvalid:
        no_text = np.array([not _can_be_read(value) for value in values], np.bool_)
        return values.take(pa.array(np.arange(len(values)), mask=no_text)), no_text


def _can_be_read(value: Any) -> bool:
    try:
        value.as_py()
    except UnicodeDecodeError:
        return False
    return True


def _ids(values: Any) -> tuple[Any, Any]:
    """(ids as text, where one cannot be told)."""
    import pyarrow as pa

    values, no_text = _readable(values)
    try:
        return values.cast(pa.string()), no_text
    except pa.ArrowException:  # lists, or bytes that are no text
        return pa.nulls(len(values), pa.string()), values.is_valid().to_numpy(zero_copy_only=False)


def as_kind(values: Any, kind: Any) -> tuple[Any, Any]:
    """(values of that kind, where a value is another thing)."""
    values, no_text = _readable(values)
    found, wrong = _as_kind(values, kind)
    return found, wrong | no_text


def _as_kind(values: Any, kind: Any) -> tuple[Any, Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    none = np.zeros(len(values), np.bool_)
    if pa.types.is_null(values.type):
        return pa.nulls(len(values), kind), none
    if is_text(values.type):
        return _read(pc.utf8_trim_whitespace(values.cast(pa.string())), kind)
    if pa.types.is_date(kind) and (pa.types.is_timestamp(values.type) or pa.types.is_date(values.type)):
        return values.cast(pa.date32(), safe=False), none
    if pa.types.is_boolean(kind) and (pa.types.is_integer(values.type) or pa.types.is_floating(values.type)):
        whole_numbers = _without_nan(values)
        return _only(whole_numbers, pc.is_in(whole_numbers, pa.array([0, 1], values.type)), lambda v: v.cast(pa.bool_()))
    wants_number = pa.types.is_floating(kind) or pa.types.is_integer(kind)
    wants_text = pa.types.is_string(kind) and not pa.types.is_integer(values.type)
    if pa.types.is_date(kind) or wants_text or (wants_number and not _is_number(values.type)):
        return pa.nulls(len(values), kind), pc.is_valid(values).to_numpy(zero_copy_only=False)
    return values.cast(pa.string()) if pa.types.is_string(kind) else values, none


def _is_number(kind: Any) -> bool:
    import pyarrow as pa

    return any(test(kind) for test in (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal))


def _without_nan(values: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.if_else(pc.is_nan(values), None, values) if pa.types.is_floating(values.type) else values


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
        return days_of(given)
    if t.is_list(kind):
        return _lists(given)
    return _maps(given) if t.is_map(kind) else (given, np.zeros(len(given), np.bool_))


def days_of(text: Any, date_format: str = "") -> tuple[Any, Any]:
    """(days, where one could not be read) by a format as in strptime, else ISO, behind which a time of day may stand.

    A day that no month has, such as 30 February, is none. Each different text is read once.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    coded = pc.dictionary_encode(text)
    given, asked = coded.dictionary, date_format or "%Y-%m-%d"
    if not date_format:
        given = pc.if_else(pc.match_substring_regex(given, ISO), pc.utf8_slice_codeunits(given, 0, 10), "")
    found = pc.strptime(given, asked, "s", error_is_null=True)
    same = pc.equal(_plain_date(pc.strftime(found, asked)), _plain_date(given))
    days = pc.if_else(same, found, None).cast(pa.date32()).take(coded.indices)
    return days, pc.and_(pc.is_valid(text), pc.is_null(days)).to_numpy(zero_copy_only=False)


def _plain_date(text: Any) -> Any:
    """As it is compared: 01.02.2026 and 1.2.2026 are one, and so are Feb and feb."""
    import pyarrow.compute as pc

    return pc.replace_substring_regex(pc.utf8_lower(text), r"\b0+(\d)", r"\1")


def _only(values: Any, good: Any, made: Callable[[Any], Any]) -> tuple[Any, Any]:
    import pyarrow.compute as pc

    bad = pc.and_(pc.is_valid(values), pc.invert(pc.fill_null(good, False)))
    return made(pc.if_else(bad, None, values)), bad.to_numpy(zero_copy_only=False)


def _lists(text: Any) -> tuple[Any, Any]:
    """`gabapentin;ibuprofen`; `none` takes none; `?` among them: others nobody knows of."""
    import pyarrow as pa

    out: list[list[str | None] | None] = []
    wrong = np.zeros(len(text), np.bool_)
    for i, value in enumerate(text.to_pylist()):
        names = None if value is None else [n.strip() for n in value.split(";") if n.strip()]
        takes_none = names is not None and TAKES_NONE in map(str.lower, names)
        wrong[i] = names == [] or (takes_none and len(names or ()) > 1)  # nothing but separators; none and something
        if names is None or wrong[i]:
            out.append(None)
        else:
            out.append([] if takes_none else [None if n == OTHERS_UNKNOWN else n for n in names])
    return pa.array(out, pa.list_(pa.string())), wrong


def _maps(text: Any) -> tuple[Any, Any]:
    """`gabapentin=900;pregabalin=?`: an amount that is `?` is taken in an unknown amount."""
    import pyarrow as pa

    out: list[list[tuple[str, float | None] | None] | None] = []
    wrong = np.zeros(len(text), np.bool_)
    for i, value in enumerate(text.to_pylist()):
        pairs: list[tuple[str, float | None] | None] | None = None if value is None else []
        parts = [part.strip() for part in (value or "").split(";") if part.strip()]
        if [part.lower() for part in parts] != [TAKES_NONE]:
            pairs = [_pair(part) for part in parts] if parts else None
            wrong[i] = value is not None and (pairs is None or None in pairs)
        out.append(None if wrong[i] else pairs)
    return pa.array(out, pa.map_(pa.string(), pa.float64())), wrong


def _pair(part: str) -> tuple[str, float | None] | None:
    """(name, amount), an amount of None being unknown; None if it is no pair."""
    name, _, amount = (x.strip() for x in part.partition("="))
    if name and amount == OTHERS_UNKNOWN:
        return name, None
    return (name, float(amount)) if name and re.match(NUMBER, amount) else None


def _wanted(kind: Any) -> str:
    import pyarrow as pa

    t = pa.types
    if t.is_floating(kind) or t.is_integer(kind):
        return "a number, with a point for the decimals"
    if t.is_boolean(kind):
        return "yes or no (true, false, 1, 0)"
    if t.is_date(kind):
        return "a date as in 2026-03-01"
    if t.is_list(kind):
        return "names as in gabapentin;ibuprofen, or none"
    return "pairs as in gabapentin=900;pregabalin=?" if t.is_map(kind) else "text"
