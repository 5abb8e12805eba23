"""What the letter says, whatever it is printed on."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from afterdisc.documents import Decided, Person
from afterdisc.documents.letter_paper import paper_of
from afterdisc.documents.paper import Banner, Pairs, Paper, Part, Points, Section, Table, Text
from afterdisc.program import Program
from unit.documents.made import DECIDED, EMPTY, SCORED, case_of, letter_of


def section(paper: Paper, title: str) -> Section:
    return next(s for s in paper.sections if s.title == title)


def told(part: Part) -> list[str]:
    match part:
        case Text():
            return [part.text]
        case Points():
            return list(part.items)
        case Pairs():
            return [word for row in part.rows for word in row]
        case Banner():
            return [part.title, part.text]
        case Table():
            return [part.caption, *(cell for row in part.rows for cell in row)]


def words(*sections: Section) -> str:
    return "\n".join(line for s in sections for part in s.parts for line in told(part))


def all_words(paper: Paper) -> str:
    return words(*paper.sections)


def test_every_raised_red_flag_is_told_with_its_action_and_its_time(program: Program) -> None:
    letter = letter_of(program, case_of("cannot-pass-urine"))
    said = words(section(paper_of(letter), "Urgency"))
    raised = [f for f in letter.assessment["red_flags"] if f["status"] == "fired" and f["urgency"] != "ask"]
    assert len(raised) >= 4
    for flag in raised:
        assert flag["title"] in said
        assert flag["action"] in said
    assert said.startswith("Emergency: now")


def test_danger_questions_nobody_answered_are_listed(program: Program) -> None:
    letter = letter_of(program, EMPTY)
    said = words(section(paper_of(letter), "Urgency"))
    mandatory = [q["question"] for q in letter.assessment["questions"] if q["mandatory"]]
    assert len(mandatory) == len(program.book["mandatory"])
    assert all(question in said for question in mandatory)


def test_a_red_flag_tells_what_was_answered_and_not_the_condition(program: Program) -> None:
    said = words(section(paper_of(letter_of(program, case_of("returning-leg-pain"))), "Urgency"))
    assert "Leg pain now: 7 points" in said
    assert ">=" not in said
    assert "not <" not in said


def test_unknown_is_never_printed_as_no(program: Program) -> None:
    """A finding without an answer stands under "Not known" and nowhere else."""
    case = case_of("returning-leg-pain")
    letter = letter_of(program, case)
    parts = section(paper_of(letter), "What was found").parts
    assert isinstance(parts[0], Pairs)
    rows = dict(parts[0].rows)
    known = " ".join(text for name, text in rows.items() if name != "Not known")
    labels = program.book["findings"]
    for finding in ("foot_drop", "suicidal_thoughts", "cardiovascular_disease"):
        assert finding not in case["findings"]
        assert labels[finding]["label"] not in known
        assert labels[finding]["label"] in rows["Not known"]
    assert "does not mean no" in rows["Not known"]


def test_a_known_no_is_told_as_asked_and_not_present(program: Program) -> None:
    parts = section(paper_of(letter_of(program, case_of("returning-leg-pain"))), "What was found").parts
    assert isinstance(parts[0], Pairs)
    before, _, absent = dict(parts[0].rows)["Red-flag questions"].partition("Asked and not present: ")
    assert "New numbness in the leg: yes" in before
    assert "History of cancer" in absent
    assert "History of cancer" not in before


def test_a_no_that_is_only_reported_says_so(program: Program) -> None:
    groups = (("Red-flag questions", (("Fever", "no (reported, not confirmed)"), ("Cancer", "unknown"))),)
    said = words(section(paper_of(letter_of(program, EMPTY, findings=groups)), "What was found"))
    assert "Asked and not present: Fever (reported, not confirmed)." in said
    assert "Cancer: unknown" in said


def test_a_cause_has_its_chance_its_interval_and_a_word_for_it(program: Program) -> None:
    said = words(section(paper_of(letter_of(program, case_of("returning-leg-pain"))), "Likely causes"))
    assert "98\u00a0% (87–100\u00a0%), very likely" in said


def test_a_wide_interval_is_called_wide(program: Program) -> None:
    said = words(section(paper_of(letter_of(program, case_of("second-recurrence-unstable"))), "Likely causes"))
    assert "wide interval, so more findings can change this" in said


def test_every_decision_is_told_with_reason_words_and_day(program: Program) -> None:
    said = words(section(paper_of(letter_of(program, case_of("returning-leg-pain"), decisions=DECIDED)), "What was decided"))
    assert "Agreed with the person. To be judged on 10 Aug 2026." in said
    assert "Declined\nThe person does not want it. Bad nausea with it before." in said
    assert "Deferred\nWaiting for a test result. To be looked at again on 1 Jun 2026." in said


def test_a_declined_test_is_no_next_step(program: Program) -> None:
    letter = letter_of(program, case_of("returning-leg-pain"))
    label = next(s["label"] for s in letter.assessment["next_steps"] if s["kind"] != "question")
    assert label in words(section(paper_of(letter), "Next steps"))
    declined = replace(letter, decisions=(Decided(label, "decline", "Not available here"),))
    assert label not in words(section(paper_of(declined), "Next steps"))
    assert label in words(section(paper_of(declined), "What was decided"))


def test_an_urgent_step_says_by_when_and_from_which_day(program: Program) -> None:
    said = words(section(paper_of(letter_of(program, case_of("returning-leg-pain"))), "Next steps"))
    assert "Within days, 7 at most (from 14 May 2026)" in said


def test_every_number_in_brackets_is_a_listed_source(program: Program) -> None:
    paper = paper_of(letter_of(program, case_of("second-recurrence-unstable")))
    listed = section(paper, "Sources")
    cited = {n for marks in re.findall(r"\[([0-9][0-9,\s\u00a0J]*)\]", all_words(paper)) for n in re.findall(r"\d+", marks)}
    given = {line.split("]")[0][1:] for part in listed.parts if isinstance(part, Points) for line in part.items}
    assert cited == given
    assert len(given) > 5


def test_judgement_is_marked(program: Program) -> None:
    paper = paper_of(letter_of(program, case_of("returning-leg-pain")))
    assert "J]" in words(section(paper, "Urgency"))
    assert "J: rests on judgement" in words(section(paper, "Sources"))


def test_nothing_reassuring_is_said_while_an_emergency_is_open(program: Program) -> None:
    assert "Usual by now" not in all_words(paper_of(letter_of(program, case_of("back-pain-three-weeks"))))
    assert "Usual by now" in all_words(paper_of(letter_of(program, case_of("expected-course"))))


def test_the_letter_names_its_knowledge_and_what_it_is_for(program: Program) -> None:
    paper = paper_of(letter_of(program, EMPTY))
    for said in (paper.stamp, words(section(paper, "How this letter was made"))):
        assert program.version in said
        assert program.fingerprint in said
    assert program.book["intended_use"] in words(section(paper, "How this letter was made"))


def test_an_unsigned_letter_says_that_it_is_a_draft(program: Program) -> None:
    draft = paper_of(letter_of(program, EMPTY, signed_at="", signed_by=""))
    assert draft.is_draft
    assert draft.signature == ("Draft, not signed",)
    assert paper_of(letter_of(program, EMPTY)).signature == ("Dr J. Sample", "Signed 14 May 2026, 10:42 UTC")


@pytest.mark.parametrize("field", ["person", "operation"])
def test_what_is_not_recorded_is_said_to_be_so(program: Program, field: str) -> None:
    empty: dict[str, Any] = {"person": Person("", "", None), "operation": ""}
    facts = dict(paper_of(letter_of(program, EMPTY, **{field: empty[field]})).facts)
    expected = {"person": ("Born", "date not known"), "operation": ("Operation", "not known")}[field]
    assert facts[expected[0]] == expected[1]


def test_scores_and_the_note_are_told(program: Program) -> None:
    paper = paper_of(letter_of(program, EMPTY, scores=SCORED, note="First line.\n\nSecond line."))
    assert "Leg pain, 0 to 10: 7 points (14 May 2026)" in words(section(paper, "What was found"))
    assert section(paper, "From the clinician").parts == (Text("First line."), Text("Second line."))
