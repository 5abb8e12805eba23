"""Four ways to evaluate a condition say the same, and a foreign one for what it knows."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from small_bases import CONDITION_FINDINGS, DRUGS, Sign, condition_cases, conditions, small_base

from afterdisc.compile.columns import columns_of
from afterdisc.compile.tape import TapeWriter
from afterdisc.engine.evaluate import evaluate_rows
from afterdisc.engine.rules import Op, Reasons, RowRules, TapeLists, batch_truth
from afterdisc.intake import batch_from_cases
from afterdisc.knowledge import conditions as c
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.program import Program, Tape
from afterdisc.words.urgency import URGENCIES
from oracle.conditions import truth
from oracle.plan import urgency
from oracle.posterior import posterior

Truth = bool | None
COUGH = Sign("noisy_or", (0.9, 0.1), {"a": (0.3, 0.7)})


def base_with(rules: dict[str, c.Condition], flags: dict[str, Any] | None = None) -> KnowledgeBase:
    return small_base(
        causes={"a": 0.3, "b": 0.2}, nothing=0.55, signs={"cough": COUGH}, others=CONDITION_FINDINGS, rules=rules, red_flags=flags
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
    def _entry(column: Any, value: Any) -> float:
        if column.kind == "set":
            return float(column.entry in value)
        return float(value.get(column.entry, column.absent))


@settings(max_examples=300)
@given(st.lists(conditions(), min_size=1, max_size=4), st.lists(condition_cases(), min_size=1, max_size=8))
def test_generated_function_bit_planes_and_plain_walk_agree(several: list[c.Condition], people: list[dict[str, Any]]) -> None:
    compiled = Compiled(several)
    rows = [compiled.row(case) for case in people]
    plain = [[truth(condition, BARE, case) for condition in several] for case in people]
    closure = RowRules(compiled.tape, compiled.nodes)
    assert [list(closure(row)) for row in rows] == plain
    planes = batch_truth(compiled.tape, compiled.nodes, np.array(rows))
    assert planes.tolist() == [[-1 if t is None else int(t) for t in line] for line in plain]


@settings(max_examples=60)
@given(conditions(), st.lists(condition_cases(), min_size=1, max_size=4), st.integers(60, 140))
def test_bit_planes_agree_in_every_place_of_every_word(condition: c.Condition, people: list[dict[str, Any]], n: int) -> None:
    compiled = Compiled([condition])
    crowd = [people[i * i % len(people)] for i in range(n)]
    planes = batch_truth(compiled.tape, compiled.nodes, np.array([compiled.row(case) for case in crowd]))
    plain = [truth(condition, BARE, case) for case in crowd]
    assert planes[:, 0].tolist() == [-1 if t is None else int(t) for t in plain]


@settings(max_examples=200)
@given(conditions(), condition_cases())
def test_the_deciding_atoms_alone_decide(condition: c.Condition, case: dict[str, Any]) -> None:
    """Forget all columns but those of the atoms named as reasons: the truth stays."""
    compiled = Compiled([condition])
    row, node = compiled.row(case), compiled.nodes[0]
    truths = compiled.every(row)
    assume(truths[node] is not None)
    reasons = Reasons(TapeLists(compiled.tape), truths).deciding(node)
    assert all(truths[atom] is holds for atom, holds in reasons)
    kept = {int(compiled.tape.column[atom]) for atom, _ in reasons}
    forgotten = [x if i in kept else float("nan") for i, x in enumerate(row)]
    assume(not _asks_whether_known(compiled, node, set(range(len(row))) - kept))
    assert RowRules(compiled.tape, [node])(forgotten) == (truths[node],)


def _asks_whether_known(compiled: Compiled, node: int, columns: set[int]) -> bool:
    """`known` atoms are the only ones that forgetting can turn round."""
    tape = compiled.tape
    return any(int(tape.op[n]) == Op.KNOWN and int(tape.column[n]) in columns for n in range(len(tape.op)))


@settings(max_examples=200)
@given(conditions(known=False), condition_cases(), condition_cases())
def test_what_is_missing_settles_and_nothing_else_does(
    condition: c.Condition, case: dict[str, Any], answers: dict[str, Any]
) -> None:
    """Answer every column that is missing: settled. Answer all the others: still open."""
    compiled = Compiled([condition])
    row, node = compiled.row(case), compiled.nodes[0]
    truths = compiled.every(row)
    assume(truths[node] is None)
    missing = Reasons(TapeLists(compiled.tape), truths).missing(node)
    full = [1.0 if x != x else x for x in compiled.row(answers)]
    settled = [full[i] if i in missing and x != x else x for i, x in enumerate(row)]
    others = [full[i] if i not in missing and x != x else x for i, x in enumerate(row)]
    ask = RowRules(compiled.tape, [node])
    assert ask(settled)[0] is not None
    assert ask(others)[0] is None


@settings(max_examples=40)
@given(st.lists(conditions(late=True), min_size=1, max_size=3), conditions(known=True), st.lists(condition_cases(), min_size=1, max_size=3))
def test_rules_about_urgency_and_probabilities_agree_with_the_plain_walk(
    several: list[c.Condition], raised: c.Condition, people: list[dict[str, Any]]
) -> None:
    base = base_with({f"r{i}": x for i, x in enumerate(several)}, {"flag": {"E1": raised}})
    from afterdisc.compile import compile_program

    program = compile_program(base)
    people = [case | {"cough": True} for case in people]
    outcome = evaluate_rows(program, batch_from_cases(program, people).rows)
    gates = [i for i, root in enumerate(program.roots) if root.kind == "r0" or root.name.startswith("r")]
    for i, case in enumerate(people):
        late = {"urgency": urgency(base, case), "sets": posterior(base, case, 3)}
        assert URGENCIES[outcome.urgency[i]] == late["urgency"]
        plain = [truth(condition, base, case, late) for condition in several]
        assert outcome.truth[i, gates].tolist() == [-1 if t is None else int(t) for t in plain]


# -- a foreign oracle -----------------------------------------------------------------------------------------------


def as_polars(condition: c.Condition) -> pl.Expr:
    """Comparisons, and, or, not: null is unknown there too."""
    match condition:
        case c.Compare(name, sign, limit):
            return {
                "<": pl.col(name) < limit,
                "<=": pl.col(name) <= limit,
                ">": pl.col(name) > limit,
                ">=": pl.col(name) >= limit,
                "==": pl.col(name) == limit,
                "!=": pl.col(name) != limit,
            }[sign]
        case c.Is(name, ("true",)):
            return pl.col(name)
        case c.Is(name, states):
            return pl.any_horizontal([pl.col(name) == s for s in states])
        case c.Known(name):
            return pl.col(name).is_not_null()
        case c.Not(arg):
            return ~as_polars(arg)
        case c.All(args):
            return pl.all_horizontal([as_polars(a) for a in args])
        case c.Any_(args):
            return pl.any_horizontal([as_polars(a) for a in args])
    raise TypeError(condition)


def _is_known_to_polars(condition: c.Condition) -> bool:
    return not any(isinstance(n, c.AtLeast | c.Includes | c.EntryCompare) for n in c.walk(condition))


SCHEMA = {
    "fever": pl.Boolean,
    "numb": pl.Boolean,
    "age_years": pl.Float64,
    "n_operations": pl.Float64,
    "level": pl.String,
    "power": pl.String,
    "takes": pl.List(pl.String),
    "dose": pl.List(pl.Float64),
    "stopped": pl.List(pl.Float64),
}


@settings(max_examples=150)
@given(conditions().filter(_is_known_to_polars), st.lists(condition_cases(), min_size=1, max_size=6))
def test_polars_agrees(condition: c.Condition, people: list[dict[str, Any]]) -> None:
    columns = {
        name: [_for_polars(case.get(name)) for case in people] for name in SCHEMA
    }
    frame = pl.DataFrame(columns, schema=SCHEMA)
    theirs = frame.select(as_polars(condition).alias("t"))["t"].to_list()
    compiled = Compiled([condition])
    ours = RowRules(compiled.tape, compiled.nodes)
    assert [ours(compiled.row(case))[0] for case in people] == theirs


def _for_polars(value: Any) -> Any:
    if isinstance(value, dict):
        return [float(x) for x in value.values()]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
