"""Which roots of the tape belong to what; looked up once per program."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from afterdisc.engine.rules import Op, needed
from afterdisc.program import Program, kept_with_program
from afterdisc.report.support import support


class Index:
    """Positions in `program.roots` by kind and owner, in program order."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def _of(self, kind: str) -> dict[str, list[tuple[int, str]]]:
        out: dict[str, list[tuple[int, str]]] = {}
        for i, root in enumerate(self.program.roots):
            if root.kind == kind:
                out.setdefault(root.owner, []).append((i, root.name))
        return out

    @cached_property
    def flags(self) -> dict[str, list[tuple[int, str]]]:
        return self._of("flag")

    @cached_property
    def imaging(self) -> dict[str, int]:
        return {owner: roots[0][0] for owner, roots in self._of("imaging").items()}

    @cached_property
    def gates(self) -> dict[str, list[tuple[int, str]]]:
        return self._of("gate")

    @cached_property
    def treatments(self) -> dict[str, list[tuple[int, str]]]:
        return self._of("treatment")

    @cached_property
    def course(self) -> dict[str, int]:
        return {owner: roots[0][0] for owner, roots in self._of("course").items()}

    @cached_property
    def stages(self) -> dict[str, int]:
        return {owner: roots[0][0] for owner, roots in self._of("stage").items()}

    @cached_property
    def lines(self) -> dict[str, dict[str, Any]]:
        """What each treatment rule says, with its support; shared by all assessments."""
        texts = self.program.book["treatments"].values()
        rules = {r: rule for t in texts for r, rule in t["rules"].items()}
        return {r: {"id": r, "then": t["then"], "say": t["say"], **support(t)} for r, t in rules.items()}

    @cached_property
    def fixed_sources(self) -> dict[str, frozenset[str]]:
        """The facts of each treatment's guidelines."""
        texts = self.program.book["treatments"]
        return {t: frozenset(f for g in text["guidelines"] for f in g["facts"]) for t, text in texts.items()}

    @cached_property
    def facts(self) -> dict[str, dict[str, Any]]:
        """Every cited fact with its work; shared by all assessments."""
        works = self.program.book["sources"]
        return {i: fact | {"work": works.get(fact["source"])} for i, fact in self.program.book["facts"].items()}

    @cached_property
    def asked_by(self) -> dict[str, list[int]]:
        """For each finding a person can be asked for, the weighed findings that its answer settles."""
        out: dict[str, list[int]] = {}
        for j, asks in enumerate(self.program.asks):
            if self.program.has_likelihood[j]:
                out.setdefault(asks, []).append(j)
        return out

    @cached_property
    def substitutes(self) -> frozenset[int]:
        """Weighed findings that only stand in for a better one."""
        tape, out = self.program.tape, []
        for j, root in enumerate(self.program.silent_root):
            if root >= 0:
                ops = {int(tape.op[n]) for n in needed(tape, [self.program.roots[root].node]) if tape.column[n] >= 0}
                if ops == {int(Op.KNOWN)}:
                    out.append(j)
        return frozenset(out)


@kept_with_program
def index_of(program: Program) -> Index:
    return Index(program)
