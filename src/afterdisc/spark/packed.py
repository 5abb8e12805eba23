"""All findings of a row in one text column: moving many columns from the JVM to Python costs more than the assessment.

A value is written so that reading it gives the same value to the last bit: numbers as the shortest or a longer decimal of
the double, yes and no as 1 and 0, lists and maps as in a CSV findings table. Unknown is empty. A row ends with a line
feed, so that a batch's text is one table, which Arrow's CSV reader takes apart again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from afterdisc.registry.typed import OTHERS_UNKNOWN, TAKES_NONE
from afterdisc.spark.ways import Way

BETWEEN, END = "\x1f", "\n"
SEPARATORS = BETWEEN + END + "\r"  # a carriage return ends a line too
PACKED = "findings"
LARGEST = "1e308"  # stands for infinity, which no finding takes either


def packed_column(ways: Mapping[str, Way]) -> Any:
    """The Spark column that packs these columns, each in its way, in this order."""
    from pyspark.sql import functions as f

    texts = [f.coalesce(_written(f.col(f"`{name}`"), way), f.lit("")) for name, way in ways.items()]
    return f.concat(f.concat_ws(BETWEEN, *texts), f.lit(END))


def _written(column: Any, way: Way) -> Any:
    from pyspark.sql import functions as f

    if way is Way.GIVEN:
        return f.when(column.isNotNull(), f.lit("1"))
    if way is Way.YES_NO:
        return column.cast("int").cast("string")
    if way is Way.NUMBER:
        return _number(column)
    if way is Way.NAMES:
        names = f.transform(column, lambda x: f.when(x.isNull(), f.lit(OTHERS_UNKNOWN)).otherwise(_clean(x)))
        return f.when(f.size(column) == 0, f.lit(TAKES_NONE)).otherwise(f.array_join(names, ";"))
    if way is Way.AMOUNTS:
        pairs = f.transform(f.map_entries(column), _pair)
        return f.when(f.size(column) == 0, f.lit(TAKES_NONE)).otherwise(f.array_join(pairs, ";"))
    return column.cast("string") if way is Way.WHOLE else _without(column.cast("string"), SEPARATORS)


def _number(column: Any) -> Any:
    from pyspark.sql import functions as f

    double = column.cast("double")
    text = f.when(f.abs(double) == float("inf"), f.lit(LARGEST)).otherwise(double.cast("string"))
    return f.when(f.isnan(double), None).otherwise(text)


def _pair(entry: Any) -> Any:
    from pyspark.sql import functions as f

    amount = entry["value"].cast("double")
    text = f.when(amount.isNull() | f.isnan(amount), f.lit(OTHERS_UNKNOWN)).otherwise(amount.cast("string"))
    return f.concat(_clean(entry["key"]), f.lit("="), text)


def _clean(text: Any) -> Any:
    """A name without what separates names; one that would be read as no name, as none or as others is a name nobody knows."""
    from pyspark.sql import functions as f

    name = f.trim(_without(text, SEPARATORS + ";="))
    return f.when(f.lower(name).isin("", TAKES_NONE, OTHERS_UNKNOWN), f.lit("-")).otherwise(name)


def _without(text: Any, signs: str) -> Any:
    """The text with a space for each of these signs, and with the sign for "unreadable" where bytes are no text."""
    from pyspark.sql import functions as f

    return f.translate(f.make_valid_utf8(text), signs, " " * len(signs))


def unpacked(texts: Any, ways: Mapping[str, Way]) -> Any:
    """The findings table of a packed column (an Arrow string array); lists and maps still as text."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv as csv

    read_as = {name: _read_as(way) for name, way in ways.items()}
    if not len(texts) or not ways:
        return pa.table({name: pa.array([], kind) for name, kind in read_as.items()})
    whole = pa.ListArray.from_arrays(pa.array([0, len(texts)], pa.int32()), texts)
    joined = pc.binary_join(whole, "")[0].as_buffer()
    return csv.read_csv(
        pa.BufferReader(joined),
        csv.ReadOptions(column_names=list(ways), use_threads=False, block_size=joined.size + 1),
        csv.ParseOptions(delimiter=BETWEEN, quote_char=False, double_quote=False, ignore_empty_lines=False),
        csv.ConvertOptions(
            column_types=read_as,
            null_values=[""],
            strings_can_be_null=True,
            true_values=["1"],
            false_values=["0"],
        ),
    )


def _read_as(way: Way) -> Any:
    """Numbers and yes/no as they are; everything else as text, which `typed` reads or refuses row by row."""
    import pyarrow as pa

    plain = {Way.NUMBER: pa.float64(), Way.WHOLE: pa.int64(), Way.YES_NO: pa.bool_(), Way.GIVEN: pa.bool_()}
    return plain.get(way, pa.string())
