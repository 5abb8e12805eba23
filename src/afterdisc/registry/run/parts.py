"""Files of a folder of answers: each appears whole, or not at all."""

from __future__ import annotations

import csv
import errno
import io
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from afterdisc.errors import NoRoom
from afterdisc.registry.files.sources import sha256_of

PEOPLE, WORK, REFUSED = "people", "work", "refused.csv"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
HEADER = ("source", "row", "column", "reason")
Row = tuple[str, int, str, str]


@contextmanager
def room_needed(out: Path) -> Iterator[None]:
    """Says so where the disk is full."""
    try:
        yield
    except Exception as error:  # the error classes of DuckDB and Arrow are no OSError, what they say is
        if getattr(error, "errno", None) in FULL or "No space left" in str(error):
            raise NoRoom(
                f"there is no room left for {out.name}. What is written is safe: make room, then start the same command "
                "again to go on."
            ) from None
        raise


def write_part(out: Path, number: int, answers: Any, refused: Iterable[Row]) -> str:
    """Write one part and what it refused; returns the checksum of the Parquet file, empty if there was no row."""
    rows = list(refused)
    with room_needed(out):
        if rows:
            write_whole(refused_part(out, number), _csv(rows))
        else:
            refused_part(out, number).unlink(missing_ok=True)
        if not answers.num_rows:
            return ""
        target = people_part(out, number)
        aside = target.with_suffix(".writing")
        try:
            _write_parquet(answers, aside)
            digest = sha256_of(aside)
            os.replace(aside, target)
        finally:
            with suppress(OSError):
                aside.unlink(missing_ok=True)
    return digest


def people_part(out: Path, number: int) -> Path:
    return out / PEOPLE / f"part-{number:05d}.parquet"


def refused_part(out: Path, number: int) -> Path:
    return out / WORK / f"refused-{number:05d}.csv"


def _write_parquet(table: Any, path: Path) -> None:
    import pyarrow.parquet as pq

    with path.open("wb") as handle:
        pq.write_table(table, handle, compression="zstd", row_group_size=table.num_rows)
        handle.flush()
        os.fsync(handle.fileno())


def write_whole(path: Path, data: bytes) -> None:
    """Write aside, then move into place."""
    aside = path.with_name(path.name + ".writing")
    try:
        with aside.open("wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(aside, path)
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)


def _csv(rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


@contextmanager
def refused_file(path: Path) -> Iterator[Callable[[Iterable[Row]], None]]:
    """A file of refused rows that is written as they come: a registry may be refused as a whole."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        yield csv.writer(handle, lineterminator="\n").writerows


def join_refused(out: Path, n_parts: int, ahead: Iterable[Path]) -> None:
    """All refused rows in one file: those of the stages before, then those of the parts in their order."""
    target = out / REFUSED
    aside = target.with_name(target.name + ".writing")
    with room_needed(out):
        with aside.open("wb") as handle:
            handle.write(_csv([HEADER]))
            for path in (*ahead, *(refused_part(out, number) for number in range(n_parts))):
                with suppress(FileNotFoundError), path.open("rb") as part:
                    shutil.copyfileobj(part, handle)
        os.replace(aside, target)
