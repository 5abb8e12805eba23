"""Cases as an Arrow table, as a registry would hold them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from afterdisc.program import Program

NAMES, AMOUNTS = pa.list_(pa.string()), pa.map_(pa.string(), pa.float64())
TYPES = {"bool": pa.bool_(), "number": pa.float64(), "count": pa.int64(), "set": NAMES, "map": AMOUNTS}


def table_of_cases(program: Program, cases: Sequence[dict[str, Any]], **types: pa.DataType) -> pa.Table:
    """One row a case, one column for every finding that any of them holds, null where it does not."""
    names = [name for name in program.book["findings"] if any(name in case["findings"] for case in cases)]
    columns: dict[str, Any] = {"id": pa.array([str(case["id"]) for case in cases])}
    for name in names:
        kind = TYPES.get(program.book["findings"][name]["kind"], pa.string())
        columns[name] = pa.array([_cell(case["findings"].get(name)) for case in cases], kind)
    return pa.table(columns)


def _cell(value: Any) -> Any:
    return list(value.items()) if isinstance(value, dict) else value
