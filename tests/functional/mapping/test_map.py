"""A registry's own columns as findings: read strictly, placed or refused row by row, never guessed."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from afterdisc.cli import cli
from afterdisc.errors import UnreadableMap
from afterdisc.program import Program
from afterdisc.registry.mapping import mapped, read_map, suggest
from afterdisc.words.days import days_between, weeks_between, whole_years
from functional.registry.people import answers, refused, run

EXAMPLES = Path(__file__).parents[3] / "examples" / "registry"
BEGIN = "id: pid\n"


def made(program: Program, tmp_path: Path, text: str, columns: dict[str, Any]) -> tuple[list[dict[str, Any]], list[Any]]:
    (tmp_path / "map.yaml").write_text(BEGIN + text)
    batch = pa.RecordBatch.from_pydict({"pid": [f"p{i}" for i in range(len(next(iter(columns.values()))))], **columns})
    table, wrong = mapped(read_map(tmp_path / "map.yaml", program), program, batch)
    return table.to_pylist(), wrong


@pytest.mark.parametrize("kind", [pa.string(), pa.int64(), pa.float64()])
def test_a_code_is_looked_up_whatever_type_the_column_has(program: Program, tmp_path: Path, kind: Any) -> None:
    codes = pa.array([1, 2, 9, 7, None]).cast(pa.float64()).cast(kind)
    text = "findings: {sex: {column: g, values: {1: male, 2: female, 9: null}}}"
    rows, wrong = made(program, tmp_path, text, {"g": codes})
    assert [r["sex"] for r in rows] == ["male", "female", None, None, None]
    assert [(row, column) for row, column, _ in wrong] == [(3, "g")]
    assert "7" not in wrong[0][2]


def test_a_scale_is_turned_and_a_missing_code_is_unknown(program: Program, tmp_path: Path) -> None:
    text = 'missing: [NA]\nfindings: {leg_pain_nrs: {column: v, factor: 0.1, decimal: ",", missing: [999]}}'
    rows, wrong = made(program, tmp_path, text, {"v": ["70", "35,5", "999", "NA", "", None, "much"]})
    assert [r["leg_pain_nrs"] for r in rows] == [pytest.approx(7.0), pytest.approx(3.55), None, None, None, None, None]
    assert [row for row, _, _ in wrong] == [6]


def test_a_tenth_of_a_scale_of_100_is_the_very_point_of_the_scale_of_10(program: Program, tmp_path: Path) -> None:
    text = "findings: {leg_pain_nrs: {column: v, factor: 0.1}}"
    rows, _ = made(program, tmp_path, text, {"v": list(range(101))})
    assert [r["leg_pain_nrs"] for r in rows] == [i / 10 for i in range(101)]


def test_amounts_below_zero_are_refused_and_what_is_not_told_of_a_complete_map_is_unknown(
    program: Program, tmp_path: Path
) -> None:
    columns = {"g": ["900", "", "0", "-1"], "f": ["", "", "300", ""]}
    text = "findings: {KIND: {amounts: {g: gabapentin, f: fluoxetine}}}"
    rows, wrong = made(program, tmp_path, text.replace("KIND", "dose_mg_per_day"), columns)
    assert [r["dose_mg_per_day"] for r in rows][:3] == [[("gabapentin", 900.0)], None, [("fluoxetine", 300.0)]]
    assert [row for row, _, _ in wrong] == [3]
    rows, wrong = made(program, tmp_path, text.replace("KIND", "recently_stopped"), columns)
    assert [r["recently_stopped"] for r in rows][:3] == [
        [("gabapentin", 900.0), ("fluoxetine", None)],
        None,
        [("gabapentin", 0.0), ("fluoxetine", 300.0)],
    ]
    assert [row for row, _, _ in wrong] == [3]


def test_a_day_that_no_month_has_and_a_column_of_lists_are_told(program: Program, tmp_path: Path) -> None:
    text = 'findings: {age_years: {from: a, to: b, unit: years, format: "%d.%m.%Y"}}'
    rows, wrong = made(program, tmp_path, text, {"a": ["30.02.1970", "28.02.1970"], "b": ["01.03.2020", "01.03.2020"]})
    assert [r["age_years"] for r in rows] == [None, 50.0]
    assert [row for row, _, _ in wrong] == [0]
    with pytest.raises(UnreadableMap, match="column `a` holds list"):
        made(program, tmp_path, text, {"a": [["x"]], "b": ["01.03.2020"]})


def test_otherwise_unknown_keeps_the_row(program: Program, tmp_path: Path) -> None:
    text = "findings: {onset: {column: o, values: {s: sudden}, otherwise: unknown}}"
    rows, wrong = made(program, tmp_path, text, {"o": ["s", "x"]})
    assert [r["onset"] for r in rows] == ["sudden", None]
    assert wrong == []


def test_time_between_dates_is_reckoned_as_everywhere_else(program: Program, tmp_path: Path) -> None:
    first = date(2023, 12, 31)
    starts = [(first + timedelta(days=17 * i)).isoformat() for i in range(80)]
    ends = [(first + timedelta(days=17 * i + 13 * i * i)).isoformat() for i in range(80)]
    text = """findings:
  weeks_since_surgery: {from: a, to: b, unit: weeks}
  age_years: {from: a, to: b, unit: years}
  creatinine_age_days: {from: a, to: b, unit: days}
"""
    rows, wrong = made(program, tmp_path, text, {"a": starts, "b": ends})
    assert wrong == []
    assert [r["weeks_since_surgery"] for r in rows] == [weeks_between(a, b) for a, b in zip(starts, ends, strict=True)]
    assert [r["age_years"] for r in rows] == [whole_years(a, b) for a, b in zip(starts, ends, strict=True)]
    assert [r["creatinine_age_days"] for r in rows] == [days_between(a, b) for a, b in zip(starts, ends, strict=True)]


def test_a_time_that_runs_backwards_refuses_the_row(program: Program, tmp_path: Path) -> None:
    text = 'findings: {weeks_since_surgery: {from: a, to: b, unit: weeks, format: "%d.%m.%Y"}}'
    columns = {"a": ["01.02.2025", "1.2.2025", "x"], "b": ["01.01.2025", "8.2.2025", "8.2.2025"]}
    rows, wrong = made(program, tmp_path, text, columns)
    assert [r["weeks_since_surgery"] for r in rows] == [None, 1.0, None]
    assert [row for row, _, _ in wrong] == [0, 2]


def test_medicines_not_asked_about_stay_unknown(program: Program, tmp_path: Path) -> None:
    text = "findings: {takes: {yes_columns: {g: gabapentin, n: ibuprofen}, yes: [j], no: [n], complete: COMPLETE}}"
    columns = {"g": ["j", "n", "", "j"], "n": ["n", "n", "", "?"]}
    rows, wrong = made(program, tmp_path, text.replace("COMPLETE", "false"), columns)
    assert [r["takes"] for r in rows] == [["gabapentin", None], [None], None, ["gabapentin", None]]
    assert [row for row, _, _ in wrong] == [3]
    rows, _ = made(program, tmp_path, text.replace("COMPLETE", "true"), columns)
    assert [r["takes"] for r in rows][:3] == [["gabapentin"], [], None]


def test_a_constant_needs_its_reason(program: Program, tmp_path: Path) -> None:
    rows, _ = made(program, tmp_path, "findings: {sex: {constant: female, because: a women's ward}}", {"x": ["1"]})
    assert rows[0]["sex"] == "female"
    with pytest.raises(UnreadableMap, match="say why"):
        made(program, tmp_path, "findings: {sex: {constant: female}}", {"x": ["1"]})


WRONG = {
    "no such finding": ("findings:\n  leg_pain_nsr: x\n", r"map\.yaml:3 .*Did you mean.*leg_pain_nrs"),
    "no such state": ("findings:\n  sex: {column: g, values: {1: man}}\n", r"map\.yaml:3 .*takes one of female"),
    "a state for a number": ("findings:\n  leg_pain_nrs: {column: g, values: {1: high}}\n", r"map\.yaml:3 .*takes a number"),
    "no such key": ("findings:\n  sex: {column: g, scale: 10}\n", r"map\.yaml:3 .*nobody reads `scale`"),
    "no way": ("findings:\n  sex: {values: {1: male}}\n", r"map\.yaml:3 .*says neither of"),
    "no id": ("identity: x\nid: null\n", r"map\.yaml:\d .*"),
    "a strange unit": ("findings:\n  age_years: {from: a, to: b, unit: moons}\n", r"map\.yaml:3 .*days, weeks, months, years"),
    "not yaml": ("findings: {", r"map\.yaml:\d.*not YAML"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_a_slip_is_told_with_file_line_and_mend(program: Program, tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "map.yaml").write_text((BEGIN if "id:" not in text else "") + text)
    with pytest.raises(UnreadableMap, match=message):
        read_map(tmp_path / "map.yaml", program)


def test_a_column_that_a_file_lacks_stops_the_run_before_it_begins(tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text("id: pid\nfindings:\n  leg_pain_nrs: nrs_leg\n")
    (tmp_path / "a.csv").write_text("pid,nrs_legs\na,7\n")
    with pytest.raises(UnreadableMap, match=r"map\.yaml:3 .*a\.csv has no column `nrs_leg`.*Did you mean `nrs_legs`"):
        run(tmp_path / "a.csv", tmp_path / "out", map_file=tmp_path / "map.yaml")


@pytest.mark.parametrize("name", ["plain", "swespine", "norspine"])
def test_the_examples_run_and_place_what_they_say(tmp_path: Path, name: str) -> None:
    receipt = run(EXAMPLES / f"{name}.csv", tmp_path / "out", map_file=EXAMPLES / f"{name}.map.yaml")
    assert receipt["rows"]["refused"] == 0, refused(tmp_path / "out")
    rows = answers(tmp_path / "out").to_pylist()
    assert all(row["site"] and row["index_operation_date"] and row["visit_date"] for row in rows)


def test_an_example_gives_the_findings_that_a_reader_expects(program: Program, tmp_path: Path) -> None:
    lines = (EXAMPLES / "swespine.csv").read_text().splitlines()
    names = lines[0].split(";")
    columns = {n: [line.split(";")[i] for line in lines[1:]] for i, n in enumerate(names)}
    table, wrong = mapped(read_map(EXAMPLES / "swespine.map.yaml", program), program, pa.RecordBatch.from_pydict(columns))
    first, last = table.to_pylist()[0], table.to_pylist()[3]
    assert wrong == []
    assert (first["sex"], first["smoker"], first["leg_pain_nrs"], first["odi_percent"]) == ("female", True, 6.2, 38.5)
    assert first["weeks_since_surgery"] == weeks_between("2023-03-14", "2024-03-20")
    assert first["leg_relief_after_surgery"] == "none"
    assert last["smoker"] is None
    assert last["reoperation_date"] is None


def test_a_draft_places_columns_by_their_names_and_says_what_it_could_not(program: Program, tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["registry", "map", str(EXAMPLES / "swespine.csv"), "--suggest"])
    assert done.exit_code == 0, done.output
    names = (EXAMPLES / "swespine.csv").read_text().splitlines()[0].split(";")
    draft = suggest(program, names, {}, source="x")
    right = {
        "id": "LopNr", "site": "Klinik", "index_operation_date": "OpDatum", "reoperation_date": "ReopDatum",
        "age_years": "Alder", "sex": "Kon", "smoker": "Rok", "index_level": "Niva", "index_side": "Sida",
        "dural_tear_at_surgery": "DuraSkada",
        "odi_percent_before_index": "ODI_Pre", "leg_pain_nrs_before_index": "VAS_Ben_Pre", "leg_pain_nrs": "VAS_Ben_1ar",
        "back_pain_nrs": "VAS_Rygg_1ar", "odi_percent": "ODI_1ar", "eq5d_index": "EQ5D_1ar", "death_date": "DodDatum",
    }  # fmt: skip
    assert {k: draft.placed.get(k) for k in right} == right
    assert "TidigareRyggOp" in draft.unplaced
    assert set(draft.placed.values()) | set(draft.unplaced) == set(names)


def test_a_draft_is_a_map_once_its_codes_are_filled_in(program: Program, tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["registry", "map", str(EXAMPLES / "norspine.csv"), "--suggest"])
    (tmp_path / "draft.yaml").write_text(done.stdout)
    assert "sex" in read_map(tmp_path / "draft.yaml", program).findings


def test_check_counts_rows_that_a_map_cannot_place(tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text("id: pid\nfindings:\n  leg_pain_nrs: v\n")
    pq.write_table(pa.table({"pid": ["a", "b", "c"], "v": [7, 70, 80]}), tmp_path / "a.parquet")
    words = ["registry", "map", str(tmp_path / "a.parquet"), "--check", str(tmp_path / "map.yaml")]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 1
    assert "2 of 3 rows: leg_pain_nrs" in done.output
    assert "70" not in done.output
