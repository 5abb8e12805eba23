"""`afterdisc interview`: the most useful question next; every answer kept; the same assessment at the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import afterdisc as ad
from afterdisc.cli.interview import value_of
from afterdisc.program import Program
from functional.terminal import EXAMPLES, Person, Said, afterdisc


@pytest.fixture
def session(tmp_path: Path) -> Path:
    return tmp_path / "session.json"


def kept_in(session: Path) -> dict[str, Any]:
    return json.loads(session.read_text(encoding="utf-8"))


def typed(program: Program, findings: dict[str, Any]) -> dict[str, str]:
    """What a person would type for each finding: yes and no, the number of a state, figures, names with commas."""
    out = {}
    for name, value in findings.items():
        text = program.book["findings"][name]
        if isinstance(value, bool):
            out[name] = "yes" if value else "no"
        elif text["values"]:
            out[name] = str(1 + list(text["values"]).index(value))
        elif isinstance(value, list):
            out[name] = ", ".join(value) or "none"
        elif isinstance(value, dict):
            out[name] = ", ".join(f"{drug} {number}" for drug, number in value.items()) or "none"
        else:
            out[name] = str(value)
    return out


def interview(
    program: Program, session: Path, says: dict[str, Any], *words: str, at_end: str = "quit"
) -> tuple[Said, Person]:
    person = Person(program.book["findings"], says, at_end)
    return afterdisc("interview", "--file", session, *words, at_keyboard=person), person


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_it_ends_in_the_assessment_of_what_was_answered(program: Program, session: Path, path: Path) -> None:
    """To the last bit what `assess` says of the kept file."""
    findings = json.loads(path.read_text(encoding="utf-8"))["findings"]
    said, person = interview(program, session, typed(program, findings), "--json")
    assert said.status == 0
    kept = kept_in(session)
    asked_of_these = [name for name in person.asked if name in findings]
    assert kept["findings"] == {name: findings[name] for name in asked_of_these}
    assert len(asked_of_these) > 3
    shown = said.out[said.out.index('{\n  "schema"') :]
    assert shown == afterdisc("assess", session, "--json").out
    assert json.loads(shown) == ad.assess({"id": "session", "findings": kept["findings"]})


def test_the_page_comes_at_the_end(program: Program, session: Path) -> None:
    said, _ = interview(program, session, {"weeks_since_surgery": "30"}, at_end="done")
    assert said.out.endswith(afterdisc("assess", session).out)


def test_each_question_is_the_most_useful_one_left(program: Program, session: Path) -> None:
    findings = {
        "weeks_since_surgery": 34,
        "age_years": 40,
        "bladder_disturbance": False,
        "leg_relief_after_surgery": "good",
    }
    _, person = interview(program, session, typed(program, findings))
    known: dict[str, Any] = {}
    passed_over: list[str] = []
    for asked in person.asked:
        useful = [
            q["id"] for q in ad.assess({"findings": known}, intervals=False)["questions"] if q["id"] not in passed_over
        ]
        assert asked == useful[0]
        if asked in findings:
            known[asked] = findings[asked]
        else:
            passed_over.append(asked)


def test_a_red_flag_is_shown_as_soon_as_it_is_raised(program: Program, session: Path) -> None:
    said, _ = interview(program, session, {"saddle_numbness": "yes"})
    assert "[E0 R0" in said.out


# -- leaving and coming back -------------------------------------------------------------------------------------


def test_every_answer_is_kept_at_once(program: Program, session: Path) -> None:
    """The terminal is closed after two answers: nothing more can be read."""
    said = afterdisc("interview", "--file", session, stdin="30\n45\n")
    assert said.status == 130
    assert kept_in(session)["findings"] == {"weeks_since_surgery": 30, "age_years": 45}


def test_an_interview_may_be_left_and_taken_up(program: Program, session: Path) -> None:
    first = afterdisc("interview", "--file", session, stdin="30\n\nquit\n")
    assert first.status == 0
    assert f"afterdisc interview --file {session}" in first.out
    assert kept_in(session) == {"id": "session", "findings": {"weeks_since_surgery": 30}, "skipped": ["age_years"]}
    again, person = interview(program, session, {}, at_end="quit")
    assert again.status == 0
    assert person.asked[0] not in ("weeks_since_surgery", "age_years")


def test_quit_before_the_first_answer_may_be_taken_up_too(session: Path) -> None:
    afterdisc("interview", "--file", session, stdin="q\n")
    assert kept_in(session)["findings"] == {}
    assert afterdisc("interview", "--file", session, stdin="q\n").status == 0


def test_done_at_once_shows_the_empty_case(session: Path) -> None:
    said = afterdisc("interview", "--file", session, "--json", stdin="done\n")
    assert said.out.endswith(afterdisc("assess", session, "--json").out)


def test_back_takes_an_answer_back(session: Path) -> None:
    said = afterdisc("interview", "--file", session, stdin="30\nback\n31\nquit\n")
    assert kept_in(session)["findings"] == {"weeks_since_surgery": 31}
    assert said.out.count("How many weeks ago") == 2


def test_back_takes_a_passed_over_question_back(session: Path) -> None:
    afterdisc("interview", "--file", session, stdin="\nback\n31\nquit\n")
    assert kept_in(session)["findings"] == {"weeks_since_surgery": 31}
    assert kept_in(session)["skipped"] == []


def test_back_before_the_first_answer_does_nothing(session: Path) -> None:
    afterdisc("interview", "--file", session, stdin="back\n30\nquit\n")
    assert kept_in(session)["findings"] == {"weeks_since_surgery": 30}


def test_a_case_file_may_be_taken_up_and_keeps_what_else_it_holds(session: Path) -> None:
    session.write_text(json.dumps({"id": "p7", "note": "seen twice", "findings": {"weeks_since_surgery": 30}}))
    afterdisc("interview", "--file", session, stdin="45\nquit\n")
    kept = kept_in(session)
    assert (kept["id"], kept["note"]) == ("p7", "seen twice")
    assert kept["findings"] == {"weeks_since_surgery": 30, "age_years": 45}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"findings": [1]}', '{"findings": {}, "skipped": 3}', "[" * 50_000])
def test_another_file_is_refused_and_left_alone(session: Path, text: str) -> None:
    session.write_text(text)
    said = afterdisc("interview", "--file", session, stdin="30\n")
    assert said.status == 4
    assert "session.json is no interview or case file" in said.err
    assert session.read_text() == text


def test_a_place_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    said = afterdisc("interview", "--file", tmp_path / "absent" / "session.json", stdin="30\n")
    assert said.status == 1
    assert "Could not open file" in said.err


# -- answers that cannot be --------------------------------------------------------------------------------------

RE_ASKED = {
    "text for a number": ("weeks_since_surgery", "soon", "takes a number"),
    "no number at all": ("weeks_since_surgery", "nan", "takes a number"),
    "infinity": ("weeks_since_surgery", "inf", "is outside"),
    "outside": ("age_years", "430", "takes 18 to 110"),
    "a child": ("age_years", "12", "paediatric"),
    "neither yes nor no": ("bladder_disturbance", "perhaps", "true or false"),
    "no such state": ("leg_relief_after_surgery", "99", "takes one of"),
    "the zeroth state": ("leg_relief_after_surgery", "0", "takes one of"),
}


@pytest.mark.parametrize(("finding", "wrong", "says"), RE_ASKED.values(), ids=RE_ASKED)
def test_an_answer_that_cannot_be_is_asked_again(
    program: Program, session: Path, finding: str, wrong: str, says: str
) -> None:
    right = {
        "weeks_since_surgery": "30",
        "age_years": "43",
        "bladder_disturbance": "no",
        "leg_relief_after_surgery": "1",
    }
    said, person = interview(program, session, {finding: [wrong, right[finding]]})
    assert said.status == 0
    assert said.out.count(says) == 1
    assert "Traceback" not in said.out + said.err
    assert person.asked.count(finding) == 2
    assert finding in kept_in(session)["findings"]


def test_answers_that_contradict_each_other_are_asked_again(program: Program, session: Path) -> None:
    says = {"weeks_since_surgery": "30", "pain_free_interval_weeks": ["90", "20"], "leg_relief_after_surgery": "good"}
    said, person = interview(program, session, says)
    assert said.status == 0
    assert "contradict each other" in said.out
    assert person.asked.count("pain_free_interval_weeks") == 2
    assert kept_in(session)["findings"]["pain_free_interval_weeks"] == 20


def test_a_decimal_comma_and_day_two_are_understood(session: Path) -> None:
    afterdisc("interview", "--file", session, stdin="0,29\nquit\n")
    assert kept_in(session)["findings"] == {"weeks_since_surgery": 0.29}


def test_what_is_typed_is_never_obeyed_by_the_terminal(session: Path) -> None:
    said = afterdisc("interview", "--file", session, stdin="\x1b[31m\n30\nquit\n")
    assert "\x1b" not in said.out.replace("\x1b[31m\n", "", 1)  # the runner itself echoes what is typed
    assert kept_in(session)["findings"] == {"weeks_since_surgery": 30}


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("set", "Ramipril, methylene blue", ["Ramipril", "methylene blue"]),
        ("set", "none", []),
        ("map", "gabapentin 900, fluoxetine: 20.5", {"gabapentin": 900, "fluoxetine": 20.5}),
        ("map", "none", {}),
        ("map", "gabapentin much", {"gabapentin": "much"}),
        ("set", "ramipril, ?", ["ramipril", None]),
        ("map", "gabapentin ?, fluoxetine", {"gabapentin": None, "fluoxetine": None}),
    ],
)
def test_medicines_are_typed_as_a_list(kind: str, raw: str, value: Any) -> None:
    assert value_of({"kind": kind, "values": {}}, raw) == value
