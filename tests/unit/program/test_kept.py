"""What is made from a program belongs to that very object."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from dataclasses import replace

import pytest

from afterdisc.compile import compile_program
from afterdisc.door import assess
from afterdisc.engine.benefit import benefits_of
from afterdisc.engine.draws import draw_tables
from afterdisc.engine.evaluate import engine_of, set_probabilities
from afterdisc.errors import ImpossibleValue
from afterdisc.intake import batch_from_cases
from afterdisc.program import Program
from agreement.engine_side import evaluated
from small_bases import Sign, small_base

SORE = {"ache": 4.0}


def made() -> Program:
    ache = Sign("noisy_max", (0.6, 0.3, 0.1), {"a": (0.2, 0.4, 0.4)}, states=("no", "some", "much"), bins=(2, 5))
    base = small_base(causes={"a": 0.3, "b": 0.2}, nothing=0.65, signs={"ache": ache}, n_draws=3)
    return compile_program(base)


def test_an_altered_copy_with_the_same_fingerprint_is_evaluated_by_its_own_numbers() -> None:
    program = made()
    before = evaluated(program, [SORE]).probability
    log_odds = program.log_odds.copy()
    log_odds[:, :, 0] += 1.0
    altered = replace(program, log_odds=log_odds)
    assert altered.fingerprint == program.fingerprint
    assert evaluated(altered, [SORE]).probability[0, 0] > before[0, 0] + 0.05
    assert evaluated(program, [SORE]).probability.tobytes() == before.tobytes()


@pytest.mark.parametrize("cap", [4, 5])
def test_an_altered_copy_has_its_own_numbers_with_more_causes_too(cap: int) -> None:
    program = made()
    altered = replace(program, likelihood=program.likelihood[:, ::-1].copy())
    states = evaluated(program, [SORE]).states[0]
    ours, theirs = (set_probabilities(engine_of(p), states, 20.0, cap) for p in (program, altered))
    assert abs(ours - theirs).max() > 0.01


def test_an_altered_copy_has_its_own_columns() -> None:
    program = made()
    narrow = replace(program, columns=tuple(replace(c, high=3.0) if c.name == "ache" else c for c in program.columns))
    batch_from_cases(program, [SORE])
    with pytest.raises(ImpossibleValue, match="takes -100 to 3"):
        batch_from_cases(narrow, [SORE])


def test_what_was_made_is_made_once() -> None:
    program = made()
    assert engine_of(program) is engine_of(program)
    assert benefits_of(program).engine is engine_of(program)
    assert draw_tables(program, 3) is draw_tables(program, 3)
    assert draw_tables(program, 3) is not draw_tables(program, 4)


def test_what_was_made_goes_with_its_program(program: Program) -> None:
    copied = replace(program)
    assess({"leg_pain_nrs": 6}, program=copied)
    set_probabilities(engine_of(copied), evaluated(copied, [{}]).states[0], 20.0, 4)
    seen = [weakref.ref(thing) for thing in (copied, engine_of(copied), draw_tables(copied, 3), benefits_of(copied))]
    del copied
    gc.collect()
    assert [thing() for thing in seen] == [None] * 4


def test_a_program_can_be_copied_and_pickled_after_use() -> None:
    """What was made of it stays behind: a generated function cannot be pickled."""
    program = made()
    said = evaluated(program, [SORE]).probability.tobytes()
    for other in (copy.copy(program), pickle.loads(pickle.dumps(program))):
        assert not other.kept
        assert evaluated(other, [SORE]).probability.tobytes() == said
