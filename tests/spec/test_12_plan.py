"""What the plan says of a treatment

Each treatment has rules. A rule says what it does (offer, require, avoid, …) and when. From the truth of all its rules, the
urgency, and whether the person takes it already, follows one status. No probability of benefit overrides a rule.
"""

from __future__ import annotations

import pytest

from afterdisc.words.status import STATUSES

FITS = ("offer", True)


def test_a_treatment_that_nothing_offers_is_not_indicated(status_of) -> None:
    """Without a rule that offers or recommends it a treatment is *not indicated*. If such a rule is unknown it is *not
    yet*: the answers it needs are listed."""
    assert status_of([("offer", False)]) == "not_indicated"
    assert status_of([("offer", None)]) == "not_yet"
    assert status_of([FITS]) == "option"
    assert status_of([("offer", False), ("recommend", True)]) == "recommended"


def test_an_open_question_that_could_forbid_it_keeps_a_treatment_from_being_recommended(status_of) -> None:
    """*Recommended* needs a rule that recommends, and no open question about a rule that avoids or withholds. With one it
    is an *option*, and the question is listed."""
    assert status_of([("recommend", True), ("avoid", False)]) == "recommended"
    assert status_of([("recommend", True), ("avoid", None)]) == "option"
    assert status_of([("recommend", True), ("withhold", None)]) == "option"
    assert status_of([("recommend", True), ("caution", None)]) == "recommended"


def test_a_gate_must_be_known_to_be_passed(status_of) -> None:
    """A requirement that is not met, or not known to be met, makes the treatment *not yet*."""
    assert status_of([FITS, ("require", True)]) == "option"
    assert status_of([FITS, ("require", False)]) == "not_yet"
    assert status_of([FITS, ("require", None)]) == "not_yet"


def test_what_must_first_be_put_right_makes_it_wait(status_of) -> None:
    """A rule that withholds makes the treatment *not yet*: first put this right."""
    assert status_of([FITS, ("withhold", True)]) == "not_yet"
    assert status_of([FITS, ("withhold", False)]) == "option"


def test_some_open_questions_withhold_by_themselves(status_of) -> None:
    """Where an answer matters so much that nothing should be given before it (pregnancy, before a drug that harms the
    child) the rule says so, and the open question itself makes the treatment *not yet*."""
    assert status_of([FITS, ("avoid", None)], withholding=[1]) == "not_yet"
    assert status_of([FITS, ("avoid", None)]) == "option"
    assert status_of([FITS, ("avoid", False)], withholding=[1]) == "option"


def test_avoid_wins_over_everything(status_of) -> None:
    """A treatment that is likely to harm this person is *avoid*, whatever recommends it, requires it or lowers its dose."""
    rules = [("recommend", True), ("require", False), ("reduce_dose", True), ("rule_out", True), ("avoid", True)]
    assert status_of(rules) == status_of(rules, taken=True) == status_of(rules, urgent="E0") == "avoid"


@pytest.mark.parametrize("place", range(5))
def test_the_order_in_which_statuses_win(status_of, place: int) -> None:
    """From the top: avoid; reduce the dose of what the person takes already; not indicated; not yet; reduce the dose;
    caution; then recommended or option."""
    order = [
        ("not_indicated", ("rule_out", True)),
        ("not_yet", ("withhold", True)),
        ("reduce_dose", ("reduce_dose", True)),
        ("caution", ("caution", True)),
        ("recommended", ("recommend", True)),
    ]
    rules = [("recommend", True), *(rule for _, rule in order[place:])]
    assert status_of(rules) == order[place][0]
    assert order[place][0] in STATUSES


def test_the_dose_of_a_medicine_somebody_takes_is_lowered_first(status_of) -> None:
    """Of a medicine that the person takes, "reduce the dose" counts before "not yet" and "not indicated": it is in the body
    now."""
    rules = [FITS, ("withhold", True), ("reduce_dose", True)]
    assert status_of(rules) == "not_yet"
    assert status_of(rules, taken=True) == "reduce_dose"
    assert status_of([("offer", False), ("reduce_dose", True)], taken=True) == "reduce_dose"


def test_elective_treatments_wait_while_an_emergency_is_open(status_of) -> None:
    """While a red flag stands at E0 or E1 every elective treatment is *not yet*, without any rule. Emergency treatments are
    not elective. At E2 and below nothing waits for that reason."""
    for urgent in ("E0", "E1"):
        assert status_of([("recommend", True)], urgent=urgent) == "not_yet"
        assert status_of([("recommend", True)], urgent=urgent, elective=False) == "recommended"
    for urgent in ("E2", "ask"):
        assert status_of([("recommend", True)], urgent=urgent) == "recommended"


def test_arguments_change_no_status(status_of) -> None:
    """Rules that only argue for or against, or inform, are shown beside the treatment and change nothing."""
    words = [("for", True), ("against", True), ("inform", True)]
    assert status_of([("recommend", True), *words]) == "recommended"
    assert status_of(words) == "not_indicated"
