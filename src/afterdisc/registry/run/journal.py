"""What a run has done so far: one line a part, on disk before the next part is begun."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from afterdisc.errors import AnotherRun

NAME = "journal.jsonl"


@dataclass(frozen=True)
class Done:
    """One part: which rows of which file it holds (the first row of a file is 1), and what became of them."""

    part: int
    source: str
    first_row: int
    n_in: int
    n_out: int
    n_refused: int
    sha256: str  # of the Parquet file; empty if no row was left to write


class Journal:
    """The journal of a folder of answers. `done` is what an earlier start had finished, in order."""

    def __init__(self, out: Path, settings: dict[str, Any]) -> None:
        self.path = out / NAME
        self.done: list[Done] = []
        if self.path.exists():
            self._take_up(settings)
        else:
            self._append({"run": settings})

    def _take_up(self, settings: dict[str, Any]) -> None:
        text = self.path.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]  # a line cut short by a kill was not done
        lines = [json.loads(line) for line in whole.splitlines()]
        if not lines:
            os.truncate(self.path, 0)
            self._append({"run": settings})
            return
        changed = [key for key, value in settings.items() if lines[0]["run"].get(key) != value]
        if changed:
            raise AnotherRun(
                f"{self.path.parent.name} holds a run begun with other {', '.join(changed)}. Name an empty folder, or add "
                "--restart to begin again here."
            )
        self.done = [Done(**line) for line in lines[1:]]
        if len(whole) < len(text):
            with self.path.open("r+b") as handle:
                handle.truncate(len(whole))

    def note(self, done: Done) -> None:
        self._append(asdict(done))
        self.done.append(done)

    def _append(self, line: dict[str, Any]) -> None:
        with self.path.open("ab") as handle:
            handle.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
            handle.flush()
            os.fsync(handle.fileno())

    def rows_done(self) -> dict[str, int]:
        """File -> how many of its rows are accounted for."""
        out: dict[str, int] = {}
        for part in self.done:
            out[part.source] = out.get(part.source, 0) + part.n_in
        return out
