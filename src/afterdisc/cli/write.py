"""What leaves a command: JSON that no terminal obeys, and files that appear whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import click

from afterdisc.words.printable import UNPRINTABLE


def as_json(value: Any, *, indent: int | None = 2) -> str:
    """Readable JSON. Whatever a terminal would obey stands escaped, so it reads back the same."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return UNPRINTABLE.sub(lambda found: found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}", text)


@contextmanager
def replaced(target: str, mode: str = "w") -> Iterator[IO[Any]]:
    """A file to write; it takes the place of the target at the end, or leaves no trace if anything goes wrong.

    Only its owner may read it. What is no ordinary file (a pipe, a device) is written to as it is.
    """
    place, encoding = Path(target).resolve(), None if "b" in mode else "utf-8"
    try:
        if place.exists() and not place.is_file():
            with open(target, mode, encoding=encoding) as handle:
                yield handle
        else:
            with _aside(place, mode, encoding) as handle:
                yield handle
    except OSError as error:
        raise click.FileError(target, error.strerror or "cannot be written") from None


@contextmanager
def _aside(place: Path, mode: str, encoding: str | None) -> Iterator[IO[Any]]:
    with tempfile.NamedTemporaryFile(
        mode, encoding=encoding, dir=place.parent, prefix=f"{place.name}.", suffix=".part", delete=False
    ) as handle:
        try:
            yield handle
            handle.close()
            os.replace(handle.name, place)
        except BaseException:
            with suppress(OSError):
                os.unlink(handle.name)
            raise
