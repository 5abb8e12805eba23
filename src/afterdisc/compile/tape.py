"""Conditions to a tape: children before parents, each distinct node once."""

from __future__ import annotations

import numpy as np

from afterdisc.engine.rules import Op
from afterdisc.knowledge import conditions as c
from afterdisc.program import Column, Tape
from afterdisc.words.urgency import URGENCIES

_COMPARE = {"<": Op.LT, "<=": Op.LE, ">": Op.GT, ">=": Op.GE, "==": Op.EQ, "!=": Op.NE}
URGENCY = "urgency"


class TapeWriter:
    """Adds conditions one by one; `tape()` gives the result. Late columns follow the columns of the batch."""

    def __init__(self, columns: tuple[Column, ...]) -> None:
        self.columns = columns
        self.index = {column.name: i for i, column in enumerate(columns)}
        self.nodes: dict[tuple[object, ...], int] = {}
        self.rows: list[tuple[int, int, float, tuple[int, ...], bool]] = []
        self.probabilities: dict[tuple[str, ...], int] = {}

    def add(self, condition: c.Condition) -> int:
        """The node number of a condition."""
        match condition:
            case c.Compare(finding, op, value):
                return self._atom(_COMPARE[op], self.index[finding], value)
            case c.Is(finding, states):
                return self._states(finding, states)
            case c.Known(finding):
                return self._atom(Op.KNOWN, self.index[finding], 0.0)
            case c.Includes(finding, ingredients):
                columns = [self.index[f"{finding}[{i}]"] for i in ingredients]
                return self._join(Op.OR, [self._atom(Op.EQ, column, 1.0) for column in columns])
            case c.EntryCompare(finding, ingredients, op, value):
                atoms = [self._atom(_COMPARE[op], self.index[f"{finding}[{i}]"], value) for i in ingredients]
                return self._join(Op.OR if op in ("<", "<=") else Op.AND, atoms)
            case c.Probability(causes, op, value):
                column = len(self.columns) + 1 + self.probabilities.setdefault(causes, len(self.probabilities))
                return self._atom(_COMPARE[op], column, value, late=True)
            case c.Not(arg):
                return self._join(Op.NOT, [self.add(arg)])
            case c.All(args):
                return self._join(Op.AND, [self.add(a) for a in args])
            case c.Any_(args):
                return self._join(Op.OR, [self.add(a) for a in args])
            case c.AtLeast(n, args):
                return self._join(Op.AT_LEAST, [self.add(a) for a in args], float(n))
        raise TypeError(f"no condition: {condition!r}")

    def tape(self) -> Tape:
        items: list[int] = []
        starts = []
        for _, _, _, kids, _ in self.rows:
            starts.append(len(items))
            items.extend(kids)
        return Tape(
            op=np.array([r[0] for r in self.rows], np.int8),
            column=np.array([r[1] for r in self.rows], np.int32),
            value=np.array([r[2] for r in self.rows], np.float64),
            start=np.array(starts, np.int32),
            count=np.array([len(r[3]) for r in self.rows], np.int32),
            items=np.array(items, np.int32),
            late=np.array([r[4] for r in self.rows], np.bool_),
        )

    def _states(self, finding: str, states: tuple[str, ...]) -> int:
        if finding == URGENCY:
            return self._node(Op.IN, len(self.columns), 0.0, tuple(sorted(URGENCIES.index(s) for s in states)), late=True)
        column = self.index[finding]
        codes = tuple(sorted(self.columns[column].states.index(s) for s in states))
        return self._node(Op.IN, column, 0.0, codes)

    def _atom(self, op: int, column: int, value: float, *, late: bool = False) -> int:
        return self._node(op, column, value, (), late=late)

    def _join(self, op: int, kids: list[int], value: float = 0.0) -> int:
        if op in (Op.AND, Op.OR):
            kids = list(dict.fromkeys(kids))
            if len(kids) == 1:
                return kids[0]
        return self._node(op, -1, value, tuple(kids), late=any(self.rows[k][4] for k in kids))

    def _node(self, op: int, column: int, value: float, kids: tuple[int, ...], *, late: bool = False) -> int:
        key = (op, column, value, kids)
        if key not in self.nodes:
            self.nodes[key] = len(self.rows)
            self.rows.append((int(op), column, value, kids, late))
        return self.nodes[key]
