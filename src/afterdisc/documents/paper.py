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
    """A list of short lines. `is_told_by_number`: each line begins with a number of its own."""

    items: tuple[str, ...]
    is_told_by_number: bool = False


@dataclass(frozen=True)
class Pairs:
    """Lines of a name and what belongs to it."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Banner:
    """What must be seen first. `tone` is now, soon, open or calm; the words say the same as the colour."""

    title: str
    tone: str
    text: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under a header. `bars` gives each row a share from 0 to 1 with its interval, drawn where the format can."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    bars: tuple[tuple[float, float, float], ...] = ()


Part = Text | Points | Pairs | Banner | Table


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it. `is_small`: for looking up rather than for reading."""

    title: str
    parts: tuple[Part, ...]
    is_small: bool = False


@dataclass(frozen=True)
class Paper:
    """A whole letter, ready to be set."""

    title: str
    sender: str
    sender_lines: tuple[str, ...]
    addressee: tuple[str, ...]
    written: str  # the day, in words
    facts: tuple[tuple[str, str], ...]  # whom and what it is about, as label and value
    sections: tuple[Section, ...]
    signature: tuple[str, ...]
    stamp: str  # at the foot of each page
    is_draft: bool
    made_on: str  # an ISO date
