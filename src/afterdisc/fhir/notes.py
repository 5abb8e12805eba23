"""What stands in a record but was not counted, put together where it is the same over and over."""

from __future__ import annotations

from collections.abc import Iterable

from afterdisc.fhir.read.reading import Unread


def alike(notes: Iterable[Unread]) -> list[list[Unread]]:
    """Notes of one finding with the same reason, together; a record holds years of blood pressures."""
    found: dict[tuple[str, str, str, str], list[Unread]] = {}
    for note in notes:
        found.setdefault((note.finding, note.element, note.why, note.mend), []).append(note)
    return list(found.values())


def where(notes: list[Unread]) -> str:
    """The first of them, and how many more."""
    more = f" and {len(notes) - 1} more" if len(notes) > 1 else ""
    return f"{notes[0].resource}{more}"
