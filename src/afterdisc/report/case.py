"""One case as the report sees it: its row, its outcome, and everything looked up once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from afterdisc.engine.evaluate import Engine, Outcome, engine_of, set_probabilities, with_late_columns
from afterdisc.engine.plan import statuses
from afterdisc.engine.rules import Op, Reasons, atom_sign
from afterdisc.intake import Batch
from afterdisc.program import Program
from afterdisc.words.urgency import URGENCIES

KNOWN = int(Op.KNOWN)


@dataclass
class Case:
    """Row i of a batch with its outcome."""

    program: Program
    batch: Batch
    outcome: Outcome
    i: int

    @cached_property
    def engine(self) -> Engine:
        return engine_of(self.program)

    @property
    def book(self) -> Mapping[str, Any]:
        return self.program.book

    @cached_property
    def row(self) -> list[float]:
        row: list[float] = self.batch.rows[self.i].tolist()
        return row

    @property
    def urgency(self) -> str:
        return URGENCIES[int(self.outcome.urgency[self.i])]

    @cached_property
    def weeks(self) -> float:
        return float(min(self.row[self.program.time_column], self.program.latest_weeks))

    @cached_property
    def cap(self) -> int:
        return int(self.outcome.cap[self.i])

    @cached_property
    def states(self) -> npt.NDArray[np.uint8]:
        return np.asarray(self.outcome.states[self.i])

    @cached_property
    def person(self) -> dict[str, str]:
        """The state seen of every finding that carries weight."""
        p = self.program
        return {f: p.states[j][int(s)] for j, (f, s) in enumerate(zip(p.findings, self.states, strict=True)) if s != 255}

    @cached_property
    def status_codes(self) -> npt.NDArray[np.int8]:
        """[treatment] position in words.status.STATUSES."""
        one = slice(self.i, self.i + 1)
        o = self.outcome
        return np.asarray(statuses(self.engine, o.truth[one], o.urgency[one], self.batch.rows[one])[0])

    @cached_property
    def by_set(self) -> npt.NDArray[np.float64]:
        return set_probabilities(self.engine, self.states, self.weeks, self.cap)

    @cached_property
    def by_three(self) -> npt.NDArray[np.float64]:
        """[set] over at most three causes: what treatments are weighed over, however many causes were considered."""
        return self.by_set if self.cap == self.program.caps[0] else set_probabilities(
            self.engine, self.states, self.weeks, self.program.caps[0]
        )

    @cached_property
    def late_row(self) -> npt.NDArray[np.float64]:
        """The row with urgency and probabilities appended, for the reasons of late rules."""
        one = slice(self.i, self.i + 1)
        o = self.outcome
        rows = with_late_columns(
            self.engine,
            self.batch.rows[one],
            o.states[one],
            np.array([self.weeks]),
            o.probability[one],
            o.cap[one],
            o.urgency[one],
        )
        return np.asarray(rows[0])

    @cached_property
    def reasons(self) -> Reasons:
        return Reasons(self.engine.tape_lists, self.engine.all_rules(self.late_row))

    @cached_property
    def truths(self) -> list[bool | None]:
        """[root]"""
        return [None if t < 0 else t == 1 for t in self.outcome.truth[self.i].tolist()]

    def truth(self, root: int) -> bool | None:
        return self.truths[root]

    def missing(self, roots: Iterable[int]) -> list[str]:
        """Findings whose answer could settle these conditions, each once."""
        reasons, nodes, finding_of = self.reasons, self.engine.nodes, self.engine.finding_of
        found = dict.fromkeys(finding_of[c] for root in roots for c in reasons.missing(nodes[root]))
        found.pop("", None)  # a probability or the urgency
        return list(found)

    def decided_by(self, root: int) -> list[str]:
        """The findings that make a condition true or false, in words."""
        atoms, tape = self.reasons.deciding(self.engine.nodes[root]), self.engine.tape_lists
        told = {tape.column[n] for n, _ in atoms if tape.op[n] != KNOWN}
        more = [(n, holds) for n, holds in atoms if tape.op[n] != KNOWN or tape.column[n] not in told]
        return list(dict.fromkeys(self._atom(n, holds) for n, holds in more))

    def _atom(self, node: int, holds: bool) -> str:
        tape, columns = self.engine.tape_lists, self.program.columns
        op, c = tape.op[node], tape.column[node]
        if c >= len(columns):
            return self._late_atom(op, c - len(columns), node, holds)
        column = columns[c]
        text = self.book["findings"][column.finding]
        label = text["label"] + (f": {column.entry}" if column.entry else "")
        if op == KNOWN:
            return f"{label} is {'' if holds else 'not '}recorded"
        if column.kind == "bool":
            return f"{label}: {'yes' if self.row[c] else 'no'}"
        if column.kind in ("category", "ordinal"):
            state = column.states[int(self.row[c])]
            return f"{label}: {text['values'].get(state, state)}"
        if column.kind == "set":
            return f"{label} {'' if self.row[c] else '(not taken)'}".strip()
        sign = f"{atom_sign(op)} {tape.value[node]:g}"
        return f"{label} {sign}{' ' + text['unit'] if text['unit'] else ''}" if holds else f"{label} not {sign}"

    def _late_atom(self, op: int, j: int, node: int, holds: bool) -> str:
        if j == 0:
            return f"urgency {self.urgency}"
        names = " or ".join(self.book["causes"][c]["label"] for c in self.program.probability_causes[j - 1])
        return f"probability of {names} is {'' if holds else 'not '}{atom_sign(op)} {self.program.tape.value[node]:g}"

    def label(self, finding: str) -> str:
        return str(self.book["findings"][finding]["label"])

    def shown(self, finding: str) -> str:
        """What was found, as given, with its unit; empty if unknown."""
        text = self.book["findings"].get(finding)
        if text is None or not self.batch.findings:
            return ""
        value = self.batch.findings[self.i].get(finding)
        if value is None:
            return ""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, str):
            return str(text["values"].get(value, value))
        return f"{value:g} {text['unit']}".strip() if isinstance(value, int | float) else str(value)
