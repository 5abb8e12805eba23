"""The official cases of SQL on FHIR v2, run against the compiler; and their report in the suite's own format."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from afterdisc.views import ViewError, read_view, run_view


@dataclass(frozen=True)
class Case:
    file: str
    title: str
    resources: list[dict[str, Any]]
    test: dict[str, Any]


def cases(folder: Path) -> Iterator[Case]:
    for path in sorted(folder.glob("*.json")):
        suite = json.loads(path.read_text(encoding="utf-8"))
        for test in suite.get("tests", []):
            yield Case(path.name, test["title"], suite["resources"], test)


def outcome(case: Case, folder: Path, *, typed: bool) -> tuple[list[dict[str, Any]] | None, list[str]]:
    """(rows, column names) of the view over the resources; None for an error."""
    file = folder / "resources.ndjson"
    text = "".join(json.dumps(resource) + "\n" for resource in case.resources)
    file.write_text(text, encoding="utf-8")
    try:
        rows = run_view(read_view(case.test["view"]), file, typed=typed)
        return [row for batch in rows.batches for row in batch.to_pylist()], list(rows.schema.names)
    except ViewError:
        return None, []


def passed(case: Case, folder: Path, *, typed: bool) -> bool:
    """Whether a case comes out as its suite expects; rows may come in any order."""
    rows, names = outcome(case, folder, typed=typed)
    if case.test.get("expectError"):
        return rows is None
    if rows is None:
        return False
    if "expectCount" in case.test:
        return len(rows) == case.test["expectCount"]
    if "expectColumns" in case.test and names != case.test["expectColumns"]:
        return False
    return sorted(map(_key, rows)) == sorted(map(_key, case.test["expect"]))


def _key(row: dict[str, Any]) -> str:
    plain = {name: float(v) if isinstance(v, int) and not isinstance(v, bool) else v for name, v in row.items()}
    return json.dumps(plain, sort_keys=True)


def report(folder: Path, scratch: Path) -> dict[str, Any]:
    """file -> {"tests": [{"name", "result": {"passed"}}]}, as the suite's own runner writes it."""
    out: dict[str, Any] = {}
    for case in cases(folder):
        result = {"name": case.title, "result": {"passed": passed(case, scratch, typed=True)}}
        out.setdefault(case.file, {"tests": []})["tests"].append(result)
    return out
