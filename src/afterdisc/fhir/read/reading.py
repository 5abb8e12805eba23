"""A record read: what was found, what was looked for and is not there, and what could not be read and why."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from afterdisc.fhir.read.codes import CODED_BY, Lookups, Reader, lookup_of, readers_for
from afterdisc.fhir.read.hits import Candidate, Hit, Pointer, Setting, Unread
from afterdisc.fhir.read.looked_for import looked_for
from afterdisc.fhir.read.medicines import medicines_taken, read_medicines
from afterdisc.fhir.read.own import read_own
from afterdisc.fhir.read.stands import stands
from afterdisc.fhir.read.times import NEVER, Moment, is_after, when_of
from afterdisc.fhir.read.values import NotReadable, fitted
from afterdisc.fhir.read.ways import WAYS, is_later
from afterdisc.fhir.record import Record, Resource, address_of
from afterdisc.intake.batch import out_of_scope
from afterdisc.program import Program
from afterdisc.words.ingredient import ingredient

__all__ = ["Found", "Missing", "Pointer", "Reading", "Unread", "read_record"]
DISAGREE = "entries of the same time disagree"


@dataclass(frozen=True)
class Found:
    """The value of one finding, the entry it comes from, and that entry's date ("" if it has none)."""

    finding: str
    value: Any
    resource: str
    element: str
    on: str
    code: str
    note: str = ""


@dataclass(frozen=True)
class Missing:
    """Looked for and not in the record: unknown, never "no"."""

    finding: str
    looked_for: str


@dataclass(frozen=True)
class Reading:
    """One record at one day. `found` and `missing` in the order of the vocabulary."""

    patient: str
    at: str
    found: tuple[Found, ...]
    unread: tuple[Unread, ...]
    points: tuple[Pointer, ...]
    operated_on: str  # day of the index operation, "" if the record does not hold it
    operations: tuple[Found, ...]  # operations that may be the index one, the newest first; value = the day
    foreign: tuple[str, ...]
    failed: int
    looked: Mapping[str, str]

    @property
    def findings(self) -> dict[str, Any]:
        """The findings as a case takes them."""
        return {f.finding: f.value for f in self.found}

    @cached_property
    def missing(self) -> tuple[Missing, ...]:
        known = {f.finding for f in self.found}
        return tuple(Missing(finding, text) for finding, text in self.looked.items() if finding not in known)

    def case(self, name: str = "") -> dict[str, Any]:
        """The case for `assess`; `name` is its id, the person's address if none is given."""
        return {"id": name or self.patient or "record", "findings": self.findings}

    def as_json(self) -> dict[str, Any]:
        """Everything as plain data."""
        parts = ("found", "missing", "unread", "points", "operations")
        lists = {part: [dataclasses.asdict(x) for x in getattr(self, part)] for part in parts}
        alone = {"patient": self.patient, "at": self.at, "operated_on": self.operated_on}
        return alone | lists | {"foreign": list(self.foreign), "failed_searches": self.failed}


def read_record(program: Program, record: Record, *, at: str) -> Reading:
    """What a record says of every finding on a day.

    at  ISO date or instant; what is dated later does not exist yet.

    The newest entry decides. Entries of the same time that disagree, and entries that cannot be read, leave the finding
    unknown and are listed. Nothing that is absent becomes "no".
    """
    lookup = lookup_of(program)
    operations = _operations(program, record, at)
    setting = Setting(at, operations[0].when if operations else NEVER)
    candidates: dict[str, list[Candidate]] = {}
    unread: list[Unread] = []
    points: list[Pointer] = []
    for read in _everything(program, lookup, record, setting):
        if isinstance(read, Candidate):
            candidates.setdefault(read.finding, []).append(read)
        else:
            (unread if isinstance(read, Unread) else points).append(read)  # type: ignore[arg-type]
    found = []
    for finding, text in program.book["findings"].items():
        chosen = _chosen(candidates.get(finding, []))
        if isinstance(chosen, Unread):
            unread.append(chosen)
        elif chosen is not None and chosen.value is not None:
            fits = _fits(program, text, chosen)
            found.append(fits) if isinstance(fits, Found) else unread.append(fits)
    seen = {f.finding for f in found}
    notes = dict.fromkeys(u for u in unread)
    return Reading(
        patient=record.patient,
        at=at,
        found=tuple(found),
        unread=tuple(sorted(notes, key=lambda u: u.finding in seen)),
        points=tuple(dict.fromkeys(points)),
        operated_on=setting.operated.day,
        operations=tuple(Found("index_procedure", o.when.day, o.address, o.element, o.when.day, o.code) for o in operations),
        foreign=record.foreign,
        failed=record.failed,
        looked=looked_for(program),
    )


@dataclass(frozen=True)
class _Operation:
    when: Moment
    address: str
    element: str
    code: str


def _operations(program: Program, record: Record, at: str) -> list[_Operation]:
    """Every operation that may be the index one, the newest first; those with no date to the day last."""
    lookup = lookup_of(program).index
    found = []
    for resource in record.resources("Procedure"):
        when = when_of(resource)
        code = next((code for _, code in readers_for(lookup, "Procedure", resource.get("code"))), "")
        if code and stands(resource) == "yes" and not (when.is_known and is_after(when, at)):
            found.append(_Operation(when, address_of(resource), "Procedure.performed", code))
    return sorted(found, key=lambda o: (o.when.is_to_the_day, o.when.day), reverse=True)


def _everything(program: Program, lookup: Lookups, record: Record, setting: Setting) -> Iterator[Candidate | Unread | Pointer]:
    yield from read_own(program.book, record, setting)
    by_reader: dict[int, list[Hit]] = {}
    for kind, elements in CODED_BY.items():
        for resource in record.resources(kind):
            for hit in _hits(lookup, resource, kind, elements):
                if not is_later(hit, setting):
                    by_reader.setdefault(id(hit.reader), []).append(hit)
    for kind, reader in lookup.by_path:
        for resource in record.resources(kind):
            if reader.d["path"] in resource:
                when = when_of(resource) if reader.d["read"] == "elapsed" else NEVER
                hit = Hit(reader, resource, resource, f"{kind}.{reader.d['path']}", "", when, address_of(resource))
                by_reader.setdefault(id(reader), []).append(hit)
    for hits in by_reader.values():
        yield from _standing(hits, setting, lookup)
    yield from read_medicines(lookup.drugs, medicines_taken(program, lookup, record, setting), setting)


def _hits(lookup: Lookups, resource: Resource, kind: str, elements: tuple[str, ...]) -> Iterator[Hit]:
    for element in elements:
        for concept in _inside(resource, element):
            for reader, code in readers_for(lookup, kind, concept):
                yield _hit(reader, resource, resource, f"{kind}.{element}", code)
    if kind == "Observation":
        parts = resource.get("component")
        for i, part in enumerate(parts if isinstance(parts, list) else ()):
            if isinstance(part, dict):
                for reader, code in readers_for(lookup, kind, part.get("code")):
                    yield _hit(reader, resource, part, f"Observation.component[{i}]", code)
    if kind == "AllergyIntolerance":
        for reader, code in readers_for(lookup.without_allergy, kind, resource.get("code")):
            yield _hit(reader, resource, resource, "AllergyIntolerance.code", code, is_denied=True)


def _hit(reader: Reader, resource: Resource, node: Resource, element: str, code: str, *, is_denied: bool = False) -> Hit:
    return Hit(reader, resource, node, element, code, when_of(resource), address_of(resource), is_denied)


def _inside(resource: Resource, element: str) -> Iterator[Any]:
    """The concepts at `code` or `reaction.substance`."""
    name, _, rest = element.partition(".")
    value = resource.get(name)
    for one in value if isinstance(value, list) else (value,):
        yield one.get(rest) if rest and isinstance(one, dict) else one


def _standing(hits: list[Hit], setting: Setting, lookup: Lookups) -> Iterator[Candidate | Unread | Pointer]:
    """The hits that stand go to their way of reading; of the others it is told why they do not count."""
    counted: list[Hit] = []
    for hit in {(id(h.node), h.is_denied): h for h in hits}.values():
        status = stands(hit.resource)
        if hit.is_denied and status == "yes":  # "no known allergy" stands
            yield _no_allergy(hit)
        elif status == "yes":
            counted.append(hit)
        elif status == "denied" and not hit.is_denied:
            counted.append(dataclasses.replace(hit, is_denied=True))
        else:
            yield Unread(hit.reader.finding, hit.address, f"{hit.resource['resourceType']}.status", status)
    if counted:
        yield from WAYS[counted[0].reader.d["read"]](counted, setting, lookup)


def _no_allergy(hit: Hit) -> Candidate:
    note = "the record says that no allergy is known"
    return Candidate(hit.reader.finding, False, hit.when, hit.address, hit.element, hit.code, hit.reader.order, note)


def _chosen(candidates: list[Candidate]) -> Candidate | Unread | None:
    """The entry that decides: lasting history, then the newest; of one time the first declared, unless they disagree."""
    if not candidates:
        return None
    lasting = [c for c in candidates if c.is_lasting]
    if lasting:
        return max(lasting, key=lambda c: c.when.sort_key)
    day = max(c.when.day for c in candidates)
    newest = [c for c in candidates if c.when.day == day]
    if all(c.when.instant for c in newest):
        last = max(c.when.sort_key for c in newest)
        newest = [c for c in newest if c.when.sort_key == last]
    first = min(c.order for c in newest)
    decide = newest if any(isinstance(c.value, bool) for c in newest) else [c for c in newest if c.order == first]
    if any(c.value != decide[0].value for c in decide[1:]):
        c = decide[0]
        return Unread(c.finding, ", ".join(sorted({x.resource for x in decide})), c.element, DISAGREE, "Say which holds.")
    first_declared = min(decide, key=lambda c: c.order)
    bounds = [c for c in candidates if c.is_at_least]
    return max(bounds, key=lambda c: c.value) if first_declared.is_at_least else first_declared


def _fits(program: Program, text: Mapping[str, Any], c: Candidate) -> Found | Unread:
    try:
        value = fitted(text["kind"], text["range"], c.value)
    except NotReadable as error:
        if _is_out_of_scope(program, c):  # a child is no slip of the pen: the assessment has to say so
            return Found(c.finding, c.value, c.resource, c.element, c.when.day, c.code, c.note)
        return Unread(c.finding, c.resource, c.element, error.why, error.mend)
    if text["kind"] == "set":
        value = [*dict.fromkeys(ingredient(v) for v in value if v is not None), *([None] if None in value else [])]
    elif text["kind"] == "map":
        value = {ingredient(str(k)): v for k, v in value.items()}
    return Found(c.finding, value, c.resource, c.element, c.when.day, c.code, c.note)


def _is_out_of_scope(program: Program, c: Candidate) -> bool:
    place = next((i for i, column in enumerate(program.columns) if column.name == c.finding), None)
    return place is not None and out_of_scope(program, place, c.value) is not None
