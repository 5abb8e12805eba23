"""A person's answer is the same to the last bit whoever stands beside them, however many threads run, and in any process."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afterdisc.compile import compile_program
from afterdisc.engine.direct import WideRows
from afterdisc.engine.draws import posterior_draws
from afterdisc.engine.evaluate import Outcome, engine_of, evaluate_rows, infer
from afterdisc.engine.rules import PART, batch_truth
from afterdisc.intake import batch_from_cases
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.program import Program
from agreement.engine_side import evaluated, never_rechecked
from small_bases import bases, cases

ROOT = Path(__file__).resolve().parents[2]
ARRAYS = ("states", "truth", "urgency", "probability", "top_set", "top_weight", "cap", "at_cap", "beyond_three")


def must_be_equal(ours: Outcome, theirs: Outcome, *, without: tuple[str, ...] = ()) -> None:
    for name in ARRAYS:
        if name not in without:
            assert getattr(ours, name).tobytes() == getattr(theirs, name).tobytes(), name


def rows_of(outcome: Outcome, which: Any) -> Outcome:
    return Outcome(*(getattr(outcome, name)[which] for name in ARRAYS))


@pytest.fixture(scope="module")
def crowd(program: Program) -> np.ndarray[Any, Any]:
    """300 rows: the examples with every third answer forgotten, each time others; some at an unknown time."""
    people = [json.loads(path.read_text())["findings"] for path in sorted((ROOT / "examples").glob("*.json"))]
    rows = np.tile(batch_from_cases(program, people).rows, (300 // len(people) + 1, 1))[:300]
    rows[np.random.default_rng(1).random(rows.shape) < 1 / 3] = np.nan
    return rows


@settings(max_examples=80)
@given(st.data())
def test_one_more_unknown_finding_changes_nothing(data: st.DataObject) -> None:
    """Writing down that something is unknown is the same as not writing it down."""
    base = data.draw(bases())
    case = data.draw(cases(base))
    program = compile_program(base)
    silent = case | {name: None for name in base.findings if name not in case}
    must_be_equal(evaluated(program, [case]), evaluated(program, [silent]))


@settings(max_examples=40)
@given(st.data())
def test_a_finding_nobody_has_changes_nothing(data: st.DataObject) -> None:
    """A base with one finding more gives the same answer to everybody in whom it is unknown."""
    base = data.draw(bases())
    people = [data.draw(cases(base)) for _ in range(3)]
    name = data.draw(st.sampled_from([f for f, m in base.model_findings.items() if m.background]))
    asked = base.model_findings[name].asks
    people = [{f: v for f, v in case.items() if f != asked} for case in people]
    fewer = without_finding(base, name)
    more, less = compile_program(base), compile_program(fewer)
    must_be_equal(evaluated(more, people), evaluated(less, people), without=("states", "truth"))


def without_finding(base: KnowledgeBase, name: str) -> KnowledgeBase:
    def rest(of: Any) -> Any:
        return {k: v for k, v in of.items() if k != name}

    causes = {
        c: replace(x, findings=rest(x.findings), risk_factors=tuple(r for r in x.risk_factors if r.finding != name))
        for c, x in base.causes.items()
    }
    groups = tuple(replace(g, members=tuple(m for m in g.members if m != name)) for g in base.dependence)
    return replace(base, model_findings=rest(base.model_findings), causes=causes, dependence=groups)


def test_neighbours_and_order_change_no_bit(program: Program, crowd: np.ndarray[Any, Any]) -> None:
    together = evaluate_rows(program, crowd)
    assert (together.cap > 3).any()
    for i in (0, 1, 127, 128, 299):
        must_be_equal(evaluate_rows(program, crowd[i : i + 1]), rows_of(together, slice(i, i + 1)))
    shuffled = np.random.default_rng(2).permutation(len(crowd))
    must_be_equal(evaluate_rows(program, crowd[shuffled]), rows_of(together, shuffled))


def test_size_of_the_block_changes_no_bit(program: Program, crowd: np.ndarray[Any, Any]) -> None:
    together = evaluate_rows(program, crowd)
    for size in (7, 24, 25, 130):
        for start in range(0, len(crowd), size):
            part = slice(start, min(start + size, len(crowd)))
            must_be_equal(evaluate_rows(program, crowd[part]), rows_of(together, part))


def test_rules_of_a_block_longer_than_is_read_at_once_are_those_of_its_rows(
    program: Program, crowd: np.ndarray[Any, Any]
) -> None:
    rules, which = engine_of(program).early_rules, np.arange(PART + 77) % len(crowd)
    together = batch_truth(program.tape, rules.nodes, crowd[which])
    alone = np.array([[-1 if t is None else t for t in rules(row)] for row in crowd], np.int8)
    assert np.array_equal(together, alone[which])


@pytest.fixture
def threads() -> Iterator[Any]:
    before = numba.get_num_threads()
    yield numba.set_num_threads
    numba.set_num_threads(before)


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="needs two processors")
def test_number_of_threads_changes_no_bit(program: Program, crowd: np.ndarray[Any, Any], threads: Any) -> None:
    threads(1)
    one, drawn = evaluate_rows(program, crowd), posterior_draws(program, evaluate_rows(program, crowd[:1]).states[0], 30.0, 3)
    threads(2)
    must_be_equal(evaluate_rows(program, crowd), one)
    again = posterior_draws(program, one.states[0], 30.0, 3)
    assert [a.tobytes() for a in again] == [a.tobytes() for a in drawn]


def test_every_known_finding_at_once_is_still_a_probability(program: Program) -> None:
    """The most contradictory people there can be: no underflow, at a known time or not."""
    engine, rng = engine_of(never_rechecked(program)), np.random.default_rng(3)
    n_states = np.array([len(s) for s in program.states])
    states = (rng.random((400, len(n_states))) * n_states).astype(np.uint8)
    weeks = np.where(np.arange(400) % 2, np.nan, 10.0 ** (rng.random(400) * 3 - 0.3))
    probability = infer(engine, states, weeks)[0]
    assert np.isfinite(probability).all()
    assert ((probability >= 0) & (probability <= 1 + 1e-12)).all()


@pytest.mark.parametrize("cap", [4, 5])
def test_every_known_finding_at_once_is_a_probability_with_more_causes(program: Program, cap: int) -> None:
    rng = np.random.default_rng(3)
    n_states = np.array([len(s) for s in program.states])
    for weeks in (10.0, np.nan) * 4:
        states = (rng.random(len(n_states)) * n_states).astype(np.uint8)
        said = WideRows(program, cap).posterior(states, weeks)
        assert said.by_set.sum() == pytest.approx(1.0, abs=1e-12)
        assert ((said.probability >= 0) & (said.probability <= 1 + 1e-12)).all()


@pytest.mark.parametrize("cap", [4, 5])
def test_rows_forgotten_and_made_again_change_no_bit(program: Program, crowd: np.ndarray[Any, Any], cap: int) -> None:
    """With room for no more than one case, known or unknown in time, and with room for all."""
    states = evaluate_rows(program, crowd[:24]).states
    narrow, roomy = WideRows(program, cap, most_bytes=0), WideRows(program, cap)
    for i, weeks in enumerate([20.0, np.nan, 3.0, 400.0] * 6):
        ours, theirs = narrow.posterior(states[i], weeks), roomy.posterior(states[i], weeks)
        assert [np.asarray(a).tobytes() for a in ours] == [np.asarray(a).tobytes() for a in theirs]
    assert narrow.n_made < roomy.n_made


def test_two_threads_that_look_again_change_no_bit(program: Program, crowd: np.ndarray[Any, Any]) -> None:
    states = evaluate_rows(program, crowd[:40]).states
    alone, shared = WideRows(program, 4), WideRows(program, 4, most_bytes=4_000_000)
    one = [alone.posterior(s, 20.0).by_set.tobytes() for s in states]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda s: shared.posterior(s, 20.0).by_set.tobytes(), states)) == one


FRESH = """
import hashlib, json, sys
from pathlib import Path
from afterdisc.door import load_program
from afterdisc.engine.direct import WideRows
from afterdisc.engine.draws import posterior_draws
from afterdisc.engine.evaluate import evaluate_rows
from afterdisc.intake import batch_from_cases
program = load_program()
people = [json.loads(p.read_text())["findings"] for p in sorted(Path(sys.argv[1]).glob("*.json"))]
outcome = evaluate_rows(program, batch_from_cases(program, people).rows)
digest = hashlib.sha256()
for name in outcome.__dataclass_fields__:
    digest.update(getattr(outcome, name).tobytes())
for part in posterior_draws(program, outcome.states[0], 30.0, 3):
    digest.update(part.tobytes())
print(digest.hexdigest())
"""


@pytest.mark.slow
def test_a_fresh_process_and_freshly_compiled_kernels_give_the_same_bits(program: Program, tmp_path: Path) -> None:
    people = [json.loads(path.read_text())["findings"] for path in sorted((ROOT / "examples").glob("*.json"))]
    outcome = evaluate_rows(program, batch_from_cases(program, people).rows)
    digest = hashlib.sha256()
    for name in ARRAYS:
        digest.update(getattr(outcome, name).tobytes())
    for part in posterior_draws(program, outcome.states[0], 30.0, 3):
        digest.update(part.tobytes())
    here = digest.hexdigest()
    assert [fresh({}), fresh({"NUMBA_CACHE_DIR": str(tmp_path)})] == [here, here]


def fresh(more: dict[str, str]) -> str:
    words = [sys.executable, "-c", FRESH, str(ROOT / "examples")]
    paths = os.pathsep.join(p for p in sys.path if p)
    done = subprocess.run(words, env=os.environ | {"PYTHONPATH": paths} | more, capture_output=True, text=True, check=True)
    return done.stdout.strip()
