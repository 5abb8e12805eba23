"""The vocabulary is a contract: more may be added, nothing is renamed."""

from __future__ import annotations

import pytest

from acceptance.coded import HERE
from afterdisc.program import Program

SIZES = {"findings": 206, "causes": 22, "investigations": 33, "treatments": 37}


def lines_of(kind: str) -> list[list[str]]:
    return [line.split() for line in (HERE / "vocabulary" / f"{kind}.txt").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(("kind", "n"), SIZES.items())
def test_the_list_is_whole(kind: str, n: int) -> None:
    assert len({words[0] for words in lines_of(kind)}) == n


@pytest.mark.parametrize("kind", SIZES)
def test_every_id_is_known_and_spelled_the_same(program: Program, kind: str) -> None:
    known = set(program.book[kind])
    assert not [words[0] for words in lines_of(kind) if words[0] not in known]


def test_the_engine_holds_every_cause_and_treatment(program: Program) -> None:
    assert {words[0] for words in lines_of("causes")} <= {*program.causes, "expected_recovery"}
    assert {words[0] for words in lines_of("treatments")} <= set(program.treatments)
    assert {words[0] for words in lines_of("findings")} <= {column.finding for column in program.columns}


def test_every_finding_is_of_its_kind_and_takes_its_states(program: Program) -> None:
    for name, kind, *states in lines_of("findings"):
        text = program.book["findings"][name]
        assert text["kind"] == kind, name
        if states:
            assert set(states[0].split("|")) <= set(text["values"]), name
