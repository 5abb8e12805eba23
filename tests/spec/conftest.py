"""Every paragraph of the spec is asked of every evaluator: the engine, its wider form, and the plain one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from afterdisc.compile import compile_program
from afterdisc.engine.evaluate import engine_of
from afterdisc.engine.plan import statuses
from afterdisc.engine.rules import RowRules, batch_truth
from afterdisc.intake import batch_from_cases
from afterdisc.knowledge import conditions as c
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.words.status import STATUSES
from agreement.engine_side import evaluated, never_rechecked, said, said_directly
from agreement.tape_side import BARE, Compiled
from oracle import plan
from oracle.conditions import truth
from oracle.posterior import by_cause, posterior
from small_bases import Sign, finding, rule, small_base, treatment

Truth = bool | None
Case = dict[str, Any]


@pytest.fixture(params=["engine", "wider engine", "plain"])
def causes_of(request: pytest.FixtureRequest) -> Callable[[KnowledgeBase, Case], dict[str, float]]:
    """(base, case) -> probability of each cause, at three causes."""

    def ask(base: KnowledgeBase, case: Case) -> dict[str, float]:
        if request.param == "plain":
            return by_cause(base, posterior(base, case, 3))
        program = never_rechecked(compile_program(base))
        return said(program, case).causes if request.param == "engine" else by_cause(base, said_directly(program, case, 3))

    return ask


@pytest.fixture(params=["one row", "many rows", "plain"])
def truth_of(request: pytest.FixtureRequest) -> Callable[[c.Condition, Case], Truth]:
    """(condition, case) -> true, false or unknown (None)."""

    def ask(condition: c.Condition, case: Case) -> Truth:
        if request.param == "plain":
            return truth(condition, BARE, case)
        compiled = Compiled([condition])
        row = compiled.row(case)
        if request.param == "one row":
            return RowRules(compiled.tape, compiled.nodes)(row)[0]
        return {1: True, 0: False, -1: None}[int(batch_truth(compiled.tape, compiled.nodes, np.array([row]))[0, 0])]

    return ask


Rules = Sequence[tuple[str, Truth]]  # what a rule does, and whether it holds


@pytest.fixture(params=["engine", "plain"])
def status_of(request: pytest.FixtureRequest) -> Callable[..., str]:
    """rules -> the status of a treatment; `urgent`, `elective`, `taken` and `withholding` as the knowledge may say."""

    def ask(
        rules: Rules, *, urgent: str = "E3", elective: bool = True, taken: bool = False, withholding: Sequence[int] = ()
    ) -> str:
        if request.param == "plain":
            told = [(then, i in withholding, holds) for i, (then, holds) in enumerate(rules)]
            return plan.status(told, elective=elective, urgent=urgent, takes_it=taken)
        return _engine_status(rules, urgent, elective, taken, withholding)

    return ask


def _engine_status(rules: Rules, urgent: str, elective: bool, taken: bool, withholding: Sequence[int]) -> str:
    """The same through a whole base: one yes/no question a rule, one an urgency."""
    made = [
        rule(f"remedy.{i}", then, c.Is(f"q{i}", ("true",)), unknown_withholds=i in withholding)
        for i, (then, _) in enumerate(rules)
    ]
    made.append(rule("remedy.taken", "inform", c.Includes("takes", ("remedy",))))
    base = small_base(
        causes={"a": 0.3, "b": 0.2},
        nothing=0.55,
        signs={"cough": Sign("noisy_or", (0.9, 0.1), {})},
        others=[finding(f"q{i}") for i in range(len(rules))] + [finding("alarm"), finding("takes", "set", complete=True)],
        red_flags={"flag": {urgent: c.Is("alarm", ("true",))}},
        treatments=[treatment("remedy", made, elective=elective)],
    )
    case: Case = {f"q{i}": holds for i, (_, holds) in enumerate(rules)} | {"alarm": True, "takes": ["remedy"] * taken}
    program = compile_program(base)
    outcome, rows = evaluated(program, [case]), batch_from_cases(program, [case]).rows
    return STATUSES[int(statuses(engine_of(program), outcome.truth, outcome.urgency, rows)[0, 0])]
