"""The intervals of a block of people are those that the assessment of each alone shows."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afterdisc.compile import compile_program
from afterdisc.engine.draws import block_draws, interval, posterior_draws
from afterdisc.engine.evaluate import Outcome, evaluate_rows
from afterdisc.engine.intervals import intervals_of
from afterdisc.engine.single_precision import exp2_of, log2_of
from afterdisc.intake import batch_from_cases
from afterdisc.program import Program
from agreement.engine_side import evaluated
from small_bases import bases, cases

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def people(program: Program) -> tuple[Outcome, np.ndarray]:
    """The examples, each three times with other answers forgotten; every fifth at an unknown time."""
    found = [json.loads(path.read_text())["findings"] for path in sorted((ROOT / "examples").glob("*.json"))]
    rows = np.tile(batch_from_cases(program, found).rows, (3, 1))
    rows[np.random.default_rng(4).random(rows.shape) < 0.2] = np.nan
    rows[::5, program.time_column] = np.nan
    return evaluate_rows(program, rows), np.minimum(rows[:, program.time_column], program.latest_weeks)


def test_a_block_has_the_bits_of_each_person_alone(program: Program, people: tuple[Outcome, np.ndarray]) -> None:
    outcome, weeks = people
    low, high = intervals_of(program, outcome.states, weeks, outcome.cap)
    assert (outcome.cap > 3).any()
    assert np.isnan(weeks).any()
    for i in range(len(weeks)):
        drawn, _ = posterior_draws(program, outcome.states[i], float(weeks[i]), min(int(outcome.cap[i]), program.caps[1]))
        band = interval(drawn, program.settings["credible_interval"])
        assert (low[i].tobytes(), high[i].tobytes()) == (band[:, 0].tobytes(), band[:, 1].tobytes())


def test_neighbours_and_threads_change_no_bit(program: Program, people: tuple[Outcome, np.ndarray]) -> None:
    outcome, weeks = people
    states, cap = outcome.states, outcome.cap
    together = np.stack(intervals_of(program, states, weeks, cap))
    order = np.random.default_rng(5).permutation(len(weeks))
    parts = np.array_split(order, 4)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda p: np.stack(intervals_of(program, states[p], weeks[p], cap[p])), parts))
    for part, band in zip(parts, found, strict=True):
        assert band.tobytes() == together[:, part].tobytes()


def test_nobody_gives_nothing(program: Program, people: tuple[Outcome, np.ndarray]) -> None:
    low, high = intervals_of(program, people[0].states[:0], people[1][:0], people[0].cap[:0])
    assert low.shape == high.shape == (0, program.n_causes + 1)


@settings(max_examples=20)
@given(st.data())
def test_any_small_base_gives_a_block_the_draws_of_each_case(data: st.DataObject) -> None:
    base = data.draw(bases())
    program = compile_program(base)
    found = [data.draw(cases(base)) for _ in range(3)]
    outcome = evaluated(program, found)
    weeks = np.minimum([case.get("weeks_since_surgery", np.nan) for case in found], program.latest_weeks)
    together = block_draws(program, outcome.states, weeks, 3)
    for i in range(3):
        alone, _ = posterior_draws(program, outcome.states[i], float(weeks[i]), 3)
        assert alone.tobytes() == together[i].tobytes()


def test_logarithm_and_power_to_base_two_are_right_to_three_in_ten_million() -> None:
    x = np.exp2(np.linspace(-125.9, 20.0, 5001)).astype(np.float32)
    np.testing.assert_allclose([log2_of(v) for v in x], np.log2(x.astype(np.float64)), rtol=3e-7, atol=3e-7)
    np.testing.assert_allclose([exp2_of(v) for v in np.log2(x)], np.exp2(np.log2(x).astype(np.float64)), rtol=3e-7)
    assert exp2_of(np.float32(-126.0)) == exp2_of(np.float32(-1e30)) == 0.0
