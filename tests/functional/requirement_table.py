"""Which test shows which requirement of a standard, and the page of the manual that says so."""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
EXTERNAL = ROOT.parent / "shared" / "external"


@dataclass(frozen=True)
class Row:
    """One requirement."""

    id: int
    conformance: str
    url: str

    @property
    def section(self) -> str:
        return self.url.partition("#")[2].removesuffix("_1").replace("-", " ")


@dataclass(frozen=True)
class Requirements:
    """The rows of one list, on tests marked `mark` or with a reason in a file; `page` is where the manual shows it."""

    listed_in: Path
    reasons_in: Path
    page_in: Path
    mark: str
    head: str

    def rows(self) -> list[Row]:
        """In the order of the list."""
        with self.listed_in.open(encoding="utf-8", newline="") as handle:
            return [Row(int(r["id"]), r["conformance"], r["url"]) for r in csv.DictReader(handle)]

    def reasons(self) -> dict[int, str]:
        return {int(row): text for row, text in yaml.safe_load(self.reasons_in.read_text(encoding="utf-8")).items()}

    def shown(self) -> dict[int, list[str]]:
        """Row -> the names of the tests that are marked with it."""
        found: dict[int, list[str]] = {}
        for path in sorted((ROOT / "tests").rglob("test_*.py")):
            if f"mark.{self.mark}" in (source := path.read_text(encoding="utf-8")):
                for name, row in self._marked(ast.parse(source)):
                    found.setdefault(row, []).append(name)
        return found

    def _marked(self, tree: ast.Module) -> Iterator[tuple[str, int]]:
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for mark in node.decorator_list:
                    if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Attribute) and mark.func.attr == self.mark:
                        yield from ((node.name, int(ast.literal_eval(row))) for row in mark.args)

    def page(self) -> str:
        """The page as it should stand in the manual."""
        tests, why = self.shown(), self.reasons()
        lines = ["| row | says | section | shown by |", "|---|---|---|---|"]
        for row in self.rows():
            by = "; ".join(_sentence(name) for name in tests.get(row.id, [])) or f"*not by a test:* {why[row.id]}"
            lines.append(f"| {row.id} | {row.conformance} | [{row.section}]({row.url}) | {by} |")
        return self.head + "\n".join(lines) + "\n"

    def write(self) -> None:
        self.page_in.write_text(self.page(), encoding="utf-8")


def _sentence(name: str) -> str:
    return name.removeprefix("test_").replace("_", " ")
