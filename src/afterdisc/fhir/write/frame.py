"""What all resources of one writing share: the assessment, the person, the moment, how they are named and refer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from afterdisc.fhir.write.plain import plain_findings
from afterdisc.fhir.write.shape import Json, date_time_of, fhir_id, instant_of, is_reference, trimmed
from afterdisc.program import Program

if TYPE_CHECKING:
    from afterdisc.fhir.read.reading import Reading


@dataclass(frozen=True)
class Frame:
    """One assessment being written.

    subject    reference of the person; empty: said to be unknown
    at         ISO date or instant
    reading    what the findings were read from, if they were read from a record
    clinician  reference of who looked at it and takes it over; empty: nobody has, so everything is preliminary
    contained  the resources lie inside another one and refer to each other by `#id`
    """

    program: Program
    case: Mapping[str, Any]
    assessment: Mapping[str, Any]
    subject: str
    at: str
    reading: Reading | None = None
    clinician: str = ""
    contained: bool = False

    @property
    def book(self) -> Mapping[str, Any]:
        return self.program.book

    @property
    def canonical(self) -> str:
        return str(self.book["fhir"]["canonical"])

    @cached_property
    def findings(self) -> Mapping[str, Any]:
        """What is known, as plain values."""
        found: Mapping[str, Any] = self.case.get("findings", self.case)
        return plain_findings({name: value for name, value in found.items() if name in self.book["findings"]})

    @cached_property
    def when(self) -> str:
        return date_time_of(self.at)

    @cached_property
    def instant(self) -> str:
        return instant_of(self.at)

    @property
    def status(self) -> str:
        """Of what was concluded: preliminary until a clinician takes it over."""
        return "final" if self.clinician else "preliminary"

    @property
    def patient(self) -> Json:
        return {"reference": self.subject} if self.subject else {"display": "The person is not named"}

    @property
    def software(self) -> Json:
        """The program as author: a logical reference, since no server holds it as a Device."""
        made = self.assessment["software"]
        return {
            "type": "Device",
            "identifier": {"system": f"{self.canonical}/software", "value": f"{made['name']}-{made['version']}"},
            "display": f"Afterdisc {made['version']}",
        }

    @cached_property
    def _seed(self) -> str:
        named = [self.program.fingerprint, self.subject, self.at, self.clinician, self.case.get("id"), dict(self.findings)]
        return json.dumps(named, sort_keys=True, default=str)

    def id(self, key: str) -> str:
        """The same input gives the same id; of contained resources the key itself."""
        if self.contained:
            return fhir_id(key)
        return str(uuid5(uuid5(NAMESPACE_URL, self.canonical), f"{self._seed} {key}"))

    def url(self, key: str) -> str:
        return f"#{self.id(key)}" if self.contained else f"urn:uuid:{self.id(key)}"

    def reference(self, key: str, kind: str) -> Json:
        return {"reference": self.url(key), "type": kind}

    def inside(self) -> Frame:
        """The same for resources that lie inside another one."""
        return replace(self, contained=True)

    def identifier(self, key: str) -> list[Json]:
        """By which a server can tell that it has a resource already; what is contained needs none."""
        if self.contained:
            return []
        return [{"system": f"{self.canonical}/assessment", "value": self.id(key)}]

    def resource(self, kind: str, key: str, **elements: Any) -> Json:
        """A resource with its id; what is contained has no narrative of its own."""
        if self.contained:
            elements.pop("text", None)
        made: Json = trimmed(elements)
        return {"resourceType": kind, "id": self.id(key)} | made

    def read_from(self, findings: Iterable[str] | None = None) -> list[Json]:
        """References of the resources that findings were read from, by default of all; each once, in the order read."""
        if self.reading is None:
            return []
        wanted = None if findings is None else set(findings)
        found = (f.resource for f in self.reading.found if wanted is None or f.finding in wanted)
        return [{"reference": r} for r in dict.fromkeys(found) if is_reference(r)]
