"""What the tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from afterdisc.door import load_program
from afterdisc.knowledge import read_knowledge
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.program import Program

ROOT = Path(__file__).resolve().parents[1]
SLOW_START = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

# The same examples every time, so that a failure is one for everybody. `AFTERDISC_EXPLORE=1 ./run test` looks for new ones.
settings.register_profile("same", deadline=None, derandomize=True, suppress_health_check=SLOW_START)
settings.register_profile("explore", deadline=None, suppress_health_check=SLOW_START, print_blob=True)
settings.register_profile("unshrunk", settings.get_profile("same"), phases=(Phase.explicit, Phase.generate))
settings.load_profile("explore" if os.environ.get("AFTERDISC_EXPLORE") else "same")


@pytest.fixture(scope="session")
def program() -> Program:
    """The installed knowledge, compiled."""
    return load_program()


@pytest.fixture(scope="session")
def knowledge() -> KnowledgeBase:
    """The installed knowledge, as read."""
    return read_knowledge()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of designs and cases beside the project; without it the test is skipped."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs the folder ../shared")
    return folder
