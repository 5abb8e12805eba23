"""What was known of a person on a day: SQL and plain Python say the same, whatever the order of rows and files."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from afterdisc.errors import UnreadableSource
from afterdisc.program import Program
from afterdisc.registry import findings_schema
from afterdisc.registry.follow_up import as_of
from afterdisc.registry.follow_up.rules import holds
from functional.follow_up.oracle import state_on
from functional.registry.people import answers, run

BEGIN = date(2024, 1, 1)
# a number that passes, one that holds for a month, symptoms since surgery, history, a state, a list, a map
FINDINGS = (
    "weeks_since_surgery", "age_years", "odi_percent", "fever", "bladder_disturbance", "cancer_history", "leg_pain_nrs",
    "dominant_pain", "takes", "dose_mg_per_day", "crp_mg_l", "smoker", "recent_stent_months",
)  # fmt: skip


def write(program: Program, rows: list[dict[str, Any]], path: Path) -> Path:
    names = sorted({name for row in rows for name in row})
    pq.write_table(pa.Table.from_pylist(rows, schema=findings_schema(program, names)), path)
    return path


def states(program: Program, files: list[Path], **asked: Any) -> list[dict[str, Any]]:
    return [row for batch in as_of(program, files, **asked) for row in batch.to_pylist()]


def random_rows(seed: int, n_people: int = 40) -> list[dict[str, Any]]:
    draw, rows = random.Random(seed), []
    for person in range(n_people):
        index = BEGIN + timedelta(days=draw.randrange(0, 300))
        for _ in range(draw.randrange(1, 6)):
            visit = BEGIN + timedelta(days=draw.randrange(0, 900)) if draw.random() > 0.1 else None
            row = {"id": f"p{person:02d}", "visit_date": visit, "index_operation_date": draw.choice([index, None])}
            row |= {name: draw.choice([None, value(name, draw)]) for name in FINDINGS}
            rows += [row] * draw.choice([1, 1, 2])  # the same again is no contradiction
            if draw.random() < 0.2:
                rows.append(row | {"leg_pain_nrs": value("leg_pain_nrs", draw)})  # another answer of the same day
    return rows


def value(name: str, draw: random.Random) -> Any:
    if name in ("fever", "bladder_disturbance", "cancer_history", "smoker"):
        return draw.random() < 0.5
    if name == "dominant_pain":
        return draw.choice(["leg", "back"])
    if name == "takes":
        return draw.choice([[], ["gabapentin"], ["ibuprofen", None]])
    if name == "dose_mg_per_day":
        return [("gabapentin", float(draw.choice([300, 900])))]
    return float(draw.randrange(0, 10))


@pytest.mark.parametrize("seed", range(4))
def test_the_state_on_a_day_is_the_one_plain_python_tells(program: Program, tmp_path: Path, seed: int) -> None:
    rows = random_rows(seed)
    day = BEGIN + timedelta(days=500)
    found = states(program, [write(program, rows, tmp_path / "a.parquet")], date=day.isoformat())
    every = holds(program)
    people = sorted({r["id"] for r in rows if r["visit_date"] is None or r["visit_date"] <= day})
    assert [r["id"] for r in found] == people
    for answer in found:
        mine = [r for r in rows if r["id"] == answer["id"]]
        want = {name: state_on(mine, day, name, every[name]) for name in FINDINGS}
        assert {name: answer[name] for name in FINDINGS} == want


def test_the_state_at_each_visit_is_the_one_plain_python_tells_of_that_day(program: Program, tmp_path: Path) -> None:
    rows = random_rows(7)
    found = states(program, [write(program, rows, tmp_path / "a.parquet")], each_visit=True)
    every = holds(program)
    assert [(r["id"], r["visit_date"]) for r in found] == sorted({(r["id"], r["visit_date"]) for r in rows if r["visit_date"]})
    for answer in found:
        mine = [r for r in rows if r["id"] == answer["id"]]
        want = {name: state_on(mine, answer["visit_date"], name, every[name]) for name in FINDINGS}
        assert {name: answer[name] for name in FINDINGS} == want


def test_the_order_of_rows_and_files_changes_nothing(program: Program, tmp_path: Path) -> None:
    rows = random_rows(3)
    whole = states(program, [write(program, rows, tmp_path / "a.parquet")], date="2025-06-01")
    shuffled = random.Random(1).sample(rows, len(rows))
    files = [write(program, shuffled[i::3], tmp_path / f"b{i}.parquet") for i in range(3)]
    assert states(program, files[::-1], date="2025-06-01") == whole


def test_an_event_that_a_later_day_tells_is_not_known_yet(program: Program, tmp_path: Path) -> None:
    rows = [{"id": "a", "visit_date": date(2025, 1, 1), "reoperation_date": date(2025, 5, 1), "leg_pain_nrs": 3.0}]
    file = write(program, rows, tmp_path / "a.parquet")
    assert states(program, [file], date="2025-04-30")[0]["reoperation_date"] is None
    assert states(program, [file], date="2025-05-01")[0]["reoperation_date"] == date(2025, 5, 1)


def test_a_table_without_visit_dates_is_told(program: Program, tmp_path: Path) -> None:
    file = write(program, [{"id": "a", "leg_pain_nrs": 3.0}], tmp_path / "a.parquet")
    with pytest.raises(UnreadableSource, match="no column `visit_date`"):
        states(program, [file], date="2025-01-01")


def test_a_run_as_of_a_day_gives_one_row_a_person_and_accounts_for_every_row(program: Program, tmp_path: Path) -> None:
    rows = [{**row, "weeks_since_surgery": None, "age_years": 40.0} for row in random_rows(5)]
    write(program, rows, tmp_path / "a.parquet")
    receipt = run(tmp_path / "a.parquet", tmp_path / "out", as_of="2025-06-01")
    people = {r["id"] for r in rows if r["visit_date"] is None or r["visit_date"] <= date(2025, 6, 1)}
    stages = {s["name"]: s for s in receipt["stages"]}
    assert stages["findings"]["n_in"] == len(rows) == stages["findings"]["n_out"] == stages["follow_up"]["n_in"]
    assert stages["follow_up"]["n_out"] == len(people) == stages["assessed"]["n_in"]
    assert sorted(answers(tmp_path / "out").column("id").to_pylist()) == sorted(people)
    visits = run(tmp_path / "a.parquet", tmp_path / "visits", each_visit=True)
    assert visits["rows"]["out"] + visits["stages"][-1]["n_refused"] == len(
        {(r["id"], r["visit_date"]) for r in rows if r["visit_date"]}
    )


def test_who_has_no_row_is_counted(program: Program, tmp_path: Path) -> None:
    seen = [("a", 0), ("a", 90), ("b", 60), ("c", 80), ("d", None)]
    rows = [{"id": i, "visit_date": None if d is None else BEGIN + timedelta(days=d), "age_years": 50.0} for i, d in seen]
    source = write(program, rows, tmp_path / "a.parquet")
    left_out = {}
    for name, asked in (("on_a_day", {"as_of": "2024-01-31"}), ("each_visit", {"each_visit": True})):
        stages = run(source, tmp_path / name, **asked)["stages"]
        left_out[name] = [stage["n_people_left_out"] for stage in stages if stage["name"] == "follow_up"]
    assert left_out == {"on_a_day": [2], "each_visit": [1]}  # b and c were first seen later; no visit of d has a day
