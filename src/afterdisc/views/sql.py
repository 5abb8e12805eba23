"""compile_view: a ViewDefinition as one SELECT of DuckDB over a table of resources.

The selects of a view become a chain of steps: each adds columns, or unfolds a list into rows, to all that came before. That
the columns of sibling selects are combined each with each is then what the chain does by itself, without a join.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from afterdisc.errors import ViewError
from afterdisc.views import path as p
from afterdisc.views.expression import Expressions
from afterdisc.views.shape import HERE, JsonShape, NotTyped, Shape, TypedShape, Value, quoted
from afterdisc.views.view import NULLABLE, REPEAT, Select, View, ViewColumn

WHOLE = ("integer", "positiveInt", "unsignedInt", "integer64")
RESOURCES = "resources"


@dataclass(frozen=True)
class Compiled:
    """A view as SQL over a relation called `resources`.

    structure  the columns that relation must have, as DuckDB's json_transform names types; empty: one column `json`
    """

    resource: str
    sql: str
    names: tuple[str, ...]
    structure: Mapping[str, Any] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)  # the same as SQL types

    def over(self, relation: str) -> str:
        """The whole SELECT over a relation given as SQL."""
        return f"WITH {RESOURCES} AS ({relation}),\n{self.sql}"


def compile_view(view: View, *, typed: bool = True) -> Compiled:
    """The view as SQL: over columns typed for it where every element is a known one, else over JSON of any shape.

    Raises ViewError for what no view may hold.
    """
    if typed:
        try:
            return _Compiler(view, TypedShape(view.resource)).compiled()
        except NotTyped:
            pass
    return _Compiler(view, JsonShape(view.resource)).compiled()


class _Compiler:
    def __init__(self, view: View, shape: Shape) -> None:
        self.view, self.shape = view, shape
        self.paths = Expressions(shape, view.resource, view.constants)
        self.steps: list[str] = []
        self.unfolded: list[str] = []  # columns that hold nodes and their positions

    def compiled(self) -> Compiled:
        this = self.shape.this()
        conditions = "".join(f" AND ({self.paths.boolean(self.paths.value(w, this, '0'))})" for w in self.view.where)
        last = self._step("")
        for select in self.view.selects:
            last = self._select(select, last, this, "0")
        self.steps[0] = f"v0 AS ({self.shape.source(conditions)})"  # last, for by now all that is read is known
        names = ", ".join(quoted(name) for name in self.view.names())
        sql = ",\n".join(self.steps) + f"\nSELECT {names} FROM {last}"
        if isinstance(self.shape, JsonShape):
            return Compiled(self.view.resource, sql, self.view.names())
        parts = self.shape.root.parts
        types = {name: part.sql_type() for name, part in parts.items()}
        return Compiled(self.view.resource, sql, self.view.names(), {n: p.structure() for n, p in parts.items()}, types)

    def _step(self, sql: str) -> str:
        self.steps.append(f"v{len(self.steps)} AS ({sql})")
        return f"v{len(self.steps) - 1}"

    def _select(self, select: Select, last: str, this: Value, index: str) -> str:
        """Add what a select gives to the rows of the step before; returns the step that holds them."""
        if select.how:
            last, this, index = self._unfolded(select, last, this, index)
        if select.columns:
            made = ", ".join(f"{self._column(c, this, index)} AS {quoted(c.name)}" for c in select.columns)
            last = self._step(f"SELECT *, {made} FROM {last}")
        for inside in select.selects:
            last = self._select(inside, last, this, index)
        if select.union:
            last = self._union(select.union, last, this, index)
        return last

    def _union(self, branches: tuple[Select, ...], last: str, this: Value, index: str) -> str:
        """The rows of every branch; what a branch unfolded on the way is dropped, so that all have the same columns."""
        parts = []
        for branch in branches:
            begun = len(self.unfolded)
            done = self._select(branch, last, this, index)
            extra = ", ".join(self.unfolded[begun:])
            del self.unfolded[begun:]
            parts.append(f"SELECT * {f'EXCLUDE ({extra}) ' if extra else ''}FROM {done}")
        return self._step(" UNION ALL ".join(parts))

    def _unfolded(self, select: Select, last: str, this: Value, index: str) -> tuple[str, Value, str]:
        """A row for each node of a list; of forEachOrNull one with null where there is none."""
        if select.how == REPEAT:
            nodes = Value(self._repeated(select.each, this), True)
        else:
            nodes = self.paths.value(select.each[0], this, index)
        listed = nodes.sql if nodes.many else f"CASE WHEN {nodes.sql} IS NULL THEN [] ELSE [{nodes.sql}] END"
        n = len(self.steps)
        rows, node, at = quoted(f"{HERE}list{n}"), quoted(f"{HERE}node{n}"), quoted(f"{HERE}index{n}")
        if select.how == NULLABLE:
            listed = f"CASE WHEN len({listed}) > 0 THEN {listed} ELSE [NULL] END"
        before = self._step(f"SELECT *, {listed} AS {rows} FROM {last}")
        made = f"SELECT * EXCLUDE ({rows}), unnest({rows}) AS {node}, unnest(range(len({rows}))) AS {at} FROM {before}"
        self.unfolded += [node, at]
        return self._step(made), Value(node, kind=nodes.kind, node=nodes.node), at

    def _repeated(self, paths: tuple[p.Tree, ...], this: Value) -> str:
        """All nodes reached by going down these paths again and again, each before what is below it."""
        if isinstance(self.shape, TypedShape):
            raise NotTyped("repeat")
        ways = "|".join(_pattern(tree) for tree in paths)
        return (
            f"coalesce((SELECT list(t.value ORDER BY t.rowid) FROM json_tree({this.sql}) AS t "
            f"WHERE t.type <> 'ARRAY' AND regexp_full_match(t.fullkey, '\\$({ways})+')), CAST([] AS JSON[]))"
        )

    def _column(self, column: ViewColumn, this: Value, index: str) -> str:
        value = self.paths.value(column.path, this, index)
        if column.collection:
            texts = self.paths.texts(value)
            kind = _sql_type(column.type)
            return texts if kind == "VARCHAR" else f"list_transform({texts}, lambda x: TRY_CAST(x AS {kind}))"
        if column.type == "boolean" or (not column.type and "boolean" in (value.kind, value.of_type)):
            return self.paths.boolean(value)
        if value.kind == "number" and not column.type:
            return value.sql
        kind = _sql_type(column.type)
        text = self.paths.text(value)
        return text if kind == "VARCHAR" else f"TRY_CAST({text} AS {kind})"


def _sql_type(kind: str) -> str:
    if kind == "boolean":
        return "BOOLEAN"
    return "BIGINT" if kind in WHOLE else "DOUBLE" if kind == "decimal" else "VARCHAR"


def _pattern(tree: p.Tree) -> str:
    """The keys of a plain path in json_tree, with or without a position."""
    if isinstance(tree, p.This):
        return ""
    if isinstance(tree, p.Step) and not tree.of_type:
        return _pattern(tree.base) + r"\." + f'"?{tree.name}"?' + r"(\[\d+\])?"
    raise ViewError("repeat: takes plain paths, as in `item` or `answer.item`")
