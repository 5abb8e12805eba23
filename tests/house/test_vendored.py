"""What is vendored is named with its licence, is what it says it is, and asks nothing of the network."""

import hashlib
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "src/afterdisc/service/static"
VENDOR = STATIC / "vendor"
NAMED = dict(re.findall(r"^\| `([^`]+)` \|.*`([0-9a-f]{64})` \|$", (VENDOR / "README.md").read_text(), re.M))
NAMESPACES = ("http://www.w3.org/", "https://www.w3.org/")  # names, never fetched
OFF_SITE = re.compile(r"(?:https?://|(?<![:\w])//[\w-]+\.)[^\s\"')]*", re.I)
TEXT = (".css", ".js", ".svg")


def files() -> list[Path]:
    return [p for p in VENDOR.rglob("*") if p.is_file() and p.name != "README.md"]


def test_every_vendored_file_is_named_and_unchanged() -> None:
    found = {str(p.relative_to(VENDOR)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files()}
    assert found == NAMED


@pytest.mark.parametrize("path", [p for p in STATIC.rglob("*") if p.suffix in TEXT], ids=lambda p: p.name)
def test_no_style_sheet_or_script_points_off_the_machine(path: Path) -> None:
    addresses = OFF_SITE.findall(path.read_text(encoding="utf-8"))
    assert [a for a in addresses if not a.startswith(NAMESPACES)] == []
