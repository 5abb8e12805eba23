"""What Afterdisc publishes, written once for all tests of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from afterdisc.fhir.publish import publish
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.program import Program

DAY = "2026-11-25"
Json = dict[str, Any]


@pytest.fixture(scope="session")
def folder(program: Program, knowledge: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that is published."""
    made = tmp_path_factory.mktemp("published")
    publish(program, knowledge, made, DAY)
    return made


@pytest.fixture(scope="session")
def package(folder: Path) -> Path:
    return folder / "package"


@pytest.fixture(scope="session")
def resources(package: Path) -> list[Json]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(package.glob("*-*.json"))]
