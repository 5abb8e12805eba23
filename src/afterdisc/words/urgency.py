"""How soon: E0 now, E1 the same day, E2 within days, ask (cannot be cleared), E3 routine."""

from __future__ import annotations

URGENCIES = ("E0", "E1", "E2", "ask", "E3")
MEANING = {
    "E0": "Emergency: now",
    "E1": "Same day",
    "E2": "Within days, 7 at most",
    "ask": "Cannot be cleared: questions are open",
    "E3": "Routine",
}


def most_urgent(urgencies: list[str]) -> str:
    """The most urgent of several; routine if there is none."""
    return min(urgencies, key=URGENCIES.index, default="E3")
