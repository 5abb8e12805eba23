"""Two validators that others wrote, and the rules neither of them checks.

pyrofile 0.3.0 is wrong about three things; each is passed over only where it is wrong, and checked here in its stead:

- `cardinality.min` of `value[x]` in a backbone element (Questionnaire.item.answerOption, Task.input): it looks for a property
  called `value[x]`. Here: `valueless`.
- `extension.context` of a Questionnaire's own extensions three items deep: item.item.item is Questionnaire.item again.
- `profile.element.cardinality.max` below a repeating backbone of a CapabilityStatement: it counts over all its siblings.

It takes any value for an extension whose definition has no snapshot; that is checked here. RelatedArtifact is missing among
its types of value[x]; it is added. It copies the whole resource for each of several hundred expressions; that is done once.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from afterdisc.fhir.write.extensions import EXTENSIONS
from functional.fhir.valid.definitions import NODE, r4_package

Json = dict[str, Any]
FALSE_ALARMS = (
    ("cardinality.min", re.compile(r"(Questionnaire.*\.answerOption|Task\.input)\[\d+\]\.value\[x\]")),
    ("extension.context", re.compile(r"Questionnaire(\.item){3}")),
    ("profile.element.cardinality.max", re.compile(r"CapabilityStatement\.rest\.resource\.((operation|interaction)\.)?\w+")),
)
OURS = re.compile(r"https://afterdisc\.org/fhir/StructureDefinition/(.+)")
WITH_VALUE = ("answerOption", "input", "extension")  # each holds one value[x], or extensions


class Pyrofile:
    """pyrofile with the R4 definitions and ours: extensions, and the Questionnaire that responses are checked against."""

    def __init__(self, folder: Path, ours: Iterable[Json]) -> None:
        from pyrofile_validator.config import ValidatorConfig
        from pyrofile_validator.core import fhirpath
        from pyrofile_validator.core.engine import Validator

        self.fhirpath = fhirpath
        if "RelatedArtifact" not in fhirpath._CHOICE_SUFFIXES:
            fhirpath._CHOICE_SUFFIXES = (*fhirpath._CHOICE_SUFFIXES, "RelatedArtifact")
        self.ours = list(ours)
        for resource in self.ours:
            name = f"{resource['resourceType']}-{resource['id']}.json"
            (folder / name).write_text(json.dumps(resource), encoding="utf-8")
        self.validator = Validator(ValidatorConfig(local_package_paths=[str(r4_package()), str(folder)]))
        self.index = {key: r for r in self.ours for key in (r["url"], f"{r['url']}|{r['version']}")}

    def errors(self, resource: Json) -> list[str]:
        """What it finds wrong, as `code at path: message`."""
        with _CopiedOnce(self.fhirpath):
            if resource["resourceType"] == "Bundle":
                found = self.validator.validate_resource(resource).issues
            else:
                found = self.validator._validate_resources([resource], self.index)
        return [f"{i.code} at {i.path}: {i.message}" for i in found if i.severity.name == "ERROR" and not _is_false(i)]


def _is_false(issue: Any) -> bool:
    return any(issue.code == code and path.fullmatch(issue.path or "") for code, path in FALSE_ALARMS)


class _CopiedOnce:
    """Within it, the copy that FHIRPath expressions are evaluated on is made once a resource."""

    def __init__(self, fhirpath: Any) -> None:
        self.fhirpath, self.copies, self.resolved = fhirpath, {}, set()
        self.copy, self.resolve = fhirpath._augment_choice_types, fhirpath._annotate_resolved_references

    def __enter__(self) -> None:
        self.fhirpath._augment_choice_types, self.fhirpath._annotate_resolved_references = self._copy, self._resolve

    def __exit__(self, *_: object) -> None:
        self.fhirpath._augment_choice_types, self.fhirpath._annotate_resolved_references = self.copy, self.resolve

    def _copy(self, node: Any) -> Any:
        if not isinstance(node, dict | list):
            return node
        if id(node) not in self.copies:
            self.copies[id(node)] = (node, self.copy(node))  # the node is kept, so that no other one gets its id
        return self.copies[id(node)][1]

    def _resolve(self, root: Any) -> None:
        if id(root) not in self.resolved:
            self.resolved.add(id(root))
            self.resolve(root)


def medplum_errors(resources: Iterable[Json]) -> dict[int, list[str]]:
    """What @medplum/core finds wrong, by the place of the resource; all in one Node process."""
    if shutil.which("node") is None or not (NODE / "node_modules" / "@medplum" / "core").is_dir():
        pytest.skip("needs Node and its packages: npm ci in tests/node")
    lines = [json.dumps(resource) for resource in resources]
    ran = subprocess.run(
        ["node", "validate.mjs"], cwd=NODE, input="\n".join(lines), capture_output=True, text=True, check=False, timeout=300
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    *bad, last = map(json.loads, ran.stdout.splitlines())
    assert last == {"checked": len(lines)}
    return {b["line"] - 1: [f"{i['details']['text']} at {i.get('expression')}" for i in b["issues"]] for b in bad}


def own_errors(node: Any, path: str = "") -> Iterator[str]:
    """What neither checks: a code without its system (qty-3 too), nulls, what is empty, no value or one of another type."""
    if isinstance(node, dict):
        is_coding = "code" in node and isinstance(node["code"], str) and {"display", "unit", "value"} & set(node)
        if is_coding and "system" not in node:
            yield f"{path}: a code without a system"
        for name, value in node.items():
            yield from _empty(value, f"{path}.{name}")
            if name in WITH_VALUE:
                yield from (e for i, item in enumerate(value) for e in valueless(item, f"{path}.{name}[{i}]"))
            if name == "coding":
                yield from (f"{path}.coding: no system" for coding in value if "system" not in coding)
            yield from own_errors(value, f"{path}.{name}")
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from _empty(value, f"{path}[{i}]")
            yield from own_errors(value, f"{path}[{i}]")


def _empty(value: Any, path: str) -> Iterator[str]:
    if value is None or (isinstance(value, str | list | dict) and not value) or (isinstance(value, str) and not value.strip()):
        yield f"{path}: empty"
    if isinstance(value, float) and not -1e308 < value < 1e308:
        yield f"{path}: no number"


def valueless(item: Json, path: str) -> Iterator[str]:
    ours = OURS.fullmatch(item.get("url", ""))
    kind = EXTENSIONS[ours[1]]["type"] if ours and ours[1] in EXTENSIONS else ""
    if kind and f"value{kind[0].upper()}{kind[1:]}" not in item:
        yield f"{path}: another value than {kind}"
    n_values = sum(1 for name in item if re.fullmatch(r"value[A-Z]\w*", name))
    if n_values != (0 if "extension" in item else 1):
        yield f"{path}: {n_values} values"
