"""A workspace that record systems call, and one such caller."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from afterdisc.program import Program
from functional.hooks.calls import Machine, examples, machine
from functional.workspace.house import House, build


@pytest.fixture
def house(tmp_path: Path, program: Program) -> Iterator[House]:
    made = build(f"sqlite:///{tmp_path / 'clinic.sqlite'}", program)
    yield made
    made.database.close()


@pytest.fixture
def ehr(house: House) -> Machine:
    return machine(house)


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory, program: Program) -> Iterator[dict[str, dict[str, Any]]]:
    """What each example is about -> the whole answer to it."""
    made = build(f"sqlite:///{tmp_path_factory.mktemp('hooks') / 'clinic.sqlite'}", program)
    caller = machine(made)
    answers = {}
    for name, service, body in examples(program):
        answer = caller.call(service, body)
        assert answer.status_code == 200, answer.text
        answers[name] = answer.json()
    yield answers
    made.database.close()


@pytest.fixture(scope="module")
def cards(answered: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The cards of all examples; each gives exactly one."""
    assert {name: len(a["cards"]) for name, a in answered.items()} == dict.fromkeys(answered, 1)
    return [a["cards"][0] for a in answered.values()]
