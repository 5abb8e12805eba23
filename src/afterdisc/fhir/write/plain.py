"""Findings as plain JSON values: a case may hold NumPy numbers, sets, and NaN for unknown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def plain_findings(findings: Mapping[str, Any]) -> dict[str, Any]:
    """What is known; null and NaN are unknown and are left out."""
    known = ((name, _plain(value)) for name, value in findings.items())
    return {name: value for name, value in known if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(map(_plain, value), key=lambda name: (name is None, str(name)))
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    number = value.item() if hasattr(value, "item") else value
    return None if isinstance(number, float) and number != number else number
