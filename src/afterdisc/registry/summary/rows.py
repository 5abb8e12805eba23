"""The rows of every figure as CSV: the same numbers, suppressed in the same places."""

from __future__ import annotations

import csv
from pathlib import Path

from afterdisc.registry.summary.summary import Summary


def write_rows(summary: Summary, folder: Path) -> list[Path]:
    """One file a figure, named for it; an empty field is not known or not to be shown."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for figure in summary.figures:
        path = folder / f"{figure.name}.csv"
        with path.open("w", newline="", encoding="utf-8") as handle:
            writer = csv.writer(handle, lineterminator="\n")
            writer.writerow(figure.table.columns)
            writer.writerows(["" if v is None else v for v in row] for row in figure.table.rows)
        made.append(path)
    return made
