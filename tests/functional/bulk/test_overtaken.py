"""Entries that a newer one of the same code overtakes are left out of a bulk reading, and no finding changes."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from afterdisc.fhir.read.codes import CODED_BY
from afterdisc.program import Program
from afterdisc.registry.bulk import ingest
from afterdisc.registry.bulk.kept import codes_pattern
from afterdisc.registry.bulk.overtaken import may_be_overtaken
from afterdisc.registry.bulk.views import codes_of
from functional.bulk.people import Maker, export
from functional.bulk.test_bulk import alone, found

N_PEOPLE, N_ENTRIES = 40, 14
DAYS = ["2026-11-10", "2026-10-01", "2026-09-30", "2026-06-01", "2025-11-01"]
ABSENT = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "unknown"}]}


def repeated(maker: Maker, draw: random.Random, name: str) -> list[dict[str, Any]]:
    """A person with a few codes, each in many entries of many days and states."""
    out = maker.person(name, n_entries=2)
    observed = [(f, d) for f, d in maker.declared if "Observation" in d["from"] and d["codes"]]
    for finding, d in draw.sample(observed, 3):
        concept = maker.concept(draw.choice(d["codes"]))
        for _ in range(N_ENTRIES // 3):
            made = maker.made("Observation", name, {"code": concept} | value(maker, draw, finding, d))
            out.append(made | ({"effectiveDateTime": draw.choice(DAYS)} if draw.random() < 0.6 else {}))
    return out


def value(maker: Maker, draw: random.Random, finding: str, d: Mapping[str, Any]) -> dict[str, Any]:
    """Mostly one that the finding can have; else none, with or without a word why, or any other."""
    chance = draw.random()
    if chance < 0.2:
        return {"dataAbsentReason": ABSENT}
    if chance < 0.4:
        return draw.choice([maker.value(finding, d), {"valueBoolean": True}, {"valueBoolean": False}, {}])
    if d["read"] in ("quantity", "at_least"):
        unit, (factor, offset) = draw.choice(list(d["units"].items()))
        low, high = maker.program.book["findings"][finding]["range"] or (0, 100)
        amount = (draw.choice([low, high, (low + high) / 2]) - offset) / factor
        return {"valueQuantity": {"value": amount, "code": unit, "system": "http://unitsofmeasure.org"}}
    return maker.value(finding, d)


@pytest.mark.parametrize("seed", range(3))
def test_leaving_out_what_is_overtaken_changes_no_finding(
    program: Program, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker, draw = Maker(program, seed), random.Random(seed)
    people = {f"p{i:03d}": repeated(maker, draw, f"p{i:03d}") for i in range(N_PEOPLE)}
    export(people, tmp_path / "export", seed)
    read: list[int] = []
    row = ingest.Ingest._row

    def counted(self: ingest.Ingest, patient: str, entries: list[str]) -> dict[str, Any] | None:
        read.append(len(entries))
        return row(self, patient, entries)

    monkeypatch.setattr(ingest.Ingest, "_row", counted)
    assert found(program, tmp_path / "export") == {name: alone(program, listed) for name, listed in people.items()}
    assert sum(read) < 0.85 * sum(len(listed) for listed in people.values())


def test_only_readings_that_the_newest_entry_decides_are_overtaken(program: Program) -> None:
    def concept(written: str) -> str:
        name, _, code = written.partition("|")
        return json.dumps({"coding": [{"system": program.book["fhir"]["systems"][name][0], "code": code}]})

    numbers = program.book["fhir"]["readings"]["crp_mg_l"][0]["codes"]
    assert all(may_be_overtaken(program, concept(code)) for code in numbers)
    assert not may_be_overtaken(program, concept("LOINC|99999-9"))  # of no finding
    for declared in program.book["fhir"]["readings"].values():
        for d in declared:
            if "Observation" in d["from"] and d["read"] in ("count", "elapsed", "present"):
                assert not any(may_be_overtaken(program, concept(code)) for code in d["codes"] if "*" not in code)


def test_the_text_of_every_declared_entry_is_kept(program: Program) -> None:
    import duckdb

    lines = []
    for kind in CODED_BY:
        codes = codes_of(program)[kind]
        lines += [json.dumps({"code": {"coding": [{"system": s, "code": c}]}}) for s, c in codes.exact]
        lines += [json.dumps({"code": {"coding": [{"code": f" {c}.9", "system": s}]}}) for s, c in codes.begins]
    lines += [json.dumps({"coding": [{"system": "ours", "code": finding}]}) for finding in program.book["findings"]]
    lines.append(r'{"code": {"coding": [{"code": "19\u00388-5", "system": "http://loinc.org"}]}}')
    assert len(lines) > 500
    connection = duckdb.connect()
    connection.execute("CREATE TABLE line (text VARCHAR)")
    connection.executemany("INSERT INTO line VALUES (?)", [[line] for line in lines])
    n = connection.execute("SELECT count(*) FROM line WHERE regexp_matches(text, ?)", [codes_pattern(program)]).fetchall()
    assert n == [(len(lines),)]
