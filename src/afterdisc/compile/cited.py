"""A support as the book carries it."""

from __future__ import annotations

from typing import Any

from afterdisc.knowledge.base import Support


def support_of(support: Support) -> dict[str, Any]:
    return {
        "support": support.kind,
        "facts": list(support.facts),
        "why": support.because,
        "worth": support.worth,
        "where": support.where,
    }
