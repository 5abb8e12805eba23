"""The engine says what the design's own evaluator says, wherever the two mean the same.

They mean the same at the centre of a slice of time (the design jumps between slices), at three causes, and where no group
of findings holds answers of both signs (the design lets normal answers dilute an abnormal one).
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from afterdisc.engine.tables import signs
from afterdisc.errors import ContradictoryFacts
from afterdisc.intake import batch_from_cases
from afterdisc.program import Program
from agreement.engine_side import evaluated, never_rechecked, said_of

NEAR = 1e-8  # the reference fits its prior to 1e-10
TIME = "weeks_since_surgery"
N_RANDOM = 200


@pytest.fixture(scope="module")
def reference(shared: Path) -> ModuleType:
    place = shared / "design" / "model" / "check.py"
    if not place.is_file():
        pytest.skip("the design's evaluator is not there")
    spec = importlib.util.spec_from_file_location("reference_check", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def model(reference: ModuleType) -> Any:
    return reference.Model()


@pytest.fixture(scope="module")
def at_three(program: Program) -> Program:
    return never_rechecked(program)


def must_agree(program: Program, model: Any, people: list[dict[str, Any]]) -> int:
    """How many of the people were compared."""
    outcome = evaluated(program, people)
    compared = 0
    for case, states, answer in zip(people, outcome.states, said_of(program, outcome), strict=True):
        if not has_mixed_group(program, states.tolist()):
            theirs, best = model.evaluate(case)
            assert answer.causes == pytest.approx({c: float(p) for c, p in theirs.items()}, rel=0, abs=NEAR)
            assert [w for _, w in answer.heaviest] == pytest.approx([float(p) for p, _ in best], rel=0, abs=NEAR)
            compared += 1
    return compared


def has_mixed_group(program: Program, states: list[int]) -> bool:
    sign, seen = signs(program), {}
    for f, state in enumerate(states):
        if state != 255 and program.group[f] >= 0 and program.has_likelihood[f]:
            side = int(sign[program.row_start[program.variant_of[f, 0]] + state])
            seen.setdefault(int(program.group[f]), set()).add(side)
    return any({-1, 1} <= sides for sides in seen.values())


def at_centre(program: Program, case: dict[str, Any]) -> dict[str, Any]:
    """The case moved to the centre of its slice; an unknown time stays unknown."""
    if case.get(TIME) is None:
        return case
    edges = program.book["slices"]
    slice_ = next(i for i, (start, end) in enumerate(edges) if start <= min(case[TIME], 519) < end)
    weeks = float(program.centre_weeks[slice_])
    moved = case | {TIME: weeks}
    if moved.get("pain_free_interval_weeks", 0) > weeks:
        del moved["pain_free_interval_weeks"]
    return moved


def without_mixed_groups(program: Program, case: dict[str, Any]) -> dict[str, Any]:
    """The case with its normal answers forgotten in every group that also holds abnormal ones."""
    outcome = evaluated(program, [case])
    sign, states = signs(program), outcome.states[0].tolist()
    sides: dict[int, dict[int, list[str]]] = {}
    for f, state in enumerate(states):
        if state != 255 and program.group[f] >= 0 and program.has_likelihood[f]:
            side = int(sign[program.row_start[program.variant_of[f, 0]] + state])
            sides.setdefault(int(program.group[f]), {}).setdefault(side, []).append(program.asks[f])
    gone = {f for of in sides.values() if {-1, 1} <= of.keys() for f in of[-1]}
    return {f: v for f, v in case.items() if f not in gone}


def test_textbook_cases_at_the_centre_of_their_slice(shared: Path, model: Any, at_three: Program) -> None:
    listed = json.loads((shared / "design" / "model" / "sanity_cases.json").read_text())
    moved = [at_centre(at_three, case["findings"]) for case in listed]
    assert must_agree(at_three, model, moved) >= 15
    calm = [without_mixed_groups(at_three, case) for case in moved]
    assert must_agree(at_three, model, calm) >= len(listed) - 2


def test_random_cases_at_the_centre_of_a_slice(model: Any, at_three: Program) -> None:
    rng = np.random.default_rng(7)
    people = [without_mixed_groups(at_three, possible_case(at_three, rng)) for _ in range(N_RANDOM)]
    assert must_agree(at_three, model, people) >= N_RANDOM * 0.9


def possible_case(program: Program, rng: np.random.Generator) -> dict[str, Any]:
    """A random case whose facts do not contradict each other."""
    while True:
        case = random_case(program, rng)
        try:
            batch_from_cases(program, [case])
        except ContradictoryFacts:
            continue
        return case


def random_case(program: Program, rng: np.random.Generator) -> dict[str, Any]:
    """Ten to fifty findings at random; every eighth person at an unknown time."""
    names = [c.finding for c in program.columns if not c.entry and c.kind not in ("set", "map") and c.finding in program.asks]
    at = {c.finding: c for c in program.columns if not c.entry}
    case = {name: random_value(program, at[name], rng) for name in rng.choice(names, rng.integers(10, 50), replace=False)}
    case = {str(name): value for name, value in case.items() if name not in (TIME, "age_years", "pain_free_interval_weeks")}
    if rng.integers(8):
        case[TIME] = float(rng.choice(program.centre_weeks))
    return case


def random_value(program: Program, column: Any, rng: np.random.Generator) -> Any:
    if column.kind == "bool":
        return bool(rng.integers(2))
    if column.states:
        return str(rng.choice(column.states))
    low, high = max(column.low, 0.0), min(column.high, 200.0)
    return float(rng.integers(int(low), int(high) + 1))
