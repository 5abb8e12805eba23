"""Every door gives the same answer, to the last bit, whoever stands beside the person."""

from __future__ import annotations

import dataclasses
import json
import random
from pathlib import Path
from typing import Any

import pytest

import afterdisc as ad
from afterdisc.cohort import draw_cases
from afterdisc.intake import batch_from_cases
from afterdisc.program import Program
from functional.arrow_tables import table_of_cases
from functional.terminal import EXAMPLES, afterdisc

CASES = [json.loads(path.read_text(encoding="utf-8")) for path in EXAMPLES]
CASES += [
    {"id": "nothing known", "findings": {}},
    {"id": "medicines", "findings": {"takes": ["Gabapentin", "oxycodone"], "dose_mg_per_day": {"gabapentin": 2700.5}}},
    {"id": "fractions", "findings": {"weeks_since_surgery": 33.57, "leg_pain_nrs": 6.1, "crp_mg_l": 9.999999999}},
    {"id": "no medicines", "findings": {"takes": [], "recently_stopped": {}, "weeks_since_surgery": 0.29}},
]
NAMES = [case["id"] for case in CASES]


@pytest.fixture(scope="module")
def crowd(program: Program) -> list[dict[str, Any]]:
    """A hundred people and the examples, in no order."""
    people = [*CASES, *({"id": c["id"], "findings": c["findings"]} for c in draw_cases(program, 100, seed=5))]
    random.Random(5).shuffle(people)
    return people


def key_of(answer: dict[str, Any]) -> dict[str, Any]:
    """What an Arrow row and an assessment both hold."""
    out = {"urgency": answer["urgency"]}
    out |= {f"p_{c['id']}": c["probability"] for c in answer["causes"]}
    return out | {f"status_{t['id']}": t["status"] for t in answer["treatments"]}


def rows_of(table: Any) -> dict[str, dict[str, Any]]:
    other = ("id", "causes_considered", "p_at_cap")
    return {row["id"]: {k: v for k, v in row.items() if k not in other} for row in table.to_pylist()}


# -- one person --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_library_command_and_batch_give_one_answer(tmp_path: Path, case: dict[str, Any]) -> None:
    text, expected = json.dumps(case), ad.assess(case)
    assert json.loads(afterdisc("assess", "-", "--json", stdin=text).out) == expected
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(text + "\n", encoding="utf-8")
    afterdisc("assess-batch", source, target)
    assert json.loads(target.read_text(encoding="utf-8")) == expected


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_an_interview_taken_up_at_its_end_gives_the_answer_of_its_file(tmp_path: Path, case: dict[str, Any]) -> None:
    session = tmp_path / "session.json"
    session.write_text(json.dumps(case), encoding="utf-8")
    said = afterdisc("interview", "--file", session, "--json", stdin="done\n")
    assert json.loads(said.out[said.out.index('{\n  "schema"') :]) == ad.assess(case)


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_arrow_gives_the_same_probabilities_urgency_and_statuses(program: Program, case: dict[str, Any]) -> None:
    table = ad.evaluate(program, table_of_cases(program, [case]))
    assert rows_of(table) == {case["id"]: key_of(ad.assess(case))}


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_batch_gives_the_same_outcome(program: Program, case: dict[str, Any]) -> None:
    outcome, answer = ad.evaluate(program, batch_from_cases(program, [case])), ad.assess(case)
    shown = {c["id"]: c["probability"] for c in answer["causes"]}
    assert dict(zip((*program.causes, "expected_recovery"), outcome.probability[0].tolist(), strict=True)) == shown
    assert answer["concurrent_causes"]["at_cap"] == outcome.at_cap[0]


def test_findings_in_another_order_are_the_same_case() -> None:
    for case in CASES:
        turned = {"id": case["id"], "findings": dict(reversed(case["findings"].items()))}
        assert ad.assess(turned) == ad.assess(case)


def test_whole_numbers_are_numbers() -> None:
    for case in CASES:
        as_floats = {k: float(v) if type(v) is int else v for k, v in case["findings"].items()}
        assert ad.assess({"id": case["id"], "findings": as_floats}) == ad.assess(case)


# -- among others ------------------------------------------------------------------------------------------------


def test_neighbours_change_nothing_in_an_arrow_table(program: Program, crowd: list[dict[str, Any]]) -> None:
    among = rows_of(ad.evaluate(program, table_of_cases(program, crowd)))
    assert list(among) == [c["id"] for c in crowd]
    for case in crowd:
        assert among[case["id"]] == key_of(ad.assess(case, intervals=False))


def test_the_order_of_neighbours_changes_nothing(program: Program, crowd: list[dict[str, Any]]) -> None:
    table = table_of_cases(program, crowd)
    forwards = ad.evaluate(program, table)
    backwards = ad.evaluate(program, table.take(list(reversed(range(table.num_rows)))))
    assert backwards.take(list(reversed(range(table.num_rows)))).to_pylist() == forwards.to_pylist()


def test_neighbours_change_nothing_in_a_batch(program: Program, crowd: list[dict[str, Any]]) -> None:
    among = ad.evaluate(program, batch_from_cases(program, crowd))
    for i, case in enumerate(crowd):
        alone = ad.evaluate(program, batch_from_cases(program, [case]))
        for part in (f.name for f in dataclasses.fields(alone)):
            here, there = getattr(among, part)[i], getattr(alone, part)[0]
            assert here.tobytes() == there.tobytes(), f"{part} of {case['id']}"


def test_neighbours_change_nothing_in_a_file(tmp_path: Path, crowd: list[dict[str, Any]]) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("".join(json.dumps(case) + "\n" for case in crowd), encoding="utf-8")
    afterdisc("assess-batch", source, target, "--no-intervals")
    answers = {a["id"]: a for a in map(json.loads, target.read_text(encoding="utf-8").splitlines())}
    for case in CASES:
        assert answers[case["id"]] == ad.assess(case, intervals=False)


def test_many_are_assessed_as_each_alone() -> None:
    assert list(ad.assess_many(CASES)) == [ad.assess(case) for case in CASES]
