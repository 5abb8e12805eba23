"""CSV as text, column by column: nothing is guessed from the first rows, and a row that cannot be read is told."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import numpy as np

from afterdisc.errors import UnreadableSource
from afterdisc.intake.packed import opened
from afterdisc.registry.files.bounded_lines import LONGEST_LINE, MARK, BoundedLines
from afterdisc.registry.files.sources import SourceFile
from afterdisc.registry.outcomes import Refusal

BLOCK_BYTES = 2 * LONGEST_LINE
SWALLOWS = "UnreadableRow: a field runs over several lines that look like rows, which are lost in it. Close the quotation mark."
SEPARATORS = (",", ";", "\t", "|")


def csv_names(file: SourceFile) -> list[str]:
    """The header line. Raises UnreadableSource."""
    return _header(file)[0]


def csv_batches(file: SourceFile, skip: int) -> Iterator[tuple[Any, list[Refusal]]]:
    """(rows as text, rows that could not be read) after the first `skip` rows; an empty field is empty text.

    A refusal's row is its row in the file, the first after the header being 1.
    """
    import pyarrow as pa
    import pyarrow.csv as pc

    names, separator = _header(file)
    refused: list[Refusal] = []

    def keep(row: Any) -> str:
        refused.append(Refusal(int(row.number) - 1, "", _why(row)))
        return "skip"

    lines = BoundedLines(opened(file.path))
    reader = pc.open_csv(
        pa.PythonFile(io.BufferedReader(lines, BLOCK_BYTES), mode="r"),
        pc.ReadOptions(use_threads=False, block_size=BLOCK_BYTES, column_names=names, skip_rows=1),
        pc.ParseOptions(delimiter=separator, newlines_in_values=True, invalid_row_handler=keep, ignore_empty_lines=False),
        pc.ConvertOptions(column_types=dict.fromkeys(names, pa.binary()), strings_can_be_null=False, check_utf8=False),
    )
    last = 0  # row of the file up to which all is accounted for
    for batch in reader:
        ahead = {r.row for r in refused}  # the parser may be a block ahead
        numbers = _numbers(batch.num_rows, last, ahead)
        last = int(numbers[-1]) if len(numbers) else last
        bad, refused[:] = [r for r in refused if r.row <= last], [r for r in refused if r.row > last]
        batch, numbers, garbled = _texts(batch, numbers, separator)
        keep_rows = np.flatnonzero(numbers > skip)
        if len(keep_rows) < batch.num_rows:
            batch = batch.take(pa.array(keep_rows))
        yield batch, sorted((r for r in (*bad, *garbled) if r.row > skip), key=lambda r: r.row)
    if refused:
        empty = pa.RecordBatch.from_pylist([], pa.schema([(n, pa.string()) for n in names]))
        yield empty, sorted((r for r in refused if r.row > skip), key=lambda r: r.row)
    if lines.damage is not None:
        raise lines.damage


def _header(file: SourceFile) -> tuple[list[str], str]:
    line = _first_line(file)
    try:
        text = line.decode("utf-8-sig").strip("\r")
    except UnicodeDecodeError:
        raise UnreadableSource(f"{file.name}: the header line is not UTF-8. Save it as UTF-8.") from None
    separator = max(SEPARATORS, key=text.count)
    try:
        names = next(csv.reader([text], delimiter=separator), [])
    except csv.Error:
        what = "the header line cannot be read. Is this CSV, with a line end after each row?"
        raise UnreadableSource(f"{file.name}: {what}") from None
    if not text or not all(names):
        raise UnreadableSource(f"{file.name}: the first line must name every column.")
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice:
        raise UnreadableSource(f"{file.name}: column `{twice}` stands there twice. Rename or drop one of them.")
    return names, separator


def _first_line(file: SourceFile) -> bytes:
    line = b""
    with opened(file.path) as handle:
        while b"\n" not in line and len(line) < LONGEST_LINE and (chunk := handle.read(4096)):
            line += chunk
    return line.split(b"\n", 1)[0]


def _why(row: Any) -> str:
    if MARK.decode() in (row.text or ""):
        return f"UnreadableRow: the line is longer than {LONGEST_LINE // 2**20} MB. Is a quotation mark or a line end missing?"
    if "\n" in (row.text or "").strip():
        return SWALLOWS
    return (
        f"UnreadableRow: {row.actual_columns} fields where the header names {row.expected_columns}. Quote fields that hold "
        "the separator."
    )


def _numbers(n: int, last: int, refused: set[int]) -> Any:
    """The row in the file of each of the n rows that follow row `last`, some between them having been refused."""
    every = np.arange(last + 1, last + n + len(refused) + 1)
    return (every[~np.isin(every, list(refused))] if refused else every)[:n]


def _texts(batch: Any, numbers: Any, separator: str) -> tuple[Any, Any, list[Refusal]]:
    """Bytes as text; a row that is not UTF-8, that holds nothing, or that has swallowed others is refused."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns, bad = [], np.zeros(batch.num_rows, np.bool_)
    garbled: list[Refusal] = []
    for name, values in zip(batch.schema.names, batch.columns, strict=True):
        try:
            columns.append(pc.cast(values, pa.string()))
        except pa.ArrowInvalid:
            texts = [_decoded(v) for v in values.to_pylist()]
            wrong = np.array([t is None for t in texts])
            garbled += [_garbled(int(numbers[i]), name) for i in np.flatnonzero(wrong & ~bad)]
            bad |= wrong
            columns.append(pa.array([t or "" for t in texts], pa.string()))
    out = pa.RecordBatch.from_arrays(columns, batch.schema.names)
    empty = np.all([pc.equal(c, "").to_numpy(zero_copy_only=False) for c in columns], axis=0)
    garbled += [Refusal(int(numbers[i]), "", "UnreadableRow: the line is empty.") for i in np.flatnonzero(empty & ~bad)]
    bad |= empty
    swallows = _swallows(columns, separator) & ~bad
    garbled += [Refusal(int(numbers[i]), "", SWALLOWS) for i in np.flatnonzero(swallows)]
    bad |= swallows
    good = np.flatnonzero(~bad)
    return (out.take(pa.array(good)), numbers[good], garbled) if bad.any() else (out, numbers, garbled)


def _swallows(columns: list[Any], separator: str) -> Any:
    """Rows with a field of several lines that holds as many separators as a row: a quotation mark that was never closed."""
    import pyarrow.compute as pc

    out = np.zeros(len(columns[0]) if columns else 0, np.bool_)
    for values in columns if len(columns) > 1 else ():
        lines = pc.match_substring(values, "\n")
        if pc.any(lines).as_py():
            many = pc.greater_equal(pc.count_substring(values, separator), len(columns) - 1)
            out |= pc.and_(lines, many).to_numpy(zero_copy_only=False)
    return out


def _garbled(row: int, column: str) -> Refusal:
    return Refusal(row, column, "UnreadableRow: the text is not UTF-8. Save the file as UTF-8.")


def _decoded(value: bytes) -> str | None:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None
