"""The rows of every figure as CSV: the same numbers, suppressed in the same places."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from afterdisc.registry.summary.summary import Summary

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_rows(summary: Summary, folder: Path) -> list[Path]:
    """One file a figure, named for it; an empty field is not known or not to be shown."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for figure in summary.figures:
        path = folder / f"{figure.name}.csv"
        with path.open("w", newline="", encoding="utf-8") as handle:
            writer = csv.writer(handle, lineterminator="\n")
            writer.writerow(figure.table.columns)
            writer.writerows(map(_field, row) for row in figure.table.rows)
        made.append(path)
    return made


def _field(value: Any) -> Any:
    """As it is; a text that a spreadsheet would run as a formula, such as the name of a site, gets an apostrophe before it."""
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
