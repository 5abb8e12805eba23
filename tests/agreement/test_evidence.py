"""What each finding is said to weigh is what leaving it out would change."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from afterdisc.compile import compile_program
from afterdisc.engine.evaluate import engine_of
from afterdisc.engine.explain import weights_of_evidence
from afterdisc.knowledge.base import NO_CAUSE
from agreement.engine_side import evaluated, published
from oracle import evidence
from small_bases import TIME, bases, cases


@settings(max_examples=60)
@given(st.data())
def test_weights_of_evidence_are_the_oracles(data: st.DataObject) -> None:
    base = data.draw(bases())
    case = data.draw(cases(base)) | {TIME: data.draw(st.floats(0.5, 600))}
    program = compile_program(base)
    states = evaluated(program, [case]).states[0]
    known, weights = weights_of_evidence(engine_of(program), states, min(case[TIME], program.latest_weeks))
    theirs = evidence.weights_of_evidence(base, case, 3, published(program, 3))
    names = (*program.causes, NO_CAUSE)
    assert {program.findings[f] for f in known} == {f for f in theirs if f in program.findings}
    assume(len(known) > 0)
    for f, row in zip(known, weights.tolist(), strict=True):
        ours = dict(zip(names, row, strict=True))
        assert ours == pytest.approx(theirs[program.findings[f]], rel=0, abs=1e-9)
