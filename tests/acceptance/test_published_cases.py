"""Published cases: nothing urgent missed, nothing unsafe advised, nobody refused; the rest on a reviewed scoreboard."""

from __future__ import annotations

import difflib

import pytest

from acceptance.coded import CASES, HERE, PUBLISHED
from afterdisc.program import Program
from afterdisc.review.score import score_published
from afterdisc.review.scoreboard import render_scoreboard, scoreboard

HARD = ("urgency missed", "unsafe advice", "refused")
APPROVED = HERE / "approved" / "scoreboard.txt"
AGAIN = """the scoreboard has changed. Read the difference above case by case. If every change is meant, approve it:

    ./run score tests/acceptance/cases > tests/acceptance/approved/scoreboard.txt
"""


def test_the_cases_are_there() -> None:
    assert len(PUBLISHED) == 46
    assert sum(len(case["stages"]) for case in PUBLISHED) == 78
    assert all(case["source_url"].startswith("http") for case in PUBLISHED)


@pytest.mark.parametrize("case", PUBLISHED, ids=lambda case: case["id"])
def test_nothing_urgent_is_missed_and_nothing_unsafe_advised(program: Program, case: dict[str, object]) -> None:
    verdicts = list(score_published(program, case))
    assert [v.stage for v in verdicts] == list(case["stages"])
    assert not [f"{v.stage}: {fault}" for v in verdicts for fault in v.faults if fault.startswith(HARD)]


def test_a_missed_urgency_and_an_unsafe_advice_would_be_seen(program: Program) -> None:
    case = next(c for c in PUBLISHED if c["id"] == "005")
    strict = case["expected"] | {
        "urgency": dict.fromkeys(case["stages"], "E0"),
        "treatments_inappropriate": ["repeat_microdiscectomy", "targeted_physiotherapy"],
    }
    faults = [fault for v in score_published(program, case | {"expected": strict}) for fault in v.faults]
    assert sum(fault.startswith("urgency missed") for fault in faults) == 2
    assert any(fault.startswith("unsafe advice") for fault in faults)


def test_the_scoreboard_is_the_approved_one(program: Program) -> None:
    """But for its first line, which names the knowledge it was made with."""
    now = render_scoreboard(scoreboard(CASES, program)).splitlines()[1:]
    approved = APPROVED.read_text(encoding="utf-8").splitlines()[1:]
    difference = "\n".join(difflib.unified_diff(approved, now, "approved", "now", n=0, lineterm=""))
    assert now == approved, f"\n{difference}\n\n{AGAIN}"
