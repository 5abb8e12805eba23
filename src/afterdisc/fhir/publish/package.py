"""publish: all resources as a FHIR package, and as the input from which sushi builds an implementation guide."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from afterdisc.errors import UndeclaredName
from afterdisc.fhir.publish.activities import activity_definitions
from afterdisc.fhir.publish.cql import OBSERVATIONS, CqlLibrary, written_by_hand
from afterdisc.fhir.publish.guide import guide_files
from afterdisc.fhir.publish.libraries import generated, library_resources
from afterdisc.fhir.publish.maps import concept_maps
from afterdisc.fhir.publish.meta import PUBLISHER, Publication
from afterdisc.fhir.publish.plan import plan_definition
from afterdisc.fhir.publish.terminology import code_systems, value_sets
from afterdisc.fhir.write.extensions import extension_definitions
from afterdisc.fhir.write.operation import assess_operation
from afterdisc.fhir.write.questionnaire import questionnaire_of
from afterdisc.fhir.write.shape import Json
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.program import Program

PACKAGE = "org.afterdisc.fhir"
R4 = "4.0.1"
MANIFEST, INDEX = "package/package.json", "package/.index.json"
VOCABULARY = ("CodeSystem", "ValueSet", "ConceptMap")
INDEXED = ("resourceType", "id", "url", "version", "kind", "type")


def publish(program: Program, base: KnowledgeBase, folder: Path, at: str) -> list[str]:
    """Write everything under `folder`, which is made if need be; returns the names of the files.

    program, base  the same knowledge, compiled and as read
    at             ISO date or instant that the resources carry; no clock is read

    `package/` is an npm-style FHIR package; `sushi-config.yaml` and `input/` are what sushi builds. The same knowledge and
    day give the same bytes. What an earlier publication wrote there is replaced, and taken away where it is no longer part.
    Raises FileExistsError where the folder holds anything else, another OSError where it cannot be written, and
    ImpossibleValue for an `at` that is no date.
    """
    files = files_of(program, base, at)
    _make_room(folder, set(files))
    for name in sorted(files, key=lambda name: (name == MANIFEST, name)):  # last of all that it is a package
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[name], encoding="utf-8", newline="\n")
    return sorted(files)


def _make_room(folder: Path, coming: set[str]) -> None:
    """Take away what an earlier publication wrote and this one does not."""
    if not folder.exists() or not any(folder.iterdir()):
        return
    try:
        mine = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["name"] == PACKAGE
        listed = json.loads((folder / INDEX).read_text(encoding="utf-8"))["files"]
        old = {place for entry in listed for place in (f"package/{entry['filename']}", _place(entry))}
    except (OSError, ValueError, KeyError, TypeError):
        mine = False
    if not mine:
        raise FileExistsError("the folder holds other files; name an empty or a new one")
    for name in sorted(old - coming):
        if ".." not in name:
            (folder / name).unlink(missing_ok=True)


def files_of(program: Program, base: KnowledgeBase, at: str) -> dict[str, str]:
    """{path: content} of everything that is published."""
    pub = Publication(program, base, at)
    made = generated(pub)
    resources = list(resources_of(pub, made))
    texts = _named(resources)
    listed = [_indexed(r) for r in sorted(resources, key=_file_name)]
    cql = {OBSERVATIONS: written_by_hand()[0], **{library.name: library.cql() for library in made}}
    return {
        MANIFEST: as_json(_manifest(pub)),
        INDEX: as_json({"index-version": 1, "files": listed}),
        **{f"package/{name}": text for name, text in texts.items()},
        **guide_files(pub, PACKAGE, npm_version(base.version), {_place(r): texts[_file_name(r)] for r in resources}),
        **{f"input/cql/{name}.cql": text for name, text in cql.items()},
    }


def _named(resources: list[Json]) -> dict[str, str]:
    """{file name: content}. Raises UndeclaredName where two would have one name: FHIR ids know no underscore."""
    texts: dict[str, str] = {}
    for resource in resources:
        name = _file_name(resource)
        if name in texts:
            raise UndeclaredName(f"two things would be published as {name}", where="publish", mend="Give one another id.")
        texts[name] = as_json(resource)
    return texts


def resources_of(pub: Publication, made: list[CqlLibrary]) -> Iterator[Json]:
    """Every resource that is published; `made` are the generated CQL libraries."""
    yield from code_systems(pub)
    yield from value_sets(pub)
    yield from concept_maps(pub)
    yield from map(pub.dated, extension_definitions(pub.program))
    yield pub.dated(questionnaire_of(pub.program))
    yield pub.dated(assess_operation(pub.program))
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
    kind, name = resource["resourceType"], resource.get("filename") or _file_name(resource)
    folder = "extensions" if kind == "StructureDefinition" else "vocabulary" if kind in VOCABULARY else "resources"
    return f"input/{folder}/{name}"
