"""The parts a paper is made of, the same for every format."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """One paragraph."""

    text: str
    is_strong: bool = False


@dataclass(frozen=True)
class Points:
    """A list of short lines."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Rows under a header. `bars` gives each row a share from 0 to 1 with its interval, drawn where the format can."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    bars: tuple[tuple[float, float, float], ...] = ()


Part = Text | Points | Table


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Paper:
    """A whole letter, ready to be set."""

    title: str
    sender: str
    facts: tuple[tuple[str, str], ...]  # whom and what it is about, as label and value
    sections: tuple[Section, ...]
    stamp: str  # at the foot of each page
    is_draft: bool
    made_on: str  # an ISO date
