"""The shape of FHIR JSON: no nulls, no empty lists or texts, moments with a time zone, ids without underscores."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, TypeAlias

from afterdisc.errors import ImpossibleValue

Json: TypeAlias = dict[str, Any]

REFERENCE = re.compile(r"([A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64}|https?://\S+|urn:\S+)")


def trimmed(node: Any) -> Any:
    """The same without what FHIR forbids: null, empty text, empty lists and empty objects. False and 0 stay."""
    if isinstance(node, dict):
        inner = ((name, trimmed(value) if isinstance(value, dict | list) else value) for name, value in node.items())
        return {name: value for name, value in inner if value or value == 0}
    if isinstance(node, list):
        items = (trimmed(value) if isinstance(value, dict | list) else value for value in node)
        return [value for value in items if value or value == 0]
    return node


def resource(resource_type: str, /, **elements: Any) -> Json:
    """A resource of this type; elements that are empty are left out."""
    made: Json = trimmed(elements)
    return {"resourceType": resource_type} | made


def fhir_id(name: str) -> str:
    """A name as an id: FHIR ids have no underscore."""
    return re.sub(r"[^A-Za-z0-9.-]", "-", name)[:64]


def is_reference(text: str) -> bool:
    """Is it a reference that another resource may hold? A path into one, or a contained one, is none."""
    return REFERENCE.fullmatch(text) is not None


def instant_of(at: str) -> str:
    """A moment as FHIR instant: of a date its beginning, in UTC where no zone is given.

    Raises ImpossibleValue for what is neither an ISO date nor an ISO instant.
    """
    moment = _moment(at)
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return zoned.isoformat(timespec="seconds").replace("+00:00", "Z")


def date_time_of(at: str) -> str:
    """A moment as FHIR dateTime, no more exact than it was given: a date stays a date."""
    return _moment(at).date().isoformat() if len(at) <= len("2026-03-01") else instant_of(at)


def _moment(at: str) -> datetime:
    try:
        return datetime.fromisoformat(at)
    except ValueError:
        raise ImpossibleValue("`at` must be an ISO date or instant, for example 2026-03-01 or 2026-03-01T09:30:00Z.") from None
