"""Exports of odd lines: what can be read is read, the rest is told, and none brings the run down."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

from afterdisc.program import Program
from functional.bulk.people import AT
from functional.bulk.test_bulk import found
from functional.registry.people import answers, refused, run

BMI = {"coding": [{"system": "http://loinc.org", "code": "39156-5"}]}


def patient(name: str, **more: Any) -> str:
    return json.dumps({"resourceType": "Patient", "id": name, "gender": "female", "birthDate": "1970-03-04", **more})


def bmi(name: str, of: str, amount: float, **more: Any) -> str:
    value = {"value": amount, "code": "kg/m2", "system": "http://unitsofmeasure.org"}
    resource = {"resourceType": "Observation", "id": name, "status": "final", "code": BMI, "valueQuantity": value}
    return json.dumps(resource | {"subject": {"reference": f"Patient/{of}"}, "effectiveDateTime": "2026-11-19"} | more)


def export(folder: Path, files: dict[str, list[str | bytes] | bytes]) -> Path:
    for name, lines in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if not isinstance(lines, bytes):
            lines = b"".join((x if isinstance(x, bytes) else x.encode()) + b"\n" for x in lines)
        (folder / name).write_bytes(lines)
    return folder


ODD = {
    "cut short": b'{"resourceType": "Observation", "id"',
    "Latin-1": b'{"resourceType": "Observation", "id": "M\xf6"}',
    "no JSON object": b"[1, 2]",
}


@pytest.mark.parametrize("line", ODD.values(), ids=ODD)
def test_an_odd_line_among_coded_entries_leaves_the_others(program: Program, tmp_path: Path, line: bytes) -> None:
    lines = [bmi("1", "a", 25), line, bmi("2", "b", 40)]
    source = export(tmp_path / "export", {"Patient.ndjson": [patient("a"), patient("b")], "Observation.ndjson": lines})
    assert {name: findings["bmi"] for name, findings in found(program, source).items()} == {"a": 25, "b": 40}
    receipt = run(source, tmp_path / "out", as_of=AT)
    assert receipt["rows"]["out"] == 2
    assert [(r["source"], r["row"]) for r in refused(tmp_path / "out")] == [("Observation.ndjson", "2")]


@pytest.mark.parametrize("more", [",", ', "x": ' + "[" * 3000 + "]" * 3000], ids=["a comma too many", "nested without end"])
def test_an_entry_that_the_database_reads_and_we_do_not_refuses_its_person(tmp_path: Path, more: str) -> None:
    lines = [bmi("1", "a", 25)[:-1] + more + "}", bmi("2", "b", 24)]
    source = export(tmp_path / "export", {"Patient.ndjson": [patient("a"), patient("b")], "Observation.ndjson": lines})
    run(source, tmp_path / "out", as_of=AT)
    assert answers(tmp_path / "out").column("id").to_pylist() == ["b"]
    assert [r["reason"].split(":")[0] for r in refused(tmp_path / "out")] == ["UnreadableRecord"]


def test_two_damaged_files_of_one_name_are_two_files(program: Program, tmp_path: Path) -> None:
    noise = random.Random(1)
    files: dict[str, Any] = {"Patient.ndjson": [patient("a"), patient("b")]}
    for folder, name in (("x", "a"), ("y", "b")):
        lines = [bmi(f"{name}{i}", name, 27, note=[{"text": noise.randbytes(60).hex()}]) for i in range(300)]
        packed = gzip.compress("\n".join(lines).encode())
        files[f"{folder}/Observation.ndjson.gz"] = packed[: len(packed) // 2]
    source = export(tmp_path / "export", files)
    got = found(program, source)
    assert [got[name]["bmi"] for name in "ab"] == [27, 27]
    receipt = run(source, tmp_path / "out", as_of=AT)
    assert receipt["complete"] is False
    assert [p["source"] for p in receipt["problems"]] == ["x/Observation.ndjson.gz", "y/Observation.ndjson.gz"]


def test_a_death_after_the_day_asked_is_not_known_yet(tmp_path: Path) -> None:
    people = [patient("a", deceasedDateTime="2026-11-19"), patient("b", deceasedDateTime="2026-12-01"), patient("c")]
    run(export(tmp_path / "export", {"Patient.ndjson": people}), tmp_path / "out", as_of=AT)
    told = {row["id"]: row["death_date"] for row in answers(tmp_path / "out").select(["id", "death_date"]).to_pylist()}
    assert {name: str(day) for name, day in told.items()} == {"a": "2026-11-19", "b": "None", "c": "None"}


def test_a_person_who_is_refused_is_told_by_their_place_in_the_order_of_ids(tmp_path: Path) -> None:
    people = [patient("c"), patient("b", birthDate="2020-01-01"), patient("a")]
    run(export(tmp_path / "export", {"Patient.ndjson": people}), tmp_path / "out", as_of=AT)
    assert [(r["source"], r["row"], r["column"]) for r in refused(tmp_path / "out")] == [("export", "2", "age_years")]
