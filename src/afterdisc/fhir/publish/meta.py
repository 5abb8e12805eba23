"""What every published resource says of itself: as AHRQ CDS Connect and the CPG guide ask, and nothing that is not so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from afterdisc.fhir.publish.rested import Artifacts
from afterdisc.fhir.write.narrative import narrative
from afterdisc.fhir.write.shape import Json, date_time_of, fhir_id, trimmed
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.program import Program

PUBLISHER = "Afterdisc"
AUTHORS = "The Afterdisc authors"
COPYRIGHT = "The Afterdisc authors, Apache-2.0. Codes of others belong to their owners, who may ask for a licence."
NOT_REVIEWED = "Not yet reviewed by an independent clinician"
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
NOT_DONE: Json = {"extension": [{"url": ABSENT, "valueCode": "not-performed"}]}
TOPICS = "http://terminology.hl7.org/CodeSystem/definition-topic"
USAGE_CONTEXT = "http://terminology.hl7.org/CodeSystem/usage-context-type"


@dataclass(frozen=True)
class Publication:
    """What is published, and as of which day: ISO date or instant."""

    program: Program
    base: KnowledgeBase
    at: str

    @property
    def canonical(self) -> str:
        return str(self.program.book["fhir"]["canonical"])

    @property
    def date(self) -> str:
        return date_time_of(self.at)

    @cached_property
    def artifacts(self) -> Artifacts:
        return Artifacts(self.program, self.at)

    def address(self, kind: str, name: str) -> str:
        return f"{self.canonical}/{kind}/{fhir_id(name)}"

    def canonical_of(self, kind: str, name: str) -> str:
        """The address with the version: what another resource refers to."""
        return f"{self.address(kind, name)}|{self.base.version}"

    def system(self, name: str) -> str:
        return self.address("CodeSystem", name)

    def coding(self, system: str, code: str, display: str = "") -> Json:
        return {"system": self.system(system), "code": code} | ({"display": display} if display else {})

    # ----------------------------------------------------------------------------------------------------------- resources

    def plain(self, resource_type: str, name: str, title: str, description: str, /, **elements: Any) -> Json:
        """A resource with what terminology and StructureDefinitions can say of themselves."""
        head = self._head(resource_type, name, title, description)
        purpose = f"Part of what Afterdisc knows: {self.base.title.lower()}."
        return trimmed(head | {"purpose": purpose, "copyright": COPYRIGHT} | elements)  # type: ignore[no-any-return]

    def artifact(self, resource_type: str, name: str, title: str, description: str, /, **elements: Any) -> Json:
        """A resource with all that knowledge artifacts can say: who made it, who looked at it, how to use it."""
        base, usage = self.base, f"{self.base.intended_use} Nothing here is an order: a clinician decides."
        said = {
            "purpose": f"So that other software can use what Afterdisc knows: {base.title.lower()}.",
            "usage": usage,
            "copyright": COPYRIGHT,
            "_approvalDate": NOT_DONE,
            "_lastReviewDate": NOT_DONE,
            "effectivePeriod": self.period(),
            "useContext": [self._focus()],
            "topic": [{"coding": [{"system": TOPICS, "code": "assessment", "display": "Assessment"}], "text": base.title}],
            "author": [{"name": AUTHORS}],
            "editor": [{"name": AUTHORS}],
            "reviewer": [{"name": NOT_REVIEWED}],
        }
        return trimmed(self._head(resource_type, name, title, description) | said | elements)  # type: ignore[no-any-return]

    def dated(self, resource: Json) -> Json:
        """A resource made elsewhere, with the day of this publication and which knowledge it is from."""
        kept = {name: value for name, value in resource.items() if name not in ("date", "identifier")}
        more: Json = {"identifier": [self.identifier()], "date": self.date}
        match resource["resourceType"]:
            case "Questionnaire":
                more |= {"_approvalDate": NOT_DONE, "_lastReviewDate": NOT_DONE, "effectivePeriod": self.period()}
            case "OperationDefinition":  # has neither an identifier nor a copyright
                more = {"date": self.date, "comment": f"Knowledge {self.identifier()['value']}."}
            case _:
                more |= {"text": narrative(resource["title"], [resource["description"]]), "copyright": COPYRIGHT}
        return {**kept, **trimmed(more)}

    def period(self) -> Json:
        """Until the day by which the knowledge must be looked at again."""
        start = self.date if self.date[:10] <= self.base.review_by else ""
        return {"start": start, "end": self.base.review_by}

    def identifier(self) -> Json:
        """Which knowledge exactly: version and fingerprint."""
        return {"system": f"{self.canonical}/knowledge", "value": f"{self.base.version}-{self.program.fingerprint}"}

    def _head(self, kind: str, name: str, title: str, description: str) -> Json:
        identifier = self.identifier()
        return {
            "resourceType": kind,
            "id": fhir_id(name),
            "language": "en",
            "text": narrative(title, [description]),
            "url": self.address(kind, name),
            "identifier": identifier if kind == "ConceptMap" else [identifier],
            "version": self.base.version,
            "name": computable(name),
            "title": title,
            "status": "active",
            "experimental": True,
            "date": self.date,
            "publisher": PUBLISHER,
            "description": description,
        }

    def _focus(self) -> Json:
        code = {"system": USAGE_CONTEXT, "code": "focus", "display": "Clinical Focus"}
        return {"code": code, "valueCodeableConcept": {"text": self.base.title}}


def computable(name: str) -> str:
    """`esi_caudal` as a name for programs: EsiCaudal."""
    parts = name.replace("_", "-").split("-")
    made = "".join(part[:1].upper() + part[1:] for part in parts if part)
    return made if made[:1].isalpha() else f"N{made}"


def unique(items: Iterable[Json]) -> list[Json]:
    """Each once, in order."""
    out: list[Json] = []
    for item in items:
        if item not in out:
            out.append(item)
    return out
