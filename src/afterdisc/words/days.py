"""Dates as people write them."""

from __future__ import annotations

from datetime import date


def day(iso: str | None) -> str:
    """`2026-03-04` as `4 Mar 2026`; an unknown date is said to be so."""
    if not iso:
        return "date not known"
    d = date.fromisoformat(iso[:10])
    return f"{d.day} {d.strftime('%b')} {d.year}"
