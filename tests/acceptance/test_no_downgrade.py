"""Nothing lowers a red flag: no further finding makes an emergency less urgent, but for a few written exceptions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from acceptance.coded import every_case
from afterdisc.engine.evaluate import evaluate_rows
from afterdisc.engine.rules import batch_truth
from afterdisc.errors import ContradictoryFacts
from afterdisc.intake import batch_from_cases
from afterdisc.intake.batch import fill_row
from afterdisc.program import Program
from afterdisc.words.urgency import URGENCIES

EMERGENCY = ("E0", "E1")
EXCEPTIONS = {
    "weakness_old_and_stable = True": "A weakness known and unchanged for three months is no new deficit.",
    "back_pain_nrs = 0": "Whose back does not hurt has no painful spinal infection; the other signs of one stay.",
    "dominant_pain = leg": "Severe pain that is worst in the leg is looked at as a root, within days.",
    "dominant_pain = thigh": "The same of the thigh.",
    "weeks_since_surgery = *": "Some flags belong to the first days or weeks; without a date the most urgent one holds.",
}

Floats = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def emergencies(program: Program) -> dict[str, tuple[dict[str, Any], int]]:
    """Findings and urgency of every coded case that is E0 or E1."""
    found = dict(every_case())
    urgency = evaluate_rows(program, batch_from_cases(program, [{"findings": f} for f in found.values()]).rows).urgency
    said = zip(found.items(), urgency.tolist(), strict=True)
    return {name: (findings, u) for (name, findings), u in said if URGENCIES[u] in EMERGENCY}


@pytest.fixture(scope="module")
def downgrades(program: Program, emergencies: dict[str, tuple[dict[str, Any], int]]) -> dict[str, list[str]]:
    """What was added, and the cases that became less urgent by it."""
    out: dict[str, list[str]] = defaultdict(list)
    for name, (findings, before) in emergencies.items():
        added, rows = zip(*with_one_more(program, findings), strict=True)
        for what, after in zip(added, urgencies(program, np.array(rows)), strict=True):
            if after > before:
                out[what].append(f"{name}: {URGENCIES[before]} became {URGENCIES[after]}")
    return out


def with_one_more(program: Program, findings: dict[str, Any]) -> Iterator[tuple[str, Floats]]:
    """(what was added, row) for every answer to every question that is open; impossible ones are left out."""
    for name, text in program.book["findings"].items():
        for value in answers(text) if findings.get(name) is None else ():
            row = np.full(len(program.columns), np.nan)
            try:
                fill_row(program, {**findings, name: value}, row)
            except ContradictoryFacts:
                continue
            yield f"{name} = {round(value) if isinstance(value, float) else value}", row


def answers(text: dict[str, Any]) -> list[Any]:
    """Yes and no, every state, and numbers from one end of what is possible to the other."""
    if text["kind"] == "bool":
        return [True, False]
    if text["kind"] in ("set", "map"):
        return [[] if text["kind"] == "set" else {}]
    if text["values"]:
        return list(text["values"])
    low, high = text["range"]
    spread = [0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 20, 26, 30, 45, 60, 100, 200, 400, 700, 1500, 5000]
    return [low, *(n for n in spread if low < n < high), high]


def urgencies(program: Program, rows: Floats) -> list[int]:
    """The urgency of each row from the rules alone, which is all that it hangs on."""
    flags = [root for root in program.roots if root.kind == "flag"]
    level = np.array([URGENCIES.index(root.name) for root in flags])
    fired = batch_truth(program.tape, [root.node for root in flags], rows) == 1
    return list(np.where(fired, level, URGENCIES.index("E3")).min(axis=1).tolist())


# ----------------------------------------------------------------------------------------------------------------


def test_there_are_emergencies_to_try(emergencies: dict[str, Any]) -> None:
    assert len(emergencies) > 50


def test_the_urgency_read_here_is_the_one_that_is_answered(program: Program, emergencies: dict[str, Any]) -> None:
    rows = batch_from_cases(program, [{"findings": findings} for findings, _ in emergencies.values()]).rows
    assert urgencies(program, rows) == [urgency for _, urgency in emergencies.values()]


def is_excepted(added: str) -> bool:
    return added in EXCEPTIONS or f"{added.partition(' = ')[0]} = *" in EXCEPTIONS


def test_no_further_finding_makes_an_emergency_less_urgent(downgrades: dict[str, list[str]]) -> None:
    unexpected = {added: cases for added, cases in downgrades.items() if not is_excepted(added)}
    assert not unexpected


def test_no_exception_outlives_its_use(downgrades: dict[str, list[str]]) -> None:
    met = {name for added in downgrades for name in (added, f"{added.partition(' = ')[0]} = *")}
    assert set(EXCEPTIONS) <= met


def test_an_answer_less_is_never_routine(program: Program, emergencies: dict[str, tuple[dict[str, Any], int]]) -> None:
    """An answer that nobody gave quietens nothing: what remains is at least `ask`."""
    for name, (findings, _) in emergencies.items():
        fewer = [{"findings": {k: v for k, v in findings.items() if k != gone}} for gone in findings]
        after = urgencies(program, batch_from_cases(program, fewer).rows)
        routine = [gone for gone, u in zip(findings, after, strict=True) if URGENCIES[u] == "E3"]
        assert not routine, name
