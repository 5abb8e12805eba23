"""What the readers work on and what they give: hits, candidates for a value, and notes on what could not be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from afterdisc.fhir.read.codes import Reader
from afterdisc.fhir.read.times import NEVER, Moment

Resource = Mapping[str, Any]


@dataclass(frozen=True)
class Hit:
    """One resource, or one component of it, that a declaration is about."""

    reader: Reader
    resource: Resource
    node: Resource  # the resource itself, or the component that holds the value
    element: str  # FHIRPath of the node
    code: str
    when: Moment
    address: str
    is_denied: bool = False


@dataclass(frozen=True)
class Candidate:
    """A value for a finding. `value` None: the record says that it is not known."""

    finding: str
    value: Any
    when: Moment
    resource: str
    element: str
    code: str
    order: int
    note: str = ""
    is_lasting: bool = False  # history: once is enough, a later entry does not undo it
    is_at_least: bool = False  # a count of what is in the record: more may have been elsewhere


@dataclass(frozen=True)
class Unread:
    """Something is there, but gives no value. `why` in words, never the value."""

    finding: str
    resource: str
    element: str
    why: str
    mend: str = ""


@dataclass(frozen=True)
class Pointer:
    """A document that is there to be read; it gives no value."""

    finding: str
    resource: str
    on: str
    say: str


@dataclass(frozen=True)
class Setting:
    """What every reader is told: the day, and the index operation's date as far as the record knows it."""

    at: str
    operated: Moment = NEVER


def unread(hit: Hit, why: str, mend: str = "") -> Unread:
    return Unread(hit.reader.finding, hit.address, hit.element, why, mend)
