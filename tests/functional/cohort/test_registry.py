"""Synthetic registries: exactly so many people, the same files for the same seed, true causes apart, readable by every door."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from afterdisc.cli import cli
from afterdisc.cohort import draw_cases, draw_rows, wanted
from afterdisc.errors import AnotherRun, BadCondition, RegistryError, UndeclaredName
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.program import Program
from afterdisc.registry.bulk import findings_of
from afterdisc.registry.files.sources import sha256_of
from afterdisc.registry.synthetic import Asked, write_registry
from afterdisc.registry.synthetic.registry import BLOCK, draw_registry
from functional.registry.people import answers, run


def findings(out: Path) -> pa.Table:
    return pa.concat_tables([pq.read_table(p) for p in sorted((out / "findings").glob("*.parquet"))])


def checksums(out: Path) -> dict[str, str]:
    return {p.relative_to(out).as_posix(): sha256_of(p) for p in sorted(out.rglob("*")) if p.is_file()}


def test_rows_are_the_people_of_the_cases(program: Program) -> None:
    cases, drawn = draw_cases(program, 200, 5), draw_rows(program, 200, 5)
    for i, case in enumerate(cases):
        assert drawn.causes[i] == case["truth"]["causes"]
        known = {program.columns[c].name: drawn.rows[i, c] for c in np.flatnonzero(~np.isnan(drawn.rows[i]))}
        assert set(known) == set(case["findings"])
        for name, value in case["findings"].items():
            column = next(c for c in program.columns if c.name == name)
            assert known[name] == (column.states.index(value) if isinstance(value, str) else float(value))


def test_the_same_seed_writes_the_same_files_to_the_byte(program: Program, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_registry(program, Asked(300, seed=4, n_visits=2), tmp_path / name)
    write_registry(program, Asked(300, seed=5, n_visits=2), tmp_path / "c")
    assert checksums(tmp_path / "a") == checksums(tmp_path / "b")
    assert checksums(tmp_path / "a")["truth.parquet"] != checksums(tmp_path / "c")["truth.parquet"]


def test_a_conditional_draw_gives_exactly_so_many_and_only_those(
    program: Program, knowledge: KnowledgeBase, tmp_path: Path
) -> None:
    condition = wanted(program, knowledge, "leg_pain_nrs >= 7 and weeks_since_surgery < 52 and smoker")
    write_registry(program, Asked(700, where=condition), tmp_path / "a")
    rows = findings(tmp_path / "a").to_pylist()
    assert len(rows) == 700
    assert all(r["leg_pain_nrs"] >= 7 and r["weeks_since_surgery"] < 52 and r["smoker"] for r in rows)
    assert pq.read_table(tmp_path / "a" / "truth.parquet").column("id").to_pylist() == [r["id"] for r in rows]
    assert "causes" not in rows[0]
    everybody = [row for block in draw_registry(program, Asked(BLOCK)) for row in block.findings.to_pylist()]
    first = [r for r in everybody if (r["leg_pain_nrs"] or 0) >= 7 and r["weeks_since_surgery"] < 52 and r["smoker"]]
    same = [{k: v for k, v in r.items() if k != "id"} for r in first]
    assert [{k: v for k, v in r.items() if k != "id"} for r in rows[: len(same)]] == same[:700]


CONDITIONS = {
    "or": (
        "sex is male or leg_pain_nrs < 2",
        lambda r: r["sex"] == "male" or (r["leg_pain_nrs"] is not None and r["leg_pain_nrs"] < 2),
    ),
    "yaml": ("{all: [fever known, {not: fever}]}", lambda r: r["fever"] is False),
    "definition": ("has_leg_pain", lambda r: (r["leg_pain_nrs"] or 0) >= 1 or r["leg_pain_nrs"] is None),
}


@pytest.mark.parametrize(("text", "holds"), CONDITIONS.values(), ids=CONDITIONS)
def test_conditions_are_those_of_the_rules(program: Program, knowledge: KnowledgeBase, text: str, holds: Any) -> None:
    block = next(iter(draw_registry(program, Asked(50, where=wanted(program, knowledge, text)))))
    rows = block.findings.to_pylist()
    assert rows
    assert all(holds(row) for row in rows)


WRONG = {
    "no finding": ("leg_pain_nsr >= 7", UndeclaredName, "leg_pain_nrs"),
    "no condition": ("leg_pain_nrs seven", BadCondition, "Examples"),
    "a probability": ("P(epidural_fibrosis) >= 0.2", BadCondition, "no probability"),
    "broken yaml": ("{all: [", BadCondition, "no YAML"),
}


@pytest.mark.parametrize(("text", "kind", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_condition_is_told(program: Program, knowledge: KnowledgeBase, text: str, kind: Any, message: str) -> None:
    with pytest.raises(kind, match=message):
        wanted(program, knowledge, text)


def test_a_condition_true_in_nobody_ends_and_leaves_nothing(
    program: Program, knowledge: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("afterdisc.registry.synthetic.registry.ENOUGH_TRIES", 2)
    nobody = wanted(program, knowledge, "leg_pain_nrs >= 7 and leg_pain_nrs < 7")
    with pytest.raises(RegistryError, match="true in nobody"):
        write_registry(program, Asked(5, where=nobody), tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_events_follow_the_causes_and_end_with_the_person(program: Program) -> None:
    block = next(iter(draw_registry(program, Asked(BLOCK, seed=3))))
    rows, causes = block.findings.to_pylist(), block.truth.column("causes").to_pylist()
    rate: Counter[tuple[bool, bool]] = Counter()
    for row, true in zip(rows, causes, strict=True):
        rate["recurrent_herniation" in true, row["recurrence_date"] is not None] += 1
        days = [row[f"{e}_date"] for e in ("recurrence", "reoperation", "fusion") if row[f"{e}_date"]]
        assert row["index_operation_date"] <= row["visit_date"] <= row["last_seen_date"] <= date(2026, 1, 1)
        assert all(row["index_operation_date"] < day <= row["last_seen_date"] for day in days)
        assert row["death_date"] is None or row["death_date"] <= row["last_seen_date"]
    with_cause = rate[True, True] / (rate[True, True] + rate[True, False])
    without = rate[False, True] / (rate[False, True] + rate[False, False])
    assert with_cause > 5 * without
    sizes = Counter(row["site"] for row in rows)
    assert max(sizes.values()) > 3 * min(sizes.values())


def test_a_registry_is_read_and_assessed_whole(program: Program, tmp_path: Path) -> None:
    for kind in ("parquet", "csv"):
        write_registry(program, Asked(150, n_visits=3), tmp_path / kind, kind=kind)
        receipt = run(tmp_path / kind / "findings", tmp_path / f"out-{kind}")
        assert receipt["rows"] == {"in": 450, "out": 450, "refused": 0}
    same = [answers(tmp_path / f"out-{kind}").drop_columns(["source_file"]) for kind in ("parquet", "csv")]
    assert same[0].equals(same[1])
    latest = run(tmp_path / "parquet" / "findings", tmp_path / "latest", as_of="2026-01-01")
    assert latest["rows"]["out"] == 150


def test_a_bulk_export_gives_back_the_same_findings(program: Program, tmp_path: Path) -> None:
    write_registry(program, Asked(80, seed=9), tmp_path / "table")
    write_registry(program, Asked(80, seed=9), tmp_path / "fhir", kind="fhir")
    names = program.book["findings"]
    want = {
        row["id"]: (row["visit_date"], {k: v for k, v in row.items() if k in names and v is not None})
        for row in findings(tmp_path / "table").to_pylist()
    }
    last = max(day for day, _ in want.values())
    for name, (day, known) in list(want.items())[:80]:
        if day == last:  # read as of that day nothing has grown older
            got = next(
                r
                for b in findings_of(program, tmp_path / "fhir" / "fhir", at=day.isoformat()).batches()
                for r in b.to_pylist()
                if r["id"] == name
            )
            assert {k: v for k, v in got.items() if k in names and v is not None} == known
    assert checksums(tmp_path / "table")["truth.parquet"] == checksums(tmp_path / "fhir")["truth.parquet"]


def test_the_command_writes_cases_or_a_registry(tmp_path: Path) -> None:
    out = str(tmp_path / "reg")
    done = CliRunner().invoke(cli, ["cohort", "draw", "1_00", "--out", out, "--where", "smoker"])
    assert done.exit_code == 0, done.output
    assert "100 people, 100 rows" in done.output
    with pytest.raises(AnotherRun, match="not empty"):
        CliRunner().invoke(cli, ["cohort", "draw", "10", "--out", out], catch_exceptions=False)
    assert CliRunner().invoke(cli, ["cohort", "draw", "10", "--where", "smoker"]).exit_code == 2
    assert len(CliRunner().invoke(cli, ["cohort", "draw", "3"]).stdout.splitlines()) == 3


def test_who_came_was_alive_and_nothing_happens_after_death(program: Program, tmp_path: Path) -> None:
    write_registry(program, Asked(8_000, seed=11), tmp_path / "a")
    dead = [r for r in findings(tmp_path / "a").to_pylist() if r["death_date"]]
    assert len(dead) > 20
    assert all(r["visit_date"] < r["death_date"] == r["last_seen_date"] for r in dead)
    for event in ("recurrence_date", "reoperation_date", "fusion_date"):
        assert all(r[event] <= r["death_date"] for r in dead if r[event])


def test_the_patient_of_several_visits_keeps_age_and_sex(program: Program, tmp_path: Path) -> None:
    write_registry(program, Asked(40, seed=2, n_visits=3), tmp_path / "f", kind="fhir")
    patients = [json.loads(line) for line in (tmp_path / "f/fhir/Patient.ndjson").read_text(encoding="utf-8").splitlines()]
    assert len(patients) == 40
    drawn = draw_cases(program, BLOCK, 2 * 1_000_003)[:40]
    assert [p.get("gender") for p in patients] == [c["findings"].get("sex") for c in drawn]
    assert [("birthDate" in p) for p in patients] == [("age_years" in c["findings"]) for c in drawn]


def test_odd_ways_to_ask_for_a_draw_are_told(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("kept", encoding="utf-8")
    there = ["cohort", "draw", "5", "--as", "parquet", "--out"]
    said = CliRunner().invoke(cli, [*there, str(tmp_path / "notes.txt")])
    assert isinstance(said.exception, RegistryError)
    assert "Name a new folder" in str(said.exception)
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "kept"
    assert CliRunner().invoke(cli, [*there, str(tmp_path / "n"), "--seed", "-1"]).exit_code == 2
    assert isinstance(CliRunner().invoke(cli, [*there, str(tmp_path / "n"), "--where", ""]).exception, BadCondition)
