"""Every vignette of the knowledge base is a test named `file::rule::vignette`."""

from __future__ import annotations

import pytest

from afterdisc.errors import KnowledgeError
from afterdisc.knowledge import read_knowledge
from afterdisc.program import Program
from afterdisc.review.vignettes import Answer, Trial, meets, outcomes_of, trials_of

TRIALS = trials_of(read_knowledge())


@pytest.fixture(scope="module")
def outcomes(program: Program) -> dict[str, Answer | KnowledgeError]:
    """What each vignette comes out as, all run at once."""
    return {t.id: outcome for t, outcome in zip(TRIALS, outcomes_of(program, TRIALS), strict=True)}


@pytest.mark.parametrize("trial", TRIALS, ids=lambda t: t.id)
def test_vignette(trial: Trial, outcomes: dict[str, Answer | KnowledgeError]) -> None:
    outcome = outcomes[trial.id]
    assert not isinstance(outcome, KnowledgeError), str(outcome)
    assert meets(outcome, trial.vignette.expect), f"{trial.vignette.where}: expected {trial.vignette.expect}, got {outcome}"


def test_no_two_vignettes_share_a_name() -> None:
    assert len({t.id for t in TRIALS}) == len(TRIALS)
