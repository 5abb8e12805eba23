"""Where a line comes from: its sources, or the judgement behind it."""

from __future__ import annotations

from typing import Any


def support(text: dict[str, Any]) -> dict[str, Any]:
    """The sources and the judgement of a rule or a number."""
    out: dict[str, Any] = {"support": text["support"], "sources": list(text["facts"])}
    reason = text["why"]
    if reason and (text["support"] == "judgement" or not text["facts"]):
        out["judgement"] = {"because": reason, "worth": text["worth"]}
    return out
