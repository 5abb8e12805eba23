"""In which way a column's values go over to Python: by the finding's kind and Spark's type of the column."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from afterdisc.errors import ImpossibleState, ImpossibleValue
from afterdisc.program import Column, Program
from afterdisc.registry.columns import ID, RECORD_COLUMNS

WHOLE = ("tinyint", "smallint", "int", "bigint")
BROKEN = ("float", "double")


class Way(Enum):
    """How a column is written."""

    NUMBER = "number"  # as a double
    WHOLE = "whole number"
    YES_NO = "yes or no"
    TEXT = "text"  # read, or the row refused, as in a file
    NAMES = "names"
    AMOUNTS = "amounts"
    GIVEN = "given"  # a thing that the finding cannot be: only that it is there, which refuses the row


def ways_of(program: Program, dtypes: Iterable[tuple[str, str]]) -> dict[str, Way]:
    """The findings among the columns of a DataFrame (its `dtypes`), each with its way, in their order.

    Raises ImpossibleState or ImpossibleValue, as a file does, for a column whose type can hold no value of its finding.
    """
    columns = {c.finding: c for c in program.columns if not c.entry}
    return {name: _way(columns[name], kind) for name, kind in dtypes if name != ID and name not in RECORD_COLUMNS}


def _way(column: Column, kind: str) -> Way:
    if kind == "void" or kind.startswith(("string", "varchar", "char")):
        return Way.TEXT
    if column.kind == "set":
        return _only(kind in ("array<string>", "array<void>"), Way.NAMES, column, "a list of text", kind)
    if column.kind == "map":
        return _only(_is_amounts(kind), Way.AMOUNTS, column, "a map of text to number", kind)
    if column.kind == "bool":
        if kind != "boolean" and not _is_number(kind):
            raise ImpossibleState(f"column `{column.name}` must be boolean, this is {kind}.")
        return Way.YES_NO if kind == "boolean" else Way.NUMBER
    if column.states:
        return Way.WHOLE if kind in WHOLE else Way.GIVEN
    return Way.NUMBER if _is_number(kind) else Way.GIVEN


def _only(fits: bool, way: Way, column: Column, wanted: str, kind: str) -> Way:
    if not fits:
        raise ImpossibleValue(f"column `{column.name}` must hold {wanted}, this is {kind}.")
    return way


def _is_number(kind: str) -> bool:
    return kind in (*WHOLE, *BROKEN) or kind.startswith("decimal")


def _is_amounts(kind: str) -> bool:
    key, _, amount = kind.removeprefix("map<").removesuffix(">").partition(",")
    return kind.startswith("map<") and key == "string" and (amount == "void" or _is_number(amount))
