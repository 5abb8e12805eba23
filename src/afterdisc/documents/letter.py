"""What a letter is made from, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Person:
    """Whom the paper is about."""

    name: str
    number: str
    born: str | None = None


@dataclass(frozen=True)
class Decided:
    """One decision, in words."""

    label: str
    choice: str  # accept, defer, decline
    reason: str
    text: str = ""
    review_on: str | None = None


@dataclass(frozen=True)
class Scored:
    """One score on one day, in words: `Leg pain, 0 to 10`, `7 points`, `2026-05-14`."""

    label: str
    value: str
    on: str


@dataclass(frozen=True)
class Letter:
    """Everything a letter says. `findings` are known ones, as (group, [(label, answer)]); `unknown` are labels."""

    site: str
    person: Person
    visit_on: str
    operation: str
    assessment: Mapping[str, Any]
    findings: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    unknown: tuple[str, ...]
    come_back: tuple[str, ...] = ()  # what cannot wait for the next visit
    decisions: tuple[Decided, ...] = ()
    note: str = ""
    signed_by: str = ""
    signed_at: str = ""
    made_on: str = ""
    chance_words: tuple[tuple[float, str], ...] = ()  # what a chance is called from which size on, the greatest first
    wide_interval: float = 1.0  # an interval of this width is called wide
    scores: tuple[Scored, ...] = ()
    addressee: tuple[str, ...] = ()  # name and address, line by line
    site_lines: tuple[str, ...] = ()  # address and telephone of the site, line by line
    clinician: str = ""
