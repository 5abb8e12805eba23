"""How an ingredient is spelt, so that "Methylene Blue" and "methylene-blue" are one."""

from __future__ import annotations

import re


def ingredient(name: str) -> str:
    """Lower case, everything but letters and digits as one underscore."""
    return re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")
