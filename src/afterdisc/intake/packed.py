"""Files that may be packed."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import IO


def opened(path: Path) -> IO[bytes]:
    """The bytes of a file, unpacked on the way by its ending (.gz, .zst; the latter needs pyarrow)."""
    if path.suffix == ".gz":
        return gzip.open(path, "rb")  # type: ignore[return-value]
    if path.suffix == ".zst":
        import pyarrow as pa

        packed: IO[bytes] = pa.CompressedInputStream(pa.OSFile(str(path)), "zstd")
        return packed
    return path.open("rb")
