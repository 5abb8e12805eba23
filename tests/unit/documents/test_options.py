"""Which options stand on the sheet, and how a chance becomes so many of a hundred."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import afterdisc
from afterdisc.documents import cause_in_plain, not_yet_of, options_of, others_of
from afterdisc.documents.options import STAYING
from afterdisc.program import Program
from unit.documents.made import EMPTY, EXAMPLES, case_of

CALM = ("returning-leg-pain", "first-recurrence-on-mri", "hip-not-spine", "foraminal-stenosis", "expected-course")


@pytest.mark.parametrize("name", CALM)
def test_no_operation_now_is_always_one_of_two_to_four_options(program: Program, name: str) -> None:
    options = options_of(program.book, afterdisc.assess(case_of(name), program=program))
    assert 2 <= len(options) <= 4
    assert options[0].label == STAYING
    assert len({o.label for o in options}) == len(options)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_nothing_stands_on_the_sheet_that_is_not_open_to_this_person(program: Program, path: Path) -> None:
    a = afterdisc.assess(json.loads(path.read_text()), program=program)
    open_now = {t["label"] for t in a["treatments"] if t["status"] in ("recommended", "option", "caution", "reduce_dose")}
    options = options_of(program.book, a)
    assert {o.label for o in options} - {STAYING} <= open_now
    assert set(others_of(a, options)) <= open_now
    assert not set(others_of(a, options)) & {o.label for o in options}


def test_an_operation_an_injection_and_exercise_are_laid_side_by_side(program: Program) -> None:
    a = afterdisc.assess(case_of("first-recurrence-on-mri"), program=program)
    rungs = {t["label"]: t["rung"] for t in a["treatments"]}
    shown = [rungs[o.label] for o in options_of(program.book, a)[1:]]
    assert shown == sorted(shown)
    assert len(shown) == 3
    assert shown[0] < 4 <= shown[1] < 8 <= shown[2]


def test_while_an_emergency_is_open_nothing_is_laid_out_and_nobody_is_reassured(program: Program) -> None:
    for name in ("cannot-pass-urine", "back-pain-three-weeks"):
        a = afterdisc.assess(case_of(name), program=program)
        assert options_of(program.book, a) == ()
        assert not_yet_of(a) == ()
        assert "looked at first" in cause_in_plain(program.book, a)


def test_with_nothing_known_no_cause_is_named(program: Program) -> None:
    a = afterdisc.assess(dict(EMPTY), program=program)
    assert "Too little is known" in cause_in_plain(program.book, a)
    assert options_of(program.book, a) == ()


def test_every_harm_of_a_shown_operation_is_named(program: Program) -> None:
    a = afterdisc.assess(case_of("first-recurrence-on-mri"), program=program)
    option = options_of(program.book, a)[-1]
    treatment = next(t for t in a["treatments"] if t["label"] == option.label)
    said = " ".join([*(h.label for h in option.harms), *option.also])
    for harm in treatment["harms"]:
        assert program.book["harms"][harm["harm"]] in said
    assert "Dying from it (while in hospital): fewer than 1 of 100" in option.also
    assert len(option.harms) == 2


def test_a_harm_counted_among_people_with_another_illness_is_told_in_words_alone(program: Program) -> None:
    a = afterdisc.assess(case_of("first-recurrence-on-mri"), program=program)
    injection = next(o for o in options_of(program.book, a) if "injection" in o.label)
    assert not any("diabetes" in h.label for h in injection.harms)
    assert any("diabetes" in said for said in injection.also)


def test_the_benefit_is_that_of_the_assessment(program: Program) -> None:
    a = afterdisc.assess(case_of("first-recurrence-on-mri"), program=program)
    for option in options_of(program.book, a)[1:]:
        benefit = next(t["benefit"] for t in a["treatments"] if t["label"] == option.label)
        assert option.benefit is not None
        assert option.benefit.n == round(100 * benefit["p"])
        assert (option.benefit.low, option.benefit.high) == tuple(round(100 * x) for x in benefit["interval"])
