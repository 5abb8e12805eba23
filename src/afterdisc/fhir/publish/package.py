"""publish: all resources as a FHIR package, and as the input from which sushi builds an implementation guide."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from afterdisc.fhir.publish.activities import activity_definitions
from afterdisc.fhir.publish.cql import OBSERVATIONS, CqlLibrary, written_by_hand
from afterdisc.fhir.publish.guide import guide_files
from afterdisc.fhir.publish.libraries import generated, library_resources
from afterdisc.fhir.publish.maps import concept_maps
from afterdisc.fhir.publish.meta import PUBLISHER, Publication
from afterdisc.fhir.publish.plan import plan_definition
from afterdisc.fhir.publish.terminology import code_systems, value_sets
from afterdisc.fhir.write.extensions import extension_definitions
from afterdisc.fhir.write.questionnaire import questionnaire_of
from afterdisc.fhir.write.shape import Json
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.program import Program

PACKAGE = "org.afterdisc.fhir"
R4 = "4.0.1"
INDEXED = ("resourceType", "id", "url", "version", "kind", "type")


def publish(program: Program, base: KnowledgeBase, folder: Path, at: str) -> list[Path]:
    """Write everything under `folder`, which is made if need be; returns what was written, sorted.

    program, base  the same knowledge, compiled and as read
    at             ISO date or instant that the resources carry; no clock is read

    `package/` is an npm-style FHIR package; `sushi-config.yaml` and `input/` are what sushi builds. The same knowledge and
    day give the same bytes. Files of the same name are replaced, others are left alone. Raises OSError, and ImpossibleValue
    for an `at` that is no date.
    """
    written = []
    for name, text in sorted(files_of(program, base, at).items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        written.append(path)
    return written


def files_of(program: Program, base: KnowledgeBase, at: str) -> dict[str, str]:
    """{path: content} of everything that is published."""
    pub = Publication(program, base, at)
    made = generated(pub)
    resources = list(resources_of(pub, made))
    texts = {_file_name(r): as_json(r) for r in resources}
    assert len(texts) == len(resources), "two resources of one name"
    listed = [_indexed(r) for r in sorted(resources, key=_file_name)]
    package = {
        "package.json": as_json(_manifest(pub)),
        ".index.json": as_json({"index-version": 1, "files": listed}),
        **texts,
    }
    cql = {OBSERVATIONS: written_by_hand()[0] + "\n", **{library.name: library.cql() for library in made}}
    return {
        **{f"package/{name}": text for name, text in package.items()},
        **guide_files(pub, PACKAGE, npm_version(base.version), {_place(r): texts[_file_name(r)] for r in resources}),
        **{f"input/cql/{name}.cql": text for name, text in cql.items()},
    }


def resources_of(pub: Publication, made: list[CqlLibrary]) -> Iterator[Json]:
    """Every resource that is published; `made` are the generated CQL libraries."""
    yield from code_systems(pub)
    yield from value_sets(pub)
    yield from concept_maps(pub)
    yield from map(pub.dated, extension_definitions(pub.program))
    yield pub.dated(questionnaire_of(pub.program))
    yield from library_resources(pub, made)
    yield from activity_definitions(pub)
    yield plan_definition(pub)


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def npm_version(version: str) -> str:
    """Packages are numbered with three parts: 2026.12 is 2026.12.0."""
    parts = [str(int(part)) for part in re.findall(r"\d+", version)[:3]]
    return ".".join([*parts, "0", "0"][:3])


def _manifest(pub: Publication) -> Json:
    return {
        "name": PACKAGE,
        "version": npm_version(pub.base.version),
        "canonical": pub.canonical,
        "url": pub.canonical,
        "title": pub.base.title,
        "description": f"{pub.base.intended_use} Knowledge {pub.base.version}, fingerprint {pub.program.fingerprint}.",
        "type": "IG",
        "fhirVersions": [R4],
        "dependencies": {"hl7.fhir.r4.core": R4},
        "author": PUBLISHER,
        "license": "Apache-2.0",
        "date": re.sub(r"\D", "", pub.date),
        "directories": {"lib": "package"},
    }


def _file_name(resource: Json) -> str:
    return f"{resource['resourceType']}-{resource['id']}.json"


def _indexed(resource: Json) -> Json:
    known = {key: resource[key] for key in INDEXED if isinstance(resource.get(key), str)}
    return {"filename": _file_name(resource)} | known


def _place(resource: Json) -> str:
    """Where an implementation guide looks for a resource."""
    kind = resource["resourceType"]
    folder = "extensions" if kind == "StructureDefinition" else "vocabulary" if kind in VOCABULARY else "resources"
    return f"input/{folder}/{_file_name(resource)}"


VOCABULARY = ("CodeSystem", "ValueSet", "ConceptMap")
