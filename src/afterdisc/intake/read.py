"""Reading case files: JSON, YAML, JSON lines, standard input."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from afterdisc.errors import UnreadableCase
from afterdisc.words.printable import printable, quoted

MOST_BYTES = 20_000_000


def read_case(path: str) -> Any:
    """One case from a JSON or YAML file, or from standard input if the path is `-`."""
    name = "standard input" if path == "-" else printable(Path(path).name)
    text = _text(path, name)
    if not text.strip():
        raise UnreadableCase(f"{name} is empty. An empty case is written {{}}.")
    if path.endswith((".yaml", ".yml")):
        return _yaml(text, name)
    try:
        return _json(text, name)
    except json.JSONDecodeError as error:
        if path == "-" and not text.lstrip().startswith(("{", "[")):
            return _yaml(text, name)
        raise UnreadableCase(
            f"{name}, line {error.lineno}, column {error.colno}: not JSON ({error.msg}). "
            "Mend it there, or give the file the ending .yaml if it is YAML."
        ) from None


def read_cases(path: str) -> Iterator[tuple[int, Any | UnreadableCase]]:
    """(line number, case) of a JSON-lines file; a line that is no JSON comes as the error it is, a blank one not."""
    name = printable(Path(path).name)
    try:
        with open(path, "rb") as handle:
            for number, line in enumerate(handle, 1):
                if line.strip():
                    yield number, _line(line, f"{name}, line {number}")
    except OSError as error:
        raise UnreadableCase(f"{name} cannot be read ({_reason(error)}). Check the path.") from None


def _line(line: bytes, place: str) -> Any | UnreadableCase:
    try:
        return _json(_decoded(line, place).strip(), place)
    except json.JSONDecodeError as error:
        return UnreadableCase(f"{place}, column {error.colno}: not JSON ({error.msg}). One case a line.")
    except UnreadableCase as error:
        return error


def _text(path: str, name: str) -> str:
    try:
        raw = sys.stdin.buffer.read(MOST_BYTES + 1) if path == "-" else _bytes(Path(path))
    except OSError as error:
        raise UnreadableCase(f"{name} cannot be read ({_reason(error)}). Check the path.") from None
    if len(raw) > MOST_BYTES:
        most = MOST_BYTES // 1_000_000
        raise UnreadableCase(f"{name} is larger than {most} MB: no single case is. Use `assess-batch` for many.")
    return _decoded(raw, name)


def _decoded(raw: bytes, place: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableCase(f"{place}: no text in UTF-8. Save it as UTF-8.") from None


def _bytes(path: Path) -> bytes:
    with path.open("rb") as handle:
        return handle.read(MOST_BYTES + 1)


def _reason(error: OSError) -> str:
    return error.strerror or "error"


# -- JSON and YAML, stricter than their libraries -----------------------------------------------------------------


def _json(text: str, place: str) -> Any:
    """Raises JSONDecodeError where it is no JSON, UnreadableCase where Python's reader would guess or give up."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise _twice(place, [name for name, _ in pairs])
        return found

    def no_constant(word: str) -> Any:
        raise UnreadableCase(f"{place}: not JSON ({word} is no JSON number). Write null for what is not known.")

    try:
        return json.loads(text, object_pairs_hook=once, parse_constant=no_constant)
    except json.JSONDecodeError:
        raise
    except (ValueError, RecursionError) as error:  # a number of thousands of digits; brackets in brackets in brackets
        raise _beyond(place, error) from None


def _yaml(text: str, place: str) -> Any:
    from afterdisc.intake import yaml_once  # only when there is YAML to read

    try:
        return yaml_once.load(text)
    except yaml_once.Twice as error:
        raise _twice(f"{place}, line {error.line}", error.names) from None
    except yaml_once.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise UnreadableCase(f"{place}{line}: not YAML. Check indentation, and quote text that holds `: `.") from None
    except (ValueError, RecursionError) as error:
        raise _beyond(place, error) from None


def _twice(place: str, names: list[Any]) -> UnreadableCase:
    name = next(n for i, n in enumerate(names) if n in names[:i])
    return UnreadableCase(f"{place}: {quoted(name)} stands twice in one mapping. Leave one of them.")


def _beyond(place: str, error: ValueError | RecursionError) -> UnreadableCase:
    what = "nested too deeply" if isinstance(error, RecursionError) else "a number or date that cannot be read"
    return UnreadableCase(f"{place}: {what}. No case is written like that; check how the file was made.")
