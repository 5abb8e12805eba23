"""What a person typed, as a case would hold it."""

from __future__ import annotations

import math
from typing import Any

NOT_KNOWN = "?"  # in a list: and others, nobody knows which; after a name: nobody knows how much


def value_of(text: dict[str, Any], raw: str) -> Any:
    """The answer as a case file would hold it; what cannot be understood stays as it was typed and will be refused."""
    if text["kind"] == "bool":
        return {"y": True, "yes": True, "n": False, "no": False}.get(raw.lower(), raw)
    if text["values"]:
        states = list(text["values"])
        return states[int(raw) - 1] if raw.isdecimal() and 1 <= int(raw[:4]) <= len(states) else raw
    if text["kind"] in ("set", "map"):
        parts = [part.strip() for part in raw.split(",") if part.strip() and part.strip().lower() != "none"]
        return [None if part == NOT_KNOWN else part for part in parts] if text["kind"] == "set" else dict(map(_pair, parts))
    return _number(raw.replace(",", "."))


def _pair(part: str) -> tuple[str, Any]:
    """`gabapentin 900` or `gabapentin: 900`; `gabapentin ?` or the name alone where the amount is not known."""
    name, _, number = part.replace(":", " ").rpartition(" ")
    if not name.strip():
        return number, None
    return name.strip(), None if number == NOT_KNOWN else _number(number)


def _number(raw: str) -> Any:
    try:
        number = float(raw)
    except ValueError:
        return raw
    if math.isnan(number):
        return raw
    return int(number) if number.is_integer() else number
