"""The smaller commands: help, cohort, score, compile, schema, warm; and how every command ends."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

import afterdisc as ad
from afterdisc.cli import cli
from afterdisc.program import Program, program_from_bytes, program_to_bytes
from functional.terminal import EXAMPLE, ROOT, afterdisc


def commands_of(group: click.Group, above: str = "") -> list[str]:
    out = []
    for name, command in group.commands.items():
        out += commands_of(command, f"{above}{name} ") if isinstance(command, click.Group) else [f"{above}{name}"]
    return out


EVERY = commands_of(cli)

# -- help --------------------------------------------------------------------------------------------------------


def test_the_commands_are_these() -> None:
    assert EVERY == [
        "assess",
        "assess-batch",
        "interview",
        "fhir assess",
        "fhir explain",
        "serve",
        "backup",
        "restore",
        "export-person",
        "erase-person",
        "audit verify",
        "account add",
        "account password",
        "hooks report",
        "ehr keys",
        "ehr check",
        "ehr read",
        "cohort draw",
        "score",
        "compile",
        "warm",
        "schema",
        "knowledge check",
        "knowledge show",
        "knowledge diff",
        "knowledge coverage",
        "registry run",
        "registry map",
        "registry report",
        "registry sql",
        "validate",
        "view run",
        "view sql",
        "publish fhir",
    ]


@pytest.mark.parametrize("command", EVERY)
def test_each_command_says_what_it_does(command: str) -> None:
    said = afterdisc(*command.split(), "--help")
    assert said.status == 0
    usage, _, about = said.out.partition("\n\n")
    assert usage.startswith(f"Usage: afterdisc {command}")
    assert len(about.split("Options:")[0].split()) > 5
    assert afterdisc(*command.split(), "-h").out == said.out


def test_help_says_what_it_is_for_and_how_commands_end() -> None:
    text = afterdisc("--help").out
    for words in ("never decides", "Not validated for clinical use", "No patient data leaves this machine"):
        assert words in " ".join(text.split())
    for code in range(7):
        assert f"{code} " in text[text.index("Exit codes") :]


def test_the_version_is_the_installed_one() -> None:
    assert importlib.metadata.version("afterdisc") in afterdisc("--version").out


@pytest.mark.parametrize("line", ["asess", "assess", "assess a b", "assess --nope a", "cohort draw 0", "score absent"])
def test_wrong_use_ends_with_2(line: str) -> None:
    said = afterdisc(*line.split())
    assert said.status == 2
    assert "Error:" in said.err
    assert "Traceback" not in said.err


LOADED = "import sys\nfrom afterdisc.cli import main\ntry: main()\nfinally: print(sorted(sys.modules))"


def test_help_needs_no_engine() -> None:
    out = subprocess.run([sys.executable, "-c", LOADED, "--help"], capture_output=True, text=True, check=True).stdout
    assert "'click'" in out
    assert not [heavy for heavy in ("numba", "numpy", "yaml", "jinja2", "pyarrow") if f"'{heavy}'" in out]


# -- the installed command, as a process ---------------------------------------------------------------------------

ENDINGS = {
    "done": (["assess", str(EXAMPLE)], "", 0),
    "wrong use": (["assess"], "", 2),
    "knowledge is wrong": (["compile", "--knowledge", str(ROOT / "examples")], "", 3),
    "the case is wrong": (["assess", "-"], '{"leg_pain_nrs": 77}', 4),
    "out of scope": (["assess", "-"], '{"age_years": 12}', 5),
}


@pytest.mark.parametrize(("words", "stdin", "status"), ENDINGS.values(), ids=ENDINGS)
def test_the_process_ends_with_its_code_and_no_traceback(words: list[str], stdin: str, status: int) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "afterdisc.cli", *words], input=stdin, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == status
    assert "Traceback" not in run.stderr
    assert bool(run.stderr) == (status != 0)
    assert bool(run.stdout) == (status == 0)


# -- cohort ------------------------------------------------------------------------------------------------------


def test_a_seed_draws_the_same_people_again() -> None:
    once, again = (afterdisc("cohort", "draw", "30", "--seed", "7") for _ in range(2))
    assert once.status == 0
    assert once.out == again.out
    assert len(once.out.splitlines()) == 30
    assert afterdisc("cohort", "draw", "30", "--seed", "8").out != once.out
    assert afterdisc("cohort", "draw", "30").out == afterdisc("cohort", "draw", "30", "--seed", "1").out


def test_every_person_drawn_can_be_assessed(tmp_path: Path) -> None:
    drawn, answers = tmp_path / "drawn.jsonl", tmp_path / "answers.jsonl"
    said = afterdisc("cohort", "draw", "60", "--out", drawn)
    assert (said.status, said.out) == (0, "")
    assert afterdisc("assess-batch", drawn, answers, "--no-intervals").status == 0
    people = [json.loads(line) for line in drawn.read_text(encoding="utf-8").splitlines()]
    records = [json.loads(line) for line in answers.read_text(encoding="utf-8").splitlines()]
    assert [p["id"] for p in people] == [r["id"] for r in records]
    assert len({p["id"] for p in people}) == 60
    assert not [r for r in records if "error" in r]


def test_the_truth_is_told_with_each_person(program: Program) -> None:
    people = [json.loads(line) for line in afterdisc("cohort", "draw", "40").out.splitlines()]
    known = {*program.causes, "expected_recovery"}
    assert all(p["truth"]["causes"] and set(p["truth"]["causes"]) <= known for p in people)
    assert len({tuple(p["truth"]["causes"]) for p in people}) > 5


def test_the_truth_does_not_reach_the_answer() -> None:
    person = json.loads(afterdisc("cohort", "draw", "1").out)
    without = {name: person[name] for name in ("id", "findings")}
    assert ad.assess(person) == ad.assess(without)


# -- score -------------------------------------------------------------------------------------------------------

SAFE = {
    "id": "T1",
    "findings": {"weeks_since_surgery": 1, "saddle_numbness": True},
    "must": {
        "urgency": "E0",
        "red_flags_any_of": ["R01"],
        "investigations_any_of": [],
        "investigations_none_of": [],
        "treatments_status": {},
        "text_must_mention": [],
        "text_must_not_mention": [],
    },
}


def scored(folder: Path, case: dict[str, object]) -> tuple[int, str]:
    (folder / "safety.json").write_text(json.dumps([case]), encoding="utf-8")
    said = afterdisc("score", folder)
    return said.status, said.out


def test_score_says_that_a_safety_case_passes(tmp_path: Path) -> None:
    status, text = scored(tmp_path, SAFE)
    assert status == 0
    assert "Safety cases: 1 of 1 pass" in text


def test_score_ends_with_1_when_a_safety_case_fails_and_says_why(tmp_path: Path) -> None:
    quiet = SAFE | {"findings": {"weeks_since_surgery": 30, "saddle_numbness": False}}
    status, text = scored(tmp_path, quiet)
    assert status == 1
    assert "Safety cases: 0 of 1 pass" in text
    assert "T1: urgency missed" in text


def test_score_as_json(tmp_path: Path) -> None:
    scored(tmp_path, SAFE)
    board = json.loads(afterdisc("score", tmp_path, "--json").out)
    assert board["unsafe"] == 0
    assert board["safety"] == {"cases": 1, "failed": {}}


def test_a_folder_without_cases_is_one_error(tmp_path: Path) -> None:
    said = afterdisc("score", tmp_path)
    assert said.status == 4
    assert "holds no cases" in said.err


BROKEN = [
    ("safety.json", "{"),
    ("safety.json", "{}"),
    ("safety.json", "[{}]"),
    ("001.json", "{"),
    ("001.json", "[]"),
]


@pytest.mark.parametrize(("name", "text"), BROKEN)
def test_a_broken_case_file_is_one_error(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    said = afterdisc("score", tmp_path)
    assert said.status == 4
    assert name in said.err


# -- compile, schema, warm ---------------------------------------------------------------------------------------


def test_a_compiled_program_can_be_read_back(tmp_path: Path, program: Program) -> None:
    out = tmp_path / "program.bin"
    said = afterdisc("compile", "--out", out)
    assert said.status == 0
    assert program.fingerprint in said.out
    again = program_from_bytes(out.read_bytes())
    assert program_to_bytes(again) == out.read_bytes() == program_to_bytes(program)
    case = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    assert ad.assess(case, program=again) == ad.assess(case)


def test_compile_into_no_folder_is_one_error(tmp_path: Path) -> None:
    said = afterdisc("compile", "--out", tmp_path / "absent" / "program.bin")
    assert said.status == 1
    assert "Could not open file" in said.err


def test_the_schema_is_json_schema() -> None:
    from jsonschema import Draft202012Validator

    schema = json.loads(afterdisc("schema").out)
    Draft202012Validator.check_schema(schema)
    assert schema["properties"]["schema"] == {"const": "afterdisc-assessment/1"}


def test_warm_says_what_is_ready(program: Program) -> None:
    said = afterdisc("warm")
    assert said.status == 0
    assert program.fingerprint in said.out
