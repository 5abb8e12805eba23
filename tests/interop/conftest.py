"""What Afterdisc publishes, written once for all tests of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from afterdisc.compile import compile_program
from afterdisc.fhir.publish import publish
from afterdisc.knowledge import read_knowledge
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.program import Program
from tiny_base import TINY

DAY = "2026-11-25"
ROOT = Path(__file__).resolve().parents[2]
Json = dict[str, Any]


@pytest.fixture(scope="session")
def folder(program: Program, knowledge: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that is published."""
    made = tmp_path_factory.mktemp("published")
    publish(program, knowledge, made, DAY)
    return made


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of the tiny base."""
    made, tiny = tmp_path_factory.mktemp("tiny"), read_knowledge(TINY)
    publish(compile_program(tiny), tiny, made, DAY)
    return made


@pytest.fixture(scope="session")
def package(folder: Path) -> Path:
    return folder / "package"


@pytest.fixture(scope="session")
def resources(package: Path) -> list[Json]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(package.glob("*-*.json"))]
