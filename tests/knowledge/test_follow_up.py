"""What the clinic needs around an assessment: scores, dates, reasons, the person's form, emergencies and plain words."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from afterdisc.errors import Problems, UncitedNumber
from afterdisc.knowledge import INSTALLED, read_knowledge
from afterdisc.knowledge.base import Emergency, KnowledgeBase, Vignette
from afterdisc.knowledge.check import check_knowledge
from afterdisc.program import Program
from afterdisc.report.emergency import emergencies_of

FOLLOW_UP = INSTALLED / "follow_up"
LONGEST_QUESTION = 34  # words; a person reads it on a telephone
LONG_WORD = 15  # letters; longer ones are names of medicines or of illnesses that the person was told
COLD_LEG = "    judgement: {because: A leg without blood is lost within hours; clinical knowledge., worth: 15}\n"
NAMES = {"anti-inflammatory", "narrow-angle", "body-mass", "nerve-pain", "physiotherapy"}


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    shutil.copytree(INSTALLED, tmp_path / "knowledge", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "knowledge"


# -- scores -------------------------------------------------------------------------------------------------------


def test_the_four_scores_are_followed_and_each_stands_for_a_finding(knowledge: KnowledgeBase) -> None:
    found = {i.id: i.finding for i in knowledge.follow_up.instruments.values()}
    assert set(found) == {"leg_pain_nrs", "back_pain_nrs", "odi_percent", "eq5d_index"}
    assert all(finding in knowledge.findings for finding in found.values())


def test_works_that_disagree_stand_side_by_side(knowledge: KnowledgeBase) -> None:
    for instrument in knowledge.follow_up.instruments.values():
        mcids = [t for t in instrument.thresholds if t.kind == "mcid"]
        assert len({t.value for t in mcids}) > 1, instrument.id
        assert all(len(t.support.facts) == 1 for t in instrument.thresholds), instrument.id


def test_every_threshold_is_printed_by_a_work_and_names_its_people(knowledge: KnowledgeBase) -> None:
    for instrument in knowledge.follow_up.instruments.values():
        for threshold in instrument.thresholds:
            assert threshold.population
            assert all(knowledge.facts[f].verified for f in threshold.support.facts)


@pytest.mark.parametrize("weeks", [0, 13, 52, 104])
def test_every_score_has_a_published_point_with_its_spread(knowledge: KnowledgeBase, weeks: float) -> None:
    for instrument in knowledge.follow_up.instruments.values():
        points = [p for curve in instrument.curves for p in curve.points if p.weeks == weeks]
        assert any(p.support.kind == p.spread.kind == "measured" or p.support.kind == "derived" for p in points), instrument.id


def test_the_expected_course_is_for_the_better(knowledge: KnowledgeBase) -> None:
    for instrument in knowledge.follow_up.instruments.values():
        for curve in instrument.curves:
            gain = curve.points[0].mean - curve.points[-1].mean
            assert len(curve.points) == 1 or (gain > 0) is (instrument.better == "lower"), (instrument.id, curve.id)


# -- dates and reasons --------------------------------------------------------------------------------------------


def test_every_treatment_that_goes_on_has_a_date_on_which_it_is_judged(knowledge: KnowledgeBase) -> None:
    never_started = {"scar_excision_alone"}
    referrals = {t for t in knowledge.treatments if t.endswith("_referral")}
    assert set(knowledge.follow_up.review_after) == set(knowledge.treatments) - never_started - referrals


def test_each_decision_has_a_short_list_of_reasons_and_one_for_everything_else(knowledge: KnowledgeBase) -> None:
    for kind in ("accept", "defer", "decline"):
        reasons = knowledge.follow_up.reasons[kind]
        assert 4 <= len(reasons) <= 10
        assert [r.needs_text for r in reasons if r.code == f"{kind}_other"] == [True]


# -- the person's form --------------------------------------------------------------------------------------------


def asked(knowledge: KnowledgeBase) -> list[str]:
    form = knowledge.follow_up.pre_visit
    assert form is not None
    return [name for section in form.sections for name in section.findings]


def test_the_form_answers_every_mandatory_item_first(knowledge: KnowledgeBase) -> None:
    form = knowledge.follow_up.pre_visit
    assert form is not None
    first = set(form.sections[0].findings)
    assert [item.id for item in knowledge.mandatory if not first & set(item.any_of)] == []


def test_the_form_is_short(knowledge: KnowledgeBase) -> None:
    assert 25 <= len(asked(knowledge)) <= 35


def test_every_question_for_a_person_is_a_question_in_the_second_person(knowledge: KnowledgeBase) -> None:
    for finding in knowledge.findings.values():
        if finding.patient_can_answer:
            assert finding.ask_patient.endswith("?"), finding.id
            assert re.search(r"\b(you|your)\b|there\b", finding.ask_patient, re.IGNORECASE), finding.id
            assert len(finding.ask_patient.split()) <= LONGEST_QUESTION, finding.id


def test_the_words_of_the_form_are_short(knowledge: KnowledgeBase) -> None:
    for name in asked(knowledge):
        long = [w for w in re.findall(r"[\w-]+", knowledge.findings[name].ask_patient) if len(w) > LONG_WORD]
        assert set(long) <= NAMES, name


def test_every_value_that_a_person_can_choose_reads_plainly(knowledge: KnowledgeBase) -> None:
    for finding in knowledge.findings.values():
        if finding.patient_values:
            unnamed = set(finding.values) - set(finding.patient_values) - {"female", "male", "both"}
            assert not unnamed, finding.id


def test_suicidal_thoughts_are_asked_about_in_person_and_the_form_says_where_to_turn(knowledge: KnowledgeBase) -> None:
    form = knowledge.follow_up.pre_visit
    assert form is not None
    assert not knowledge.findings["suicidal_thoughts"].patient_can_answer
    assert "{local_crisis_line}" in form.crisis
    assert "{local_emergency_number}" in form.crisis


# -- emergencies --------------------------------------------------------------------------------------------------


def vignettes() -> Iterator[tuple[Emergency, Vignette]]:
    for emergency in read_knowledge().follow_up.emergencies:
        yield from ((emergency, vignette) for vignette in emergency.vignettes)


@pytest.mark.parametrize(("emergency", "vignette"), list(vignettes()), ids=lambda x: getattr(x, "name", "") or x.id)
def test_an_emergency_comes_out_as_its_vignette_says(program: Program, emergency: Emergency, vignette: Vignette) -> None:
    told = {text.id for text in emergencies_of(program.book, vignette.given)}
    assert (emergency.id in told) is vignette.expect


def test_a_form_without_an_answer_tells_nothing(program: Program) -> None:
    assert emergencies_of(program.book, {}) == ()


def test_what_cannot_wait_stands_before_what_can_wait_till_tonight(program: Program) -> None:
    texts = emergencies_of(program.book, {"fever": True, "saddle_numbness": True, "calf_swelling": True})
    assert [t.urgency for t in texts] == ["now", "today", "today"]


def test_the_number_to_ring_is_the_one_of_the_site(program: Program) -> None:
    [neutral] = emergencies_of(program.book, {"cold_pulseless_leg": True})
    [local] = emergencies_of(program.book, {"cold_pulseless_leg": True}, site={"local_emergency_number": "one two three"})
    assert "your local emergency number" in neutral.say
    assert "one two three" in local.say
    assert "{" not in neutral.say + local.say


def test_no_text_for_a_person_holds_a_telephone_number(knowledge: KnowledgeBase) -> None:
    form = knowledge.follow_up.pre_visit
    assert form is not None
    texts = [form.intro, form.crisis, form.thanks, *(e.say for e in knowledge.follow_up.emergencies)]
    assert [t for t in texts if re.search(r"\d", t)] == []


def test_every_red_flag_answer_that_a_person_can_give_alone_is_heard(knowledge: KnowledgeBase) -> None:
    """Saying yes to any first-page question leads to a text, or is one of the few that only the clinic can weigh."""
    form = knowledge.follow_up.pre_visit
    assert form is not None
    weighed_by_the_clinic = {"new_numbness", "bilateral_leg_pain", "chills_or_sweats", "significant_trauma"}
    heard = {v for e in knowledge.follow_up.emergencies for x in e.vignettes if x.expect is True for v in x.given}
    assert set(form.sections[0].findings) - heard <= weighed_by_the_clinic


# -- the form of the clinic ---------------------------------------------------------------------------------------


def test_the_form_of_the_clinic_holds_every_finding_once(program: Program) -> None:
    listed = [name for section in program.book["form"] for name in section["findings"]]
    assert listed == list(program.book["findings"])
    assert all(section["title"] for section in program.book["form"])
    assert len({section["id"] for section in program.book["form"]}) == len(program.book["form"])


# -- what is refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "judgement"),
    [
        ("due.yaml", ", judgement: {because: The registries ask at three months., worth: 10}"),
        ("emergency.yaml", COLD_LEG),
        ("pre_visit.yaml", "    worth: 5\n"),
        ("words.yaml", "    worth: 6\n"),
    ],
)
def test_taking_a_judgement_away_makes_loading_fail(copied: Path, file: str, judgement: str) -> None:
    path = copied / "follow_up" / file
    text = path.read_text(encoding="utf-8")
    assert text.count(judgement) == 1
    path.write_text(text.replace(judgement, ""), encoding="utf-8")
    with pytest.raises(Problems) as told:
        read_knowledge(copied)
    assert [type(p) for p in told.value.problems] == [UncitedNumber]
    assert told.value.problems[0].where.startswith(f"follow_up/{file}:")


@pytest.mark.parametrize(
    ("old", "new"), [("from: 0.65", "from: 0.95"), ("{from: 0, say: unlikely}", "{from: 0.05, say: unlikely}")]
)
def test_words_for_a_chance_that_leave_a_gap_or_overlap_are_refused(copied: Path, old: str, new: str) -> None:
    path = copied / "follow_up" / "words.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    errors = check_knowledge(read_knowledge(copied), today=date(2026, 11, 25)).errors
    assert ["do not fall from the greatest to 0" in str(e) for e in errors] == [True]


def test_taking_the_reason_of_a_spread_away_makes_loading_fail(copied: Path) -> None:
    path = copied / "follow_up" / "scores.yaml"
    text = path.read_text(encoding="utf-8")
    spread = re.search(r"sd: \{value: 2\.6, because: .*, worth: 10\}", text)
    assert spread is not None
    path.write_text(text.replace(spread[0], "sd: {value: 2.6}", 1), encoding="utf-8")
    with pytest.raises(Problems) as told:
        read_knowledge(copied)
    assert [type(p) for p in told.value.problems] == [UncitedNumber]


def test_a_question_for_a_person_without_their_own_wording_makes_loading_fail(copied: Path) -> None:
    path = copied / "findings" / "04_red_flag.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"    ask_patient: .*\n", "", text, count=1), encoding="utf-8")
    with pytest.raises(Problems) as told:
        read_knowledge(copied)
    assert any("`ask_patient` is missing" in str(p) for p in told.value.problems)


def test_a_treatment_without_plain_words_makes_loading_fail(copied: Path) -> None:
    path = copied / "treatments" / "nsaid.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"  bad: .*\n", "", text, count=1), encoding="utf-8")
    with pytest.raises(Problems) as told:
        read_knowledge(copied)
    assert "`bad` is missing" in str(told.value.problems[0])
