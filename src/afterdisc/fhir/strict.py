"""JSON as FHIR asks for it: read strictly, and never deeper or longer than a record is."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from afterdisc.errors import UnreadableRecord

MOST_BYTES = 20_000_000
MOST_VALUES = 1_000_000  # commas and opening brackets: what the memory of a parsed record grows with
MOST_DEPTH = 64
ELEMENT = re.compile(r"_?[A-Za-z][A-Za-z0-9]{0,40}")  # what may be repeated to the caller: a FHIR element, not a person's name
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
HALF = re.compile("[\ud800-\udfff]")


def read_json(raw: bytes) -> dict[str, Any]:
    """One JSON object in UTF-8.

    Raises UnreadableRecord for what is no JSON, or what Python's reader would guess at: a property twice, NaN, numbers
    beyond a double, half a character; and for what is larger than any record (`rule` is then `too-long` or `too-costly`).
    The message gives line and column, or the element, and no value.
    """
    if len(raw) > MOST_BYTES:
        raise UnreadableRecord(f"larger than {MOST_BYTES // 1_000_000} MB. {FEWER}", rule="too-long")
    if sum(raw.count(sign) for sign in (b",", b"{", b"[")) > MOST_VALUES:
        raise UnreadableRecord(f"holds more than {MOST_VALUES} values. {FEWER}", rule="too-costly")
    text = _text(raw)
    found = _quickly(text)
    if found is None:
        found = _parsed(text)
        if not isinstance(found, dict):
            raise UnreadableRecord("must be one JSON object: a FHIR resource with `resourceType`.", element="body")
        _count_within_depth(found)
    if SURROGATE.search(text):
        _refuse_halves(found)
    return found


FEWER = "Send one person's record, and of it only the resource types that are read here (see the CapabilityStatement)."


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableRecord("not text in UTF-8. FHIR JSON is always UTF-8.", element="body") from None


def _quickly(text: str) -> dict[str, Any] | None:
    """The object, if nothing about the text is in question; None if the careful way must say what is wrong, or whether.

    As many properties are in it as colons follow the end of a name: then none stands twice. A text in a text may hold such a
    colon too; that is one of the cases that are left to the careful way.
    """
    try:
        found = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or _count_within_depth(found) != text.count('":'):
        return None
    return found


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise UnreadableRecord(f"not JSON at {where} ({error.msg}). Mend it there.", element="body", rule="invalid") from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:  # a whole number of thousands of digits
        raise UnreadableRecord("a number of more digits than can be read. Check how it was made.", element="body") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(n for i, n in enumerate(names) if n in names[:i])
        raise UnreadableRecord(f"{shown(twice)} stands twice in one object. Leave one of them.", element="body")
    return found


def shown(name: str) -> str:
    """The name of an element, if it looks like one."""
    return f"`{name}`" if ELEMENT.fullmatch(name) else "a property"


def _no_constant(word: str) -> Any:
    raise UnreadableRecord(f"{word} is no JSON number. Leave out what is not known.", element="body")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise UnreadableRecord("a number beyond what a double holds. Check how it was made.", element="body")
    return number


def _too_deep() -> UnreadableRecord:
    return UnreadableRecord(f"nested more than {MOST_DEPTH} deep. No resource is.", element="body", rule="too-costly")


def _count_within_depth(found: dict[str, Any]) -> int:
    """How many properties there are in all. Raises UnreadableRecord if they are nested too deep."""
    objects: list[Any] = [found]
    lists: list[Any] = []
    n_members = 0
    for _ in range(MOST_DEPTH):
        n_members += sum(map(len, objects))
        inside = [x for o in objects for x in o.values() if x.__class__ is dict or x.__class__ is list]
        inside += [x for items in lists for x in items if x.__class__ is dict or x.__class__ is list]
        if not inside:
            return n_members
        objects, lists = [x for x in inside if x.__class__ is dict], [x for x in inside if x.__class__ is list]
    raise _too_deep()


def _refuse_halves(found: dict[str, Any]) -> None:
    if any(HALF.search(text) for text in _texts(found)):
        raise UnreadableRecord("half of a character (a lone surrogate) in a text. Write the whole character.", element="body")


def _texts(found: Any) -> Iterator[str]:
    waiting = [found]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            waiting += item
