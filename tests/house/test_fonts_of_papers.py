"""The fonts of the papers are named with their licence and are what they say they are."""

import hashlib
import re
from pathlib import Path

FONTS = Path(__file__).parents[2] / "src/afterdisc/documents/fonts"


def test_every_font_is_named_and_unchanged() -> None:
    named = dict(re.findall(r"^\| `([^`]+)` \|.*`([0-9a-f]{64})` \|$", (FONTS / "README.md").read_text(), re.M))
    assert {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in FONTS.glob("*.ttf")} == named


def test_the_licences_are_there() -> None:
    assert "SIL OPEN FONT LICENSE" in (FONTS / "atkinson-hyperlegible-next.txt").read_text().upper()
    assert "Bitstream Vera" in (FONTS / "dejavu.txt").read_text()
