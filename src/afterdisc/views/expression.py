"""A path as SQL, over resources of either shape. Empty is null, as in FHIRPath."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from afterdisc.errors import ViewError
from afterdisc.views import path as p
from afterdisc.views.boundary import boundary
from afterdisc.views.shape import Shape, Value, literal
from afterdisc.views.view import NUMBERS

SEVERAL = "error('a path that must give one value gives several')"
BOOLEANS = ("and", "or", "xor")
ORDER = ("<", "<=", ">", ">=")
ARITHMETIC = ("+", "-", "*", "/")


class Expressions:
    """Paths of one view as SQL. `constants`: name -> (FHIR type, value)."""

    def __init__(self, shape: Shape, resource: str, constants: Mapping[str, tuple[str, Any]]) -> None:
        self.shape, self.resource, self.constants = shape, resource, constants

    def value(self, tree: p.Tree, this: Value, index: str) -> Value:
        """The SQL of a path, begun at `this`; `index` is what %rowIndex stands for."""
        match tree:
            case p.This():
                return this
            case p.Literal(value, kind):
                return _literal(value, kind)
            case p.Constant("rowIndex"):
                return Value(index, kind="number")
            case p.Constant(name):
                return self._constant(name)
            case p.Step(base, name, of_type):
                return self._step(base, name, of_type, this, index)
            case p.Index(base, at):
                return self._at(self.value(base, this, index), self.number(self.value(at, this, index)))
            case p.Call(base, name, args):
                return self._call(name, self.value(base, this, index), args, base, this, index)
            case p.Operation(sign, left, right):
                return self._operation(sign, self.value(left, this, index), self.value(right, this, index))
        raise ViewError(f"no path: {tree!r}")

    # -- what a value is ---------------------------------------------------------------------------------------------

    def single(self, value: Value) -> Value:
        """The one value of a collection; several are an error."""
        if not value.many:
            return value
        one = f"CASE WHEN len({value.sql}) > 1 THEN {SEVERAL} ELSE ({value.sql})[1] END"
        return Value(one, kind=value.kind, node=value.node, of_type=value.of_type)

    def text(self, value: Value) -> str:
        one = self.single(value)
        if one.kind == "node":
            return self.shape.text(one)
        return one.sql if one.kind == "text" else f"CAST({one.sql} AS VARCHAR)"

    def number(self, value: Value) -> str:
        return value.sql if value.kind == "number" else f"TRY_CAST({self.text(value)} AS DOUBLE)"

    def boolean(self, value: Value) -> str:
        """True, false or null; anything else that is no yes or no is an error."""
        if value.kind == "boolean":
            return value.sql
        text = self.text(value)
        known = f"WHEN {text} IS NULL THEN NULL WHEN {text} = 'true' THEN true WHEN {text} = 'false' THEN false"
        return f"CASE {known} ELSE error('a condition must be true or false') END"

    # -- steps and functions -----------------------------------------------------------------------------------------

    def _step(self, base: p.Tree, name: str, of_type: str, this: Value, index: str) -> Value:
        if isinstance(base, p.This) and name == self.resource and not of_type and this == self.shape.this():
            return this
        return self.shape.step(self.value(base, this, index), name, of_type)

    def _constant(self, name: str) -> Value:
        if name not in self.constants:
            raise ViewError(f"%{name} is no constant of this view. Add it under `constant`.")
        kind, value = self.constants[name]
        if isinstance(value, bool):
            return _literal(value, "boolean")
        return _literal(float(value), "number") if kind in NUMBERS else _literal(str(value), "string")

    def _at(self, value: Value, at: str) -> Value:
        if value.many:
            return Value(f"({value.sql})[CAST({at} AS BIGINT) + 1]", kind=value.kind, node=value.node, of_type=value.of_type)
        return Value(f"CASE WHEN {at} = 0 THEN {value.sql} END", kind=value.kind, node=value.node, of_type=value.of_type)

    def _call(
        self, name: str, base: Value, args: tuple[p.Tree, ...], tree: p.Tree, this: Value, index: str
    ) -> Value:
        plain: dict[str, Callable[[Value], Value]] = {
            "exists": _exists,
            "empty": lambda v: Value(f"(NOT {_exists(v).sql})", kind="boolean"),
            "count": lambda v: Value(f"len({v.sql})" if v.many else f"CAST({v.sql} IS NOT NULL AS BIGINT)", kind="number"),
            "not": lambda v: Value(f"(NOT ({self.boolean(v)}))", kind="boolean"),
            "first": lambda v: self._at(v, "0"),
            "getResourceKey": self._resource_key,
        }
        if name in plain and not args:
            return plain[name](base)
        if name in ("where", "exists") and len(args) == 1:
            kept = self._where(base, args[0], index)
            return kept if name == "where" else _exists(kept)
        if name == "extension" and len(args) == 1:
            same = p.Operation("=", p.Step(p.This(), "url"), args[0])
            return self._where(self.shape.step(base, "extension", ""), same, index)
        if name == "join" and len(args) <= 1:
            sep = self.text(self.value(args[0], this, index)) if args else "''"
            return Value(f"array_to_string({self.texts(base)}, {sep})", kind="text")
        if name == "getReferenceKey" and len(args) <= 1:
            return self._reference_key(base, args)
        if name in ("lowBoundary", "highBoundary") and not args:
            one = self.single(base)
            return Value(boundary(self.text(one), _date_type(one, tree), low=name == "lowBoundary"), kind="text")
        raise ViewError(f"`{name}()` with {len(args)} arguments is none of the functions that views may use")

    def _where(self, base: Value, condition: p.Tree, index: str) -> Value:
        if not base.many:
            holds = self.boolean(self.value(condition, base, index))
            if base == self.shape.this():  # the resource itself: there, or not
                return Value(f"CASE WHEN {holds} THEN true END", kind="boolean")
            return Value(f"CASE WHEN {holds} THEN {base.sql} END", kind=base.kind, node=base.node, of_type=base.of_type)
        x = f"x{next(self.shape.names)}"
        holds = self.boolean(self.value(condition, Value(x, kind=base.kind, node=base.node), index))
        return Value(f"list_filter({base.sql}, lambda {x}: coalesce({holds}, false))", True, base.kind, base.node, base.of_type)

    def texts(self, value: Value) -> str:
        """A list of text."""
        if not value.many:
            return f"CASE WHEN {value.sql} IS NULL THEN [] ELSE [{self.text(value)}] END"
        x = f"x{next(self.shape.names)}"
        return f"list_transform({value.sql}, lambda {x}: {self.text(Value(x, kind=value.kind, node=value.node))})"

    def _resource_key(self, base: Value) -> Value:
        identity = self.text(self.shape.step(self.shape.this(), "id", ""))
        return Value(f"({literal(self.resource + '/')} || {identity})", kind="text")

    def _reference_key(self, base: Value, args: tuple[p.Tree, ...]) -> Value:
        """`Type/id` at the end of a reference, of whatever server and version; with an argument only of that type."""
        kind = args[0].name if args and isinstance(args[0], p.Step) else "[A-Za-z]+"
        reference = self.text(self.shape.step(base, "reference", ""))
        found = rf"nullif(regexp_extract({reference}, '(?:^|/)({kind}/[A-Za-z0-9\-\.]+)(?:/_history/.*)?$', 1), '')"
        if kind.isalpha():  # most references are just that, and looking is faster than matching
            plain = f"starts_with({reference}, '{kind}/') AND NOT contains(substr({reference}, {len(kind) + 2}), '/')"
            found = f"CASE WHEN {plain} THEN {reference} ELSE {found} END"
        return Value(found, kind="text")

    # -- operators ---------------------------------------------------------------------------------------------------

    def _operation(self, sign: str, left: Value, right: Value) -> Value:
        if sign in BOOLEANS:
            a, b = self.boolean(left), self.boolean(right)
            return Value(f"(({a}) <> ({b}))" if sign == "xor" else f"(({a}) {sign} ({b}))", kind="boolean")
        if sign == "&":
            return Value(f"concat({self.text(left)}, {self.text(right)})", kind="text")
        if sign in ARITHMETIC:
            by = f"nullif({self.number(right)}, 0)" if sign == "/" else self.number(right)
            return Value(f"({self.number(left)} {sign} {by})", kind="number")
        return Value(f"({self._compared(sign, left, right)})", kind="boolean")

    def _compared(self, sign: str, left: Value, right: Value) -> str:
        kinds = {left.kind, right.kind}
        if "boolean" in kinds:
            return f"({self.boolean(left)}) {sign} ({self.boolean(right)})"
        if "number" in kinds:
            return f"{self.number(left)} {sign} {self.number(right)}"
        a, b = self.text(left), self.text(right)
        if kinds != {"node"}:
            return f"{a} {sign} {b}"
        x, y = f"TRY_CAST({a} AS DOUBLE)", f"TRY_CAST({b} AS DOUBLE)"
        return f"CASE WHEN {x} IS NOT NULL AND {y} IS NOT NULL THEN {x} {sign} {y} ELSE {a} {sign} {b} END"


def _literal(value: Any, kind: str) -> Value:
    if kind == "boolean":
        return Value("true" if value else "false", kind="boolean")
    if kind == "number":
        return Value(repr(int(value)) if value == int(value) else f"CAST({value!r} AS DOUBLE)", kind="number")
    return Value(literal(str(value)), kind="text")


def _exists(value: Value) -> Value:
    return Value(f"(len({value.sql}) > 0)" if value.many else f"({value.sql} IS NOT NULL)", kind="boolean")


def _date_type(value: Value, tree: p.Tree) -> str:
    return value.of_type or ("" if isinstance(tree, p.Step) else "date")

