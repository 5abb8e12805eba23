"""The terminal page: what must be acted on first, in plain words, within the width, each line with its source."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from functools import lru_cache
from typing import Any

import pytest
from rich.cells import cell_len

import afterdisc as ad
from afterdisc.report import phrases, render_terminal
from functional.terminal import EXAMPLES

NAMES = [path.stem for path in EXAMPLES] + ["nothing known"]
EMERGENCY = "cannot-pass-urine"
RETURNING = "returning-leg-pain"
UNSTABLE = "second-recurrence-unstable"
WIDTHS = [60, 80, 100, 132]


def case(name: str) -> dict[str, Any]:
    path = next((p for p in EXAMPLES if p.stem == name), None)
    return json.loads(path.read_text(encoding="utf-8")) if path else {}


@lru_cache
def answer(name: str) -> dict[str, Any]:
    return ad.assess(case(name))


def changed(name: str) -> dict[str, Any]:
    """A copy of an answer that a test may change."""
    return copy.deepcopy(answer(name))


@lru_cache
def page(name: str, width: int = 80) -> str:
    return render_terminal(answer(name), width=width)


def read(text: str) -> str:
    """A page as it is read: line breaks are spaces."""
    return " ".join(text.split())


def part(text: str, heading: str) -> str:
    """One section of a page, as it is read."""
    _, _, rest = text.partition(f"\n{heading.upper()}  ")
    rest = rest or text.partition(f"\n{heading.upper()} ─")[2]
    assert rest, f"no section {heading}"
    return read(re.split(r"\n\n[A-Z]{3}", rest)[0])


# -- fits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", NAMES)
def test_no_line_is_wider_than_asked_for(name: str, width: int) -> None:
    lines = page(name, width).splitlines()
    assert max(map(cell_len, lines)) <= width
    assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.parametrize("name", NAMES)
def test_plain_text_holds_no_escape_code(name: str) -> None:
    assert re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ue000]", page(name)) == []


def test_colour_changes_no_word() -> None:
    said = render_terminal(answer(RETURNING), width=80, colour=True)
    assert "\x1b[" in said
    bare = re.sub(r"\x1b\[[0-9;]*m", "", said)
    assert [line.rstrip() for line in bare.splitlines()] == page(RETURNING).splitlines()


@pytest.mark.parametrize("name", NAMES)
def test_a_number_is_never_torn_from_its_per_cent(name: str) -> None:
    assert re.findall(r"\d\n\s*%", page(name, 60) + page(name)) == []


def test_a_case_id_cannot_steer_the_terminal() -> None:
    said = changed(RETURNING)
    said["id"] = "a\x1b[2Jb\x07c\nd"
    text = render_terminal(said, width=80)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "case a [2Jb c d" in text


def test_who_asks_for_json_waits_for_no_terminal_page() -> None:
    code = "import sys, afterdisc as ad, afterdisc.report.terminal; ad.assess({}); print('rich' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


# -- red flags -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_urgency_stands_first_and_each_raised_flag_says_what_to_do(name: str) -> None:
    said, urgency = answer(name), part(page(name), "Urgency")
    assert urgency.lstrip("─ ").startswith(f"{said['urgency']} · {said['urgency_meaning']}")
    for flag in said["red_flags"]:
        if flag["status"] == "fired" and flag["urgency"] != "ask":
            assert f"{flag['title']} ({flag['id']}, {flag['urgency']})" in urgency
            assert read(flag["action"]) in urgency


def test_what_decided_a_flag_is_told() -> None:
    (flag,) = [f for f in answer(EMERGENCY)["red_flags"] if f["id"] == "R01"]
    assert flag["decided_by"]
    for reason in flag["decided_by"]:
        assert reason in part(page(EMERGENCY), "Urgency")


def test_an_empty_case_cannot_be_cleared_and_lists_what_to_ask() -> None:
    said, text = answer("nothing known"), page("nothing known")
    assert said["urgency"] == "ask"
    urgency = part(text, "Urgency")
    assert "cannot be cleared: questions are open" in urgency
    assert "Cannot be cleared: ask about bladder, bowel, saddle area" in urgency
    mandatory = [q["question"] for q in said["questions"] if q["mandatory"]]
    assert mandatory
    for question in mandatory:
        assert question in part(text, "Next steps")


def test_one_unanswered_mandatory_question_is_told_beside_a_raised_flag() -> None:
    known = case(RETURNING)
    del known["findings"]["bladder_disturbance"]
    urgency = part(render_terminal(ad.assess(known), width=80), "Urgency")
    assert "Cannot be cleared: ask about bladder (see Next steps)" in urgency
    assert "Cannot be cleared" not in page(RETURNING)


@pytest.mark.parametrize("name", NAMES)
def test_nobody_is_reassured_by_an_empty_field(name: str) -> None:
    assert "no red flag" not in read(page(name)).lower()


@pytest.mark.parametrize("name", NAMES)
def test_flags_that_an_answer_could_still_raise_are_counted(name: str) -> None:
    n = len([f for f in answer(name)["red_flags"] if f["status"] == "ask"])
    told = re.search(r"Not ruled out for want of an answer: (\d+) red flag", read(page(name)))
    assert (int(told[1]) if told else 0) == n


def test_the_expected_course_is_set_aside_in_an_emergency() -> None:
    said, text = answer(EMERGENCY), read(page(EMERGENCY))
    (aside,) = [c for c in said["causes"] if c.get("set_aside")]
    assert f"{aside['label']}: set aside while a red flag is open" in text
    assert text.count(aside["label"]) == 1
    assert read(said["expected_course"]["normally_seen"]) not in text
    assert read(answer(RETURNING)["expected_course"]["normally_seen"]) in read(page(RETURNING))


# -- causes and steps ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_the_leading_causes_stand_in_order_with_chance_and_interval(name: str) -> None:
    causes = part(page(name, 132), "Causes")
    leading = [c for c in answer(name)["causes"] if not c.get("set_aside")][:2]
    places = []
    for cause in leading:
        chance, band = read(phrases.percent(cause["probability"])), read(phrases.interval(cause["interval"]))
        told = re.search(rf" {chance} {band} [█▓░·]+ {re.escape(cause['label'])}", causes)
        assert told
        places.append(told.start())
    assert places == sorted(places)


def test_the_heaviest_finding_of_the_leading_cause_is_told_with_its_odds() -> None:
    heaviest = answer(RETURNING)["causes"][0]["evidence"][0]
    told = f"{heaviest['label']}: {heaviest['found']} {phrases.times(heaviest['weight'])}"
    assert f"{'+' if heaviest['weight'] > 0 else '−'} {told}" in part(page(RETURNING), "Causes")


@pytest.mark.parametrize("name", NAMES)
def test_steps_are_numbered_in_their_order(name: str) -> None:
    steps = part(page(name, 132), "Next steps")
    for n, step in enumerate(answer(name)["next_steps"], 1):
        label = "Ask now" if step["kind"] == "question" else step["label"]
        assert f" {n}. {label}" in f" {steps}"


@pytest.mark.parametrize("name", NAMES)
def test_withheld_tests_say_why(name: str) -> None:
    steps = part(page(name), "Next steps")
    for test in answer(name)["not_now"]:
        assert f"Not now: {test['label']}. {read(test['say'])}" in steps


# -- treatments ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_offered_treatments_show_chance_and_main_argument(name: str) -> None:
    options = part(page(name), "Options")
    offered = [t for t in answer(name)["treatments"] if t["status"] in ("recommended", "option", "caution", "reduce_dose")]
    for t in offered:
        band = phrases.interval(t["benefit"].get("interval"))
        chance = phrases.percent(t["benefit"]["p"]) + (f" ({band})" if band else "")
        assert f"{t['label']} {read(chance)}" in options
        for line in t["for"][:1]:
            assert read(line["say"]) in options


@pytest.mark.parametrize("name", NAMES)
def test_what_is_to_be_avoided_says_the_reason_of_its_own(name: str) -> None:
    options = part(page(name), "Options")
    for t in (t for t in answer(name)["treatments"] if t["status"] == "avoid"):
        own = [line for line in t["against"] if line["id"] != "open_red_flag"]
        assert f"{t['label']}: {read(own[0]['say'])}" in options


@pytest.mark.parametrize("name", NAMES)
def test_no_treatment_is_lost(name: str) -> None:
    said, options = answer(name), part(page(name), "Options")
    counted = re.search(r"(\d+) more from which little is to be expected", options)
    named = [t for t in said["treatments"] if t["label"] in options]
    assert len(named) + (int(counted[1]) if counted else 0) >= len(said["treatments"])


def test_a_dose_is_told_where_it_must_be_lower() -> None:
    said = changed(RETURNING)
    said["treatments"][0] |= {"status": "reduce_dose", "dose": {"text": "at most 300 mg a day", "max_mg_per_day": 300}}
    assert "Dose: at most 300 mg a day" in part(render_terminal(said, width=80), "Options")


def test_of_much_that_is_missing_the_first_is_named_and_the_rest_counted() -> None:
    said = changed(RETURNING)
    waits = said["treatments"][-1] | {"status": "not_yet", "against": [], "gates": [], "missing": ["a", "b", "c", "d", "e"]}
    said["treatments"] = [waits | {"benefit": waits["benefit"] | {"p": 0.5}}]
    options = part(render_terminal(said, width=80), "Options")
    assert f"{waits['label']}: Missing: A; B; C; and 2 more." in options


def test_what_to_bear_in_mind_is_told() -> None:
    said = changed(RETURNING)
    said["notes"] = [{"id": "x", "say": "Words of its own.", "support": "judgement", "sources": []}]
    assert "· Words of its own. [judgement]" in part(render_terminal(said, width=80), "Bear in mind")


@pytest.mark.parametrize("name", NAMES)
def test_words_are_shown_not_ids(name: str) -> None:
    text, _, _ = page(name).partition("\nSOURCES")
    assert re.findall(r"\b[a-z]+_[a-z_]+\b", text) == []


def test_guidelines_that_disagree_stand_side_by_side() -> None:
    said = changed(UNSTABLE)
    fusion = next(t for t in said["treatments"] if t["id"] == "fusion_tlif")
    assert len({g["stance"] for g in fusion["guidelines"]}) > 1
    told = part(page(UNSTABLE, 132), "Guidelines that disagree")
    for g in fusion["guidelines"]:
        assert g["body"].split()[0] in told
    for t in said["treatments"]:
        t["guidelines"] = [g | {"stance": "for"} for g in t["guidelines"]]
    assert "GUIDELINES THAT DISAGREE" not in render_terminal(said, width=132)


# -- sources -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_number_cited_is_listed_and_every_work_listed_is_cited(name: str) -> None:
    body, _, sources = page(name).partition("\nSOURCES")
    cited = {int(n) for marks in re.findall(r"\[([\d,]+)[;\]]", body) for n in marks.split(",")}
    listed = [int(n) for n in re.findall(r"^\[(\d+)\]", sources, re.MULTILINE)]
    assert listed == list(range(1, len(listed) + 1))
    assert cited == set(listed)


def test_a_source_names_author_year_title_and_where_to_find_it() -> None:
    said = changed(RETURNING)
    flag = next(f for f in said["red_flags"] if f["status"] == "fired")
    fact = said["sources"][flag["sources"][0]]
    fact["work"] = fact["work"] | {
        "author": "Doe J",
        "year": "2001",
        "title": "A title",
        "journal": "J Test",
        "doi": "10.1/x",
    }
    fact["verified"] = False
    text = part(render_terminal(said, width=80), "Sources")
    assert "[1] Doe J 2001. A title. J Test. doi:10.1/x (a figure of it is unconfirmed)" in text


def test_a_line_that_rests_on_judgement_says_so() -> None:
    said = changed(RETURNING)
    line = said["treatments"][0]["for"][0]
    line |= {"say": "Words of its own.", "support": "judgement", "sources": []}
    assert "Words of its own. [judgement]" in part(render_terminal(said, width=80), "Options")
    line |= {"support": "derived", "sources": []}
    assert "Words of its own. [" not in part(render_terminal(said, width=80), "Options")


@pytest.mark.parametrize("name", NAMES)
def test_the_page_ends_with_what_it_is_for_and_what_it_rests_on(name: str) -> None:
    said, end = answer(name), part(page(name), "Intended use")
    assert read(said["intended_use"]) in end
    assert said["knowledge"]["version"] in end
    assert said["knowledge"]["fingerprint"] in end


# -- phrases -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("p", "told"), [(0.0, "<1"), (0.004, "<1"), (0.006, "1"), (0.5, "50"), (0.994, "99"), (1.0, ">99")])
def test_a_chance_is_never_shown_as_certain(p: float, told: str) -> None:
    assert phrases.percent(p) == f"{told}\u00a0%"


@pytest.mark.parametrize(("weight", "told"), [(0.0, "×1.00"), (-0.06, "×0.94"), (0.693, "×2.00"), (1.2, "×3.3"), (3, "×20")])
def test_a_weight_is_told_as_odds(weight: float, told: str) -> None:
    assert phrases.times(weight) == told


def test_a_cause_names_what_speaks_against_it_too() -> None:
    lines = [{"finding": str(i), "weight": w} for i, w in enumerate([3.0, 2.0, 1.0, -0.5])]
    assert [line["weight"] for line in phrases.weighing({"evidence": lines}, 3)] == [3.0, 2.0, -0.5]
    assert [line["weight"] for line in phrases.weighing({"evidence": lines[:2]}, 3)] == [3.0, 2.0]


def test_unrecorded_is_told_only_where_nothing_else_is() -> None:
    line = {"decided_by": ["Leg pain is not recorded", "Leg pain: yes", "Age is not recorded", "Age >= 60 years"]}
    assert phrases.decided(line) == ["Leg pain: yes", "Age ≥ 60 years", "Age is not recorded"]
