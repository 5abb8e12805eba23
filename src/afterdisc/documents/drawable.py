"""Which text can stand on a page: a PDF/UA page must name every sign it shows, so a sign no font here holds is spelt out.

A name is never refused for the script it is written in, and nothing in it steers the page: marks that reverse the direction
of what follows are left out, and a word longer than a line may break.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

FONTS = Path(str(files("afterdisc.documents"))) / "fonts"
STEERING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
LONGEST_WORD = 60  # of a line across a page
BREAK = "\u200b"  # where a line may break
NAMELESS = ("CJK ", "HANGUL ", "TANGUT ", "NUSHU ")  # names that only repeat the code


def drawable(value: Any, longest_word: int = LONGEST_WORD) -> Any:
    """The same value with every text in it such that a page can show it; a longer word may break."""
    if isinstance(value, str):
        return _drawable(value, longest_word)
    if isinstance(value, dict):
        return {k: drawable(v, longest_word) for k, v in value.items()}
    return [drawable(v, longest_word) for v in value] if isinstance(value, list | tuple) else value


def writable(text: str) -> str:
    """For a format that brings no fonts: only what no file can hold is left out."""
    kept = CONTROL.sub(" ", STEERING.sub("", text))
    return "".join(c if _is_a_character(c) else "\ufffd" for c in kept)


def _drawable(text: str, longest_word: int) -> str:
    kept = unicodedata.normalize("NFC", writable(text))
    shown = "".join(c if ord(c) in covered() or c in "\n\t" else _spelt_out(c) for c in kept)
    return re.sub(rf"[^\s{BREAK}]{{{longest_word}}}(?=[^\s{BREAK}])", rf"\g<0>{BREAK}", shown)


def _is_a_character(c: str) -> bool:
    return not 0xD800 <= ord(c) <= 0xDFFF and ord(c) not in (0xFFFE, 0xFFFF)


def _spelt_out(c: str) -> str:
    if unicodedata.category(c) in ("Cf", "Mn", "Zs"):  # a joiner or a mark says nothing alone
        return " " if unicodedata.category(c) == "Zs" else ""
    name = unicodedata.name(c, "")
    return f"[{name.lower()}]" if name and not name.startswith(NAMELESS) else f"[U+{ord(c):04X}]"


# ------------------------------------------------------------------------------------------------------- what a font holds


@cache
def covered() -> frozenset[int]:
    """Every character that one of our upright fonts holds, in regular and in bold."""
    by_family: dict[str, set[int]] = {}
    for path in sorted(FONTS.glob("*.ttf")):
        if "Italic" not in path.name:
            family = re.split("[_-]", path.stem)[0]
            held = characters_of(path.read_bytes())
            by_family[family] = by_family[family] & held if family in by_family else held
    return frozenset().union(*by_family.values())


def characters_of(font: bytes) -> set[int]:
    """The characters of a TrueType font that has a table of format 4: those it maps to a glyph other than the empty one."""
    start = _table(font, b"cmap")
    for i in range(struct.unpack_from(">H", font, start + 2)[0]):
        at = start + struct.unpack_from(">HHL", font, start + 4 + 8 * i)[2]
        if struct.unpack_from(">H", font, at)[0] == 4:
            return _format_4(font, at)
    raise ValueError("a vendored font has no character table of format 4")


def _table(font: bytes, name: bytes) -> int:
    for i in range(struct.unpack_from(">H", font, 4)[0]):
        tag, _, at, _ = struct.unpack_from(">4sLLL", font, 12 + 16 * i)
        if tag == name:
            return int(at)
    raise ValueError("a vendored font has no character table")


def _format_4(font: bytes, at: int) -> set[int]:
    n = struct.unpack_from(">H", font, at + 6)[0] // 2
    ends = struct.unpack_from(f">{n}H", font, at + 14)
    starts = struct.unpack_from(f">{n}H", font, at + 16 + 2 * n)
    deltas = struct.unpack_from(f">{n}H", font, at + 16 + 4 * n)
    offsets_at = at + 16 + 6 * n
    offsets = struct.unpack_from(f">{n}H", font, offsets_at)
    held: set[int] = set()
    for i in range(n):
        for c in range(starts[i], min(ends[i], 0xFFFE) + 1):
            glyph = c
            if offsets[i]:
                glyph = struct.unpack_from(">H", font, offsets_at + 2 * i + offsets[i] + 2 * (c - starts[i]))[0]
            if glyph and (glyph + deltas[i]) & 0xFFFF:
                held.add(c)
    return held
