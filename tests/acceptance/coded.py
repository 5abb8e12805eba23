"""The coded cases: published ones, safety cases, textbook cases, examples."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CASES = HERE / "cases"


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


PUBLISHED: list[dict[str, Any]] = [read(path) for path in sorted(CASES.glob("[0-9]*.json"))]
SAFETY: list[dict[str, Any]] = read(CASES / "safety_open.json")
TEXTBOOK: list[dict[str, Any]] = read(HERE / "sanity_cases.json")
EXAMPLES: dict[str, dict[str, Any]] = {path.stem: read(path) for path in sorted((ROOT / "examples").glob("*.json"))}


def every_case() -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, findings) of all of them, at each stage."""
    for case in PUBLISHED:
        for stage, known in case["stages"].items():
            yield f"{case['id']} {stage}", known["findings"]
    for case in (*SAFETY, *TEXTBOOK, *EXAMPLES.values()):
        yield case["id"], case["findings"]
