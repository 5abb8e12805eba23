"""Three-valued logic: true, false and unknown (`None`). Unknown is never "no" [kleene1952]."""

from __future__ import annotations

from collections.abc import Iterable

Truth = bool | None


def not_(value: Truth) -> Truth:
    return None if value is None else not value


def all_(values: Iterable[Truth]) -> Truth:
    """False as soon as one is false; true only if all are true; else unknown."""
    seen = list(values)
    if False in seen:
        return False
    return None if None in seen else True


def any_(values: Iterable[Truth]) -> Truth:
    """True as soon as one is true; false only if all are false; else unknown."""
    seen = list(values)
    if True in seen:
        return True
    return None if None in seen else False


def at_least(n: int, values: Iterable[Truth]) -> Truth:
    """True once n are known true; false once so many are known false that n can no longer be reached."""
    seen = list(values)
    n_true, n_unknown = seen.count(True), seen.count(None)
    if n_true >= n:
        return True
    return None if n_true + n_unknown >= n else False
