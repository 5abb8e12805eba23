"""The calls shown in the manual do what it says: each `curl` of the page, against a real server."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from afterdisc.program import Program
from functional.fhir.served import served
from functional.terminal import ROOT

PAGE = ROOT / "docs" / "how-to" / "fhir-endpoints.md"
SHOWN = "http://localhost:8765"


def calls() -> list[tuple[str, str]]:
    """(command, the answer shown or "") of every call on the page."""
    blocks = re.findall(r"```text\n(\$ curl .*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    lines = [part for block in blocks for part in re.split(r"^\$ ", block, flags=re.MULTILINE) if part.strip()]
    return [_split(part) for part in lines]


def _split(part: str) -> tuple[str, str]:
    command, shown, answer = part.partition('\n{"resourceType"')
    return command.strip(), shown.strip() + answer.strip()


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, program: Program) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("served"), program) as address:
        yield address


@pytest.mark.parametrize(("command", "shown"), calls())
def test_a_call_of_the_page_is_answered(base: str, command: str, shown: str) -> None:
    if shutil.which("curl") is None:
        pytest.skip("needs curl")
    words = command.replace(SHOWN, base).replace("curl -s", "curl -s -w '\\n%{http_code}'")
    assert base in words
    run = subprocess.run(["sh", "-c", words], cwd=Path(ROOT), capture_output=True, text=True, timeout=60, check=True)
    answer, _, status = run.stdout.rpartition("\n")
    assert status == ("422" if shown else "200"), answer
    assert answer == shown or not shown


def test_the_page_shows_calls() -> None:
    assert len(calls()) == 4
