"""The columns of a findings table: the person, what the record says of dates and place, and one column a finding."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from afterdisc.intake.batch import layout_of
from afterdisc.program import Column, Program

ID = "id"
SOURCE_FILE, SOURCE_ROW = "source_file", "source_row"
# no findings: carried through untouched, and all optional; a date is a day
RECORD_COLUMNS = {
    "visit_date": "date",
    "site": "text",
    "index_operation_date": "date",
    "recurrence_date": "date",
    "reoperation_date": "date",
    "fusion_date": "date",
    "death_date": "date",
    "last_seen_date": "date",  # nothing is known of the person after it
    "odi_percent_before_index": "number",
    "leg_pain_nrs_before_index": "number",
    "back_pain_nrs_before_index": "number",
    "source_file": "text",  # where the row came from; of several rows of one person, the newest
    "source_row": "whole number",  # the first row of a file is 1
}


def record_type(name: str) -> Any:
    """The Arrow type of a record column."""
    import pyarrow as pa

    return {"date": pa.date32(), "text": pa.string(), "number": pa.float64(), "whole number": pa.int64()}[RECORD_COLUMNS[name]]


def finding_type(column: Column) -> Any:
    """The Arrow type of a finding: boolean, number, text (a state), list of text, or map of text to number."""
    import pyarrow as pa

    if column.kind in ("number", "count"):
        return pa.float64()
    if column.kind == "bool":
        return pa.bool_()
    if column.kind == "set":
        return pa.list_(pa.string())
    return pa.map_(pa.string(), pa.float64()) if column.kind == "map" else pa.string()


def findings_schema(program: Program, names: Iterable[str] | None = None) -> Any:
    """The schema of a findings table: `id`, the record columns and every finding, or only the columns named, in this order."""
    import pyarrow as pa

    simple = layout_of(program).simple
    every = [pa.field(ID, pa.string()), *(pa.field(name, record_type(name)) for name in RECORD_COLUMNS)]
    every += [pa.field(name, finding_type(column)) for name, (_, column) in simple.items()]
    wanted = None if names is None else set(names)
    return pa.schema([field for field in every if wanted is None or field.name in wanted])
