"""Reading case files: JSON, YAML, JSON lines, standard input."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from afterdisc.errors import UnreadableCase

MOST_BYTES = 20_000_000


def read_case(path: str) -> Any:
    """One case from a JSON or YAML file, or from standard input if the path is `-`."""
    name = "standard input" if path == "-" else Path(path).name
    text = _text(path, name)
    if not text.strip():
        raise UnreadableCase(f"{name} is empty. An empty case is written {{}}.")
    if path.endswith((".yaml", ".yml")):
        return _yaml(text, name)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if path == "-" and not text.lstrip().startswith(("{", "[")):
            return _yaml(text, name)
        raise UnreadableCase(
            f"{name}, line {error.lineno}, column {error.colno}: not JSON ({error.msg}). "
            "Mend it there, or give the file the ending .yaml if it is YAML."
        ) from None


def read_cases(path: str) -> Iterator[tuple[int, Any | UnreadableCase]]:
    """(line number, case) of a JSON-lines file; a line that is no JSON comes as the error it is. Blank lines are skipped."""
    name = Path(path).name
    try:
        with open(path, encoding="utf-8") as handle:
            for number, line in enumerate(handle, 1):
                if not line.strip():
                    continue
                try:
                    yield number, json.loads(line)
                except json.JSONDecodeError as error:
                    yield number, UnreadableCase(f"{name}, line {number}: not JSON ({error.msg}). One case a line.")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableCase(f"{name} cannot be read ({_reason(error)}).") from None


def _text(path: str, name: str) -> str:
    try:
        raw = sys.stdin.buffer.read(MOST_BYTES + 1) if path == "-" else _bytes(Path(path))
    except OSError as error:
        raise UnreadableCase(f"{name} cannot be read ({_reason(error)}). Check the path.") from None
    if len(raw) > MOST_BYTES:
        raise UnreadableCase(f"{name} is larger than {MOST_BYTES // 1_000_000} MB: no single case is. Use `assess-batch`.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableCase(f"{name} is no text in UTF-8. Save it as UTF-8.") from None


def _bytes(path: Path) -> bytes:
    with path.open("rb") as handle:
        return handle.read(MOST_BYTES + 1)


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or "error") if isinstance(error, OSError) else "not UTF-8"


def _yaml(text: str, name: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise UnreadableCase(f"{name}{line}: not YAML. Check the indentation and quote text that holds `: `.") from None
