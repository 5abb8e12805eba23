"""Views over files: packed or not, wrong or not, in bounded memory; a wrong view is told with the place in it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from afterdisc.cli import cli
from afterdisc.errors import ViewError
from afterdisc.views import compile_view, read_view, run_view

PATIENTS = [
    {"resourceType": "Patient", "id": "a", "gender": "female", "active": True, "name": [{"family": "A", "given": ["X", "Y"]}]},
    {"resourceType": "Patient", "id": "b", "gender": "male", "deceasedDateTime": "2026-01-02", "name": [{"given": ["Z"]}, {}]},
    {"resourceType": "Observation", "id": "o", "subject": {"reference": "https://ehr.example/fhir/Patient/a/_history/3"}},
]
NAMES = {
    "resource": "Patient",
    "select": [
        {"column": [{"name": "id", "path": "id"}, {"name": "name", "path": "name.given", "collection": True}]},
        {
            "forEachOrNull": "name",
            "column": [{"name": "family", "path": "family"}, {"name": "n", "path": "%rowIndex", "type": "integer"}],
        },
    ],
}
WANT = [
    {"id": "a", "name": ["X", "Y"], "family": "A", "n": 0},
    {"id": "b", "name": ["Z"], "family": None, "n": 0},
    {"id": "b", "name": ["Z"], "family": None, "n": 1},
]


def lines(resources: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(r) + "\n" for r in resources).encode()


def rows(view: dict[str, Any], source: Path, **options: Any) -> list[dict[str, Any]]:
    return [row for batch in run_view(read_view(view), source, **options).batches for row in batch.to_pylist()]


@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize("name", ["a.ndjson", "a.ndjson.gz", "a.ndjson.zst"])
def test_packed_and_plain_files_and_folders_give_the_same(tmp_path: Path, name: str, typed: bool) -> None:
    data = lines(PATIENTS)
    packed = {"gz": gzip.compress(data), "zst": pa.compress(data, "zstd", asbytes=True)}.get(name.rpartition(".")[2], data)
    (tmp_path / name).write_bytes(packed)
    assert sorted(rows(NAMES, tmp_path, typed=typed), key=lambda r: (r["id"], r["n"])) == WANT


def test_a_view_of_known_elements_reads_only_what_it_needs() -> None:
    made = compile_view(read_view(NAMES))
    assert made.columns == {
        "id": "VARCHAR", "resourceType": "VARCHAR", "name": 'STRUCT("given" VARCHAR[], "family" VARCHAR)[]',
    }  # fmt: skip


def test_an_element_that_is_not_listed_is_read_as_json(tmp_path: Path) -> None:
    view = {"resource": "Patient", "select": [{"column": [{"name": "x", "path": "extension('http://x').value.ofType(code)"}]}]}
    assert compile_view(read_view(view)).structure == {}
    patient = {"resourceType": "Patient", "id": "a", "extension": [{"url": "http://x", "valueCode": "c"}, {"url": "http://y"}]}
    (tmp_path / "a.ndjson").write_bytes(lines([patient]))
    assert rows(view, tmp_path) == [{"x": "c"}]


def test_a_reference_key_is_found_on_whatever_server_and_version(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(lines(PATIENTS))
    columns = [{"name": k[0].lower(), "path": f"subject.getReferenceKey({k})"} for k in ("Patient", "Group")]
    for typed in (True, False):
        assert rows({"resource": "Observation", "select": [{"column": columns}]}, tmp_path, typed=typed) == [
            {"p": "Patient/a", "g": None}
        ]


def of(*columns: tuple[str, str]) -> dict[str, Any]:
    return {"resource": "Patient", "select": [{"column": [{"name": name, "path": path} for name, path in columns]}]}


WRONG = {
    "no object": ([], "must be an object"),
    "no resource": ({"select": []}, "ViewDefinition.resource"),
    "no select": ({"resource": "Patient"}, "ViewDefinition.select"),
    "no path": (of(("x", "a b")), r"select\[0\].column\[0\].path: .*`b`"),
    "a function": (of(("x", "name.sum()")), r"`sum\(\)`"),
    "twice": (of(("x", "id"), ("x", "id")), "stands there twice"),
    "a constant": (of(("x", "%c")), "%c is no constant"),
}


@pytest.mark.parametrize(("view", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_view_is_told_with_the_place_in_it(view: Any, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(lines(PATIENTS))
    with pytest.raises(ViewError, match=message):
        rows(view, tmp_path)


def test_several_values_where_one_is_asked_are_told_without_the_values(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(lines(PATIENTS))
    with pytest.raises(ViewError, match=r"gives several.*first\(\)") as raised:
        rows(of(("x", "name.given")), tmp_path)
    assert "Y" not in str(raised.value)


@pytest.mark.parametrize("damage", ["cut", "text"])
def test_a_damaged_file_is_told(tmp_path: Path, damage: str) -> None:
    data = gzip.compress(lines(PATIENTS * 3000))
    if damage == "cut":
        (tmp_path / "a.ndjson.gz").write_bytes(data[: len(data) // 2])
    else:
        (tmp_path / "a.ndjson").write_bytes(lines(PATIENTS) + b"{broken\n")
    with pytest.raises(ViewError, match=r"ends in the middle|no JSON"):
        rows(NAMES, tmp_path)


def test_the_command_writes_each_kind_of_file(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(lines(PATIENTS))
    view = {"resource": "Patient", "select": [{"column": [{"name": "id", "path": "id"}, {"name": "gender", "path": "gender"}]}]}
    (tmp_path / "view.json").write_text(json.dumps(view))
    words = ["view", "run", str(tmp_path / "view.json"), str(tmp_path / "a.ndjson")]
    shown = CliRunner().invoke(cli, words)
    want = [{"id": "a", "gender": "female"}, {"id": "b", "gender": "male"}]
    assert [json.loads(line) for line in shown.stdout.splitlines()] == want
    for name in ("o.parquet", "o.csv", "o.ndjson"):
        done = CliRunner().invoke(cli, [*words, "--out", str(tmp_path / name)])
        assert done.exit_code == 0, done.output
    assert pq.read_table(tmp_path / "o.parquet").to_pylist() == want
    assert (tmp_path / "o.csv").read_text().splitlines() == ['"id","gender"', '"a","female"', '"b","male"']
    assert [json.loads(line) for line in (tmp_path / "o.ndjson").read_text().splitlines()] == want
    assert "unnest" not in CliRunner().invoke(cli, ["view", "sql", str(tmp_path / "view.json")]).stdout


def test_a_broken_definition_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "view.json").write_text("{\n oops")
    with pytest.raises(ViewError, match=r"view\.json, line 2"):
        CliRunner().invoke(cli, ["view", "sql", str(tmp_path / "view.json")], catch_exceptions=False)


def test_an_element_of_another_shape_far_down_loses_no_row(tmp_path: Path) -> None:
    lines = [{"resourceType": "Patient", "id": f"p{k}", "name": [{"family": f"F{k}"}]} for k in range(60_000)]
    lines[50_000]["name"] = {"family": "alone"}
    lines[55_000] = {"resourceType": "Observation", "id": "o", "name": "text"}
    file = tmp_path / "Patient.ndjson"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    columns = [{"name": "id", "path": "id"}, {"name": "family", "path": "name.first().family"}]
    view = read_view({"resource": "Patient", "status": "active", "select": [{"column": columns}]})
    rows = [row for batch in run_view(view, file).batches for row in batch.to_pylist()]
    assert [row["id"] for row in rows] == [f"p{k}" for k in range(60_000) if k != 55_000]
    assert [row["family"] for row in rows[:50_000]] == [f"F{k}" for k in range(50_000)]
    assert rows[50_001]["family"] == "F50001"
