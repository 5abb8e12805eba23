"""Four ways to evaluate a condition say the same, and a foreign one for what it knows."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from afterdisc.compile import compile_program
from afterdisc.engine.evaluate import evaluate_rows
from afterdisc.engine.rules import Op, Reasons, RowRules, TapeLists, batch_truth
from afterdisc.intake import batch_from_cases
from afterdisc.knowledge import conditions as c
from afterdisc.words.urgency import URGENCIES
from agreement.tape_side import BARE, Compiled, base_with
from oracle.conditions import truth
from oracle.plan import urgency
from oracle.posterior import posterior
from small_bases import CONDITION_FINDINGS, condition_cases, conditions

Truth = bool | None


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
@given(
    st.lists(conditions(late=True), min_size=1, max_size=3),
    conditions(known=True),
    st.lists(condition_cases(), min_size=1, max_size=3),
)
def test_rules_about_urgency_and_probabilities_agree_with_the_plain_walk(
    several: list[c.Condition], raised: c.Condition, people: list[dict[str, Any]]
) -> None:
    base = base_with({f"r{i}": x for i, x in enumerate(several)}, {"flag": {"E1": raised}})
    program = compile_program(base)
    people = [case | {"cough": True} for case in people]
    outcome = evaluate_rows(program, batch_from_cases(program, people).rows)
    gates = [i for i, root in enumerate(program.roots) if root.kind != "flag"]
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


KIND = {
    "bool": pl.Boolean,
    "number": pl.Float64,
    "count": pl.Float64,
    "category": pl.String,
    "ordinal": pl.String,
    "set": pl.List(pl.String),
    "map": pl.List(pl.Float64),
}
SCHEMA = {f.id: KIND[f.kind] for f in CONDITION_FINDINGS}


@settings(max_examples=150)
@given(conditions().filter(_is_known_to_polars), st.lists(condition_cases(), min_size=1, max_size=6))
def test_polars_agrees(condition: c.Condition, people: list[dict[str, Any]]) -> None:
    columns = {name: [_for_polars(case.get(name)) for case in people] for name in SCHEMA}
    frame = pl.DataFrame(columns, schema=SCHEMA)
    theirs = frame.select(as_polars(condition).alias("t"))["t"].to_list()
    compiled = Compiled([condition])
    ours = RowRules(compiled.tape, compiled.nodes)
    assert [ours(compiled.row(case))[0] for case in people] == theirs


def _for_polars(value: Any) -> Any:
    if isinstance(value, dict):
        return [float(x) for x in value.values()]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
