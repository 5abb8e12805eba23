"""Is this FHIR R4 that can be read? Every resource in it by name, version and place, before anything of it is used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from afterdisc.errors import UnreadableRecord
from afterdisc.fhir.circles import refuse_circles, refuse_contained
from afterdisc.fhir.versions import R4_TYPES, SEND_R4, refuse_other_version

MOST_ENTRIES = 20_000
ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
HOLDERS = {"Bundle": "entry", "Parameters": "parameter"}


@dataclass(frozen=True)
class Placed:
    """A resource and where it stands."""

    resource: Mapping[str, Any]
    place: str  # FHIRPath
    full_url: str = ""
    is_contained: bool = False


def refuse_other_shapes(data: object) -> None:
    """Raises UnreadableRecord, with the element and the rule, for what is no FHIR R4, and for what goes round in a circle.

    Looked at is what tells versions apart in the resources that are read here, not every element: a single wrong element
    makes its own finding unreadable when it is read, not the whole record.
    """
    found = list(placed(data))
    for each in found:
        refuse_other_version(each.resource, each.place)
        refuse_contained(each.resource, each.place)
    refuse_circles((each.resource, each.full_url, each.place) for each in found if not each.is_contained)


def placed(data: object) -> Iterator[Placed]:
    """Every resource: this one, what its Bundle or Parameters hold, what is contained; each of a type that R4 has."""
    waiting = [(data, "", "", False)]
    n_found = 0
    while waiting:
        item, place, full_url, is_contained = waiting.pop()
        resource = _resource(item, place or "body")
        kind = resource["resourceType"]
        place = place or kind
        yield Placed(resource, place, full_url, is_contained)
        inner = [(r, f"{place}.contained[{i}]", "", True) for i, r in enumerate(_listed(resource, "contained", place))]
        if kind in HOLDERS and not is_contained:
            inner += _held(resource, HOLDERS[kind], place)
        n_found += len(inner)
        if n_found > MOST_ENTRIES:
            raise _too_many(place)
        waiting += reversed(inner)


def _resource(item: object, place: str) -> Mapping[str, Any]:
    if not isinstance(item, Mapping):
        raise UnreadableRecord("must be a resource: an object with `resourceType`.", element=place)
    if "resourceType" not in item:
        raise UnreadableRecord("is missing. Every resource says what it is.", element=f"{place}.resourceType", rule="required")
    kind, own = item["resourceType"], item.get("id", "x")
    if not isinstance(kind, str) or kind not in R4_TYPES:
        raise UnreadableRecord(f"is no resource type of R4. {SEND_R4}", element=f"{place}.resourceType", rule="not-supported")
    if not isinstance(own, str) or not 1 <= len(own) <= 64:
        raise UnreadableRecord("must be text of 1 to 64 characters.", element=f"{place}.id", rule="value")
    if kind == "Patient" and "id" in item and not ID.fullmatch(own):
        raise UnreadableRecord("must be letters, digits, `-` and `.`: others refer to it.", element=f"{place}.id", rule="value")
    return item


def _listed(item: Mapping[str, Any], name: str, place: str) -> list[Any]:
    listed = item.get(name, [])
    if not isinstance(listed, list):
        raise UnreadableRecord("must be a list.", element=f"{place}.{name}")
    if len(listed) > MOST_ENTRIES:
        raise _too_many(f"{place}.{name}")
    return listed


def _too_many(place: str) -> UnreadableRecord:
    what = f"more than {MOST_ENTRIES} resources. Send one person's record, of the types that are read here."
    return UnreadableRecord(what, element=place, rule="too-costly")


def _held(item: Mapping[str, Any], name: str, place: str) -> Iterator[tuple[object, str, str, bool]]:
    for i, inner in enumerate(_listed(item, name, place)):
        where = f"{place}.{name}[{i}]"
        if not isinstance(inner, Mapping):
            raise UnreadableRecord("must be an object.", element=where)
        full_url = inner.get("fullUrl", "")
        if not isinstance(full_url, str):
            raise UnreadableRecord("must be text.", element=f"{where}.fullUrl", rule="value")
        if "resource" in inner:
            yield inner["resource"], f"{where}.resource", full_url, False
        if name == "parameter" and "part" in inner:
            yield from _held(inner, "part", where)
