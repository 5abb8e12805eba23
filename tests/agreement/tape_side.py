"""Conditions over small_bases.CONDITION_FINDINGS as the engine sees them: a tape, its columns, and rows."""

from __future__ import annotations

from typing import Any

from afterdisc.compile.columns import columns_of
from afterdisc.compile.tape import TapeWriter
from afterdisc.engine.rules import RowRules
from afterdisc.knowledge import conditions as c
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.program import Column, Tape
from small_bases import CONDITION_FINDINGS, Sign, small_base

COUGH = Sign("noisy_or", (0.9, 0.1), {"a": (0.3, 0.7)})


def base_with(rules: dict[str, c.Condition], flags: dict[str, Any] | None = None) -> KnowledgeBase:
    return small_base(
        causes={"a": 0.3, "b": 0.2},
        nothing=0.55,
        signs={"cough": COUGH},
        others=CONDITION_FINDINGS,
        rules=rules,
        red_flags=flags,
    )


BARE = base_with({})  # only for its findings


class Compiled:
    """Conditions on one tape, the columns they read, and rows of cases."""

    def __init__(self, several: list[c.Condition]) -> None:
        self.columns = columns_of(BARE, several)
        writer = TapeWriter(self.columns)
        self.nodes = [writer.add(condition) for condition in several]
        self.tape: Tape = writer.tape()
        self.every = RowRules(self.tape, range(len(self.tape.op)))

    def row(self, case: dict[str, Any]) -> list[float]:
        """A row as its columns say; written here apart from the intake."""
        out = []
        for column in self.columns:
            value = case.get(column.finding)
            if value is None:
                out.append(float("nan"))
            elif column.entry:
                out.append(self._entry(column, value))
            elif column.kind in ("set", "map"):
                out.append(1.0)
            else:
                out.append(float(column.states.index(value)) if isinstance(value, str) else float(value))
        return out

    @staticmethod
    def _entry(column: Column, value: Any) -> float:
        if column.kind == "set":
            return float(column.entry in value)
        return float(value.get(column.entry, column.absent))
