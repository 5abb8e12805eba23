"""How a function of the engine is compiled, and where the machine code is kept."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import numba as nb

from afterdisc.words.files import cache_folder


def compiled(**options: Any) -> Any:
    """A compiled function, kept on disk beside all that was compiled from this very text of the engine.

    Numba's own cache looks only at the file a function stands in; a kernel that takes in another file's function would
    then outlive a change of that file.
    """

    def made(function: Any) -> Any:
        given, NUMBA.CACHE_DIR = NUMBA.CACHE_DIR, KERNEL_CACHE or NUMBA.CACHE_DIR
        try:
            return nb.njit(cache=True, nogil=True, error_model="numpy", **options)(function)
        finally:
            NUMBA.CACHE_DIR = given

    return made


def _kernel_cache() -> str:
    """The folder for this text of the engine; empty (Numba's own choice) if it was named otherwise or cannot be made."""
    if os.environ.get("NUMBA_CACHE_DIR"):
        return ""
    text = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
    folder = cache_folder() / f"kernels-{hashlib.sha256(text).hexdigest()[:12]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return ""
    return str(folder) if os.access(folder, os.W_OK) else ""


NUMBA: Any = nb.config
KERNEL_CACHE = _kernel_cache()
