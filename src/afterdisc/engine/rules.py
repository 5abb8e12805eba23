"""Three-valued conditions over rows: bit planes for many cases, one generated function for one, a walk for the reasons.

All three say the same: true, false, or unknown. Atoms compare float64 with float64 literals, NaN is unknown everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from afterdisc.engine.planes import columns_of, planes, reading_of, to_truth
from afterdisc.program import Tape
from afterdisc.words.truth import Truth

Trits = npt.NDArray[np.int8]  # 1 true, 0 false, -1 unknown
Rows = npt.NDArray[np.float64]


class Op(IntEnum):
    """What a node does. Up to KNOWN they are atoms."""

    LT, LE, GT, GE, EQ, NE, IN, KNOWN, AND, OR, NOT, AT_LEAST = range(12)


_SIGN = {Op.LT: "<", Op.LE: "<=", Op.GT: ">", Op.GE: ">=", Op.EQ: "==", Op.NE: "!="}
def needed(tape: Tape, nodes: Sequence[int]) -> list[int]:
    """The nodes that these nodes rest on, themselves included, children before parents."""
    keep = np.zeros(len(tape.op), np.bool_)
    keep[list(nodes)] = True
    for node in range(len(tape.op) - 1, -1, -1):
        if keep[node] and tape.op[node] > Op.KNOWN:
            keep[_items(tape, node)] = True
    return [int(n) for n in np.flatnonzero(keep)]


def _items(tape: Tape, node: int) -> list[int]:
    start = int(tape.start[node])
    return [int(i) for i in tape.items[start : start + int(tape.count[node])]]


# -- one case: a generated function ------------------------------------------------------------------------------


class RowRules:
    """A list of nodes as one Python function of one row: made once, about forty microseconds a call."""

    def __init__(self, tape: Tape, nodes: Sequence[int]) -> None:
        self.nodes = list(nodes)
        columns = sorted({int(tape.column[n]) for n in needed(tape, self.nodes) if tape.column[n] >= 0})
        self.columns = np.array(columns, np.intp)  # what the nodes read
        self._run = _generated(tape, self.nodes, columns)

    def __call__(self, row: Sequence[float] | Rows) -> tuple[Truth, ...]:
        """The truth of each node. `row` holds every column, NaN for unknown; only what the nodes read is looked at."""
        return self._run(np.asarray(row)[self.columns].tolist())


def _generated(tape: Tape, nodes: list[int], columns: list[int]) -> Callable[[list[float]], tuple[Truth, ...]]:
    """Python source from numbers and column positions only; nothing from a file's text reaches it."""
    lines, name = ["def run(r):"], {}
    lines += [f" v{c}=r[{i}];k{c}=v{c}==v{c}" for i, c in enumerate(columns)]
    for n in needed(tape, nodes):
        op, c, x = int(tape.op[n]), int(tape.column[n]), f"x{n}"
        if op in _SIGN:
            name[n], text = x, f"(v{c}{_SIGN[Op(op)]}{float(tape.value[n])!r}) if k{c} else None"
        elif op == Op.IN:
            name[n], text = x, f"(v{c} in {tuple(float(i) for i in _items(tape, n))!r}) if k{c} else None"
        elif op == Op.KNOWN:
            name[n], text = x, f"k{c}"
        else:
            name[n], text = x, _joined(op, [name[k] for k in _items(tape, n)], int(tape.value[n]))
        lines.append(f" {x}={text}")
    lines.append(f" return ({''.join(name[n] + ',' for n in nodes)})")
    space: dict[str, Any] = {}
    exec(compile("\n".join(lines), "<rules>", "exec"), space)
    run: Callable[[list[float]], tuple[Truth, ...]] = space["run"]
    return run


def _joined(op: int, kids: list[str], n: int) -> str:
    if op == Op.NOT:
        return f"None if {kids[0]} is None else not {kids[0]}"
    if not kids:
        return "True" if op == Op.AND else "False"
    if op == Op.AND:
        return f"True if {' and '.join(kids)} else (False if {' or '.join(k + ' is False' for k in kids)} else None)"
    if op == Op.OR:
        return f"True if {' or '.join(kids)} else (None if {' or '.join(k + ' is None' for k in kids)} else False)"
    yes = "+".join(f"({k} is True)" for k in kids)
    open_ = "+".join(f"({k} is not False)" for k in kids)
    return f"True if {yes}>={n} else (False if {open_}<{n} else None)"


# -- many cases: two bit planes a node, see `planes` ----------------------------------------------------------------

PART = 16_384  # rows at once


def batch_truth(tape: Tape, nodes: Sequence[int], rows: Rows) -> Trits:
    """[case, node] for a block of rows [case, column]."""
    reading = reading_of(tape, needed(tape, nodes), nodes)
    out = np.empty((len(nodes), len(rows)), np.int8)  # node by node, so that every write is one run
    for start in range(0, len(rows), PART):
        part = rows[start : start + PART]
        yes, no = planes(tape, reading, columns_of(reading, part))
        to_truth(yes, no, out[:, start : start + len(part)])
    return out.T


# -- the reasons -------------------------------------------------------------------------------------------------


class TapeLists:
    """A tape as plain lists, for walking."""

    def __init__(self, tape: Tape) -> None:
        self.op: list[int] = tape.op.tolist()
        self.column: list[int] = tape.column.tolist()
        self.value: list[float] = tape.value.tolist()
        self.items = [tuple(_items(tape, n)) for n in range(len(tape.op))]


class Reasons:
    """Why a node is true, false or unknown for one row: the atoms that decide it, and the columns still missing.

    `truths` is the truth of every node of the tape for the row, as `RowRules` gives it.
    """

    def __init__(self, tape: TapeLists, truths: Sequence[Truth]) -> None:
        self.tape, self.truths = tape, truths
        self._open: dict[int, tuple[int, ...]] = {}

    def deciding(self, node: int) -> list[tuple[int, bool]]:
        """Atoms as (node, whether it holds): of a true node the true parts, of a false one the false parts."""
        value = self.truths[node]
        return list(dict.fromkeys(self._walk(node, value))) if value is not None else []

    def missing(self, node: int) -> tuple[int, ...]:
        """Columns whose value could settle an unknown node, each once, in the order the rule names them."""
        found = self._open.get(node)
        if found is None:
            found = self._open[node] = self._unsettled(node)
        return found

    def _unsettled(self, node: int) -> tuple[int, ...]:
        if self.truths[node] is not None:
            return ()
        if self.tape.op[node] <= 7:  # an atom
            return (self.tape.column[node],)
        parts = [self.missing(k) for k in self.tape.items[node] if self.truths[k] is None]
        return parts[0] if len(parts) == 1 else tuple(dict.fromkeys(chain.from_iterable(parts)))

    def _walk(self, n: int, value: Truth) -> list[tuple[int, bool]]:
        op = self.tape.op[n]
        if op <= 7:  # an atom
            return [(n, bool(value))]
        kids = self.tape.items[n]
        if op == Op.NOT:
            return self._walk(kids[0], self.truths[kids[0]])
        if op == Op.AT_LEAST:
            return [a for k in kids if self.truths[k] is value for a in self._walk(k, value)]
        decide = [k for k in kids if self.truths[k] is value]
        if (op == Op.AND) != bool(value):  # one false part settles an `and`, one true part an `or`: the first is reason enough
            decide = decide[:1] if op == Op.AND else decide
        return [a for k in decide for a in self._walk(k, value)]


@lru_cache(maxsize=64)
def atom_sign(op: int) -> str:
    """The sign of a comparison, for a screen."""
    return _SIGN[Op(op)]
