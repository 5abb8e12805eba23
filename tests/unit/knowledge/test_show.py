"""`show` gives everything known about one thing, each number followed to its work."""

from __future__ import annotations

import pytest

from afterdisc.errors import UndeclaredName
from afterdisc.knowledge import read_knowledge
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.knowledge.show import LISTS, show, text
from tiny_base import TINY


@pytest.fixture(scope="module")
def base() -> KnowledgeBase:
    return read_knowledge(TINY)


def shown(base: KnowledgeBase, name: str) -> str:
    """The page in one line, so that a test need not know where lines break."""
    return " ".join(text(show(base, name)).split())


def test_a_cause_shows_priors_risk_factors_findings_and_what_helps(base: KnowledgeBase) -> None:
    page = shown(base, "hernia")
    assert "0–6 0.3 judgement, worth 10 patients: A guess." in page
    assert "onset sudden 2 (1.5–3) derived, [f1]" in page
    assert "leg_pain 0–6 none 0.1, mild 0.4, severe 0.5 none 0.6, mild 0.3, severe 0.1 derived, [f1], worth 20" in page
    assert "nsaid 0.3 (0.2–0.4) measured, [f1]: As printed." in page
    assert "Sudden. [f2]" in page


def test_citations_are_followed_to_the_work_and_say_whether_they_are_confirmed(base: KnowledgeBase) -> None:
    page = shown(base, "hernia")
    work = "w1: Doe J, 2020, A work, A journal, doi:10.1000/xyz, table 2"
    assert f"f1 (verified): share 0.5 n=10 · people. {work}" in page
    assert "f2 (UNCONFIRMED): opinion" in page


def test_a_cause_names_the_rules_that_ask_for_its_probability(base: KnowledgeBase) -> None:
    assert "nsaid.not_for_scar" in shown(base, "scar")
    assert "nsaid.not_for_scar" not in shown(base, "hernia")


def test_a_finding_shows_its_states_weight_codes_and_rules(base: KnowledgeBase) -> None:
    page = shown(base, "leg_pain")
    assert "Causes combine by noisy_max" in page
    assert "no cause 6–520 none 0.7, mild 0.2, severe 0.1" in page
    assert "hernia 6–520 none 0.1, mild 0.3, severe 0.6" in page
    assert "Says partly the same as relief (rho 0.4)" in page
    assert "nsaid.pain" in page, "a rule that asks for it through a definition"
    assert "SNOMED CT 386661006 Fever" in shown(base, "fever")
    assert "Mandatory red-flag item" in shown(base, "fever")


def test_a_number_shows_its_range_and_its_states(base: KnowledgeBase) -> None:
    page = shown(base, "crp_mg_l")
    assert "Takes 0 to 700 mg/L" in page
    assert "raised 10 701" in page


def test_a_rule_shows_its_condition_in_words_as_written_and_with_names_replaced(base: KnowledgeBase) -> None:
    page = text(show(base, "I01"))
    assert "(R01 Infection or much leg pain and Weeks since surgery >= 6)" in page
    assert "any of\n  R01\n  all of\n    much_leg_pain\n    weeks_since_surgery >= 6" in page
    assert "      leg_pain: severe\n" in page
    assert "much_leg_pain: Leg pain is severe." in page
    assert "stages/3_imaging.yaml:3" in page


def test_a_rule_shows_its_vignettes(base: KnowledgeBase) -> None:
    page = shown(base, "nsaid.not_for_scar")
    assert "fires scar P(scar): 0.3, P(infection): 0.2" in page
    assert "silent hernia P(scar): 0.1, P(infection): 0.1" in page
    assert "silent nothing takes:" in shown(base, "nsaid.twice")
    assert "ask nobody asked nothing" in shown(base, "R01")


def test_a_red_flag_shows_each_level_what_to_do_and_what_it_brings_forward(base: KnowledgeBase) -> None:
    page = shown(base, "R01")
    for part in ("E1 when", "E2 when", "Blood test today.", "Investigations: crp", "Treatments: nsaid"):
        assert part in page


def test_a_treatment_shows_guidelines_rules_benefits_shifts_and_harms(base: KnowledgeBase) -> None:
    page = shown(base, "nsaid")
    assert "A body 2020 for Use the lowest dose. [f2]" in page
    assert "nsaid.twice avoid One is enough. [f1]" in page
    assert "onset sudden 1.5 (1.1–2)" in page
    assert "bleeding 0.02 (0.01–0.05) 8 weeks" in page


def test_an_investigation_shows_what_it_gives_and_who_asks_for_it(base: KnowledgeBase) -> None:
    assert "relief Relief after the operation" in shown(base, "mri")
    assert "I01 first choice Late leg pain" in shown(base, "mri")
    assert "mri.too_early withhold Too early. [f1]" in shown(base, "mri")
    assert "R01 Infection" in shown(base, "crp")
    assert "I01 withheld Late leg pain" in shown(base, "crp")


def test_facts_and_works_lead_to_each_other(base: KnowledgeBase) -> None:
    assert "treatments/nsaid.yaml:1" in shown(base, "f2")
    assert "f1 (verified)" in shown(base, "w1")


@pytest.mark.parametrize("name", ["feverish", "danger", "has_leg_pain", "nsaids", "n_draws", "u_good", "course.early"])
def test_everything_else_with_an_id_has_a_page(base: KnowledgeBase, name: str) -> None:
    assert show(base, name).sections


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("findings", "weeks_since_surgery"),
        ("causes", "hernia"),
        ("treatments", "nsaid"),
        ("investigations", "mri"),
        ("red_flags", "R01 E1, E2 Infection"),
        ("rules", "nsaid.twice avoid One is enough."),
        ("definitions", "has_leg_pain Leg pain is present."),
        ("groups", "nsaids ibuprofen, naproxen, mefenamic acid"),
    ],
)
def test_a_list_names_what_there_is(base: KnowledgeBase, name: str, holds: str) -> None:
    assert name in LISTS
    assert holds in shown(base, name)


def test_an_unknown_id_says_what_was_meant(base: KnowledgeBase) -> None:
    with pytest.raises(UndeclaredName, match="Did you mean `hernia`"):
        show(base, "hernai")
    with pytest.raises(UndeclaredName, match="Lists: findings"):
        show(base, "zzzz")


def test_lines_stay_within_the_terminal(base: KnowledgeBase) -> None:
    lines = text(show(base, "nsaid")).splitlines()
    assert max(map(len, lines)) <= 110
