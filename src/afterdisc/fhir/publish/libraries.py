"""Library resources: each CQL library with its text, its ELM, what it includes and what it looks at."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

from afterdisc.fhir.publish.cql import OBSERVATIONS, OBSERVATIONS_VERSION, CqlLibrary, libraries_of, written_by_hand
from afterdisc.fhir.publish.cql.findings import is_plain
from afterdisc.fhir.publish.cql.logic import FINDINGS
from afterdisc.fhir.publish.meta import Publication
from afterdisc.fhir.write.shape import Json

KINDS = "http://terminology.hl7.org/CodeSystem/library-type"
KIND: Json = {"coding": [{"system": KINDS, "code": "logic-library", "display": "Logic Library"}]}
SHARED = "How the value of a finding is taken from Observations; the same for every knowledge base."


def library_resources(pub: Publication, made: list[CqlLibrary]) -> Iterator[Json]:
    """`made` are the generated ones; the one written by hand comes first."""
    text, elm = written_by_hand()
    yield _resource(pub, OBSERVATIONS, SHARED, text, elm, version=OBSERVATIONS_VERSION)
    for library in made:
        yield _resource(
            pub,
            library.name,
            library.about,
            library.cql(),
            library.elm_text(),
            relatedArtifact=[_depends(pub, *included) for included in library.includes],
            parameter=[_given(name, say) for name, say in library.parameters.items()],
            dataRequirement=list(_looks_at(pub)) if library.name == FINDINGS else [],
        )


def generated(pub: Publication) -> list[CqlLibrary]:
    return libraries_of(pub.base, pub.program.book)


def _resource(pub: Publication, name: str, about: str, cql: str, elm: str, **elements: object) -> Json:
    attachments = (("text/cql", cql), ("application/elm+json", elm))
    content = [{"contentType": kind, "data": b64encode(text.encode()).decode()} for kind, text in attachments]
    return pub.artifact("Library", name, f"Afterdisc {name}", about, type=KIND, **elements, content=content)


def _depends(pub: Publication, name: str, version: str) -> Json:
    return {"type": "depends-on", "display": name, "resource": f"{pub.address('Library', name)}|{version}"}


def _given(name: str, say: str) -> Json:
    return {"name": name, "use": "in", "min": 0, "max": "1", "documentation": say, "type": "decimal"}


def _looks_at(pub: Publication) -> Iterator[Json]:
    """The Observations to fetch: in our own code system, and those in which a measurement is read from the codes of others."""
    sets = [pub.canonical_of("ValueSet", "finding")]
    for finding, declared in pub.program.book["fhir"]["readings"].items():
        for i, d in enumerate((d for d in declared if d["codes"]), 1):
            if is_plain(d):
                sets.append(pub.canonical_of("ValueSet", f"reading-{finding}-{i}"))
    yield from ({"type": "Observation", "codeFilter": [{"path": "code", "valueSet": address}]} for address in sets)
