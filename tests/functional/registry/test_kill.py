"""`kill -9` at any moment of a run: started again, it neither repeats nor loses a row."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from functional.registry.people import answers, people, refused, run

N_KILLS = 3


def command(source: Path, out: Path) -> list[str]:
    words = ["registry", "run", str(source), str(out), "--no-intervals", "--rows-a-part", "50", "--threads", "2"]
    return [sys.executable, "-c", "from afterdisc.cli import main; main()", *words]


def test_a_run_killed_again_and_again_ends_as_if_nothing_had_happened(tmp_path: Path) -> None:
    given = people(2000)
    spoilt = given.set_column(given.schema.get_field_index("age_years"), "age_years", pa.array([777.0, *[50.0] * 1999]))
    pq.write_table(spoilt, tmp_path / "a.parquet", row_group_size=170)
    run(tmp_path / "a.parquet", tmp_path / "whole", rows_a_part=50)
    out, moments, progress = tmp_path / "out", random.Random(3), [0]
    for _ in range(N_KILLS):
        child = subprocess.Popen(command(tmp_path / "a.parquet", out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seen = lines(out)
        while child.poll() is None and lines(out) <= seen + 1:  # it has begun to write
            time.sleep(0.01)
        time.sleep(moments.uniform(0, 0.15))
        child.kill()
        child.wait()
        progress.append(lines(out))
    assert progress == sorted(set(progress))  # each start went on from where the one before was stopped
    assert progress[-1] < 2000 / 50  # the last was killed too
    (out / "journal.jsonl").open("ab").write(b'{"part": 9')  # and one in the middle of a line
    receipt = run_again(tmp_path / "a.parquet", out)
    assert receipt["rows"] == {"in": 2000, "out": 1999, "refused": 1}
    assert answers(out).equals(answers(tmp_path / "whole"))
    assert refused(out) == refused(tmp_path / "whole")
    assert not list(out.rglob("*.writing"))


def lines(out: Path) -> int:
    journal = out / "journal.jsonl"
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def run_again(source: Path, out: Path) -> dict:
    done = subprocess.run([*command(source, out), "--json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
