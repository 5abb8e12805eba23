"""`afterdisc assess-batch`: a file of cases in, a file of assessments out; a bad line spoils only itself."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import afterdisc as ad
from functional.terminal import EXAMPLES, Said, afterdisc

GOOD = [json.loads(path.read_text(encoding="utf-8")) for path in EXAMPLES]


def batch(folder: Path, lines: list[str | bytes], *words: str) -> tuple[Said, list[dict[str, Any]]]:
    source, target = folder / "in.jsonl", folder / "out.jsonl"
    source.write_bytes(b"\n".join(line.encode() if isinstance(line, str) else line for line in lines))
    said = afterdisc("assess-batch", source, target, *words)
    return said, [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]


def test_each_line_gets_what_it_would_get_alone_in_the_same_order(tmp_path: Path) -> None:
    said, records = batch(tmp_path, [json.dumps(case) for case in GOOD])
    assert said.status == 0
    assert records == [ad.assess(case) for case in GOOD]
    assert f"{len(GOOD)} assessed, 0 with an error" in said.err


def test_intervals_can_be_left_out(tmp_path: Path) -> None:
    _, (record,) = batch(tmp_path, [json.dumps(GOOD[0])], "--no-intervals")
    assert record == ad.assess(GOOD[0], intervals=False)


def test_a_case_without_an_id_is_called_by_its_line(tmp_path: Path) -> None:
    _, records = batch(tmp_path, ["{}", "", '{"findings": {}}', '{"id": 0}'])
    assert [r["id"] for r in records] == ["1", "3", "0"]


BAD = {
    "not JSON": ('{"findings": {', "UnreadableCase"),
    "not UTF-8": (b'{"id": "\xff"}', "UnreadableCase"),
    "a list": ("[1, 2]", "UnreadableCase"),
    "NaN": ('{"findings": {"leg_pain_nrs": NaN}}', "UnreadableCase"),
    "nested deeply": ("[" * 100_000, "UnreadableCase"),
    "a number of thousands of digits": ('{"leg_pain_nrs": ' + "9" * 5000 + "}", "UnreadableCase"),
    "an unknown finding": ('{"id": "b", "findings": {"sadle_numbness": true}}', "UnknownFinding"),
    "an impossible state": ('{"id": "b", "findings": {"sex": "sometimes"}}', "ImpossibleState"),
    "an impossible value": ('{"id": "b", "findings": {"leg_pain_nrs": 77}}', "ImpossibleValue"),
    "contradictory facts": ('{"id": "b", "findings": {"sex": "male", "pregnancy_weeks": 12}}', "ContradictoryFacts"),
    "a child": ('{"id": "b", "findings": {"age_years": 12}}', "OutOfScope"),
}


def test_bad_lines_become_error_records_and_the_rest_go_on(tmp_path: Path) -> None:
    good = json.dumps(GOOD[0])
    lines: list[str | bytes] = [good]
    for line, _ in BAD.values():
        lines += [line, "", good]
    said, records = batch(tmp_path, lines)
    assert said.status == 0
    assert f"{len(BAD) + 1} assessed, {len(BAD)} with an error" in said.err
    assert "Traceback" not in said.err
    assert records[0::2] == [ad.assess(GOOD[0])] * (len(BAD) + 1)
    for i, (record, (_, kind)) in enumerate(zip(records[1::2], BAD.values(), strict=True)):
        assert list(record) == ["line", "id", "error"]
        assert record["line"] == 2 + 3 * i
        assert record["error"]["type"] == kind
        assert record["id"] == (None if kind == "UnreadableCase" else "b")
        assert record["error"]["message"]


def test_an_error_record_never_holds_the_value(tmp_path: Path) -> None:
    _, records = batch(tmp_path, [line for line, _ in BAD.values()])
    messages = " ".join(r["error"]["message"] for r in records)
    assert not [value for value in ("sometimes", "77", "12", "999") if value in messages]


@pytest.mark.parametrize("text", ["", "\n\n  \n"])
def test_a_file_without_cases_gives_a_file_without_assessments(tmp_path: Path, text: str) -> None:
    said, records = batch(tmp_path, [text])
    assert (said.status, records) == (0, [])
    assert "0 assessed, 0 with an error" in said.err


# -- files -------------------------------------------------------------------------------------------------------


def test_a_missing_file_is_one_error_and_leaves_the_target(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    target.write_text("old")
    for source in ("absent.jsonl", "."):
        said = afterdisc("assess-batch", tmp_path / source, target)
        assert said.status == 4
        assert "cannot be read" in said.err
    assert target.read_text() == "old"


@pytest.mark.parametrize("where", ["absent/out.jsonl", "."])
def test_a_target_that_cannot_be_written_is_said_at_once(tmp_path: Path, where: str) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text("{}\n")
    said = afterdisc("assess-batch", source, tmp_path / where)
    assert said.status == 1
    assert "Could not open file" in said.err
    assert [p.name for p in tmp_path.iterdir()] == ["in.jsonl"]


def test_a_file_is_not_overwritten_with_its_own_answers(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text("{}\n")
    said = afterdisc("assess-batch", source, tmp_path / "." / "in.jsonl")
    assert said.status == 2
    assert source.read_text() == "{}\n"


def test_only_its_owner_may_read_the_answers(tmp_path: Path) -> None:
    batch(tmp_path, ["{}"])
    assert (tmp_path / "out.jsonl").stat().st_mode & 0o077 == 0


# -- long runs ---------------------------------------------------------------------------------------------------


def test_progress_is_told_in_lines_where_there_is_no_terminal(tmp_path: Path) -> None:
    said, _ = batch(tmp_path, ["{}"] * 20, "--no-intervals")
    assert said.out == ""
    told = said.err.splitlines()
    assert told[:-1] == [f"{n} of 20 cases assessed" for n in range(2, 21, 2)]
    assert told[-1].startswith("20 assessed")


def test_few_cases_need_no_progress(tmp_path: Path) -> None:
    said, _ = batch(tmp_path, ["{}"] * 3)
    assert len(said.err.splitlines()) == 1


LISTENING = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have told its children not to listen
from afterdisc.cli import main
main()
"""


def test_an_interrupted_run_leaves_what_was_there(tmp_path: Path) -> None:
    """A real process, stopped by a real signal in the middle."""
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text((json.dumps(GOOD[0]) + "\n") * 1000)
    target.write_text("old")
    words = [sys.executable, "-c", LISTENING, "assess-batch", str(source), str(target), "--no-intervals"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr
        assert run.stderr.readline() == "100 of 1000 cases assessed\n"
        assert list(tmp_path.glob("out.jsonl.*.part"))
        run.send_signal(signal.SIGINT)
        try:
            _, err = run.communicate(timeout=30)
        finally:
            run.kill()
    assert run.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in err
    assert target.read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]
