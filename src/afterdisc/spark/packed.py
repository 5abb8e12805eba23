"""All findings of a row in one text column: moving many columns from the JVM to Python costs more than the assessment.

A value is written so that reading it gives the same value to the last bit: numbers as the shortest or a longer decimal of
the double, yes and no as 1 and 0, lists and maps as in a CSV findings table. Unknown is empty. A row ends with a line
feed, so that a batch's text is one table, which Arrow's CSV reader takes apart again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from afterdisc.program import Program
from afterdisc.registry.columns import finding_type
from afterdisc.registry.typed import OTHERS_UNKNOWN, TAKES_NONE

BETWEEN, END = "\x1f", "\n"
PACKED = "findings"
LARGEST = "1e308"  # stands for infinity, which no finding takes either
NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal")


def packed_column(kinds: Mapping[str, str]) -> Any:
    """The Spark column that packs these columns, name -> Spark's simple type, in this order."""
    from pyspark.sql import functions as f

    texts = [f.coalesce(_written(name, kind), f.lit("")) for name, kind in kinds.items()]
    return f.concat(f.concat_ws(BETWEEN, *texts), f.lit(END))


def _written(name: str, kind: str) -> Any:
    from pyspark.sql import functions as f

    column = f.col(f"`{name}`")
    if is_number(kind):
        double = column.cast("double")
        text = f.when(f.abs(double) == float("inf"), f.lit(LARGEST)).otherwise(double.cast("string"))
        return f.when(f.isnan(double), None).otherwise(text)
    if kind == "boolean":
        return column.cast("int").cast("string")
    if kind.startswith("array"):
        names = f.transform(column, lambda x: f.when(x.isNull(), f.lit(OTHERS_UNKNOWN)).otherwise(_clean(x)))
        return f.when(f.size(column) == 0, f.lit(TAKES_NONE)).otherwise(f.array_join(names, ";"))
    if kind.startswith("map"):
        pairs = f.transform(f.map_entries(column), _pair)
        return f.when(f.size(column) == 0, f.lit(TAKES_NONE)).otherwise(f.array_join(pairs, ";"))
    return f.translate(column.cast("string"), BETWEEN + END, "  ")


def _pair(entry: Any) -> Any:
    from pyspark.sql import functions as f

    amount = entry["value"].cast("double")
    text = f.when(amount.isNull() | f.isnan(amount), f.lit(OTHERS_UNKNOWN)).otherwise(amount.cast("string"))
    return f.concat(_clean(entry["key"]), f.lit("="), text)


def _clean(text: Any) -> Any:
    """A name without what separates names; one that would be read as no name, as none or as others is a name nobody knows."""
    from pyspark.sql import functions as f

    name = f.trim(f.translate(text, BETWEEN + END + ";=", "    "))
    return f.when(f.lower(name).isin("", TAKES_NONE, OTHERS_UNKNOWN), f.lit("-")).otherwise(name)


def is_number(kind: str) -> bool:
    return kind.startswith(NUMBERS)


def unpacked(program: Program, texts: Any, kinds: Mapping[str, str]) -> Any:
    """The findings table of a packed column (an Arrow string array); lists and maps still as text."""
    import pyarrow as pa
    import pyarrow.csv as csv

    read_as = {name: _read_as(program, name, kind) for name, kind in kinds.items()}
    if not len(texts) or not kinds:
        return pa.table({name: pa.array([], kind) for name, kind in read_as.items()})
    joined = pa.py_buffer("".join(texts.to_pylist()).encode())
    return csv.read_csv(
        pa.BufferReader(joined),
        csv.ReadOptions(column_names=list(kinds), use_threads=False, block_size=max(len(joined), 1) + 1),
        csv.ParseOptions(delimiter=BETWEEN, quote_char=False, double_quote=False, ignore_empty_lines=False),
        csv.ConvertOptions(
            column_types=read_as,
            null_values=[""],
            strings_can_be_null=True,
            true_values=["1"],
            false_values=["0"],
        ),
    )


def _read_as(program: Program, name: str, kind: str) -> Any:
    """Numbers and yes/no as they are; everything else as text, which `typed` reads or refuses row by row."""
    import pyarrow as pa

    if is_number(kind):
        return pa.float64()
    simple = {c.finding: c for c in program.columns if not c.entry}
    return pa.bool_() if kind == "boolean" and pa.types.is_boolean(finding_type(simple[name])) else pa.string()
