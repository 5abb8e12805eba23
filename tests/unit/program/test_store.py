"""A program as bytes and back."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from afterdisc.compile import compile_program
from afterdisc.engine.evaluate import evaluate_rows
from afterdisc.errors import IncompatibleProgram
from afterdisc.intake import batch_from_cases
from afterdisc.knowledge.conditions import Is
from afterdisc.program import Program, program_from_bytes, program_to_bytes
from small_bases import Sign, finding, rule, small_base, treatment

YES = Is("fever", ("true",))


def made() -> Program:
    base = small_base(
        causes={"a": (0.3, 0.2), "b": 0.2},
        nothing=0.65,
        slices=(((0.0, 6.0), 3.0, 0.5), ((6.0, 5200.0), 20.0, 0.5)),
        signs={"ache": Sign("noisy_max", (0.6, 0.3, 0.1), {"a": (0.2, 0.4, 0.4)}, states=("no", "some", "much"), bins=(2, 5))},
        others=[finding("fever")],
        risk_factors={"b": {"fever": {"true": 2.0}}},
        red_flags={"R1": {"E1": YES}},
        treatments=[treatment("rest", [rule("rest.fever", "avoid", YES)])],
        n_draws=3,
    )
    return compile_program(base)


PROGRAM = made()
DATA = program_to_bytes(PROGRAM)


def must_be_equal(one: object, other: object) -> None:
    if isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        assert one.shape == other.shape
        np.testing.assert_array_equal(one, other)
    elif dataclasses.is_dataclass(one):
        assert type(one) is type(other)
        for field in dataclasses.fields(one):
            must_be_equal(getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, tuple):
        assert len(one) == len(other)
        for mine, theirs in zip(one, other, strict=True):
            must_be_equal(mine, theirs)
    else:
        assert one == other or one != one


def test_a_program_comes_back_as_it_was() -> None:
    must_be_equal(PROGRAM, program_from_bytes(DATA))


def test_it_evaluates_the_same_afterwards() -> None:
    back = program_from_bytes(DATA)
    rows = batch_from_cases(PROGRAM, [{"ache": 4.0, "weeks_since_surgery": 10.0}]).rows
    ours, theirs = evaluate_rows(PROGRAM, rows), evaluate_rows(dataclasses.replace(back, fingerprint="back"), rows)
    assert ours.probability.tobytes() == theirs.probability.tobytes()


def test_writing_again_gives_the_same_bytes() -> None:
    assert program_to_bytes(program_from_bytes(DATA)) == DATA


def test_the_same_knowledge_gives_the_same_bytes() -> None:
    assert program_to_bytes(made()) == DATA


def test_arrays_begin_at_round_addresses() -> None:
    """So that they can be mapped from a file."""
    back = program_from_bytes(DATA)
    assert (back.likelihood.ctypes.data - back.log_odds.ctypes.data) % 64 == 0


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.9, 0.99])
def test_cut_short_it_is_refused(share: float) -> None:
    with pytest.raises(IncompatibleProgram, match="Run `afterdisc compile` again"):
        program_from_bytes(DATA[: int(len(DATA) * share)])


def test_bytes_of_another_kind_are_refused() -> None:
    for data in (b"", b"PK\x03\x04 a zip", DATA.replace(b"PROGRAM\x01", b"PROGRAM\x02", 1)):
        with pytest.raises(IncompatibleProgram, match="no program of this version"):
            program_from_bytes(data)


@pytest.mark.parametrize("change", [1, 4, 16, 128])
def test_damage_to_any_byte_is_refused(change: int) -> None:
    """Never a crash, and never another number in silence."""
    for place in range(len(DATA)):
        data = bytearray(DATA)
        data[place] ^= change
        with pytest.raises(IncompatibleProgram):
            program_from_bytes(bytes(data))
