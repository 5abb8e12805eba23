"""What the sheet for deciding together is made from: one page, plain words, every chance as so many of a hundred people."""

from __future__ import annotations

from dataclasses import dataclass

from afterdisc.documents.letter import Person

MOST_OPTIONS = 4


@dataclass(frozen=True)
class Chance:
    """How many of a hundred people; `low` and `high` as the evidence leaves open."""

    label: str
    n: int
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True)
class Option:
    """One option that is open to this person, in plain words. `benefit` None: nobody has counted it."""

    label: str
    what: str
    good: str
    bad: str
    life: str
    benefit: Chance | None
    harms: tuple[Chance, ...] = ()
    also: tuple[str, ...] = ()  # the other harms, each with its number


@dataclass(frozen=True)
class Sheet:
    """Everything the sheet says. At most four options are shown."""

    site: str
    person: Person
    visit_on: str
    cause: str  # what is probably the matter, in plain words
    options: tuple[Option, ...]
    wishes: tuple[str, ...]
    matters: str
    unknown: tuple[str, ...]
    warning: str  # what cannot wait, and where to turn
    stamp: str
    made_on: str
    others: tuple[str, ...] = ()  # what is open too, by name alone
    not_yet: tuple[str, ...] = ()  # what may become open later
