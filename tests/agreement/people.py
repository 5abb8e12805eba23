"""People to try things on: the examples and the published cases that travel with the project."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@lru_cache(maxsize=1)
def examples() -> dict[str, dict[str, Any]]:
    """{name: findings} of every example."""
    return {path.stem: json.loads(path.read_text())["findings"] for path in sorted((ROOT / "examples").glob("*.json"))}


@lru_cache(maxsize=1)
def published_cases() -> list[dict[str, Any]]:
    """The findings of every stage of every published case that travels with the tests."""
    out = []
    for path in sorted((ROOT / "tests" / "acceptance" / "cases").glob("[0-9]*.json")):
        out += [stage["findings"] for stage in json.loads(path.read_text())["stages"].values()]
    return out
