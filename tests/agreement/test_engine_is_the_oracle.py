"""The engine says what the plain evaluator says, on small knowledge bases drawn at random."""

from __future__ import annotations

import pytest
from agreement.engine_side import evaluated, published, said, said_directly
from hypothesis import given, settings
from hypothesis import strategies as st
from small_bases import bases, cases

from afterdisc.compile import compile_program
from oracle.posterior import at_size, by_cause, posterior, with_rechecks
from oracle.prior import fitted
from oracle.states import states_of

EXACT = 1e-12


@settings(max_examples=int(__import__("os").environ.get("N","60")))
@given(st.data())
def test_probabilities_states_and_leading_sets_are_the_oracles(data: st.DataObject) -> None:
    base = data.draw(bases())
    program = compile_program(base)
    for case in data.draw(st.lists(cases(base), min_size=1, max_size=5)):
        answer, outcome = said(program, case), evaluated(program, [case])
        cap, sets = with_rechecks(base, case, lambda cap: published(program, cap))
        assert states_seen(program, outcome) == {f: s for f, s in states_of(base, case).items() if f in program.findings}
        assert answer.cap == cap
        assert answer.causes == pytest.approx(by_cause(base, sets), rel=0, abs=EXACT)
        assert outcome.at_cap[0] == pytest.approx(at_size(sets, cap), rel=0, abs=EXACT)
        heaviest = sorted(sets.values(), reverse=True)
        assert [w for _, w in answer.heaviest] == pytest.approx(heaviest[: len(answer.heaviest)], rel=0, abs=EXACT)
        for causes, weight in answer.heaviest:
            assert sets[causes] == pytest.approx(weight, rel=0, abs=EXACT)


def states_seen(program, outcome) -> dict[str, str]:
    rows = zip(program.findings, program.states, outcome.states[0].tolist(), strict=True)
    return {name: states[code] for name, states, code in rows if code != 255}
