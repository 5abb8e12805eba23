"""Spark gives the answers of the single machine to the last bit. Skipped where Java or pyspark is missing."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from afterdisc.errors import ImpossibleState, ImpossibleValue, RegistryError, UnknownFinding
from afterdisc.program import Program
from functional.registry.people import AT, TODAY, answers, people, refused, run

pyspark = pytest.importorskip("pyspark", reason="needs pyspark: pip install 'afterdisc[spark]'")
pytestmark = pytest.mark.skipif(shutil.which("java") is None, reason="needs Java 17 or later")


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    session = (
        builder.config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")  # a short life
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "37")
        .config("spark.sql.session.timeZone", "America/New_York")
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
    yield session
    session.stop()


def given() -> pa.Table:
    """People with every kind of column: numbers, yes/no, states, lists, maps, a site, dates."""
    table = people(120)
    takes = [["Gabapentin"], [], None, ["ibuprofen", None], ["warfarin", "sertraline"]] * 24
    doses = [[("gabapentin", 900.0)], None, [("pregabalin", None)], [], [("gabapentin", 0.1)]] * 24
    table = table.append_column("takes", pa.array(takes, pa.list_(pa.string())))
    table = table.append_column("dose_mg_per_day", pa.array(doses, pa.map_(pa.string(), pa.float64())))
    return table.append_column("site", pa.array(["Malmö", "a\nb\x1fc", None] * 40))


def plain(table: pa.Table) -> list[dict[str, Any]]:
    rows = table.drop_columns([n for n in ("source_file", "source_row") if n in table.schema.names]).to_pylist()
    return sorted(rows, key=lambda row: row["id"])


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("single")
    pq.write_table(given(), folder / "a.parquet")
    run(folder / "a.parquet", folder / "out", intervals=True)
    return folder / "a.parquet", plain(answers(folder / "out"))


def test_map_in_arrow_equals_the_single_machine_to_the_last_bit(
    spark: Any, single: tuple[Path, list[dict[str, Any]]], program: Program
) -> None:
    from afterdisc.spark import assess, findings_frame

    source, want = single
    found = plain(assess(findings_frame(spark, str(source), program).repartition(3), program, intervals=True).toArrow())
    assert [row.pop("refused") for row in found] == [None] * len(want)
    assert found == want


def test_ndjson_of_findings_gives_the_same(
    spark: Any, single: tuple[Path, list[dict[str, Any]]], program: Program, tmp_path: Path
) -> None:
    from afterdisc.spark import assess, findings_frame

    source, want = single
    spark.read.parquet(str(source)).write.json(str(tmp_path / "a.ndjson"))
    found = plain(assess(findings_frame(spark, str(tmp_path / "a.ndjson"), program), program, intervals=True).toArrow())
    assert [{name: row[name] for name in want[0]} for row in found] == want


def test_a_refused_row_is_there_with_its_reason_and_without_answers(spark: Any, program: Program) -> None:
    from afterdisc.spark import assess

    rows = [("a", 7.0, "yes"), ("b", 77.0, "no"), ("c", 7.0, "perhaps"), ("d", float("inf"), None), ("e", float("nan"), None)]
    frame = spark.createDataFrame(rows, "id string, leg_pain_nrs double, fever string")
    found = {row["id"]: row for row in assess(frame, program).toArrow().to_pylist()}
    assert {name for name, row in found.items() if row["refused"]} == {"b", "c", "d"}
    assert found["b"]["refused"].startswith("leg_pain_nrs: ImpossibleValue")
    assert "77" not in found["b"]["refused"]
    assert found["b"]["urgency"] is None
    assert found["a"]["urgency"] is not None


def test_a_column_that_is_no_finding_is_told_before_anything_runs(spark: Any, program: Program) -> None:
    from afterdisc.spark import assess

    with pytest.raises(UnknownFinding, match="leg_pain_nsr"):
        assess(spark.createDataFrame([("a", 7.0)], "id string, leg_pain_nsr double"), program)


def odd() -> pa.Table:
    """Values a file or a foreign table may hold: ends of lines, quotes, bytes that are no UTF-8, other types, moments."""
    latin = pa.array([b"yes", b"n\xffo", b"no", b"yes\r", b"no"], pa.binary()).view(pa.string())
    late = pa.array([datetime(2025, 1, 2, 3, 4)] * 5, pa.timestamp("us", "UTC"))
    return pa.table({
        "id": ["a", "b", "c", "d", "e"],
        "visit_date": late,  # the evening before, in the session's time zone
        "fever": latin,
        "smoker": ["y\res", None, "no\r\n", "\r", '"yes"'],
        "leg_pain_nrs": [" 7 ", "7", "1e0", None, "7,5"],
        "takes": pa.array([["gaba\rpentin"], ["a;b", "?"], ["none"], None, []], pa.list_(pa.string())),
    })  # fmt: skip


def other_types() -> pa.Table:
    """Columns of a type that the finding does not take, which must not be read as if they were numbers or states."""
    return pa.table({
        "id": ["a", "b", "c", "d"],
        "leg_pain_nrs": [True, None, None, None],
        "odi_percent": pa.array([None, [40.0], None, None], pa.list_(pa.float64())),
        "sex": pa.array([None, None, 1.0, None], pa.float64()),
    })  # fmt: skip


@pytest.mark.parametrize("given", [odd, other_types])
def test_odd_values_are_read_or_refused_as_on_a_single_machine(
    spark: Any, program: Program, tmp_path: Path, given: Any
) -> None:
    from afterdisc.spark import assess

    source, out = tmp_path / "odd.parquet", tmp_path / "out"
    pq.write_table(given(), source)
    run(source, out)
    found = assess(spark.read.parquet(str(source)), program).toArrow().to_pylist()
    assessed = [row for row in found if row["refused"] is None]
    assert [{k: v for k, v in row.items() if k != "refused"} for row in assessed] == plain(answers(out))
    assert len(found) - len(assessed) == len({row["row"] for row in refused(out)}) == 3


@pytest.mark.parametrize(
    ("column", "kind", "error"),
    [
        ("fever", "date", ImpossibleState),
        ("takes", "array<int>", ImpossibleValue),
        ("takes", "boolean", ImpossibleValue),
        ("dose_mg_per_day", "map<string,string>", ImpossibleValue),
        ("dose_mg_per_day", "struct<gabapentin:double>", ImpossibleValue),
    ],
)
def test_a_column_whose_type_holds_no_such_finding_is_told_before_anything_runs(
    spark: Any, program: Program, column: str, kind: str, error: type[Exception]
) -> None:
    from afterdisc.spark import assess

    with pytest.raises(error, match=f"column `{column}` must"):
        assess(spark.createDataFrame([], f"id string, {column} {kind}"), program)


def test_a_damaged_source_is_told_when_the_others_are_done(spark: Any, program: Program, tmp_path: Path) -> None:
    from afterdisc.spark import assess_files

    pq.write_table(given().slice(0, 3), tmp_path / "good.parquet")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 and then nothing of the kind")
    files = [tmp_path / "bad.parquet", tmp_path / "good.parquet"]
    with pytest.raises(RegistryError, match=r"1 of 2 sources could not be assessed.*\n    bad\.parquet: UnreadableSource"):
        assess_files(spark, files, tmp_path / "out", program, today=TODAY, at=AT, intervals=False)
    assert answers(tmp_path / "out" / "good.parquet").num_rows == 3
    assert assess_files(spark, [], tmp_path / "out", program, today=TODAY, at=AT) == []


def test_files_scheduled_to_workers_equal_the_single_machine(
    spark: Any, single: tuple[Path, list[dict[str, Any]]], program: Program, tmp_path: Path
) -> None:
    from afterdisc.spark import assess_files

    _, want = single
    for i in range(3):
        pq.write_table(given().slice(40 * i, 40), tmp_path / f"{i}.parquet")
    files = [tmp_path / f"{i}.parquet" for i in range(3)]
    receipts = assess_files(spark, files, tmp_path / "out", program, today=TODAY, at=AT, rows_a_part=16)
    assert [r["rows"]["out"] for r in receipts] == [40, 40, 40]
    parts = [answers(tmp_path / "out" / f.name) for f in files]
    assert plain(pa.concat_tables(parts)) == want
    with pytest.raises(RegistryError, match="two sources"):
        assess_files(spark, [files[0], files[0]], tmp_path / "out", program, today=TODAY, at=AT)
