"""Rows of a view into a file: Parquet, CSV, or a JSON object a line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from afterdisc.errors import ViewError
from afterdisc.views.run import Rows


def write_rows(rows: Rows, out: Path) -> int:
    """How many rows; the file appears whole or not at all. Raises ViewError for an ending that is none of the three."""
    writers = {".parquet": _parquet, ".csv": _csv, ".ndjson": _ndjson}
    if out.suffix not in writers:
        raise ViewError(f"{out.name}: the ending says how it is written: {', '.join(writers)}")
    n, aside = 0, out.with_name(out.name + ".writing")
    try:
        with writers[out.suffix](rows.schema, aside) as write:
            for batch in rows.batches:
                write(batch)
                n += batch.num_rows
        os.replace(aside, out)
    except OSError as error:
        raise ViewError(f"{out.name} cannot be written ({error.strerror})") from None
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
    return n


@contextmanager
def _parquet(schema: Any, path: Path) -> Iterator[Callable[[Any], None]]:
    import pyarrow.parquet as pq

    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        yield writer.write_batch


@contextmanager
def _csv(schema: Any, path: Path) -> Iterator[Callable[[Any], None]]:
    import pyarrow as pa
    import pyarrow.csv as csv

    lists = [field.name for field in schema if pa.types.is_list(field.type)]
    if lists:
        raise ViewError(f"column `{lists[0]}` holds lists, which CSV cannot. Write .parquet or .ndjson, or use join().")
    with csv.CSVWriter(path, schema) as writer:
        yield writer.write_batch


@contextmanager
def _ndjson(schema: Any, path: Path) -> Iterator[Callable[[Any], None]]:
    with path.open("w", encoding="utf-8") as handle:

        def write(batch: Any) -> None:
            handle.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in batch.to_pylist())

        yield write
