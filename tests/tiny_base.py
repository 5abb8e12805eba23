"""A tiny knowledge base that a test may break in one place."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from afterdisc.errors import KnowledgeError
from afterdisc.knowledge.check import Report
from afterdisc.review.vignettes import check_everything

TINY = Path(__file__).parent / "tiny_knowledge"
TODAY = date(2026, 11, 25)


class Folder:
    """A copy of the tiny base."""

    def __init__(self, path: Path) -> None:
        self.path = path
        shutil.copytree(TINY, path)

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace `old`, which must stand in the file exactly once."""
        path = self.path / file
        content = path.read_text(encoding="utf-8")
        assert content.count(old) == 1, f"{content.count(old)} times in {file}: {old}"
        path.write_text(content.replace(old, new), encoding="utf-8")

    def where(self, file: str, at: str) -> str:
        """file:line of the first line that holds `at`."""
        lines = (self.path / file).read_text(encoding="utf-8").splitlines()
        return f"{file}:{next(i for i, line in enumerate(lines, 1) if at in line)}"

    def report(self, today: date = TODAY) -> Report:
        return check_everything(self.path, today=today)

    def errors(self) -> tuple[KnowledgeError, ...]:
        return self.report().errors
