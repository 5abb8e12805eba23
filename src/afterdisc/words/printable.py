"""Text from a stranger, made safe to print."""

from __future__ import annotations

import re

# control characters, line and direction marks that a terminal obeys, and halves of a character that cannot be written
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """The text with everything a terminal would obey written out as JSON writes it: an escape becomes \\u001b."""
    return UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def quoted(name: object, at_most: int = 60) -> str:
    """A name for an error message: printable, and not longer than a line."""
    text = str(name)
    return f"`{printable(text[:at_most])}{'…' if len(text) > at_most else ''}`"
