"""Lines of an export that are no resource: found, told, and put aside so that the rest can be read."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from afterdisc.intake.packed import opened
from afterdisc.registry.files.bounded_lines import MARK, BoundedLines

Row = tuple[str, int, str, str]
NO_JSON = "UnreadableRow: the line is no JSON object with a resourceType, in UTF-8."
TOO_LONG = "UnreadableRow: the line is longer than a resource may be."
CUT = "UnreadableRow: the file ends in the middle after this line: a copy cut short? Fetch it again."


def readable_copy(path: Path, name: str, copy: Path) -> tuple[list[Row], bool]:
    """Write the resources of a file to `copy`, line for line, an empty line where one is no resource.

    Returns what was left out, the file being called `name`, and whether it ends in the middle.
    """
    out: list[Row] = []
    n = 0
    with opened(path) as packed, copy.open("wb") as plain:
        lines = BoundedLines(packed)
        for n, line in enumerate(io.BufferedReader(lines, 2**20), 1):
            is_good = _is_resource(line)
            plain.write(line if is_good else b"\n")
            if line.strip() and not is_good:
                out.append((name, n, "", TOO_LONG if line.startswith(MARK) else NO_JSON))
        if lines.damage is not None:
            out.append((name, n, "", CUT))
    return out, lines.damage is not None


def _is_resource(line: bytes) -> bool:
    try:
        found: Any = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and isinstance(found.get("resourceType"), str)
