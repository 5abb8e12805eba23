"""How an element of a resource is reached in SQL: in columns typed for the view, or in JSON of any shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from itertools import count
from typing import Any

import yaml

LEAVES = ("boolean",)
HERE = "@"  # columns of the resource and of nodes begin with it, those of the view never do


class NotTyped(Exception):
    """This view needs what `elements.yaml` does not list; it is read as JSON."""


@dataclass(frozen=True)
class Value:
    """SQL of a collection. `many`: a list; else one value or null.

    kind  node: part of a resource · text · number · boolean
    node  where in the resource it is (typed columns only)
    """

    sql: str
    many: bool = False
    kind: str = "node"
    node: Any = None
    of_type: str = ""  # the choice of a value[x], for what depends on it


@dataclass
class Node:
    """An element that a view reads, with those of its parts that it reads."""

    type: str
    many: bool
    parts: dict[str, Node] = field(default_factory=dict)

    def sql_type(self) -> str:
        inside = ", ".join(f'"{name}" {part.sql_type()}' for name, part in self.parts.items())
        one = f"STRUCT({inside})" if inside else "VARCHAR"
        return one + ("[]" if self.many else "")

    def structure(self) -> Any:
        """The same as DuckDB's json_transform takes it."""
        one = {name: part.structure() for name, part in self.parts.items()} or "VARCHAR"
        return [one] if self.many else one


@lru_cache(maxsize=1)
def elements() -> Mapping[str, Mapping[str, tuple[str, bool]]]:
    """Type -> element -> (its type, whether it repeats), as far as `elements.yaml` lists them."""
    given = yaml.safe_load(files("afterdisc.views").joinpath("elements.yaml").read_text(encoding="utf-8"))
    out: dict[str, dict[str, tuple[str, bool]]] = {}
    for kind, text in given.items():
        parts = out.setdefault(kind, {})
        for word in text.split():
            name, _, of = word.rstrip("*").partition(":")
            parts[name] = (of, word.endswith("*"))
    return out


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def element_name(name: str, of_type: str) -> str:
    return name + of_type[:1].upper() + of_type[1:]


class TypedShape:
    """Resources as columns of a known type; `root` collects what is read."""

    def __init__(self, resource: str) -> None:
        if resource not in elements():
            raise NotTyped(resource)
        self.root = Node(resource, False)
        self.part(self.root, "id")
        self.root.parts["resourceType"] = Node("", False)
        self.names = count()

    def this(self) -> Value:
        return Value("", node=self.root)

    def part(self, node: Node, name: str) -> Node:
        if name not in node.parts:
            known = elements().get(node.type, {})
            if name not in known:
                raise NotTyped(f"{node.type}.{name}")
            node.parts[name] = Node(*known[name])
        return node.parts[name]

    def step(self, base: Value, name: str, of_type: str) -> Value:
        if base.kind != "node" or base.node is None:
            raise NotTyped(name)
        name = element_name(name, of_type)
        part = self.part(base.node, name)
        if not base.many:
            sql = f"{base.sql}.{quoted(name)}" if base.sql else quoted(HERE + name)
            kind = part.type if part.type in LEAVES else of_type
            return Value(f"coalesce({sql}, [])" if part.many else sql, part.many, node=part, of_type=kind)
        x = f"x{next(self.names)}"
        inside = f"{x}.{quoted(name)}"
        if part.many:
            return Value(f"flatten(list_transform({base.sql}, lambda {x}: coalesce({inside}, [])))", True, node=part)
        parts = f"list_transform({base.sql}, lambda {x}: {inside})"
        kind = part.type if part.type in LEAVES else of_type
        return Value(f"list_filter({parts}, lambda {x}: {x} IS NOT NULL)", True, node=part, of_type=kind)

    def text(self, value: Value) -> str:
        if value.node is not None and value.node.type not in ("", *LEAVES):
            raise NotTyped("a part with parts of its own as text")
        return value.sql

    def source(self, conditions: str) -> str:
        """The resources, their columns named so that no column of a view can be meant."""
        named = ", ".join(f"{quoted(name)} AS {quoted(HERE + name)}" for name in self.root.parts)
        return f"SELECT {named} FROM resources WHERE {quoted(HERE + 'resourceType')} = '{self.root.type}'{conditions}"


class JsonShape:
    """Resources as JSON in the column `json`; a step works whether the element repeats or not.

    The `node` of a value is the name of its type as far as `elements.yaml` knows it: a yes or no is one in either shape.
    """

    def __init__(self, resource: str) -> None:
        self.resource = resource
        self.names = count()

    def this(self) -> Value:
        return Value(quoted(HERE + "json"), node=self.resource)

    def source(self, conditions: str) -> str:
        kind = f"({quoted(HERE + 'json')} ->> '$.resourceType')"
        return f"SELECT json AS {quoted(HERE + 'json')} FROM resources WHERE {kind} = '{self.resource}'{conditions}"

    def step(self, base: Value, name: str, of_type: str) -> Value:
        path = literal("$." + quoted(element_name(name, of_type)))
        every = literal("$." + quoted(element_name(name, of_type)) + "[*]")
        node = elements().get(base.node or "", {}).get(element_name(name, of_type), ("", False))[0]
        kind = node if node in LEAVES else of_type

        def parts(x: str) -> str:
            return (
                f"CASE coalesce(json_type({x}, {path}), 'NULL') WHEN 'NULL' THEN CAST([] AS JSON[]) "
                f"WHEN 'ARRAY' THEN json_extract({x}, {every}) ELSE [json_extract({x}, {path})] END"
            )

        if not base.many:
            return Value(parts(base.sql), True, node=node, of_type=kind)
        x = f"x{next(self.names)}"
        return Value(f"flatten(list_transform({base.sql}, lambda {x}: {parts(x)}))", True, node=node, of_type=kind)

    def text(self, value: Value) -> str:
        return f"({value.sql} ->> '$')"


Shape = TypedShape | JsonShape
