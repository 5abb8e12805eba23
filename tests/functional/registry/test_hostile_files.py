"""Damaged and odd files: a clear message or a line in the side file, a true receipt, nothing silently dropped."""

from __future__ import annotations

import gzip
import os
import random
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from afterdisc.errors import UnreadableSource
from afterdisc.registry.files.bounded_lines import LONGEST_LINE, MARK, BoundedLines
from functional.registry.people import answers, as_csv, people, refused, run


def accounted(receipt: dict) -> bool:
    rows = receipt["rows"]
    return rows["in"] == rows["out"] + rows["refused"]


def test_a_parquet_file_with_a_damaged_footer_is_told_and_the_others_are_assessed(tmp_path: Path) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    pq.write_table(people(100), folder / "a.parquet")
    pq.write_table(people(100), folder / "b.parquet")
    data = (folder / "a.parquet").read_bytes()
    (folder / "a.parquet").write_bytes(data[:-8] + b"\xff" * 4 + data[-4:])
    receipt = run(folder, tmp_path / "out")
    assert receipt["complete"] is False
    assert [p["source"] for p in receipt["problems"]] == ["a.parquet"]
    assert "damaged" in receipt["problems"][0]["what"]
    assert receipt["rows"] == {"in": 100, "out": 100, "refused": 0}


def test_a_damaged_row_group_leaves_the_rows_before_it(tmp_path: Path) -> None:
    pq.write_table(people(300), tmp_path / "a.parquet", row_group_size=100, compression="snappy")
    group = pq.read_metadata(tmp_path / "a.parquet").row_group(2)
    start = group.column(0).dictionary_page_offset or group.column(0).data_page_offset
    data = bytearray((tmp_path / "a.parquet").read_bytes())
    data[start : start + 40] = b"\xff" * 40
    (tmp_path / "a.parquet").write_bytes(data)
    receipt = run(tmp_path / "a.parquet", tmp_path / "out", rows_a_part=100)
    assert receipt["complete"] is False
    assert answers(tmp_path / "out").column("id").to_pylist() == [f"p{i}" for i in range(200)]


def test_a_file_that_is_no_parquet_stops_a_run_of_it_alone(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"id,leg_pain_nrs\na,7\n")
    with pytest.raises(UnreadableSource, match=r"a\.parquet: this is no Parquet file"):
        run(tmp_path / "a.parquet", tmp_path / "out")


@pytest.mark.parametrize("name", ["a.csv.gz", "a.csv.zst"])
def test_a_packed_file_cut_short_gives_its_first_rows_and_says_so(tmp_path: Path, name: str) -> None:
    given, noise = pa.concat_tables([people(200)] * 40), random.Random(1)
    given = given.append_column("site", pa.array([noise.randbytes(20).hex() for _ in range(given.num_rows)]))
    text = as_csv(given).encode()
    packed = gzip.compress(text) if name.endswith("gz") else pa.compress(text, "zstd", asbytes=True)
    (tmp_path / name).write_bytes(packed[: len(packed) // 2])
    receipt = run(tmp_path / name, tmp_path / "out", rows_a_part=1000)
    assert receipt["complete"] is False
    assert "cut short" in receipt["problems"][0]["what"]
    assert accounted(receipt)
    assert 0 < receipt["rows"]["out"] < 8000


def test_lines_with_too_few_or_too_many_fields_go_aside(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,leg_pain_nrs,back_pain_nrs\na,1,1\nb,1\nc,1,1,1\nd,1,1\n\ne,1,1\n")
    receipt = run(tmp_path / "a.csv", tmp_path / "out", rows_a_part=2)
    assert receipt["rows"] == {"in": 6, "out": 3, "refused": 3}
    assert [r["row"] for r in refused(tmp_path / "out")] == ["2", "3", "5"]
    assert answers(tmp_path / "out").column("source_row").to_pylist() == [1, 4, 6]


def test_mixed_encodings_refuse_the_rows_that_are_not_utf_8(tmp_path: Path) -> None:
    lines = [b"id,site,leg_pain_nrs", "a,Malmö,7".encode(), "b,Malmö,7".encode("latin-1"), b"c,Lund,7"]
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbf" + b"\r\n".join(lines) + b"\r\n")
    receipt = run(tmp_path / "a.csv", tmp_path / "out")
    assert receipt["rows"] == {"in": 3, "out": 2, "refused": 1}
    assert [(r["row"], r["column"]) for r in refused(tmp_path / "out")] == [("2", "site")]
    assert answers(tmp_path / "out").column("site").to_pylist() == ["Malmö", "Lund"]


def test_an_endless_line_goes_aside_and_the_rows_after_it_are_read(tmp_path: Path) -> None:
    with (tmp_path / "a.csv").open("wb") as handle:
        handle.write(b"id,site,leg_pain_nrs\na,x,1\nb,")
        for _ in range(12):
            handle.write(b"y" * 2**20)
        handle.write(b",1\nc,x,1\n")
    receipt = run(tmp_path / "a.csv", tmp_path / "out")
    assert receipt["rows"] == {"in": 3, "out": 2, "refused": 1}
    assert "longer than" in refused(tmp_path / "out")[0]["reason"]


def test_a_two_gigabyte_line_takes_no_more_memory_than_a_block() -> None:
    class Endless:
        left = 2 * 2**30

        def read(self, n: int) -> bytes:
            self.left -= n
            return b"y" * n if self.left > 0 else b"\nlast\n" if self.left > -n else b""

    lines, longest, out = BoundedLines(Endless()), 0, b""  # type: ignore[arg-type]
    while data := lines.read(2**16):
        longest, out = max(longest, len(lines.rest), len(lines.ready)), out + data
    assert out == MARK + b"\nlast\n"
    assert longest <= LONGEST_LINE + 2**20


def test_text_where_numbers_belong_is_read_where_it_is_a_number_and_refused_where_not(tmp_path: Path) -> None:
    given = pa.table({"id": ["a", "b", "c", "d"], "leg_pain_nrs": ["7", "much", None, " 3.5 "]})
    pq.write_table(given, tmp_path / "a.parquet")
    receipt = run(tmp_path / "a.parquet", tmp_path / "out")
    assert receipt["rows"] == {"in": 4, "out": 3, "refused": 1}
    assert [(r["row"], r["column"]) for r in refused(tmp_path / "out")] == [("2", "leg_pain_nrs")]


def test_files_of_a_folder_may_differ_in_their_columns(tmp_path: Path) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    pq.write_table(pa.table({"id": ["a"], "leg_pain_nrs": [7]}), folder / "a.parquet")
    pq.write_table(pa.table({"id": [2], "back_pain_nrs": [7.0], "site": ["x"]}), folder / "b.parquet")
    assert run(folder, tmp_path / "out")["rows"]["out"] == 2


def test_an_empty_file_and_a_table_without_rows_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("")
    with pytest.raises(UnreadableSource, match="first line must name every column"):
        run(tmp_path / "a.csv", tmp_path / "out")
    (tmp_path / "b.csv").write_text("id,leg_pain_nrs\n")
    assert run(tmp_path / "b.csv", tmp_path / "out2")["rows"] == {"in": 0, "out": 0, "refused": 0}


FULL_DISK = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write beyond the limit then fails, as on a full disk
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)), resource.RLIM_INFINITY))
from afterdisc.cli import main
main()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="limits of file size are a POSIX thing")
@pytest.mark.parametrize("room", ["20000", "100"], ids=["for some parts", "not for the journal"])
def test_a_full_disk_is_told_and_the_run_goes_on_once_there_is_room(tmp_path: Path, room: str) -> None:
    pq.write_table(people(300), tmp_path / "a.parquet")
    out = tmp_path / "out"
    words = ["registry", "run", str(tmp_path / "a.parquet"), str(out), "--no-intervals", "--rows-a-part", "100"]
    done = subprocess.run([sys.executable, "-c", FULL_DISK, room, *words], capture_output=True, text=True)
    assert done.returncode == 8, done.stderr
    assert "no room left" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (out / "receipt.json").exists()
    assert not list(out.rglob("*.writing"))
    assert run(tmp_path / "a.parquet", out, rows_a_part=100)["rows"] == {"in": 300, "out": 300, "refused": 0}
