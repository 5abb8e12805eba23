"""The value of a finding in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

UNKNOWN = "not known"
NO_NAME = "and others not known"


def answer(finding: Mapping[str, Any], value: Any) -> str:
    """An answer in words. Unknown is said, and is never "no"."""
    if value is None:
        return UNKNOWN
    kind = finding["kind"]
    if kind == "bool":
        return "yes" if value else "no"
    if kind in ("ordinal", "category"):
        return str(finding["values"].get(value, value))
    if kind == "set":
        return ", ".join(NO_NAME if v is None else str(v) for v in value) or "none"
    if kind == "map":
        unit = finding["unit"].rpartition(":")[2]
        return ", ".join(f"{k} {'?' if v is None else f'{v:g}'} {unit}".strip() for k, v in value.items()) or "none"
    return f"{value:g} {finding['unit']}".strip()
