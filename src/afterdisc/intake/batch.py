"""Cases as rows of numbers, checked on the way in."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from afterdisc.engine.rules import RowRules
from afterdisc.errors import (
    CaseError,
    ContradictoryFacts,
    ImpossibleState,
    ImpossibleValue,
    OutOfScope,
    UnknownFinding,
    UnreadableCase,
)
from afterdisc.program import Column, Program
from afterdisc.words.ingredient import ingredient
from afterdisc.words.nearest import did_you_mean

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Batch:
    """rows float64 [case, column]; ids [case]. One row is one person at one evaluation."""

    rows: Floats
    ids: tuple[str, ...]
    findings: tuple[Mapping[str, Any], ...] = field(default=())  # as given, known ones only; empty for large batches

    def __len__(self) -> int:
        return len(self.rows)


def batch_from_cases(program: Program, cases: Sequence[Mapping[str, Any]]) -> Batch:
    """A batch from case dictionaries: `{"id": …, "findings": {…}}`, or the findings alone.

    A finding that is missing or null is unknown. Raises CaseError naming the case and the finding, never a value.
    """
    rows = np.full((len(cases), len(program.columns)), np.nan)
    ids, found = [], []
    for i, case in enumerate(cases):
        name, findings = _parts(case, i)
        try:
            found.append(fill_row(program, findings, rows[i]))
        except CaseError as error:
            if len(cases) == 1:
                raise
            raise type(error)(f"case {name}: {error}") from None
        ids.append(name)
    return Batch(rows, tuple(ids), tuple(found))


def _parts(case: Any, i: int) -> tuple[str, Mapping[str, Any]]:
    if not isinstance(case, Mapping):
        raise UnreadableCase(
            f"row {i}: a case must be a mapping of findings, this is {_kind(case)}. Write {{\"findings\": {{…}}}}."
        )
    findings = case.get("findings", case) if "findings" in case or "id" not in case else {}
    if not isinstance(findings, Mapping):
        raise UnreadableCase(f"row {i}: `findings` must be a mapping, this is {_kind(findings)}.")
    return str(case.get("id", i)) if "findings" in case or "id" in case else str(i), findings


def _kind(value: Any) -> str:
    return {dict: "a mapping", list: "a list", str: "text", bool: "true or false", type(None): "nothing"}.get(
        type(value), "a number"
    )


class Layout:
    """Where each finding goes in a row; made once per program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.simple: dict[str, tuple[int, Column]] = {}
        self.entries: dict[str, list[tuple[int, Column]]] = {}
        for i, column in enumerate(program.columns):
            if column.entry:
                self.entries.setdefault(column.finding, []).append((i, column))
            else:
                self.simple[column.finding] = (i, column)
        self.contradictions = [(i, r) for i, r in enumerate(program.roots) if r.kind in ("contradiction", "scope")]
        self.rules = RowRules(program.tape, [r.node for _, r in self.contradictions])


@lru_cache(maxsize=8)
def _layout_by_key(fingerprint: str, holder: _Holder) -> Layout:
    return Layout(holder.program)


class _Holder:
    """Lets the cache be keyed by fingerprint alone."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def __hash__(self) -> int:
        return hash(self.program.fingerprint)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Holder) and other.program.fingerprint == self.program.fingerprint


def layout_of(program: Program) -> Layout:
    return _layout_by_key(program.fingerprint, _Holder(program))


def fill_row(program: Program, findings: Mapping[str, Any], row: Floats) -> dict[str, Any]:
    """Write one case into a row of NaN; returns the known findings as given. Raises CaseError."""
    layout = layout_of(program)
    known = {}
    for name, value in findings.items():
        place = layout.simple.get(name)
        if place is None:
            raise UnknownFinding(
                f"`{name}` is no finding. {did_you_mean(str(name), layout.simple)} "
                "See `afterdisc knowledge show findings` for all of them.".replace("  ", " ")
            )
        if value is None:
            continue
        i, column = place
        number = _coded(column, value)
        if number is None:
            continue
        row[i] = number
        known[name] = value
        if column.kind in ("set", "map"):
            _fill_entries(column, value, layout.entries.get(name, []), row)
    _refuse_contradictions(program, layout, row)
    return known


def _coded(column: Column, value: Any) -> float | None:
    """The number a value is stored as; None for a NaN, which is unknown."""
    kind = column.kind
    if kind == "bool":
        if value is True or value is False:
            return float(value)
        raise ImpossibleState(f"`{column.name}` takes true or false (null if unknown). Mend the value.")
    if kind in ("number", "count"):
        return _number(column, value)
    if kind in ("ordinal", "category"):
        if isinstance(value, str) and value in column.states:
            return float(column.states.index(value))
        guess = did_you_mean(value, column.states) if isinstance(value, str) else ""
        raise ImpossibleState(f"`{column.name}` takes one of {', '.join(column.states)}. {guess}".rstrip())
    if kind == "set":
        if isinstance(value, str) or not isinstance(value, Sequence | set | frozenset) or not all(isinstance(v, str) for v in value):
            raise ImpossibleValue(f"`{column.name}` takes a list of names, for example [\"gabapentin\"].")
        return 1.0
    if not isinstance(value, Mapping):
        raise ImpossibleValue(f"`{column.name}` takes a mapping of name to number, for example {{\"gabapentin\": 900}}.")
    return 1.0


def _number(column: Column, value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ImpossibleValue(f"`{column.name}` takes a number; this is {_kind(value)}. Write it without quotes or unit.")
    number = float(value)
    if math.isnan(number):
        return None
    if not column.low <= number <= column.high:
        raise ImpossibleValue(
            f"`{column.name}` takes {column.low:g} to {column.high:g}; this value is outside. "
            "Check the unit, or leave it out if it is not known."
        )
    if column.kind == "count" and number != int(number):
        raise ImpossibleValue(f"`{column.name}` is a count: a whole number.")
    return number


def _fill_entries(column: Column, value: Any, entries: list[tuple[int, Column]], row: Floats) -> None:
    if column.kind == "set":
        listed = {ingredient(v) for v in value}
        for i, entry in entries:
            row[i] = 1.0 if entry.entry in listed else entry.absent
        return
    numbers = {}
    for name, amount in value.items():
        if isinstance(amount, bool) or not isinstance(amount, int | float) or not 0 <= float(amount) < 1e7:
            raise ImpossibleValue(f"`{column.name}` takes numbers of 0 or more; the entry `{ingredient(str(name))}` is none.")
        numbers[ingredient(str(name))] = float(amount)
    for i, entry in entries:
        row[i] = numbers.get(entry.entry, entry.absent)


def _refuse_contradictions(program: Program, layout: Layout, row: Floats) -> None:
    for first, second, slack, say in program.orders:
        if row[first] > row[second] + slack:
            raise ContradictoryFacts(
                f"`{program.columns[first].name}` and `{program.columns[second].name}` contradict each other: {say}"
            )
    if not layout.contradictions:
        return
    for (_, root), truth in zip(layout.contradictions, layout.rules(row.tolist()), strict=True):
        if truth is True:
            kind = OutOfScope if root.kind == "scope" else ContradictoryFacts
            raise kind(program.book["contradictions"][root.name])
