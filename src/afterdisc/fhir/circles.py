"""What goes round in a circle: contained resources that refer to each other, parts that are parts of themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from afterdisc.errors import UnreadableRecord

PARTS = ("partOf", "hasMember", "derivedFrom", "basedOn", "replaces", "parent")  # from a part to the whole or back: no circle
MEND = "Take out the reference that closes the circle."


def refuse_circles(entries: Iterable[tuple[Mapping[str, Any], str, str]]) -> None:
    """Raises UnreadableRecord if a resource is, by way of others, a part of itself.

    entries   (resource, full address or "", FHIRPath) of what stands side by side
    """
    listed = list(entries)
    places = {name: place for resource, full_url, place in listed for name in _names(resource, full_url)}
    edges = {place: {places[r] for r in references_in(resource, PARTS) if r in places} for resource, _, place in listed}
    caught = in_circle(edges)
    if caught:
        place = next(place for _, _, place in listed if place in caught)
        raise UnreadableRecord(f"is a part of itself ({', '.join(PARTS)}). {MEND}", element=place, rule="invariant")


def _names(resource: Mapping[str, Any], full_url: str) -> list[str]:
    own = [f"{resource.get('resourceType')}/{resource['id']}"] if "id" in resource else []
    return [*own, full_url] if full_url else own


def refuse_contained(resource: Mapping[str, Any], place: str) -> None:
    """Raises UnreadableRecord if what is contained contains others, or refers to its neighbours in a circle."""
    edges: dict[str, set[str]] = {}
    for i, inner in enumerate(resource.get("contained", [])):
        if not isinstance(inner, Mapping):
            continue
        if "contained" in inner:
            where = f"{place}.contained[{i}].contained"
            raise UnreadableRecord("a contained resource contains no others (dom-2).", element=where, rule="invariant")
        if isinstance(inner.get("id"), str):
            edges[f"#{inner['id']}"] = set(references_in(inner))
    if in_circle(edges):
        what = f"contained resources refer to each other in a circle. {MEND}"
        raise UnreadableRecord(what, element=f"{place}.contained", rule="invariant")


def references_in(item: Any, within: Iterable[str] | None = None) -> Iterator[str]:
    """Every reference inside; with `within` only those in these elements of a resource."""
    waiting = [item] if within is None else [item[name] for name in within if name in item]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Mapping):
            if isinstance(part.get("reference"), str):
                yield part["reference"]
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part


def in_circle(edges: Mapping[str, set[str]]) -> set[str]:
    """The names from which a way leads into a circle: what is left when, again and again, what leads nowhere is taken away."""
    ahead = {name: ways & edges.keys() for name, ways in edges.items()}
    behind: dict[str, list[str]] = {}
    for name, ways in ahead.items():
        for there in ways:
            behind.setdefault(there, []).append(name)
    n_ahead = {name: len(ways) for name, ways in ahead.items()}
    ends = [name for name, n in n_ahead.items() if not n]
    while ends:
        end = ends.pop()
        del n_ahead[end]
        for name in behind.get(end, ()):
            n_ahead[name] -= 1
            if not n_ahead[name]:
                ends.append(name)
    return set(n_ahead)
