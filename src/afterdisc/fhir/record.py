"""One person's resources out of a Bundle, checked to be R4 and to belong together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from afterdisc.errors import UnreadableRecord
from afterdisc.fhir.versions import refuse_other_version

MOST_RESOURCES = 50_000
Resource = Mapping[str, Any]
SUBJECTS = ("subject", "patient")
OF_NOBODY = {"Medication", "OperationOutcome", "Practitioner", "PractitionerRole", "Organization", "Location", "Questionnaire"}


@dataclass(frozen=True)
class Record:
    """What is known of one person. `of_type` holds resources in the order given; `failed` the searches that failed."""

    patient: str  # "Patient/123", "" if the record holds none
    of_type: Mapping[str, tuple[Resource, ...]]
    by_address: Mapping[str, Resource] = field(default_factory=dict)
    failed: int = 0
    foreign: tuple[str, ...] = ()  # resources that belong to somebody else

    def resources(self, *types: str) -> Iterator[Resource]:
        for kind in types:
            yield from self.of_type.get(kind, ())

    def resolve(self, reference: object, inside: Resource) -> Resource | None:
        """The resource a reference points to: contained, by its full address, or by type and id."""
        if not isinstance(reference, dict) or not isinstance(reference.get("reference"), str):
            return None
        address = reference["reference"]
        if address.startswith("#"):
            contained = inside.get("contained")
            listed = contained if isinstance(contained, list) else []
            return next((r for r in listed if isinstance(r, dict) and r.get("id") == address[1:]), None)
        return self.by_address.get(address) or self.by_address.get(_tail(address))


def address_of(resource: Resource) -> str:
    """`Observation/123`; without an id the type alone."""
    kind, own = str(resource.get("resourceType", "")), resource.get("id")
    return f"{kind}/{own}" if isinstance(own, str) and own else kind


def record_of(data: object, *, patient: str = "") -> Record:
    """One person's record from a Bundle, one resource, or a list of resources and Bundles.

    patient  "Patient/123" or "123": whose record is meant, where the Bundle holds more than one person.

    Raises UnreadableRecord, with the element and the rule that is broken, for what is no FHIR R4 and for the records of
    several people with no word on who is meant.
    """
    resources: dict[str, list[Resource]] = {}
    by_address: dict[str, Resource] = {}
    failed = 0
    for n, (resource, full_url, place) in enumerate(_unpacked(data)):
        if n >= MOST_RESOURCES:
            raise UnreadableRecord(f"more than {MOST_RESOURCES} resources. Send one person's record.", rule="too-long")
        kind = _kind_of(resource, place)
        if kind == "OperationOutcome":
            failed += _is_failure(resource)
            continue
        refuse_other_version(resource, place)
        resources.setdefault(kind, []).append(resource)
        for address in (full_url, address_of(resource)):
            by_address.setdefault(address, resource)
    whose = _person(resources, patient)
    mine, foreign = _of_person(resources, whose, {u for u, r in by_address.items() if address_of(r) == whose})
    return Record(whose, {kind: tuple(found) for kind, found in mine.items()}, by_address, failed, tuple(foreign))


def _unpacked(data: object) -> Iterator[tuple[Resource, str, str]]:
    """(resource, full address, FHIRPath) of everything inside, Bundles within lists included; a Bundle in a Bundle too."""
    waiting: list[tuple[object, str, str]] = [(data, "", "")]
    while waiting:
        item, full_url, place = waiting.pop()
        if isinstance(item, list):
            waiting += [(inner, "", f"{place}[{i}]") for i, inner in reversed(list(enumerate(item)))]
            continue
        if not isinstance(item, dict):
            raise UnreadableRecord("is no resource; an object with `resourceType` is expected", element=place or "Bundle")
        if item.get("resourceType") == "Bundle":
            waiting += reversed(list(_entries(item, place or "Bundle")))
        else:
            yield item, full_url, place or str(item.get("resourceType", "resource"))[:60]


def _entries(bundle: Resource, place: str) -> Iterator[tuple[object, str, str]]:
    entries = bundle.get("entry", [])
    if not isinstance(entries, list):
        raise UnreadableRecord("must be a list", element=f"{place}.entry")
    for i, entry in enumerate(entries):
        where = f"{place}.entry[{i}]"
        if not isinstance(entry, dict):
            raise UnreadableRecord("must be an object", element=where)
        full_url = entry.get("fullUrl", "")
        if not isinstance(full_url, str):
            raise UnreadableRecord("must be text", element=f"{where}.fullUrl")
        if "resource" in entry:
            yield entry["resource"], full_url, f"{where}.resource"


def _is_failure(outcome: Resource) -> bool:
    """More than a remark: a search with a warning has been answered."""
    issues = outcome.get("issue")
    listed = issues if isinstance(issues, list) else []
    return any(isinstance(i, dict) and i.get("severity") in ("error", "fatal") for i in listed) or not listed


def _kind_of(resource: Resource, place: str) -> str:
    kind = resource.get("resourceType")
    if not isinstance(kind, str) or not kind.isalpha() or not kind[0].isupper() or len(kind) > 40:
        raise UnreadableRecord("`resourceType` must name a FHIR R4 resource", element=f"{place}.resourceType")
    own = resource.get("id", "x")
    if not isinstance(own, str) or not 1 <= len(own) <= 64:
        raise UnreadableRecord("`id` must be text of 1 to 64 characters", element=f"{place}.id")
    return kind


def _person(resources: Mapping[str, list[Resource]], asked: str) -> str:
    people = list(dict.fromkeys(address_of(p) for p in resources.get("Patient", ())))
    if asked:
        wanted = asked if asked.startswith("Patient/") else f"Patient/{_tail(asked).rpartition('/')[2]}"
        if people and wanted not in people:
            raise UnreadableRecord("the Bundle holds no Patient of that id", element="Patient.id", rule="not-found")
        return wanted
    if len(people) > 1:
        raise UnreadableRecord(
            "the record holds several people. Say whose is meant, or send one person's.",
            element="Patient",
            rule="multiple-matches",
        )
    if people:
        return people[0]
    named = {r for kind, found in resources.items() if kind not in OF_NOBODY for x in found if (r := _subject(x))}
    if len(named) > 1:
        raise UnreadableRecord(
            "the resources belong to several people. Send one person's record, with the Patient.",
            element="Bundle.entry.resource.subject",
            rule="multiple-matches",
        )
    return next(iter(named), "")


def _subject(resource: Resource) -> str:
    """`Patient/123` of the person a resource is about; "" if it does not say, or says it in another way."""
    for name in SUBJECTS:
        reference = resource.get(name)
        if isinstance(reference, dict) and isinstance(reference.get("reference"), str):
            return _tail(reference["reference"])
    return ""


def _of_person(
    resources: Mapping[str, list[Resource]], whose: str, known_as: Iterable[str]
) -> tuple[dict[str, list[Resource]], list[str]]:
    """The resources of this person, and the addresses of those that name somebody else."""
    names, foreign = {whose, *known_as}, []
    mine: dict[str, list[Resource]] = {}
    for kind, found in resources.items():
        for resource in found:
            subject = _subject(resource) if kind not in OF_NOBODY else ""
            is_theirs = address_of(resource) == whose if kind == "Patient" else (not subject or subject in names)
            if is_theirs or not whose:
                mine.setdefault(kind, []).append(resource)
            else:
                foreign.append(address_of(resource))
    return mine, foreign


def _tail(address: str) -> str:
    """`https://x/fhir/Patient/1/_history/2` as `Patient/1`; a `urn:` as it is."""
    if address.startswith("urn:"):
        return address
    parts = address.partition("/_history/")[0].rsplit("/", 2)
    return "/".join(parts[-2:])


