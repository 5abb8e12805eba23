"""Where a word stands in a knowledge file, so that an error can name the very line."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from afterdisc.errors import UndeclaredName
from afterdisc.words.nearest import nearest

FEW = 12  # names that still fit into a message


class Places:
    """The lines of a knowledge folder, read when an error asks for them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lines: dict[str, list[str]] = {}

    def of(self, where: str, word: str) -> str:
        """file:line of the first line from `where` on that holds the word; `where` itself if none does."""
        file, _, start = where.partition(":")
        whole = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
        lines = self._file(file)
        for number in range(int(start or 1), len(lines) + 1):
            if whole.search(lines[number - 1]):
                return f"{file}:{number}"
        return where

    def of_row(self, pattern: str, key: str) -> str:
        """file:line of the last row of the tables `sources/<pattern>` whose first column is `key`."""
        out = f"sources/{pattern}"
        for path in sorted((self.folder / "sources").glob(pattern)):
            with path.open(newline="", encoding="utf-8") as handle:
                rows = csv.reader(handle)
                for row in rows:
                    if row and row[0] == key:
                        out = f"sources/{path.name}:{rows.line_num}"
        return out

    def undeclared(self, name: str, what: str, known: Mapping[str, object] | Iterable[str], where: str) -> UndeclaredName:
        """The error for a name that is no declared `what`, at the line where it stands, with the name meant."""
        names = list(known)
        guess = nearest(name, names)
        mend = f"Known: {', '.join(names)}." if len(names) <= FEW else ""
        if guess is not None:
            declared = getattr(known[guess], "where", "") if isinstance(known, Mapping) else ""
            mend = f"Did you mean `{guess}`{f' ({declared})' if declared else ''}?"
        return UndeclaredName(f"`{name}` is no declared {what}.", where=self.of(where, name), mend=mend)

    def _file(self, name: str) -> list[str]:
        if name not in self._lines:
            path = self.folder / name
            self._lines[name] = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        return self._lines[name]
