"""The engine says what the plain evaluator says, on small knowledge bases drawn at random and on the installed one."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afterdisc.compile import compile_program
from afterdisc.engine.evaluate import Outcome
from afterdisc.knowledge import read_knowledge
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.knowledge.conditions import Is, Not
from afterdisc.program import Program
from agreement.engine_side import evaluated, never_rechecked, published, said, said_directly
from oracle.posterior import at_size, by_cause, posterior, with_rechecks
from oracle.prior import fitted
from oracle.states import states_of
from small_bases import Sign, bases, cases, small_base, write_folder

ROOT = Path(__file__).resolve().parents[2]
EXACT = 1e-12
ROUNDED = 1.1e-11  # the program keeps its log odds to eleven digits


@settings(max_examples=250)
@given(st.data())
def test_states_probabilities_and_leading_sets_are_the_oracles(data: st.DataObject) -> None:
    base = data.draw(bases())
    program = compile_program(base)
    for case in data.draw(st.lists(cases(base), min_size=1, max_size=4)):
        must_agree(base, program, case)


def must_agree(base: KnowledgeBase, program: Program, case: dict[str, Any]) -> None:
    answer, outcome = said(program, case), evaluated(program, [case])
    cap, sets = with_rechecks(base, case, lambda cap: published(program, cap))
    assert states_seen(program, outcome) == {f: s for f, s in states_of(base, case).items() if f in program.findings}
    assert answer.cap == cap
    assert answer.causes == pytest.approx(by_cause(base, sets), rel=0, abs=EXACT)
    assert outcome.at_cap[0] == pytest.approx(at_size(sets, cap), rel=0, abs=EXACT)
    heaviest = sorted(sets.values(), reverse=True)[: len(answer.heaviest)]
    assert [w for _, w in answer.heaviest] == pytest.approx(heaviest, rel=0, abs=EXACT)
    for causes, weight in answer.heaviest:
        assert sets[causes] == pytest.approx(weight, rel=0, abs=EXACT)


def states_seen(program: Program, outcome: Outcome) -> dict[str, str]:
    rows = zip(program.findings, program.states, outcome.states[0].tolist(), strict=True)
    return {name: states[code] for name, states, code in rows if code != 255}


def test_states_worked_out_may_be_written_in_any_order() -> None:
    asked = Is("sign_asked", ("true",))
    sign = Sign("noisy_or", (0.9, 0.1), {"a": (0.2, 0.8)}, derived_from={"true": asked, "false": Not(asked)})
    base = small_base(causes={"a": 0.4, "b": 0.3}, nothing=0.4, signs={"sign": sign})
    must_agree(base, compile_program(base), {"sign_asked": True})


@settings(max_examples=60)
@given(st.data())
def test_four_and_five_causes_at_once_are_the_oracles(data: st.DataObject) -> None:
    base = data.draw(bases())
    case = data.draw(cases(base))
    program = compile_program(base)
    for cap in (3, 4, 5):
        theirs = posterior(base, case, cap, published(program, cap))
        ours = said_directly(program, case, cap)
        assert {s: ours.get(s, 0.0) for s in theirs} == pytest.approx(theirs, rel=0, abs=EXACT)
        assert sum(ours.values()) == pytest.approx(1.0, abs=EXACT)


@settings(max_examples=40)
@given(bases())
def test_the_prior_is_the_one_that_proportional_scaling_finds(base: KnowledgeBase) -> None:
    program = compile_program(base)
    for cap in program.caps:
        for slice_ in range(len(base.slices)):
            theirs = fitted(base, slice_, cap)
            assert published(program, cap)(slice_) == pytest.approx(theirs, rel=0, abs=ROUNDED)


@settings(max_examples=15)
@given(st.data())
def test_with_its_own_prior_the_oracle_says_the_same(data: st.DataObject) -> None:
    base = data.draw(bases(max_causes=4))
    case = data.draw(cases(base))
    program = never_rechecked(compile_program(base))
    theirs = by_cause(base, posterior(base, case, 3))
    assert said(program, case).causes == pytest.approx(theirs, rel=0, abs=10 * ROUNDED)


@settings(max_examples=12)
@given(st.data())
def test_a_base_read_from_yaml_gives_the_same_program(data: st.DataObject) -> None:
    base = data.draw(bases())
    with TemporaryDirectory() as folder:
        read = read_knowledge(write_folder(base, Path(folder)))
    ours, theirs = compile_program(read), compile_program(base)
    for name in ("findings", "states", "causes", "caps", "group_names"):
        assert getattr(ours, name) == getattr(theirs, name)
    for name in ("log_odds", "likelihood", "variant_of", "log_shift", "pair_odds", "mixture_weight", "rho", "bin_low"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
    must_agree(read, ours, data.draw(cases(read)))


@pytest.mark.parametrize("name", ["returning-leg-pain", "first-recurrence-on-mri"])
def test_an_example_on_the_installed_knowledge_is_the_oracles(name: str, program: Program, knowledge: KnowledgeBase) -> None:
    case = json.loads((ROOT / "examples" / f"{name}.json").read_text())["findings"]
    theirs = by_cause(knowledge, posterior(knowledge, case, 3, published(program, 3)))
    assert said(never_rechecked(program), case).causes == pytest.approx(theirs, rel=0, abs=EXACT)


def test_the_installed_prior_is_the_one_that_proportional_scaling_finds(program: Program, knowledge: KnowledgeBase) -> None:
    first = fitted(knowledge, 0, 3)
    assert published(program, 3)(0) == pytest.approx(first, rel=0, abs=ROUNDED)
