"""The wheel: built as it is published, installed without any extra, it assesses a case."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Collection
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import afterdisc as ad
from functional.terminal import EXAMPLE, ROOT

pytestmark = pytest.mark.slow

SCRIPTS = Path(sys.executable).parent
NO_ARROW = """
import afterdisc as ad
try:
    import pyarrow
except ModuleNotFoundError:
    print("no pyarrow;", ad.assess({})["urgency"])
try:
    ad.evaluate(ad.load_program(), {})
except ModuleNotFoundError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    uv = shutil.which("uv", path=f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}")
    if not uv or not _is_installed("uv-build"):
        pytest.skip("needs uv and uv-build beside the Python that runs the tests")
    out = tmp_path_factory.mktemp("wheel")
    command = [uv, "build", "--wheel", "--offline", "--no-build-isolation", "--python", sys.executable, "--out-dir", str(out)]
    built = subprocess.run([*command, str(ROOT)], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    (path,) = out.glob("*.whl")
    return path


def _is_installed(name: str) -> bool:
    try:
        return bool(importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return False


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel and what it needs to run, taken from here: no network, no extra."""
    place = tmp_path_factory.mktemp("bare") / "venv"
    venv.create(place, with_pip=False)
    (site,) = (place / "lib").glob("python*/site-packages") if os.name != "nt" else [place / "Lib" / "site-packages"]
    for name in sorted(_needed("afterdisc")):
        _share(importlib.metadata.distribution(name), site)
    command = ["pip", "install", "--offline", "--no-deps", "--python", str(place), str(wheel)]
    installed = subprocess.run([str(SCRIPTS / "uv"), *command], capture_output=True, text=True)
    assert installed.returncode == 0, installed.stderr
    return place / ("Scripts" if os.name == "nt" else "bin")


def _needed(name: str, extras: Collection[str] = ()) -> set[str]:
    """What a package needs to run, and what that needs: what `pip install` of the bare wheel brings along."""
    out: set[str] = set()
    for line in importlib.metadata.distribution(name).requires or []:
        wanted = Requirement(line)
        holds = wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in ["", *extras])
        if holds and canonicalize_name(wanted.name) not in out:
            out |= {canonicalize_name(wanted.name)} | _needed(wanted.name, wanted.extras)
    return out


def _share(distribution: importlib.metadata.Distribution, site: Path) -> None:
    """Link what a package installed beside us into another environment."""
    for top in {file.parts[0] for file in distribution.files or [] if file.parts[0] not in ("..", "__pycache__")}:
        if not (site / top).exists():
            (site / top).symlink_to(Path(str(distribution.locate_file(top))))


def run(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    env |= {"AFTERDISC_CACHE": str(Path(words[0]).parents[1] / "cache"), "PYTHONUTF8": "1"}
    return subprocess.run([str(w) for w in words], capture_output=True, text=True, cwd=cwd, env=env, timeout=300)


# ----------------------------------------------------------------------------------------------------------------


def test_the_wheel_holds_the_knowledge_the_templates_and_the_licence_and_no_tests(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    sources = {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src").rglob("*")
        if path.is_file() and path.suffix not in (".pyc", ".nbi", ".nbc") and ".egg-info" not in str(path)
    }
    assert sources <= held
    assert any(name.endswith("2_red_flags.yaml") for name in sources)
    assert any(name.endswith(".html") for name in sources)
    assert any(name.endswith("licenses/LICENSE") for name in held)
    assert {name.split("/")[0].split("-")[0] for name in held} == {"afterdisc", "afterdisc_knowledge"}
    assert not [name for name in held if Path(name).name.startswith("test_") or "__pycache__" in name]


def test_the_wheel_asks_for_little(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (metadata,) = (name for name in archive.namelist() if name.endswith("METADATA"))
    needs = re.findall(r"^Requires-Dist: ([\w-]+)[^;\n]*$", archive.read(metadata).decode(), re.MULTILINE)
    assert sorted(needs) == ["click", "jinja2", "numba", "numpy", "pyyaml", "rich"]


def test_a_bare_install_assesses_a_case(bare: Path, tmp_path: Path) -> None:
    said = run(bare / "afterdisc", "assess", EXAMPLE, "--json", cwd=tmp_path)
    assert (said.returncode, said.stderr) == (0, "")
    assert json.loads(said.stdout) == ad.assess(json.loads(EXAMPLE.read_text(encoding="utf-8")))
    page = run(bare / "afterdisc", "assess", EXAMPLE, "--html", "page.html", cwd=tmp_path)
    assert page.returncode == 0
    assert "<!doctype html>" in (tmp_path / "page.html").read_text(encoding="utf-8").lower()


def test_a_bare_install_has_no_arrow_and_says_what_is_missing(bare: Path, tmp_path: Path) -> None:
    said = run(bare / "python", "-c", NO_ARROW, cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    assert said.stdout.splitlines() == ["no pyarrow; ask", "Arrow tables need pyarrow: pip install 'afterdisc[arrow]'."]


def test_a_bare_install_says_which_extra_a_registry_needs(bare: Path, tmp_path: Path) -> None:
    view = tmp_path / "view.json"
    view.write_text(
        '{"resourceType": "ViewDefinition", "resource": "Patient", "status": "active", "name": "p", '
        '"select": [{"column": [{"name": "id", "path": "id"}]}]}',
        encoding="utf-8",
    )
    (tmp_path / "Patient.ndjson").write_text('{"resourceType": "Patient", "id": "a"}\n', encoding="utf-8")
    said = run(bare / "afterdisc", "view", "run", view, tmp_path / "Patient.ndjson", "--out", tmp_path / "p.csv", cwd=tmp_path)
    assert said.returncode == 1
    assert "pip install 'afterdisc[registry]'" in said.stderr
    assert "Traceback" not in said.stderr
