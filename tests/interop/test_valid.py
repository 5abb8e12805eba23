"""Every published resource is valid R4 by pyrofile and by @medplum/core, and sushi builds them without an error."""

from __future__ import annotations

import copy
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from functional.fhir.valid.definitions import r4_package
from functional.fhir.valid.validators import Pyrofile, medplum_errors, own_errors
from interop.node import NODE, needs, node

Json = dict[str, Any]
# pyrofile 0.3.0 counts an element of a repeating backbone over all its siblings; `at_most_once` looks after these in its stead.
BACKBONES = r"(ValueSet\.compose|ConceptMap\.group|CodeSystem\.concept)"
COUNTED_OVER_SIBLINGS = re.compile(rf"profile\.element\.cardinality\.max at {BACKBONES}\.")
SINGLE = ("code", "display", "system", "equivalence", "comment", "property", "op", "value")
TERMINOLOGY = ("CodeSystem", "ValueSet", "ConceptMap")  # in these a code belongs to the system around it


def at_most_once(node: Any, path: str) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name in SINGLE and isinstance(value, list | dict):
                yield f"{path}.{name}: more than one"
            yield from at_most_once(value, f"{path}.{name}")
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from at_most_once(value, f"{path}[{i}]")


def errors_of(pyrofile: Pyrofile, resources: list[Json]) -> list[str]:
    theirs = medplum_errors(resources)
    out = []
    for i, resource in enumerate(resources):
        kind = resource["resourceType"]
        found = [e for e in pyrofile.errors(resource) if not COUNTED_OVER_SIBLINGS.match(e)]
        if kind in TERMINOLOGY:
            found += [e for part in ("compose", "group", "concept") for e in at_most_once(resource.get(part), part)]
        found += [e for e in own_errors(resource, kind) if kind not in TERMINOLOGY or "a code without a system" not in e]
        out += [f"{kind}/{resource['id']}: {e}" for e in (*found, *theirs.get(i, ()))]
    return out


@pytest.fixture(scope="module")
def pyrofile(resources: list[Json], tmp_path_factory: pytest.TempPathFactory) -> Pyrofile:
    ours = [r for r in resources if r["resourceType"] in ("StructureDefinition", "Questionnaire")]
    return Pyrofile(tmp_path_factory.mktemp("ours"), ours)


def test_every_published_resource_is_valid(pyrofile: Pyrofile, resources: list[Json]) -> None:
    assert len(resources) > 200
    assert errors_of(pyrofile, resources) == []


def _target(made: Json) -> Json:
    target: Json = made["group"][0]["element"][0]["target"][0]
    return target


FAULTS: dict[str, tuple[str, Callable[[Json], Any]]] = {
    "a status that is none": ("PlanDefinition", lambda r: r.update(status="approved")),
    "no kind of library": ("Library", lambda r: r.pop("type")),
    "an intent that is none": ("ActivityDefinition", lambda r: r.update(intent="wish")),
    "two codes of one concept": ("CodeSystem", lambda r: r["concept"][0].update(code=["a", "b"])),
    "no system": ("ValueSet", lambda r: r["compose"]["include"][0].pop("system")),
    "an equivalence that is none": ("ConceptMap", lambda r: _target(r).update(equivalence="same")),
    "a kind of condition that is none": ("PlanDefinition", lambda r: r["action"][0]["condition"][0].update(kind="if")),
    "a number for a text": ("PlanDefinition", lambda r: r["action"][1].update(title=7)),
    "an element nobody knows": ("ActivityDefinition", lambda r: r.update(price=1)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(pyrofile: Pyrofile, resources: list[Json], fault: str) -> None:
    kind, plant = FAULTS[fault]
    resource = copy.deepcopy(next(r for r in resources if r["resourceType"] == kind))
    plant(resource)
    assert errors_of(pyrofile, [resource])


@pytest.mark.parametrize("base", ["installed", "tiny"])
def test_sushi_builds_it_without_an_error(folder: Path, tmp_path: Path, base: str, tiny_folder: Path) -> None:
    needs("fsh-sushi")
    core = tmp_path / "home" / ".fhir" / "packages" / "hl7.fhir.r4.core#4.0.1"
    core.mkdir(parents=True)
    (core / "package").symlink_to(r4_package(), target_is_directory=True)
    guide = tmp_path / "guide"
    shutil.copytree(folder if base == "installed" else tiny_folder, guide)
    said = node(str(NODE / "node_modules/fsh-sushi/dist/app.js"), "build", str(guide), HOME=str(tmp_path / "home"))
    assert re.search(r"\b0 Errors\b", said), said[-3000:]
    (made,) = (guide / "fsh-generated" / "resources").glob("ImplementationGuide-*.json")
    listed = json.loads(made.read_text(encoding="utf-8"))["definition"]["resource"]
    published = {f"{r['resourceType']}/{r['id']}" for r in map(_read, (guide / "package").glob("*-*.json"))}
    assert {each["reference"]["reference"] for each in listed} == published


def _read(path: Path) -> Json:
    made: Json = json.loads(path.read_text(encoding="utf-8"))
    return made
