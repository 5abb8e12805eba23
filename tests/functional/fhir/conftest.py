"""A workspace for the tests of its FHIR endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from afterdisc.program import Program
from afterdisc.service.rates import Rates
from functional.ehr.sekmet import sekmet
from functional.workspace.house import House, build

__all__ = ["house", "sekmet"]


@pytest.fixture
def house(tmp_path: Path, program: Program) -> Iterator[House]:
    made = build(f"sqlite:///{tmp_path / 'clinic.sqlite'}", program)
    made.desk.rates = Rates("100000/minute")
    yield made
    made.database.close()
