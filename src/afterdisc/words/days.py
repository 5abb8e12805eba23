"""Dates as people write them."""

from __future__ import annotations

from datetime import date


def days_between(earlier: str, later: str) -> int:
    """Days from one ISO date to another; of an instant its date counts."""
    return (date.fromisoformat(later[:10]) - date.fromisoformat(earlier[:10])).days


def weeks_between(earlier: str, later: str) -> float:
    """Weeks from one ISO date to another, to a hundredth."""
    return round(days_between(earlier, later) / 7, 2)


def whole_years(born: str, on: str) -> int:
    """Birthdays had between two ISO dates."""
    return int(on[:4]) - int(born[:4]) - (on[5:10] < born[5:10])


def day(iso: str | None) -> str:
    """`2026-03-04` as `4 Mar 2026`; an unknown date is said to be so."""
    if not iso:
        return "date not known"
    d = date.fromisoformat(iso[:10])
    return f"{d.day} {d.strftime('%b')} {d.year}"
