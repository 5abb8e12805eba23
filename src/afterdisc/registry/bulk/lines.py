"""Lines of an export that are no resource: found, told, and put aside so that the rest can be read."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import IO, Any

from afterdisc.registry.run.bounded_lines import MARK, BoundedLines

Row = tuple[str, int, str, str]
NO_JSON = "UnreadableRow: the line is no JSON object with a resourceType."
TOO_LONG = "UnreadableRow: the line is longer than a resource may be."
CUT = "UnreadableRow: the file ends in the middle after this line: a copy cut short? Fetch it again."


def bad_lines(path: Path, name: str) -> list[Row]:
    """The lines of a file that are no resource; empty lines are none."""
    out = []
    with _opened(path) as handle:
        for number, line in enumerate(handle, 1):
            if line.strip() and not _is_resource(line):
                out.append((name, number, "", TOO_LONG if line.startswith(MARK) else NO_JSON))
    return out


def readable_copy(path: Path, work: Path) -> tuple[Path, list[Row]]:
    """What can be read of a file that is cut short or holds an endless line, as a plain file; and what is missing of it."""
    copy = work / f"{path.name}.ndjson"
    out: list[Row] = []
    n = 0
    with _opened(path) as packed, copy.open("wb") as plain:
        lines = BoundedLines(packed)
        for n, line in enumerate(io.BufferedReader(lines, 2**20), 1):
            plain.write(line if not line.startswith(MARK) else b"\n")
            if line.startswith(MARK):
                out.append((path.name, n, "", TOO_LONG))
        if lines.damage is not None:
            out.append((path.name, n, "", CUT))
    return copy, out


def _is_resource(line: bytes) -> bool:
    try:
        found: Any = json.loads(line)
    except ValueError:
        return False
    return isinstance(found, dict) and isinstance(found.get("resourceType"), str)


def _opened(path: Path) -> IO[bytes]:
    import pyarrow as pa

    if path.suffix == ".gz":
        return gzip.open(path, "rb")  # type: ignore[return-value]
    if path.suffix == ".zst":
        packed: IO[bytes] = pa.CompressedInputStream(pa.OSFile(str(path)), "zstd")
        return packed
    return path.open("rb")
