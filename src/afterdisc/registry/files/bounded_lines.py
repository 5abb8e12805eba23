"""Lines of a text file for a reader that must hold a whole line: an endless one is replaced by a mark."""

from __future__ import annotations

import io
import zlib
from typing import IO

LONGEST_LINE = 4 * 1024 * 1024
READ = 64 * 1024
MARK = b"\x1eline too long"


class BoundedLines(io.RawIOBase):
    """A binary file in which no line is longer than LONGEST_LINE: MARK stands where a longer one stood.

    A file that cannot be read on ends after its last whole line; `damage` then holds why.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.ready, self.rest, self.skips, self.is_done = file, b"", b"", False, False
        self.damage: Exception | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]
        while not self.ready and not self.is_done:
            self._fill()
        n = min(len(target), len(self.ready))
        target[:n] = self.ready[:n]
        self.ready = self.ready[n:]
        return n

    def _fill(self) -> None:
        try:
            chunk = self.file.read(READ)
        except (OSError, EOFError, zlib.error) as error:  # a packed file cut short, a disk that fails
            self.damage, self.is_done = error, True
            return
        if not chunk:
            self.is_done, self.ready, self.rest = True, b"" if self.skips else self.rest, b""
            return
        if self.skips:
            end = chunk.find(b"\n")
            if end < 0:
                return
            chunk, self.skips = chunk[end:], False
        whole = self.rest + chunk
        cut = whole.rfind(b"\n") + 1
        self.ready, self.rest = whole[:cut], whole[cut:]
        if len(self.rest) > LONGEST_LINE:
            self.ready, self.rest, self.skips = self.ready + MARK, b"", True
