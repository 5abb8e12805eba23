"""Spark gives the answers of the single machine to the last bit. Skipped where Java or pyspark is missing."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from afterdisc.errors import RegistryError, UnknownFinding
from afterdisc.program import Program
from functional.registry.people import AT, TODAY, answers, people, run

pyspark = pytest.importorskip("pyspark", reason="needs pyspark: pip install 'afterdisc[spark]'")
pytestmark = pytest.mark.skipif(shutil.which("java") is None, reason="needs Java 17 or later")


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    session = (
        builder.config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "37")
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
