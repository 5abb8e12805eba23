"""A bulk export gives every person the findings that their record alone gives; nothing of it is lost silently."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from afterdisc.cli import cli
from afterdisc.errors import UnreadableSource
from afterdisc.fhir import read_record, record_of
from afterdisc.program import Program
from afterdisc.registry.bulk import findings_of, views_of
from afterdisc.views import compile_view, read_view
from functional.bulk.people import AT, Maker, export
from functional.fhir import synthea
from functional.registry.people import answers, refused, run

N_PEOPLE = 60


def found(program: Program, source: Path, at: str = AT) -> dict[str, dict[str, Any]]:
    """Person -> findings, as the export gives them."""
    ingest = findings_of(program, source, at=at)
    rows = [row for batch in ingest.batches() for row in batch.to_pylist()]
    names = program.book["findings"]
    return {row["id"]: {k: v for k, v in row.items() if k in names and v is not None} for row in rows}


def alone(program: Program, resources: list[dict[str, Any]], at: str = AT) -> dict[str, Any]:
    """The findings of one record, maps as lists of pairs as a findings table holds them."""
    findings = read_record(program, record_of(resources), at=at).findings
    return {name: list(v.items()) if isinstance(v, dict) else v for name, v in findings.items()}


@pytest.mark.parametrize("seed", [1, 2])
def test_every_person_has_the_findings_of_their_record_alone(program: Program, tmp_path: Path, seed: int) -> None:
    maker = Maker(program, seed)
    people = {f"p{i:03d}": maker.person(f"p{i:03d}", n_entries=i % 25) for i in range(N_PEOPLE)}
    export(people, tmp_path / "export", seed)
    got = found(program, tmp_path / "export")
    want = {name: alone(program, resources) for name, resources in people.items()}
    assert got == want
    seen = Counter(finding for findings in want.values() for finding in findings)
    assert len(seen) > 40  # the declarations were tried, not only drawn


def as_exported(bundle: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """(person, resources) of a transaction, its references as a server writes them once it has given ids."""
    text = json.dumps(bundle)
    for n, entry in enumerate(bundle["entry"]):
        kind, own = entry["resource"]["resourceType"], entry["resource"].get("id") or f"n{n}"
        text = text.replace(f'"reference": "{entry["fullUrl"]}"', f'"reference": "{kind}/{own}"')
    resources = [{"id": f"n{n}"} | entry["resource"] for n, entry in enumerate(json.loads(text)["entry"])]
    return next(r["id"] for r in resources if r["resourceType"] == "Patient"), resources


def test_synthea_people_with_a_surgical_story_go_through_end_to_end(program: Program, tmp_path: Path) -> None:
    people = dict(as_exported(synthea.grafted(record)) for record in synthea.people())
    folder = tmp_path / "export"
    folder.mkdir()
    by_type: dict[str, list[str]] = {}
    for resources in people.values():
        for resource in resources:
            by_type.setdefault(resource["resourceType"], []).append(json.dumps(resource))
    for kind, lines in by_type.items():
        (folder / f"{kind}.ndjson").write_text("\n".join(lines) + "\n")
    got = found(program, folder, synthea.AT)
    assert got == {name: alone(program, resources, synthea.AT) for name, resources in people.items()}
    assert all({"weeks_since_surgery", "crp_mg_l", "takes"} <= set(findings) for findings in got.values())
    receipt = run(folder, tmp_path / "out", as_of=synthea.AT)
    assert receipt["rows"]["out"] + receipt["rows"]["refused"] == len(people)
    assert set(answers(tmp_path / "out").column("id").to_pylist()) <= set(people)


def test_each_view_is_a_view_that_anybody_can_run(program: Program) -> None:
    for view in views_of(program):
        made = compile_view(read_view(view))
        assert made.structure, f"{view['resource']} would be read as JSON, which is slower"
        assert made.names[:2] == ("key", "patient")


def test_lines_that_are_no_resource_are_told_and_the_rest_is_read(program: Program, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    a, b = ({"resourceType": "Patient", "id": name} for name in "ab")
    (folder / "Patient.ndjson").write_text(f"{json.dumps(a)}\n{{broken\n\n[1]\n{json.dumps(b)}\n")
    code = {"coding": [{"system": "http://loinc.org", "code": "1988-5"}]}
    stray = {"resourceType": "Observation", "id": "o", "status": "final", "code": code}
    (folder / "Observation.ndjson").write_text(json.dumps(stray) + "\n")
    ingest = findings_of(program, folder, at=AT)
    assert sum(batch.num_rows for batch in ingest.batches()) == 2
    told = ingest.refused()
    assert [(f, line) for f, line, _, _ in told] == [("Patient.ndjson", 2), ("Patient.ndjson", 4), ("export", 0)]
    assert told[2][2] == "Observation.subject"


def test_a_file_cut_short_and_an_endless_line_leave_the_rest(program: Program, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    people = [{"resourceType": "Patient", "id": f"p{i}", "x": str(i**19)} for i in range(4000)]
    packed = gzip.compress("".join(json.dumps(p) + "\n" for p in people).encode())
    (folder / "Patient.ndjson.gz").write_bytes(packed[: len(packed) // 2])
    with (folder / "Big.ndjson").open("wb") as handle:
        handle.write(b'{"resourceType": "Patient", "id": "first"}\n{"resourceType": "Patient", "id": "big", "x": "')
        for _ in range(80):
            handle.write(b"y" * 2**20)
        handle.write(b'"}\n{"resourceType": "Patient", "id": "last"}\n')
    receipt = run(folder, tmp_path / "out", as_of=AT)
    names = answers(tmp_path / "out").column("id").to_pylist()
    assert {"first", "last"} <= set(names)
    assert "big" not in names
    assert 1000 < len(names) < 4002
    told = {r["source"]: r["reason"] for r in refused(tmp_path / "out")}
    assert "longer than" in told["Big.ndjson"]
    assert "ends in the middle" in told["Patient.ndjson.gz"]
    assert receipt["rows"]["out"] == len(names)


def test_a_folder_without_patients_is_told(program: Program, tmp_path: Path) -> None:
    (tmp_path / "Observation.ndjson").write_text('{"resourceType": "Observation", "id": "o"}\n')
    with pytest.raises(UnreadableSource, match="holds no Patient"):
        list(findings_of(program, tmp_path, at=AT).batches())


def test_the_command_prints_views_and_sql() -> None:
    shown = CliRunner().invoke(cli, ["registry", "sql"])
    assert shown.exit_code == 0, shown.output
    assert "read_ndjson_objects" in shown.output
    views = json.loads(CliRunner().invoke(cli, ["registry", "sql", "--views"]).stdout)
    assert {view["resource"] for view in views} >= {"Patient", "Observation", "Condition", "MedicationRequest"}
