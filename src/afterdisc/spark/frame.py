"""assess: a DataFrame of findings in, a DataFrame of answers out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from afterdisc.program import Program
from afterdisc.registry.columns import ID, RECORD_COLUMNS, findings_schema
from afterdisc.registry.outcomes import outcome_schema, outcomes
from afterdisc.registry.typed import refuse_names, typed
from afterdisc.spark.carried import carried, program_of
from afterdisc.spark.packed import PACKED, packed_column, unpacked
from afterdisc.spark.ways import Way, ways_of

REFUSED = "refused"


def assess(frame: Any, program: Program, *, intervals: bool = False) -> Any:
    """The answers to a DataFrame of findings, a row for a row; lazy, as Spark's frames are.

    frame      `id`, record columns (`afterdisc.registry.RECORD_COLUMNS`) and one column a finding; null is unknown
    intervals  with the credible interval of every cause; takes most of the time

    Columns: those of `afterdisc.registry.outcome_schema` (words as text), then `refused`: why this row was not assessed
    (column: reason; all answers are then null), null for every row that was. A row's answer is the one of a single
    machine to the last bit, whichever rows share its batch.

    Raises UnknownFinding for a column that is no finding, ImpossibleState or ImpossibleValue for one whose type can hold no
    value of its finding.
    """
    from pyspark.sql import functions as f

    refuse_names(program, frame.columns, "the DataFrame")
    ways = ways_of(program, frame.dtypes)
    record = [name for name in frame.columns if name in RECORD_COLUMNS]
    columns = [f.expr(_id(frame)), *(f.col(f"`{name}`") for name in record)]
    packed = frame.select(*columns, packed_column(ways).alias(PACKED))
    schema = _out_schema(program, record, intervals)
    return packed.mapInArrow(_mapper(carried(frame.sparkSession, program), ways, record, intervals), _spark_schema(schema))


def findings_frame(spark: Any, path: str, program: Program) -> Any:
    """A findings table on storage as a DataFrame: Parquet, or NDJSON with one row of findings a line, read by the schema.

    For FHIR bulk exports see `assess_files`.
    """
    if ".ndjson" in path or ".json" in path:
        return spark.read.schema(_spark_schema(findings_schema(program))).option("mode", "FAILFAST").json(path)
    return spark.read.parquet(path)


def _id(frame: Any) -> str:
    return f"cast(`{ID}` as string) as `{ID}`" if ID in frame.columns else f"cast(null as string) as `{ID}`"


def _mapper(
    program_bytes: Callable[[], bytes], ways: Mapping[str, Way], record: list[str], intervals: bool
) -> Callable[[Iterator[Any]], Iterator[Any]]:
    def answers(batches: Iterator[Any]) -> Iterator[Any]:
        program = program_of(program_bytes())
        for batch in batches:
            yield answered(program, batch, ways, record, intervals)

    return answers


def answered(program: Program, batch: Any, ways: Mapping[str, Way], record: list[str], intervals: bool) -> Any:
    """A packed batch answered: the rows that were assessed in their order, then those that were refused."""
    import pyarrow as pa

    raw = pa.table({name: _in_utc(batch.column(name)) for name in (ID, *record)})
    found = unpacked(batch.column(PACKED), ways)
    for name in found.schema.names:
        raw = raw.append_column(name, found.column(name))
    table, unread = typed(program, raw)
    reasons = {r.row: f"{r.column}: {r.reason}" for r in unread}
    good = [i for i in range(table.num_rows) if i not in reasons]
    kept = table.take(pa.array(good, pa.int64())).combine_chunks()
    made, refused = outcomes(program, (kept.to_batches() or [_none(kept.schema)])[0], intervals=intervals)
    reasons |= {good[r.row]: f"{r.column}: {r.reason}" for r in refused}
    schema = _out_schema(program, record, intervals)
    told = [_plain(made.column(name)) for name in schema.names[:-1]]
    out = pa.RecordBatch.from_arrays([*told, pa.nulls(made.num_rows, pa.string())], schema=schema)
    if not reasons:
        return out
    rows = table.take(pa.array(sorted(reasons), pa.int64()))
    blank = [
        rows.column(n).combine_chunks() if n in (ID, *record) else pa.nulls(len(reasons), schema.field(n).type)
        for n in schema.names[:-1]
    ]
    bad = pa.RecordBatch.from_arrays([*blank, pa.array([reasons[i] for i in sorted(reasons)])], schema=schema)
    return pa.Table.from_batches([out, bad]).combine_chunks().to_batches()[0]


def _in_utc(values: Any) -> Any:
    """A moment as a file holds it: its day is then not that of the session's time zone."""
    import pyarrow as pa

    is_moment = pa.types.is_timestamp(values.type) and values.type.tz
    return values.cast(pa.timestamp(values.type.unit, "UTC")) if is_moment else values


def _none(schema: Any) -> Any:
    import pyarrow as pa

    return pa.RecordBatch.from_pylist([], schema)


def _plain(values: Any) -> Any:
    import pyarrow as pa

    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values


def _out_schema(program: Program, record: list[str], intervals: bool) -> Any:
    import pyarrow as pa

    fields = [
        pa.field(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type)
        for f in outcome_schema(program, [ID, *record], intervals=intervals)
    ]
    return pa.schema([*fields, pa.field(REFUSED, pa.string())])


def _spark_schema(schema: Any) -> Any:
    """An Arrow schema of ours as Spark's."""
    import pyarrow as pa
    from pyspark.sql import types as t

    plain = {
        pa.string(): t.StringType(), pa.float64(): t.DoubleType(), pa.float32(): t.FloatType(), pa.int8(): t.ByteType(),
        pa.int64(): t.LongType(), pa.bool_(): t.BooleanType(), pa.date32(): t.DateType(),
        pa.list_(pa.string()): t.ArrayType(t.StringType()),
        pa.map_(pa.string(), pa.float64()): t.MapType(t.StringType(), t.DoubleType()),
    }  # fmt: skip
    return t.StructType([t.StructField(field.name, plain[field.type]) for field in schema])

