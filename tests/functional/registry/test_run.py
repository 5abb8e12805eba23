"""registry run: every kind of file gives the same answers, and every row is accounted for."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from afterdisc.cli import cli
from afterdisc.door import assess
from afterdisc.errors import AnotherRun, UnknownFinding, UnreadableSource
from afterdisc.program import Program
from afterdisc.registry.files.sources import sha256_of
from functional.registry.people import answers, as_csv, people, refused, run, table


def write_ipc(given: pa.Table, path: Path) -> None:
    feather.write_feather(given, path, compression="uncompressed")


def write_stream(given: pa.Table, path: Path) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, given.schema) as writer:
        writer.write_table(given, max_chunksize=50)


WRITERS = {
    "a.parquet": lambda t, p: pq.write_table(t, p, row_group_size=70),
    "a.arrow": write_ipc,
    "stream.arrow": write_stream,
    "a.csv": lambda t, p: p.write_text(as_csv(t)),
    "a.csv.gz": lambda t, p: p.write_bytes(gzip.compress(as_csv(t).encode())),
    "a.csv.zst": lambda t, p: p.write_bytes(pa.compress(as_csv(t).encode(), "zstd", asbytes=True)),
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_kind_of_file_gives_the_same_answers(tmp_path: Path, name: str) -> None:
    given = people(200)
    pq.write_table(given, tmp_path / "plain.parquet")
    run(tmp_path / "plain.parquet", tmp_path / "plain")
    WRITERS[name](given, tmp_path / name)
    receipt = run(tmp_path / name, tmp_path / "out")
    assert receipt["rows"] == {"in": 200, "out": 200, "refused": 0}
    found, want = (answers(tmp_path / o).drop_columns(["source_file"]) for o in ("out", "plain"))
    assert found.equals(want)


def test_an_answer_is_the_one_of_the_assessment_alone(tmp_path: Path, program: Program) -> None:
    given = people(60)
    pq.write_table(given, tmp_path / "a.parquet")
    run(tmp_path / "a.parquet", tmp_path / "out", intervals=True)
    for row, answer in list(zip(given.to_pylist(), answers(tmp_path / "out").to_pylist(), strict=True))[::6]:
        alone = assess({"findings": {k: v for k, v in row.items() if k != "id" and v is not None}}, program=program)
        assert answer["urgency"] == alone["urgency"]
        assert answer["stage"] == alone["stage"]
        assert answer["next_step"] == (alone["next_steps"][0]["id"] if alone["next_steps"] else None)
        for cause in alone["causes"]:
            assert answer[f"p_{cause['id']}"] == cause["probability"]
            bands = [answer[f"p_{cause['id']}_{end}"] for end in ("low", "high")]
            assert bands == [pa.scalar(x, pa.float32()).as_py() for x in cause["interval"]]
        said = {"fired": True, "cleared": False, "ask": None}
        assert {f["id"]: answer[f"flag_{f['id']}"] for f in alone["red_flags"]} == {
            f["id"]: said[f["status"]] for f in alone["red_flags"]
        }
        assert all(answer[f"status_{t['id']}"] == t["status"] for t in alone["treatments"])


def test_part_size_threads_and_the_cut_into_files_change_no_bit(tmp_path: Path) -> None:
    given = people(300)
    pq.write_table(given, tmp_path / "whole.parquet")
    run(tmp_path / "whole.parquet", tmp_path / "out", intervals=True)
    want = answers(tmp_path / "out").drop_columns(["source_file", "source_row"]).sort_by("id")
    pieces = tmp_path / "pieces"
    pieces.mkdir()
    for i, start in enumerate((200, 0, 100)):  # the files come in another order than the rows
        pq.write_table(given.slice(start, 100), pieces / f"{i}.parquet", row_group_size=33)
    for n, (size, threads) in enumerate(((7, 2), (1000, 1))):
        run(pieces, tmp_path / f"out{n}", rows_a_part=size, n_threads=threads, intervals=True)
        assert answers(tmp_path / f"out{n}").drop_columns(["source_file", "source_row"]).sort_by("id").equals(want)


def test_the_receipt_names_checksums_that_hold(tmp_path: Path, program: Program) -> None:
    pq.write_table(people(200), tmp_path / "a.parquet")
    out = tmp_path / "out"
    receipt = run(tmp_path / "a.parquet", out)
    assert json.loads((out / "receipt.json").read_text()) == receipt
    assert receipt["complete"] is True
    assert receipt["knowledge"] == {"version": program.version, "fingerprint": program.fingerprint}
    assert [s["sha256"] for s in receipt["sources"]] == [sha256_of(tmp_path / "a.parquet")]
    assert [sha256_of(out / p["file"]) for p in receipt["parts"]] == [p["sha256"] for p in receipt["parts"]]
    assert sum(p["rows"] for p in receipt["parts"]) == 200
    assert receipt["refused"]["sha256"] == sha256_of(out / "refused.csv")
    told = pq.read_schema(out / receipt["parts"][0]["file"]).metadata
    assert told[b"afterdisc.knowledge.fingerprint"] == program.fingerprint.encode()


def test_a_bad_row_goes_aside_with_row_column_and_reason_and_without_its_value(tmp_path: Path) -> None:
    text = (
        "id,age_years,leg_pain_nrs,fever,takes,visit_date\n"
        "a,50,7,no,gabapentin;ibuprofen,2026-02-01\n"
        "b,fifty,7,no,none,2026-02-01\n"
        "c,50,77,yes,,2026-02-01\n"
        "d,50,7,perhaps,,\n"
        "e,50,7,1,?,01.02.2026\n"
        "f,,,,,\n"
    )
    (tmp_path / "a.csv").write_text(text)
    receipt = run(tmp_path / "a.csv", tmp_path / "out")
    assert receipt["rows"] == {"in": 6, "out": 2, "refused": 4}
    told = refused(tmp_path / "out")
    assert [(r["row"], r["column"]) for r in told] == [
        ("2", "age_years"),
        ("3", "leg_pain_nrs"),
        ("4", "fever"),
        ("5", "visit_date"),
    ]
    reasons = " ".join(r["reason"] for r in told)
    assert not [value for value in ("fifty", "77", "perhaps", "01.02") if value in reasons]
    good = answers(tmp_path / "out")
    assert good.column("id").to_pylist() == ["a", "f"]
    assert good.column("source_row").to_pylist() == [1, 6]


def test_unknown_stays_unknown_in_the_answers(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,weeks_since_surgery,saddle_numbness\na,30,\nb,30,no\nc,30,yes\n")
    run(tmp_path / "a.csv", tmp_path / "out")
    rows = {r["id"]: r for r in answers(tmp_path / "out").to_pylist()}
    assert rows["a"]["urgency"] == "ask"
    assert rows["c"]["urgency"] == "E0"
    flags = [name for name in rows["a"] if name.startswith("flag_")]
    assert {rows["a"][f] for f in flags} == {None, False, True}  # true: questions are open, which is a flag of its own
    assert any(rows["c"][f] and not rows["a"][f] for f in flags)


def test_a_column_that_is_no_finding_stops_the_run_before_it_begins(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,leg_pain_nsr\na,7\n")
    with pytest.raises(UnknownFinding, match=r"leg_pain_nsr.*Did you mean.*leg_pain_nrs"):
        run(tmp_path / "a.csv", tmp_path / "out")
    assert not list((tmp_path / "out").glob("people/*"))
    receipt = run(tmp_path / "a.csv", tmp_path / "out2", without=("leg_pain_nsr",))
    assert receipt["rows"]["out"] == 1


def test_a_folder_of_another_run_or_of_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,leg_pain_nrs\na,7\n")
    (tmp_path / "b.csv").write_text("id,leg_pain_nrs\nb,7\n")
    out = tmp_path / "out"
    first = run(tmp_path / "a.csv", out)
    assert run(tmp_path / "a.csv", out) == first
    with pytest.raises(AnotherRun, match="other sources"):
        run(tmp_path / "b.csv", out)
    assert answers(out).column("id").to_pylist() == ["a"]
    assert run(tmp_path / "b.csv", out, restart=True)["rows"]["out"] == 1
    assert answers(out).column("id").to_pylist() == ["b"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("mine")
    with pytest.raises(AnotherRun, match="holds other files"):
        run(tmp_path / "a.csv", tmp_path / "mine", restart=True)
    assert (tmp_path / "mine" / "letter.txt").read_text() == "mine"


def test_people_who_stand_twice_are_counted_and_both_rows_kept(tmp_path: Path) -> None:
    same = table({"id": ["a", "a", "b", "c", "c", "c"], "leg_pain_nrs": [1.0, 2, 3, 4, 5, 6]})
    pq.write_table(same, tmp_path / "a.parquet")
    receipt = run(tmp_path / "a.parquet", tmp_path / "out", rows_a_part=2)
    assert receipt["several_rows_a_person"] == {"people": 2, "rows": 5}
    assert receipt["rows"]["out"] == 6


def test_files_of_no_known_kind_are_named_and_mixed_kinds_refused(tmp_path: Path) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    pq.write_table(people(10), folder / "a.parquet")
    (folder / "notes.docx").write_bytes(b"words")
    assert run(folder, tmp_path / "out")["not_read"] == ["notes.docx"]
    (folder / "b.csv").write_text("id\na\n")
    with pytest.raises(UnreadableSource, match="mixes csv and parquet"):
        run(folder, tmp_path / "out2")


def test_the_command_says_what_became_of_the_rows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,leg_pain_nrs\na,7\nb,70\n")
    done = CliRunner().invoke(cli, ["registry", "run", str(tmp_path / "a.csv"), str(tmp_path / "out"), "--no-intervals"])
    assert done.exit_code == 0, done.output
    assert "2 rows in, 1 assessed, 1 refused" in done.output
    assert "refused.csv" in done.output
