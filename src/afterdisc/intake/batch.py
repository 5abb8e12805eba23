"""Cases as rows of numbers, checked on the way in."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeGuard

import numpy as np
import numpy.typing as npt

from afterdisc.engine.rules import RowRules, batch_truth
from afterdisc.errors import (
    CaseError,
    ContradictoryFacts,
    ImpossibleState,
    ImpossibleValue,
    OutOfScope,
    UnknownFinding,
    UnreadableCase,
)
from afterdisc.program import Column, Program, Root, kept_with_program
from afterdisc.words.ingredient import ingredient
from afterdisc.words.nearest import did_you_mean
from afterdisc.words.printable import printable, quoted

LARGEST_ID = 10**100
MOST = 1e7  # no amount of anything taken, and no age, is as large
LONGEST_NAME = 200  # of what is compared with known names; nothing known is half as long
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
        name, findings = _parts(program, case, i)
        try:
            found.append(fill_row(program, findings, rows[i]))
        except CaseError as error:
            if len(cases) == 1:
                raise
            raise type(error)(f"case {printable(name)}: {error}") from None
        ids.append(name)
    return Batch(rows, tuple(ids), tuple(found))


def _parts(program: Program, case: Any, i: int) -> tuple[str, Mapping[str, Any]]:
    """(id, findings) of a case. Raises UnreadableCase."""
    if not isinstance(case, Mapping):
        raise UnreadableCase(
            f'row {i}: a case must be a mapping of findings, this is {_kind(case)}. Write {{"findings": {{…}}}}.'
        )
    if "findings" not in case:
        return _id(case.get("id"), i), {k: v for k, v in case.items() if k != "id"}
    findings, outside = case["findings"], next((k for k in case if k in layout_of(program).simple), None)
    if not isinstance(findings, Mapping):
        raise UnreadableCase(f"row {i}: `findings` must be a mapping, this is {_kind(findings)}.")
    if outside is not None:
        raise UnreadableCase(f"row {i}: `{outside}` stands beside `findings` and would not be seen. Move it inside.")
    return _id(case.get("id"), i), findings


def _id(given: Any, i: int) -> str:
    given = _plain(given)
    if isinstance(given, str):
        return given
    if given is None:
        return str(i)
    if not _is_number(given) or abs(given) > LARGEST_ID:
        raise UnreadableCase(f"row {i}: `id` must be text or a number, this is {_kind(given)}.")
    return str(given)


def _plain(value: Any) -> Any:
    """A NumPy scalar as the Python value it stands for; anything else as it is."""
    return value.item() if isinstance(value, np.generic) else value


def _kind(value: Any) -> str:
    """What a value is, in words that do not give it away."""
    if value is None:
        return "nothing"
    if isinstance(value, bool | np.bool_):
        return "true or false"
    if isinstance(value, int | float | np.number):
        return "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if _is_list(value) else "something else"


class _Plain:
    """The quick way for a value of the usual kind; what it does not know goes the careful way."""

    def __init__(self, place: int, column: Column) -> None:
        self.place, self.low, self.high, self.whole = place, column.low, column.high, column.kind == "count"
        self.is_bool, self.states = column.kind == "bool", {s: float(i) for i, s in enumerate(column.states)}

    def code(self, value: Any) -> float | None:
        kind = type(value)
        if kind is bool:
            return (1.0 if value else 0.0) if self.is_bool else None
        if kind is str:
            return None if self.is_bool else self.states.get(value)
        if self.states or (kind is not float and kind is not int) or not self.low <= value <= self.high:
            return None
        return None if self.whole and value != int(value) else float(value)


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
        self.plain = {name: _Plain(i, column) for name, (i, column) in self.simple.items() if column.kind not in ("set", "map")}
        self.contradictions = [(i, r) for i, r in enumerate(program.roots) if r.kind in ("contradiction", "scope")]
        self.rules = RowRules(program.tape, [r.node for _, r in self.contradictions])


@kept_with_program
def layout_of(program: Program) -> Layout:
    return Layout(program)


def fill_row(program: Program, findings: Mapping[str, Any], row: Floats) -> dict[str, Any]:
    """Write one case into a row of NaN; returns the known findings as given. Raises CaseError."""
    layout = layout_of(program)
    known = {}
    plain = layout.plain
    for name, given in findings.items():
        quick = plain.get(name)
        if quick is not None:
            code = quick.code(given)
            if code is not None:
                row[quick.place] = code
                known[name] = given
                continue
        place = layout.simple.get(name)
        if place is None:
            raise UnknownFinding(
                f"{quoted(name)} is no finding. {did_you_mean(str(name)[:LONGEST_NAME], layout.simple)} "
                "See `afterdisc knowledge show findings` for all of them.".replace("  ", " ")
            )
        value = _plain(given)
        if value is None:
            continue
        i, column = place
        try:
            number = _coded(column, value)
        except ImpossibleValue as error:
            raise out_of_scope(program, i, value) or error from None
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
        guess = did_you_mean(value[:LONGEST_NAME], column.states) if isinstance(value, str) else ""
        raise ImpossibleState(f"`{column.name}` takes one of {', '.join(column.states)}. {guess}".rstrip())
    if kind == "set":
        if not _is_list(value) or not all(isinstance(v, str) or v is None for v in value):
            raise ImpossibleValue(f'`{column.name}` takes a list of names, for example ["gabapentin"].')
        return 1.0
    if not isinstance(value, Mapping):
        raise ImpossibleValue(f'`{column.name}` takes a mapping of name to number, as in {{"gabapentin": 900}}.')
    return 1.0


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence | set | frozenset) and not isinstance(value, str)


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(column: Column, value: Any) -> float | None:
    if not _is_number(value):
        raise ImpossibleValue(f"`{column.name}` takes a number, this is {_kind(value)}. Write no quotes and no unit.")
    if value != value:
        return None
    if not column.low <= value <= column.high:
        raise ImpossibleValue(
            f"`{column.name}` takes {column.low:g} to {column.high:g}; this value is outside. "
            "Check the unit, or leave it out if it is not known."
        )
    if column.kind == "count" and value != int(value):
        raise ImpossibleValue(f"`{column.name}` is a count: a whole number.")
    return float(value)


def _fill_entries(column: Column, value: Any, entries: list[tuple[int, Column]], row: Floats) -> None:
    if column.kind == "set":
        listed, rest = listed_of(value)
        for i, entry in entries:
            row[i] = 1.0 if entry.entry in listed else entry.absent if rest is None else rest
        return
    amounts = amounts_of(column, value.items())
    for i, entry in entries:
        row[i] = amounts.get(entry.entry, entry.absent)


def listed_of(value: Iterable[str | None]) -> tuple[set[str], float | None]:
    """The names of a list, and what a name that is not listed counts as: NaN if the list says `null`, one nobody could read."""
    names = list(value)
    return {ingredient(v) for v in names if v is not None}, (math.nan if None in names else None)


def amounts_of(column: Column, items: Iterable[tuple[Any, Any]]) -> dict[str, float]:
    """The amount of each ingredient of a map, NaN if it is taken in an unknown amount. Raises ImpossibleValue."""
    out: dict[str, float] = {}
    for place, (name, given) in enumerate(items, 1):
        amount, key = _plain(given), ingredient(str(name)[:LONGEST_NAME])
        if key in out:
            raise ImpossibleValue(f"`{column.name}` names one ingredient twice: entry {place} repeats an earlier one.")
        if amount is not None and not (_is_number(amount) and 0 <= amount < MOST):
            raise ImpossibleValue(
                f"`{column.name}` takes numbers of 0 or more, entry {place} is another thing. Write null if not known."
            )
        out[key] = math.nan if amount is None else float(amount)
    return out


def _refuse_contradictions(program: Program, layout: Layout, row: Floats) -> None:
    for first, second, slack, say in program.orders:
        if row[first] > row[second] + slack:
            raise ContradictoryFacts(_order(program, first, second, say))
    if not layout.contradictions:
        return
    for (_, root), truth in zip(layout.contradictions, layout.rules(row), strict=True):
        if truth is True:
            raise _refusal(program, root)


def contradictory_rows(program: Program, rows: Floats) -> list[tuple[npt.NDArray[np.intp], CaseError]]:
    """(which rows, why) of those that contradict themselves or are not what this knowledge is about; a row once each way."""
    out: list[tuple[npt.NDArray[np.intp], CaseError]] = []
    for first, second, slack, say in program.orders:
        wrong = np.flatnonzero(rows[:, first] > rows[:, second] + slack)
        if len(wrong):
            out.append((wrong, ContradictoryFacts(_order(program, first, second, say))))
    refusing = [root for _, root in layout_of(program).contradictions]
    truth = batch_truth(program.tape, [root.node for root in refusing], rows)
    for j, root in enumerate(refusing):
        wrong = np.flatnonzero(truth[:, j] == 1)
        if len(wrong):
            out.append((wrong, _refusal(program, root)))
    return out


def out_of_scope(program: Program, place: int, value: Any) -> CaseError | None:
    """Is a number outside its range a person this knowledge is not about, rather than a slip of the pen?"""
    if not _is_number(value) or not 0 <= value < MOST:
        return None
    row, layout = np.full(len(program.columns), np.nan), layout_of(program)
    row[place] = value
    answers = zip(layout.contradictions, layout.rules(row), strict=True)
    return next((_refusal(program, root) for (_, root), truth in answers if truth and root.kind == "scope"), None)


def _order(program: Program, first: int, second: int, say: str) -> str:
    return f"`{program.columns[first].name}` and `{program.columns[second].name}` contradict each other: {say}"


def _refusal(program: Program, root: Root) -> CaseError:
    kind = OutOfScope if root.kind == "scope" else ContradictoryFacts
    return kind(program.book["contradictions"][root.name])
