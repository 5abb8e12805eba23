"""run_view: a view over files of resources, its rows in pieces."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from afterdisc.errors import ViewError
from afterdisc.intake.packed import opened
from afterdisc.views.shape import literal
from afterdisc.views.sql import Compiled, compile_view
from afterdisc.views.view import View

ENDINGS = (".ndjson", ".jsonl", ".json", ".ndjson.gz", ".jsonl.gz", ".json.gz", ".ndjson.zst", ".jsonl.zst", ".json.zst")
BATCH_ROWS = 16_384
LARGEST_RESOURCE = 32 * 1024 * 1024  # bytes of one line


@dataclass(frozen=True)
class Rows:
    """The rows of a view: an Arrow schema, record batches, and the SQL they come from."""

    schema: Any
    batches: Iterator[Any]
    sql: str


def view_files(source: Path) -> list[Path]:
    """The NDJSON files of a source, in the order of their names. Raises ViewError if there are none."""
    if source.is_file():
        return [source]
    found = sorted(p for p in source.rglob("*") if p.is_file() and p.name.lower().endswith(ENDINGS))
    if not found:
        raise ViewError(f"{source.name}: there are no NDJSON files ({', '.join(ENDINGS[:2])} …, also .gz and .zst)")
    return found


def relation_of(compiled: Compiled, files: Sequence[Path]) -> str:
    """The relation a compiled view reads, as SQL over files of one resource a line."""
    names = "[" + ", ".join(literal(str(f)) for f in files) + "]"
    limit = f"maximum_object_size = {LARGEST_RESOURCE}"
    return relation_over(compiled, f"SELECT json FROM read_ndjson_objects({names}, {limit})")


def quick_relation_of(compiled: Compiled, files: Sequence[Path]) -> str:
    """The same read straight into typed columns: several times as fast, and an error where an element has another shape."""
    names = "[" + ", ".join(literal(str(f)) for f in files) + "]"
    columns = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in compiled.columns.items())
    options = f"format = 'newline_delimited', columns = {{{columns}}}, maximum_object_size = {LARGEST_RESOURCE}"
    return f"SELECT * FROM read_json({names}, {options})"


def relation_over(compiled: Compiled, objects: str) -> str:
    """The same over any SELECT of one resource a row, in the column `json`."""
    if not compiled.structure:
        return objects
    mine = f"SELECT json FROM ({objects}) WHERE json ->> '$.resourceType' = {literal(compiled.resource)}"
    made = f"json_transform(json, {literal(json.dumps(compiled.structure))})"
    return f"SELECT unnest(r) FROM (SELECT {made} AS r FROM ({mine}))"


def run_view(view: View, source: Path, *, typed: bool = True, n_threads: int | None = None) -> Rows:
    """The rows of a view over a file or a folder of NDJSON (also packed by gzip or zstd), in bounded memory.

    Raises ViewError for a view that cannot be run, a file that is no NDJSON or is cut short, and a path that must give one
    value but gives several.
    """
    import duckdb

    compiled, files = compile_view(view, typed=typed), view_files(source)
    _refuse_arrays(files)
    sql = compiled.over(relation_of(compiled, files))
    quick = compiled.over(quick_relation_of(compiled, files)) if compiled.structure else sql
    connection = _database(n_threads).cursor()
    try:
        schema = connection.sql(f"SELECT * FROM ({sql}) LIMIT 0").to_arrow_table().schema
    except duckdb.Error as error:
        raise ViewError(told(error)) from None
    return Rows(schema, _batches(connection, list(dict.fromkeys([quick, sql]))), sql)


def _refuse_arrays(files: Sequence[Path]) -> None:
    """One JSON array, or a Bundle over many lines, reads as no resource at all: said before it gives no row."""
    for path in files:
        try:
            with opened(path) as handle:
                first = handle.readline(LARGEST_RESOURCE + 1).lstrip()
        except (OSError, EOFError, zlib.error):
            continue  # packed and damaged: the database says so
        if first.startswith(b"["):
            raise ViewError(f"{path.name} is one JSON array, and one resource a line is read (NDJSON). Split it: jq -c '.[]'")


@lru_cache(maxsize=2)
def _database(n_threads: int | None) -> Any:
    """A database in memory that holds nothing; kept, for its first use costs as much as some ten thousand lines."""
    import duckdb

    return duckdb.connect(config={"threads": n_threads} if n_threads else {})


def _batches(connection: Any, ways: Sequence[str]) -> Iterator[Any]:
    """The rows by the first way; where it fails, the rest by the next: all ways give the same rows in the same order."""
    import duckdb
    import pyarrow as pa

    given = 0
    try:
        for last, sql in zip((*[False] * (len(ways) - 1), True), ways, strict=True):
            try:
                for batch in _after(connection.sql(sql).to_arrow_reader(BATCH_ROWS), given):
                    given += batch.num_rows
                    yield batch
                return
            except (duckdb.Error, pa.ArrowException, OSError) as error:
                if last:
                    raise ViewError(told(error)) from None
    finally:
        connection.close()


def _after(batches: Iterable[Any], n: int) -> Iterator[Any]:
    """All rows but the first n."""
    for batch in batches:
        if n < batch.num_rows:
            yield batch.slice(n) if n else batch
        n = max(0, n - batch.num_rows)


def told(error: Exception) -> str:
    """What the database says of a file or a path, without what stands in the file."""
    text = str(error)
    if "several" in text or "must be true or false" in text:
        return f"a path of the view: {text.rpartition('Error: ')[2].splitlines()[0]}. Use first(), or `collection: true`."
    if "GZIP" in text or "ZSTD" in text or "zstd" in text:
        return "a packed file ends in the middle or is damaged. Fetch it again."
    if "maximum_object_size" in text:
        return f"a line is longer than {LARGEST_RESOURCE // 2**20} MB. Is it one resource a line?"
    if "JSON" in text or "json" in text:
        return "a line is no JSON, or an element has another shape than FHIR R4 gives it. Check the export."
    return "the view cannot be run over these files: " + text.split("\n")[0].partition(":")[0]
