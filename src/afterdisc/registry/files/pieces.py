"""A file in pieces of so many rows, whatever way it is stored in; a damaged file gives what can be read, then says so."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from afterdisc.errors import UnreadableSource
from afterdisc.registry.files.csv_file import csv_batches, csv_names
from afterdisc.registry.files.sources import SourceFile
from afterdisc.registry.outcomes import Refusal

READ_ROWS = 16_384


@dataclass(frozen=True)
class Piece:
    """Rows first_row … of one file, the first of a file being row 1; `refused` are rows that could not be read at all."""

    file: SourceFile
    first_row: int
    table: Any  # pyarrow Table
    refused: tuple[Refusal, ...] = field(default=())

    @property
    def n_rows(self) -> int:
        """Rows of the file that this piece accounts for."""
        return int(self.table.num_rows) + len(self.refused)


def column_names(file: SourceFile) -> list[str]:
    """The columns of a file, without reading its rows. Raises UnreadableSource."""
    with damaged_as_error(file):
        if file.kind == "parquet":
            import pyarrow.parquet as pq

            return list(pq.read_schema(file.path).names)
        return list(_open_arrow(file).schema.names) if file.kind == "arrow" else csv_names(file)


def row_count(file: SourceFile) -> int | None:
    """How many rows, where the file says so without being read."""
    if file.kind != "parquet":
        return None
    import pyarrow.parquet as pq

    with damaged_as_error(file):
        return int(pq.read_metadata(file.path).num_rows)


def pieces_of(file: SourceFile, n_rows: int, *, skip: int = 0) -> Iterator[Piece]:
    """Pieces of exactly n_rows rows (the last may be shorter), after the first `skip` rows, which are whole pieces.

    Raises UnreadableSource where the file turns out to be damaged; the pieces before are good.
    """
    import pyarrow as pa

    held: list[Any] = []
    refused: list[Refusal] = []
    n_held, first = 0, skip + 1
    with damaged_as_error(file):
        batches = _batches(file, skip)
        while True:
            try:
                batch, bad = next(batches)
            except StopIteration:
                break
            except Exception:
                if n_held:  # what could be read before the damage is not lost
                    yield _piece(file, first, held, refused)
                raise
            held.append(batch)
            refused += bad
            n_held += batch.num_rows + len(bad)
            while n_held >= n_rows:
                table = pa.Table.from_batches(held)
                cut, mine, later = _cut(refused, first, n_rows)
                yield Piece(file, first, table.slice(0, cut), tuple(mine))
                held, refused = table.slice(cut).to_batches(), later
                first, n_held = first + n_rows, n_held - n_rows
        if n_held:
            yield _piece(file, first, held, refused)


def _piece(file: SourceFile, first: int, held: list[Any], refused: list[Refusal]) -> Piece:
    import pyarrow as pa

    return Piece(file, first, pa.Table.from_batches(held), tuple(refused))


def _cut(refused: list[Refusal], first: int, n_rows: int) -> tuple[int, list[Refusal], list[Refusal]]:
    """(rows of the table, refusals in this piece, later ones); a refusal's row is its row in the file."""
    mine = [r for r in refused if r.row < first + n_rows]
    return n_rows - len(mine), mine, refused[len(mine) :]


def _batches(file: SourceFile, skip: int) -> Iterator[tuple[Any, list[Refusal]]]:
    if file.kind == "csv":
        yield from csv_batches(file, skip)
    else:
        reader = _parquet_batches if file.kind == "parquet" else _arrow_batches
        for batch in reader(file, skip):
            yield batch, []


def _parquet_batches(file: SourceFile, skip: int) -> Iterator[Any]:
    """Whole row groups that were done before are not read again."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(file.path) as parquet:
        counts = [parquet.metadata.row_group(g).num_rows for g in range(parquet.metadata.num_row_groups)]
        for group, n_rows in enumerate(counts):  # one by one: a damaged group does not take those before it along
            if skip < n_rows:
                yield from _without(parquet.iter_batches(READ_ROWS, row_groups=[group]), skip)
            skip = max(0, skip - n_rows)


def _arrow_batches(file: SourceFile, skip: int) -> Iterator[Any]:
    reader = _open_arrow(file)
    if hasattr(reader, "num_record_batches"):
        yield from _without((reader.get_batch(i) for i in range(reader.num_record_batches)), skip)
    else:
        yield from _without(iter(reader), skip)


def _open_arrow(file: SourceFile) -> Any:
    """The file format, or the stream format."""
    import pyarrow as pa

    handle = pa.memory_map(str(file.path))
    try:
        return pa.ipc.open_file(handle)
    except pa.ArrowInvalid:
        handle.seek(0)
        return pa.ipc.open_stream(handle)


def _without(batches: Iterator[Any], skip: int) -> Iterator[Any]:
    for batch in batches:
        if skip >= batch.num_rows:
            skip -= batch.num_rows
            continue
        yield batch.slice(skip)
        skip = 0


class damaged_as_error:
    """Turns what a reader raises over a damaged file into UnreadableSource, without repeating what stands in the file."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        import pyarrow as pa

        if isinstance(error, pa.ArrowException | OSError | EOFError | zlib.error | gzip.BadGzipFile | UnicodeDecodeError):
            raise UnreadableSource(f"{self.file.name}: {_what(self.file, error)}") from None


def _what(file: SourceFile, error: BaseException) -> str:
    text = str(error).lower()
    if isinstance(error, PermissionError | FileNotFoundError):
        return f"cannot be opened ({error.strerror}). Check the path and who may read it."
    if isinstance(error, EOFError | zlib.error) or "truncated" in text or "end-of-stream" in text or "unexpected end" in text:
        return "it ends in the middle: a copy cut short? Fetch it again."
    if file.kind == "parquet":
        return "this is no Parquet file, or it is damaged (footer, page or row group). Fetch it again."
    if file.kind == "arrow":
        return "this is no Arrow IPC file, or it is damaged. Fetch it again."
    return "it cannot be read on from here: is it a table with one header line, and was it copied whole?"
