"""read_view: a ViewDefinition, checked: what is wrong is told with the place in the definition."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from afterdisc.errors import ViewError
from afterdisc.views.path import PathError, Tree, parse

NUMBERS = ("integer", "decimal", "positiveInt", "unsignedInt", "integer64")
NULLABLE, INNER, REPEAT = "forEachOrNull", "forEach", "repeat"


@dataclass(frozen=True)
class ViewColumn:
    """One column. `type` is FHIR's name of a primitive type; empty: text."""

    name: str
    path: Tree
    type: str = ""
    collection: bool = False
    text: str = ""


@dataclass(frozen=True)
class Select:
    """Columns, and the selects inside; `each` says over which nodes, `how`: forEach, forEachOrNull or repeat."""

    columns: tuple[ViewColumn, ...] = ()
    how: str = ""
    each: tuple[Tree, ...] = ()
    selects: tuple[Select, ...] = ()
    union: tuple[Select, ...] = ()

    def names(self) -> tuple[str, ...]:
        """The columns it gives, in order."""
        inside = (name for part in self.selects for name in part.names())
        first = self.union[0].names() if self.union else ()
        return (*(c.name for c in self.columns), *inside, *first)


@dataclass(frozen=True)
class View:
    """A whole view over one type of resource; one row is whatever its selects make of a resource."""

    resource: str
    selects: tuple[Select, ...]
    where: tuple[Tree, ...] = ()
    constants: Mapping[str, tuple[str, Any]] = field(default_factory=dict)  # name -> (FHIR type, value)
    name: str = ""

    def names(self) -> tuple[str, ...]:
        return tuple(name for part in self.selects for name in part.names())


def read_view(data: Any) -> View:
    """A View from the JSON of a ViewDefinition. Raises ViewError."""
    if not isinstance(data, Mapping):
        raise ViewError("ViewDefinition: must be an object")
    resource = data.get("resource")
    if not isinstance(resource, str) or not (resource.isascii() and resource.isalpha()):
        raise ViewError("ViewDefinition.resource: which type of resource? As in `\"resource\": \"Patient\"`.")
    selects = tuple(_select(s, f"select[{i}]") for i, s in enumerate(_items(data, "select", "ViewDefinition")))
    if not selects:
        raise ViewError("ViewDefinition.select: at least one is needed.")
    where = tuple(
        _path(_object(w, f"where[{i}]").get("path"), f"where[{i}].path") for i, w in enumerate(_items(data, "where", ""))
    )
    constants = dict(_constant(c, f"constant[{i}]") for i, c in enumerate(_items(data, "constant", "")))
    made = View(resource, selects, where, constants, str(data.get("name") or ""))
    if not made.names():
        raise ViewError("ViewDefinition.select: it gives no column. Add a `column`.")
    names = [name.lower() for name in made.names()]  # SQL knows no capitals
    twice = next((name for name, plain in zip(made.names(), names, strict=True) if names.count(plain) > 1), None)
    if twice:
        raise ViewError(f"select: column `{twice}` stands there twice (capitals or not). Rename one.")
    return made


def _items(data: Mapping[str, Any], key: str, place: str) -> list[Any]:
    given = data.get(key, [])
    if not isinstance(given, list):
        raise ViewError(f"{place + '.' if place else ''}{key}: must be a list")
    return given


def _object(given: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise ViewError(f"{place}: must be an object")
    return given


def _select(given: Any, place: str) -> Select:
    data = _object(given, place)
    how = [key for key in (INNER, NULLABLE, REPEAT) if key in data]
    if len(how) > 1:
        raise ViewError(f"{place}: {' and '.join(how)} exclude each other")
    each: tuple[Tree, ...] = ()
    if how:
        paths = data[how[0]] if how[0] == REPEAT else [data[how[0]]]
        if not isinstance(paths, list) or not paths:
            raise ViewError(f"{place}.{how[0]}: must be a list of paths")
        each = tuple(_path(p, f"{place}.{how[0]}") for p in paths)
    made = Select(
        columns=tuple(_column(c, f"{place}.column[{i}]") for i, c in enumerate(_items(data, "column", place))),
        how=how[0] if how else "",
        each=each,
        selects=tuple(_select(s, f"{place}.select[{i}]") for i, s in enumerate(_items(data, "select", place))),
        union=tuple(_select(s, f"{place}.unionAll[{i}]") for i, s in enumerate(_items(data, "unionAll", place))),
    )
    for i, branch in enumerate(made.union):
        if branch.names() != made.union[0].names():
            raise ViewError(f"{place}.unionAll[{i}]: its columns must be those of the first, in the same order")
    return made


def _column(given: Any, place: str) -> ViewColumn:
    data = _object(given, place)
    name = data.get("name")
    if not isinstance(name, str) or not name:
        raise ViewError(f"{place}.name: every column has a name")
    path = _path(data.get("path"), f"{place}.path")
    return ViewColumn(name, path, str(data.get("type") or ""), data.get("collection") is True, str(data["path"]))


def _path(given: Any, place: str) -> Tree:
    try:
        return parse(given)
    except PathError as error:
        raise ViewError(f"{place}: {error}") from None


def _constant(given: Any, place: str) -> tuple[str, tuple[str, Any]]:
    data = _object(given, place)
    values = [(key.removeprefix("value"), value) for key, value in data.items() if key.startswith("value")]
    if not data.get("name") or len(values) != 1:
        raise ViewError(f"{place}: a constant has a name and one value, as in valueString")
    kind, value = values[0]
    kind = kind[:1].lower() + kind[1:]
    if not isinstance(value, (str, int, float)) or (kind in NUMBERS and not _is_number(value)):
        raise ViewError(f"{place}: its value is no {kind}")
    return str(data["name"]), (kind, value)


def _is_number(value: str | float) -> bool:
    return not isinstance(value, (str, bool)) and math.isfinite(value)
