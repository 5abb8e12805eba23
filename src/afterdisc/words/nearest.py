"""Which known name did the writer mean?"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The most similar known name, or None when nothing is near."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)), None)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A half sentence for an error message; empty when nothing is near."""
    guess = nearest(name, known)
    return f"Did you mean `{guess}`?" if guess else ""
