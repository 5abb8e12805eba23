"""Which test shows which row of the CDS Hooks requirements, and the page of the manual that says so."""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[3]
LISTED = ROOT.parent / "shared" / "external" / "cds-hooks" / "requirements-2.0.csv"
REASONS = Path(__file__).with_name("reasons.yaml")
PAGE = ROOT / "docs" / "reference" / "cds-hooks-requirements.md"
MARK = "cds_hooks"
HEAD = """# CDS Hooks 2.0, row by row

Every requirement of [CDS Hooks 2.0](https://cds-hooks.hl7.org/2.0/) that binds a service, with the tests that show it, or the
reason why none does. `python tests/functional/hooks/write_table.py` makes the page from the tests.
How to connect a record system is in [CDS Hooks](../how-to/cds-hooks.md).

"""


@dataclass(frozen=True)
class Row:
    """One requirement."""

    id: int
    conformance: str
    url: str

    @property
    def section(self) -> str:
        return self.url.partition("#")[2].removesuffix("_1").replace("-", " ")


def listed() -> list[Row]:
    """The requirements in the order of their list."""
    with LISTED.open(encoding="utf-8", newline="") as handle:
        return [Row(int(r["id"]), r["conformance"], r["url"]) for r in csv.DictReader(handle)]


def reasons() -> dict[int, str]:
    return {int(row): text for row, text in yaml.safe_load(REASONS.read_text(encoding="utf-8")).items()}


def shown() -> dict[int, list[str]]:
    """Row -> the names of the tests that are marked with it."""
    found: dict[int, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        if MARK in (source := path.read_text(encoding="utf-8")):
            for name, row in _marked(ast.parse(source)):
                found.setdefault(row, []).append(name)
    return found


def _marked(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Attribute) and mark.func.attr == MARK:
                    yield from ((node.name, int(ast.literal_eval(row))) for row in mark.args)


def page() -> str:
    """The page as it should stand in the manual."""
    tests, why = shown(), reasons()
    lines = ["| row | says | section | shown by |", "|---|---|---|---|"]
    for row in listed():
        by = "; ".join(_sentence(name) for name in tests.get(row.id, [])) or f"*not by a test:* {why[row.id]}"
        lines.append(f"| {row.id} | {row.conformance} | [{row.section}]({row.url}) | {by} |")
    return HEAD + "\n".join(lines) + "\n"


def _sentence(name: str) -> str:
    return name.removeprefix("test_").replace("_", " ")
