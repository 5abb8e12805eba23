"""The plan's statuses are the oracle's, on truth patterns at random and on the rules of the installed knowledge."""

from __future__ import annotations

import numpy as np
import pytest

from afterdisc.compile.program import all_conditions
from afterdisc.engine.evaluate import engine_of
from afterdisc.engine.plan import statuses
from afterdisc.intake import batch_from_cases
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.program import Program
from afterdisc.words.status import STATUSES
from afterdisc.words.urgency import URGENCIES
from agreement.engine_side import evaluated, published
from agreement.people import examples
from oracle.conditions import truth
from oracle.plan import status, urgency
from oracle.posterior import posterior

N_ROWS = 400


def plain(program: Program, knowledge: KnowledgeBase, answers: list[int], urgent: str, takes: dict[str, bool]) -> list[str]:
    """The status of every treatment, from the rules as they were read."""
    value = {1: True, 0: False, -1: None}
    at = {root.name: value[answers[i]] for i, root in enumerate(program.roots) if root.kind == "treatment"}
    return [
        status(
            [(r.then, r.unknown_withholds, at[r.id]) for r in t.rules],
            elective=t.elective,
            urgent=urgent,
            takes_it=takes.get(t.id, False),
        )
        for t in knowledge.treatments.values()
    ]


@pytest.mark.parametrize(
    "shares", [(0.33, 0.33), (0.05, 0.15), (0.02, 0.9), (0.2, 0.0)], ids=["even", "open", "quiet", "known"]
)
def test_statuses_at_random_are_the_oracles(program: Program, knowledge: KnowledgeBase, shares: tuple[float, float]) -> None:
    """`shares` of true and of false answers; the rest is unknown."""
    rng = np.random.default_rng(9)
    yes, no = shares
    answers = rng.choice([1, 0, -1], (N_ROWS, len(program.roots)), p=[yes, no, 1 - yes - no]).astype(np.int8)
    urgent = rng.integers(len(URGENCIES), size=N_ROWS).astype(np.int8)
    rows = np.full((N_ROWS, len(program.columns)), np.nan)
    taken = {c.entry: i for i, c in enumerate(program.columns) if c.finding == "takes" and c.entry}
    rows[:, list(taken.values())] = rng.integers(2, size=(N_ROWS, len(taken)))
    ours = statuses(engine_of(program), answers, urgent, rows)
    seen = set()
    for i in range(N_ROWS):
        takes = {drug: rows[i, column] == 1 for drug, column in taken.items()}
        theirs = plain(program, knowledge, answers[i].tolist(), URGENCIES[urgent[i]], takes)
        assert [STATUSES[code] for code in ours[i]] == theirs
        seen |= set(theirs)
    assert len(seen) >= 4


def test_statuses_of_the_examples_are_the_oracles(program: Program, knowledge: KnowledgeBase) -> None:
    people = list(examples().values())
    outcome, rows = evaluated(program, people), batch_from_cases(program, people).rows
    ours = statuses(engine_of(program), outcome.truth, outcome.urgency, rows)
    for i, case in enumerate(people):
        assert URGENCIES[outcome.urgency[i]] == urgency(knowledge, case)
        takes = dict.fromkeys(case.get("takes", ()), True)
        theirs = plain(program, knowledge, outcome.truth[i].tolist(), URGENCIES[outcome.urgency[i]], takes)
        assert [STATUSES[code] for code in ours[i]] == theirs


def test_every_rule_of_the_installed_knowledge_has_the_oracles_truth(program: Program, knowledge: KnowledgeBase) -> None:
    """All conditions of all kinds on all examples, those about urgency and probabilities too."""
    case = examples()["returning-leg-pain"]
    outcome = evaluated(program, [case])
    late = {"urgency": urgency(knowledge, case), "sets": posterior(knowledge, case, 3, published(program, 3))}
    for i, (kind, owner, name, condition) in enumerate(all_conditions(knowledge)):
        theirs = truth(condition, knowledge, case, late)
        assert outcome.truth[0, i] == (-1 if theirs is None else int(theirs)), f"{kind} {owner} {name}"
