"""Danger first

Red flags are decided before the causes and apart from them, by rules that see only what was found. No probability, however
small, and no likelier cause can quieten one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from afterdisc.compile import compile_program
from afterdisc.engine.rules import batch_truth, needed
from afterdisc.intake import batch_from_cases
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.knowledge.conditions import All, Is, Probability, walk
from afterdisc.program import Column, Program
from afterdisc.report import assessments_of
from afterdisc.words.urgency import URGENCIES
from agreement.engine_side import evaluated
from agreement.people import examples, published_cases
from small_bases import Sign, finding, small_base

SAME_DAY = URGENCIES.index("E1")

# The answers that may take a person below E1, with the red flags that may have stood.
MAY_LOWER = {
    "weakness_old_and_stable": {"R01", "R02", "R07", "R08", "R09", "R13", "R16"},
    "back_pain_nrs": {"R12", "R13", "R14", "R23"},
    "back_pain_present": {"R12", "R14", "R23"},
    "dominant_pain": {"R14"},
    "new_numbness": {"R07"},
    "onset": {"R07", "R08"},
    "symptoms_improving": {"R14"},
    "weeks_since_surgery": {"R07", "R08", "R11", "R12", "R16", "R17"},
}


def yes(name: str) -> Is:
    return Is(name, ("true",))


def urgency_of(levels: dict[str, dict[str, Any]], case: dict[str, Any], *, rare: float = 0.2) -> str:
    base = small_base(
        causes={"a": 0.3, "b": rare},
        nothing=0.6995 if rare < 0.01 else 0.55,
        signs={"cough": Sign("noisy_or", (0.9, 0.1), {"b": (0.2, 0.8)})},
        others=[finding(name) for name in ("numb", "weak", "hurts")],
        red_flags=levels,
    )
    return URGENCIES[int(evaluated(compile_program(base), [case]).urgency[0])]


def test_the_most_urgent_level_that_is_true_counts() -> None:
    """A red flag may have several levels: E0 (now), E1 (the same day), E2 (within days). The most urgent one that is true,
    of any flag, is the urgency of the person; without any it is routine (E3)."""
    levels = {"one": {"E0": All((yes("numb"), yes("weak"))), "E2": yes("numb")}, "two": {"E1": yes("hurts")}}
    assert urgency_of(levels, {"numb": True, "weak": True}) == "E0"
    assert urgency_of(levels, {"numb": True, "weak": False}) == "E2"
    assert urgency_of(levels, {"numb": True, "weak": False, "hurts": True}) == "E1"
    assert urgency_of(levels, {"numb": False, "hurts": False}) == "E3"


def test_an_open_question_raises_no_flag_and_clears_none(program: Program) -> None:
    """A flag that nothing makes true, and of which something is unknown, is neither raised nor cleared: it is shown as
    *ask*, with what is missing. Only when everything it needs is known to be otherwise is it cleared."""
    flags = {f["id"]: f for f in assessment_of(program, {})["red_flags"]}
    statuses = {f["status"] for f in flags.values()}
    assert "fired" not in {f["status"] for name, f in flags.items() if f["urgency"] != "ask"}
    assert "ask" in statuses
    assert all(f["missing"] for f in flags.values() if f["status"] == "ask")


def test_while_a_mandatory_question_is_open_nobody_is_routine(program: Program) -> None:
    """Bladder, bowel, saddle area, power, fever and wound must be asked of everybody. Until they are, the urgency is at
    least *ask*."""
    assert assessment_of(program, {})["urgency"] == "ask"
    answered = {m["any_of"][0]: False for m in program.book["mandatory"]}
    assert assessment_of(program, answered)["urgency"] == "E3"
    for name in answered:
        assert assessment_of(program, {f: v for f, v in answered.items() if f != name})["urgency"] == "ask", name


def test_an_urgency_hears_nothing_of_the_causes() -> None:
    """The urgency is worked out from the red flags alone, before any probability. Two knowledge bases with other causes and
    the same flags give the same urgency."""
    flags = {"one": {"E0": yes("numb"), "E2": yes("weak")}}
    for case in ({"numb": True, "cough": False}, {"numb": False, "weak": True, "cough": True}):
        assert urgency_of(flags, case) == urgency_of(flags, case | {"cough": None}) == urgency_of(flags, case, rare=1e-3)


def test_no_red_flag_asks_for_a_probability(knowledge: KnowledgeBase) -> None:
    """No level of a red flag reads the probability of a cause. What is dangerous stays so, however unlikely it is."""
    for flag in knowledge.red_flags.values():
        for level in flag.levels:
            assert not [n for n in walk(level.when) if isinstance(n, Probability)], flag.id


@pytest.fixture(scope="module")
def urgent_people(program: Program, knowledge: KnowledgeBase) -> list[dict[str, Any]]:
    """Every named case of a red flag, every example and every published case that stands at E0 or E1."""
    named = [dict(v.given) for flag in knowledge.red_flags.values() for v in flag.vignettes]
    people = [*named, *examples().values(), *published_cases()]
    outcome = evaluated(program, people)
    return [case for case, urgency in zip(people, outcome.urgency, strict=True) if urgency <= SAME_DAY]


def test_nothing_lowers_an_emergency_but_what_its_rule_names(program: Program, urgent_people: list[dict[str, Any]]) -> None:
    """Once an E0 or E1 stands, a further answer leaves the person at E0 or E1. The exceptions are few and written in the
    rules themselves: a weakness that is known to be old and stable; back pain denied, or leg pain known to be the worst,
    where a rule is about back pain; numbness known not to be new; a gradual onset, or a time since the operation, where a
    rule took the worst of an open question; steady improvement. Every finding that is still unknown is tried, in every
    state, on every urgent case."""
    trial = Trial(program)
    lowered: dict[str, set[str]] = {}
    for case in urgent_people:
        for name, stood in trial.downgrades(case):
            lowered.setdefault(name, set()).update(stood)
    new = {name: flags - MAY_LOWER.get(name, set()) for name, flags in lowered.items()}
    assert {name: flags for name, flags in new.items() if flags} == {}
    assert set(lowered) == set(MAY_LOWER), "an exception that no longer is one"


class Trial:
    """One more answer on a case: which answers take it below E1, and which red flags stood before?"""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.flags = [(r.owner, r.node) for r in program.roots if r.kind == "flag" and URGENCIES.index(r.name) <= SAME_DAY]
        self.refused = [r.node for r in program.roots if r.kind in ("contradiction", "scope")]
        self.nodes = [node for _, node in self.flags] + self.refused
        self.read = sorted({int(c) for c in program.tape.column[needed(program.tape, self.nodes)] if c >= 0})

    def downgrades(self, case: dict[str, Any]) -> list[tuple[str, set[str]]]:
        """(finding, flags that stood) for every possible answer that leaves no E0 and no E1."""
        columns, row = self.program.columns, batch_from_cases(self.program, [{"findings": case}]).rows[0]
        trials = [(i, x) for i in self.read if row[i] != row[i] for x in possible(columns[i])]
        rows = np.repeat(row[None], len(trials) + 1, axis=0)
        for k, (i, x) in enumerate(trials):
            rows[k + 1, i] = x
        truth = batch_truth(self.program.tape, self.nodes, rows) == 1
        stands, refused = truth[:, : len(self.flags)], truth[:, len(self.flags) :].any(axis=1) | self.out_of_order(rows)
        stood = {owner for (owner, _), holds in zip(self.flags, stands[0], strict=True) if holds}
        below = np.flatnonzero(~stands.any(axis=1) & ~refused) - 1
        return [(columns[trials[k][0]].finding, stood) for k in below]

    def out_of_order(self, rows: np.ndarray) -> np.ndarray:
        out = np.zeros(len(rows), bool)
        for first, second, slack, _ in self.program.orders:
            out |= rows[:, first] > rows[:, second] + slack
        return out


def possible(column: Column) -> list[float]:
    """Every state; of a number its ends and values on both sides of the limits that rules use."""
    if column.states:
        return [float(state) for state in range(len(column.states))]
    if column.kind == "set":
        return [0.0, 1.0] if column.entry else [1.0]
    low, high = (column.low, column.high) if np.isfinite([column.low, column.high]).all() else (0.0, 5000.0)
    return sorted({low, high, *(x for x in LIMITS if low <= x <= high)})


LIMITS = (0.5, 1.5, 2.5, 4.0, 5.0, 7.0, 10.0, 13.0, 20.0, 30.0, 50.0, 100.0, 150.0, 300.0)


def assessment_of(program: Program, case: dict[str, Any]) -> dict[str, Any]:
    return next(assessments_of(program, batch_from_cases(program, [case]), evaluated(program, [case]), intervals=False))
