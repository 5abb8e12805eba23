"""Values that look right and are not: each is refused with its row, none is guessed, and none brings the run down."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from afterdisc.door import load_program
from afterdisc.errors import AnotherRun, RegistryError, UnreadableSource
from afterdisc.registry.run import Settings, run_registry
from afterdisc.registry.typed import as_kind, days_of
from functional.registry.people import AT, TODAY, answers, refused, run


def run_csv(tmp_path: Path, text: str, **settings: Any) -> tuple[list[Any], list[tuple[str, str]]]:
    """(ids assessed, (row, column) refused)."""
    (tmp_path / "a.csv").write_text(text)
    run(tmp_path / "a.csv", tmp_path / "out", **settings)
    told = [(r["row"], r["column"]) for r in refused(tmp_path / "out")]
    return ids(tmp_path / "out"), told


def ids(out: Path) -> list[Any]:
    return answers(out).column("id").to_pylist() if list(out.glob("people/*.parquet")) else []


def test_a_day_that_no_month_has_is_no_date() -> None:
    given = ["2024-02-29", "2026-02-29", "2026-02-31", "2026-04-31", "2026-2-1", "2026-02-01x", "2026-02-01T10:00", "", None]
    days, wrong = days_of(pa.array(given))
    assert days.to_pylist() == [date(2024, 2, 29), None, None, None, None, None, date(2026, 2, 1), None, None]
    assert wrong.tolist() == [False, True, True, True, True, True, False, True, False]
    days, wrong = days_of(pa.array(["1.2.2026", "30.02.2026", "31.04.2026", "01.02.2026 "]), "%d.%m.%Y")
    assert days.to_pylist() == [date(2026, 2, 1), None, None, None]
    assert wrong.tolist() == [False, True, True, True]


def test_a_row_that_names_no_person_is_refused_and_not_put_together_with_others(tmp_path: Path) -> None:
    text = "id,visit_date,leg_pain_nrs\n,2026-01-01,1\n ,2026-01-02,2\nc,2026-01-02,3\n"
    assert run_csv(tmp_path, text, as_of="2026-02-01") == (["c"], [("1", "id"), ("2", "id")])
    pq.write_table(pa.table({"id": [None, "c"], "leg_pain_nrs": [1.0, 2.0]}), tmp_path / "b.parquet")
    assert run(tmp_path / "b.parquet", tmp_path / "out2")["rows"] == {"in": 2, "out": 1, "refused": 1}


def test_a_list_without_names_is_not_taken_for_takes_none(tmp_path: Path) -> None:
    rows = ["a,none,none", "b,;,", "c,none;gabapentin,", "d,,;", "e,,gabapentin=1_000", "f,,=5", "g,?,gabapentin=?"]
    good, told = run_csv(tmp_path, "\n".join(["id,takes,dose_mg_per_day", *rows]))
    assert good == ["a", "g"]
    assert told == [("2", "takes"), ("3", "takes"), *((row, "dose_mg_per_day") for row in "456")]


def test_a_quotation_mark_that_is_never_closed_swallows_no_row_in_silence(tmp_path: Path) -> None:
    text = 'id,site,leg_pain_nrs\na,x,1\nb,"y,2\nc,z,3\nd,w",4\ne,"two\nlines",5\n'
    good, told = run_csv(tmp_path, text)
    assert good == ["a", "e"]
    assert told == [("2", "")]
    assert "lost in it" in refused(tmp_path / "out")[0]["reason"]
    (tmp_path / "b.csv").write_text('id,site,leg_pain_nrs\na,"x,1\nb,y,2\n')
    run(tmp_path / "b.csv", tmp_path / "out2")
    assert "lost in it" in refused(tmp_path / "out2")[0]["reason"]


@pytest.mark.parametrize("values", [[[1], [2]], [b"\xff", b"\xfe"]], ids=["lists", "bytes"])
def test_ids_that_are_no_text_are_refused_once_each(tmp_path: Path, values: list[Any]) -> None:
    pq.write_table(pa.table({"id": values, "leg_pain_nrs": [1.0, 2.0]}), tmp_path / "a.parquet")
    run(tmp_path / "a.parquet", tmp_path / "out")
    assert [(r["row"], r["column"]) for r in refused(tmp_path / "out")] == [("1", "id"), ("2", "id")]


def test_yes_and_no_stored_as_numbers_with_nan_are_read() -> None:
    values, wrong = as_kind(pa.array([1.0, 0.0, float("nan"), None, 0.5]), pa.bool_())
    assert values.to_pylist() == [True, False, None, None, None]
    assert wrong.tolist() == [False, False, False, False, True]


def test_a_column_of_another_kind_refuses_its_rows_and_not_the_run(tmp_path: Path) -> None:
    given = {"id": ["a", "b"], "odi_percent_before_index": [[1.0], None], "leg_pain_nrs": [True, None]}
    pq.write_table(pa.table(given), tmp_path / "a.parquet")
    receipt = run(tmp_path / "a.parquet", tmp_path / "out")
    assert receipt["rows"] == {"in": 2, "out": 1, "refused": 1}
    assert [r["column"] for r in refused(tmp_path / "out")] == ["leg_pain_nrs", "odi_percent_before_index"]


def test_two_columns_of_one_name_stop_the_run_before_it_begins(tmp_path: Path) -> None:
    twice = pa.Table.from_arrays([pa.array(["a"]), pa.array([1.0]), pa.array([2.0])], names=["id", "fever", "fever"])
    pq.write_table(twice, tmp_path / "a.parquet")
    with pytest.raises(UnreadableSource, match=r"a\.parquet: column `fever` stands there twice"):
        run(tmp_path / "a.parquet", tmp_path / "out")


@pytest.mark.parametrize("head", [b"x" * 200_000, b"id,leg_pain_nrs\ra,1\rb,2\r"], ids=["endless", "old line ends"])
def test_a_header_that_cannot_be_read_is_told(tmp_path: Path, head: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(head)
    with pytest.raises(UnreadableSource, match="header line cannot be read"):
        run(tmp_path / "a.csv", tmp_path / "out")


def test_all_parts_have_the_same_columns_though_the_files_have_not(tmp_path: Path) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    pq.write_table(pa.table({"id": ["a"], "visit_date": [date(2026, 2, 1)], "fever": [True]}), folder / "a.parquet")
    pq.write_table(pa.table({"id": ["b"], "site": ["x"], "visit_date": [date(2026, 2, 1)]}), folder / "b.parquet")
    pq.write_table(pa.table({"id": ["c"], "leg_pain_nrs": [1.0]}), folder / "c.parquet")
    run(folder, tmp_path / "out")
    assert answers(tmp_path / "out").select(["id", "visit_date", "site"]).to_pylist() == [
        {"id": "a", "visit_date": date(2026, 2, 1), "site": None},
        {"id": "b", "visit_date": date(2026, 2, 1), "site": "x"},
        {"id": "c", "visit_date": None, "site": None},
    ]
    assert run(folder, tmp_path / "out2", as_of="2026-03-01")["stages"][0]["n_out"] == 3


def test_where_a_row_came_from_is_said_by_the_run_and_not_by_the_table(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["a", "b"], "source_row": [None, 9], "leg_pain_nrs": [77.0, 1]}), tmp_path / "a.parquet")
    run(tmp_path / "a.parquet", tmp_path / "out")
    assert [(r["source"], r["row"]) for r in refused(tmp_path / "out")] == [("a.parquet", "1")]
    assert answers(tmp_path / "out").select(["source_file", "source_row"]).to_pylist() == [
        {"source_file": "a.parquet", "source_row": 2}
    ]


def test_a_run_of_visits_all_refused_ends_with_nobody(tmp_path: Path) -> None:
    good, told = run_csv(tmp_path, "id,visit_date,leg_pain_nrs\na,2026-01-01,much\n", as_of="2026-02-01")
    assert (good, told) == ([], [("1", "leg_pain_nrs")])


class Stopped(Exception):
    pass


def test_damage_found_before_a_stop_is_still_told_after_it(tmp_path: Path) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    text = "id,visit_date,leg_pain_nrs\n" + "".join(f"p{i},2026-01-01,{i % 9}\n" for i in range(40))
    (folder / "a.csv").write_text(text)
    packed = pa.compress((text * 40).encode(), "gzip", asbytes=True)
    (folder / "b.csv.gz").write_bytes(packed[: len(packed) // 2])
    asked = Settings(folder, tmp_path / "out", intervals=False, as_of="2026-02-01")

    def stop(what: str, done: int, total: int | None) -> None:
        if what == "people assessed":
            raise Stopped

    program = load_program()
    with pytest.raises(Stopped):
        run_registry(program, asked, today=TODAY, clock=lambda: AT, progress=stop)
    receipt = run_registry(program, asked, today=TODAY, clock=lambda: AT)
    assert receipt["complete"] is False
    assert [p["source"] for p in receipt["problems"]] == ["b.csv.gz"]


def test_a_second_process_is_kept_out_while_the_first_writes(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    (tmp_path / "a.csv").write_text("id,leg_pain_nrs\na,1\n")
    asked, kept_out = Settings(tmp_path / "a.csv", tmp_path / "out", intervals=False), []

    def meanwhile(what: str, done: int, total: int | None) -> None:
        for restart in (False, True):
            with pytest.raises(AnotherRun, match="another process"):
                run(tmp_path / "a.csv", tmp_path / "out", restart=restart)
            kept_out.append(what)

    receipt = run_registry(load_program(), asked, today=TODAY, clock=lambda: AT, progress=meanwhile)
    assert kept_out
    assert receipt["rows"] == {"in": 1, "out": 1, "refused": 0}


def test_answers_inside_the_source_are_refused_and_so_is_the_source_inside_the_answers(tmp_path: Path) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "a.csv").write_text("id,leg_pain_nrs\na,1\n")
    for out in (folder / "out", folder, tmp_path):
        with pytest.raises(RegistryError, match="lie in each other"):
            run(folder, out)


def test_what_is_for_tables_is_refused_for_fhir(tmp_path: Path) -> None:
    (tmp_path / "Patient.ndjson").write_text('{"resourceType": "Patient", "id": "a"}\n')
    with pytest.raises(RegistryError, match="--without, --each-visit is for tables"):
        run(tmp_path / "Patient.ndjson", tmp_path / "out", each_visit=True, without=("x",))


def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,leg_pain_nrs\na,1\n")
    (tmp_path / "file").write_text("")
    with pytest.raises(RegistryError, match="cannot be written"):
        run(tmp_path / "a.csv", tmp_path / "file" / "out")


def test_bytes_of_another_encoding_refuse_their_row_in_every_column_of_text(tmp_path: Path) -> None:
    latin = pa.array([b"ok", b"Malm\xf6", b"ok"], pa.binary()).view(pa.string())
    lists = pa.ListArray.from_arrays(pa.array([0, 1, 2, 3], pa.int32()), latin)
    for number, column in enumerate(({"id": latin}, {"site": latin}, {"takes": lists}, {"leg_pain_nrs": latin})):
        source, out = tmp_path / f"{number}.parquet", tmp_path / str(number)
        pq.write_table(pa.table({"id": ["a", "b", "c"], **column}), source)
        rows = run(source, out)["rows"]
        assert rows["in"] == 3
        assert ("2", next(iter(column))) in {(r["row"], r["column"]) for r in refused(out)}
        assert "Malm" not in (out / "refused.csv").read_text()
