"""The installed knowledge folder, and a stamp of a folder: the same names and contents give the same stamp."""

from __future__ import annotations

import hashlib
import os
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path

INSTALLED = Path(str(files("afterdisc_knowledge")))
PARTS = ("*.yaml", "*/*.yaml", "sources/*.csv")


def cache_folder() -> Path:
    """Where compiled programs and kernels are kept: AFTERDISC_CACHE, else the user's cache folder."""
    given = os.environ.get("AFTERDISC_CACHE") or os.environ.get("XDG_CACHE_HOME")
    return (Path(given) if given else Path.home() / ".cache") / "afterdisc"


def stamp_of(folder: Path) -> str:
    """Sixteen hexadecimal digits from the names and contents of the knowledge files and the version of the software."""
    digest = hashlib.sha256()
    try:
        digest.update(version("afterdisc").encode())
    except PackageNotFoundError:
        digest.update(b"source")
    for path in sorted(p for part in PARTS for p in folder.glob(part)):
        digest.update(str(path.relative_to(folder)).encode() + b"\0")
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
