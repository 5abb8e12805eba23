"""The same question gets the same answer

An assessment can be checked only if it can be had again.
"""

from __future__ import annotations

import numpy as np

from afterdisc.compile import compile_program
from afterdisc.door import assess
from afterdisc.engine.evaluate import evaluate_rows
from afterdisc.intake import batch_from_cases
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.program import Program, program_to_bytes
from agreement.people import examples
from small_bases import Sign, small_base
from spec.by_hand import CAUSES, NOTHING


def test_a_persons_answer_does_not_depend_on_who_stands_beside_them(program: Program) -> None:
    """One person alone, or in a registry of a million: the probabilities are the same to the last bit, in any order and
    with any number of processors."""
    rows = batch_from_cases(program, [{"findings": case} for case in examples().values()]).rows
    together = evaluate_rows(program, rows).probability
    for i in range(len(rows)):
        assert evaluate_rows(program, rows[i : i + 1]).probability.tobytes() == together[i : i + 1].tobytes()
    backwards = evaluate_rows(program, rows[::-1]).probability
    assert np.array_equal(backwards[::-1], together)


def test_the_order_of_the_findings_in_a_case_does_not_matter(program: Program) -> None:
    """Nor does it matter in which order the findings were written down."""
    case = examples()["returning-leg-pain"]
    turned = dict(reversed(list(case.items())))
    assert assess({"findings": turned}, program=program) == assess({"findings": case}, program=program)


def test_asking_again_gives_the_same_assessment(program: Program) -> None:
    """The whole assessment, intervals and next steps too, is the same each time: nothing in it is left to chance. The draws
    behind the intervals are fixed when the knowledge is compiled."""
    case = {"findings": examples()["hip-not-spine"]}
    assert assess(case, program=program) == assess(case, program=program)


def test_the_same_knowledge_gives_the_same_program() -> None:
    """Everything a screen shows carries the fingerprint of the knowledge it rests on. The same files give the same
    fingerprint and the same bytes; another number gives another one."""
    first, second, other = (compile_program(base_with(p)) for p in (0.4, 0.4, 0.41))
    assert first.fingerprint == second.fingerprint != other.fingerprint
    assert program_to_bytes(first) == program_to_bytes(second) != program_to_bytes(other)


def base_with(p: float) -> KnowledgeBase:
    sign = Sign("noisy_or", (0.9, 0.1), {"a": (1 - p, p)})
    return small_base(causes=CAUSES, nothing=NOTHING, signs={"cough": sign}, n_draws=3)
