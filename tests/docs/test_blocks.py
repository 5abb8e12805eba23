"""Every fenced block in the README and the manual does what it says (see `fenced_blocks`)."""

from pathlib import Path

import pytest
from fenced_blocks import ROOT, complaints_about, lay_out

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "GLOSSARY.md",
    ROOT / "CHANGELOG.md",
    *sorted(page for page in (ROOT / "docs").rglob("*.md") if "_build" not in page.parts),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_holds(page: Path, tmp_path: Path) -> None:
    complaints = complaints_about(page, lay_out(tmp_path))
    assert not complaints, "\n\n".join(complaints)
