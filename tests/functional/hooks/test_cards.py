"""What a card is made of, on examples of every kind: red flags, orders, tests, medicines."""

from __future__ import annotations

import copy
import json
import re
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from afterdisc.fhir.shape import refuse_other_shapes
from afterdisc.program import Program
from functional.hooks.calls import NUMB_SADDLE, VIEW, Machine, examples, members, view, with_value

Cards = list[dict[str, Any]]
OF_A_CARD = {
    "uuid",
    "summary",
    "detail",
    "indicator",
    "source",
    "suggestions",
    "selectionBehavior",
    "overrideReasons",
    "links",
    "extension",
}


def suggestions(cards: Cards) -> Cards:
    return [s for c in cards for s in c.get("suggestions", [])]


def actions(cards: Cards) -> Cards:
    return [a for s in suggestions(cards) for a in s["actions"]]


def is_absolute(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.netloc)


@pytest.mark.cds_hooks(74, 75, 77)
def test_an_answer_holds_cards_and_nothing_that_acts_by_itself(answered: dict[str, Any]) -> None:
    assert all(set(a) == {"cards"} and isinstance(a["cards"], list) for a in answered.values())


@pytest.mark.cds_hooks(3)
def test_nothing_in_a_card_is_null_or_empty(cards: Cards) -> None:
    assert not [v for v in members(cards) if v is None or v in ("", [], {})]


def test_a_card_has_no_member_that_the_standard_does_not_know(cards: Cards) -> None:
    assert not {k for c in cards for k in c} - OF_A_CARD


@pytest.mark.cds_hooks(80, 81, 82, 118, 119)
def test_cards_and_suggestions_have_ids_of_their_own(cards: Cards) -> None:
    ids = [UUID(x["uuid"]) for x in (*cards, *suggestions(cards))]
    assert len(set(ids)) == len(ids)


@pytest.mark.cds_hooks(78, 80, 212)
def test_a_call_that_is_repeated_gives_the_same_card_and_not_a_second_one(ehr: Machine, program: Program) -> None:
    """So a client that removes earlier cards, or keeps them by their id, shows one."""
    first, again = (ehr.cards(VIEW, view(program, NUMB_SADDLE)) for _ in range(2))
    assert first == again
    other = ehr.cards(VIEW, with_value(view(program, NUMB_SADDLE), "9f3f9f3c-9d4f-4f63-8b1c-1f5d8b6a3f11", "hookInstance"))
    assert other[0]["uuid"] != first[0]["uuid"]


@pytest.mark.cds_hooks(83)
def test_a_summary_is_one_line_of_fewer_than_140_characters(cards: Cards) -> None:
    for card in cards:
        assert 0 < len(card["summary"]) < 140
        assert "\n" not in card["summary"]


@pytest.mark.cds_hooks(84, 85)
def test_details_are_markdown_that_ends_its_marks_and_holds_no_html(cards: Cards) -> None:
    for card in cards:
        bare = re.sub(r"\\.", "", card["detail"])
        assert bare.count("**") % 2 == 0
        assert "<" not in bare
        for line in bare.splitlines():
            assert not line.startswith(("    ", "\t")), "would be shown as code"


def test_details_say_the_rule_its_sources_with_their_places_and_the_knowledge(cards: Cards, program: Program) -> None:
    for card in cards:
        assert "**Sources**" in card["detail"]
        assert f"Afterdisc knowledge {program.version} ({program.fingerprint})" in card["detail"]
    assert any("](https://doi.org/" in c["detail"] and "), abstract" in c["detail"] for c in cards)
    assert any("Judgement, without a source:" in c["detail"] for c in cards)


@pytest.mark.cds_hooks(87, 88, 89)
def test_the_indicator_is_one_of_three(cards: Cards) -> None:
    assert {c["indicator"] for c in cards} == {"info", "warning", "critical"}


@pytest.mark.cds_hooks(90, 105, 106, 107, 108)
def test_the_source_has_a_label_and_an_absolute_address(cards: Cards) -> None:
    for source in (c["source"] for c in cards):
        assert isinstance(source["label"], str)
        assert is_absolute(source["url"])


@pytest.mark.cds_hooks(109, 110)
def test_the_source_is_the_work_and_the_card_itself_is_drilled_into_by_the_link(cards: Cards, program: Program) -> None:
    addresses = {f"https://doi.org/{w['doi']}" for w in program.book["sources"].values() if w["doi"]}
    addresses |= {w["url"] for w in program.book["sources"].values()} | {
        f"{program.book['fhir']['canonical']}/PlanDefinition/re-evaluation"
    }
    for card in cards:
        assert card["source"]["url"] in addresses
        assert card["uuid"] in card["links"][0]["appContext"]


@pytest.mark.cds_hooks(111, 112, 113)
def test_no_icon_is_sent(cards: Cards) -> None:
    assert not [c for c in cards if "icon" in c["source"]]


@pytest.mark.cds_hooks(115, 116, 216, 217, 218, 220)
def test_the_topic_is_a_coding_of_what_the_card_is_about(cards: Cards, program: Program) -> None:
    for topic in (c["source"]["topic"] for c in cards):
        assert topic["system"].startswith(f"{program.book['fhir']['canonical']}/CodeSystem/")
        assert all(isinstance(topic[k], str) for k in ("system", "code", "display"))
    codes = {c["source"]["topic"]["code"] for c in cards}
    assert {"R01", "nsaid", "mri_without_contrast", "fusion_tlif", "scs_implant"} <= codes


@pytest.mark.cds_hooks(92, 94, 123, 124, 125)
def test_suggestions_hold_actions(cards: Cards) -> None:
    assert [c for c in cards if "suggestions" not in c], "a card needs none"
    for suggestion in suggestions(cards):
        assert isinstance(suggestion["actions"], list)


@pytest.mark.cds_hooks(93, 95, 96, 122)
def test_a_card_with_suggestions_says_how_many_may_be_chosen(cards: Cards) -> None:
    for card in cards:
        assert ("selectionBehavior" in card) == ("suggestions" in card)
        if "suggestions" in card:
            assert card["selectionBehavior"] == "at-most-one"
            assert sum(s["isRecommended"] for s in card["suggestions"]) <= 1


@pytest.mark.cds_hooks(117, 120, 121)
def test_a_suggestion_has_a_label_and_says_whether_it_is_recommended(cards: Cards) -> None:
    assert {s["isRecommended"] for s in suggestions(cards)} == {True, False}
    assert all(isinstance(s["label"], str) for s in suggestions(cards))


@pytest.mark.cds_hooks(127, 128, 129)
def test_an_action_has_a_kind_and_a_description(cards: Cards) -> None:
    assert {a["type"] for a in actions(cards)} == {"create", "delete"}
    assert all(isinstance(a["description"], str) for a in actions(cards))


@pytest.mark.cds_hooks(130, 131, 132)
def test_what_is_to_be_created_is_a_whole_and_valid_resource_without_an_id(cards: Cards) -> None:
    """We replace by delete and create, so that no resource is ever updated by halves."""
    created = [a["resource"] for a in actions(cards) if a["type"] == "create"]
    assert created
    for resource in created:
        assert "id" not in resource
        refuse_other_shapes(resource)


@pytest.mark.cds_hooks(133, 134, 135)
def test_what_is_to_be_deleted_is_named_by_its_reference(cards: Cards, program: Program) -> None:
    sent = {
        f"{e['resource']['resourceType']}/{e['resource']['id']}"
        for _, _, body in examples(program)
        for e in body["context"].get("draftOrders", {"entry": []})["entry"]
    }
    for action in (a for a in actions(cards) if a["type"] == "delete"):
        assert action["resourceId"] in sent
        assert "resource" not in action


@pytest.mark.cds_hooks(98, 99, 100, 136, 219)
def test_reasons_to_override_are_codings_with_words(cards: Cards, program: Program) -> None:
    declared = {r["code"]: r["display"] for r in program.book["fhir"]["override_reasons"]}
    assert declared
    for card in cards:
        assert {r["code"]: r["display"] for r in card["overrideReasons"]} == declared
        assert all(r["system"].startswith("https://") for r in card["overrideReasons"])


@pytest.mark.cds_hooks(103, 104, 138, 139, 140, 141, 142, 144, 145, 146, 147)
def test_the_link_launches_the_app_and_tells_it_which_card(cards: Cards) -> None:
    for card in cards:
        (link,) = card["links"]
        assert link["type"] == "smart"  # absolute links carry no appContext; there are none
        assert isinstance(link["label"], str)
        assert is_absolute(link["url"])
        told = json.loads(link["appContext"])
        assert set(told) == {"card", "service", "topic"}
        assert told["card"] == card["uuid"]


@pytest.mark.cds_hooks(214, 215)
def test_the_extension_is_an_object_under_a_name_of_our_own(cards: Cards) -> None:
    for card in cards:
        ((name, value),) = card["extension"].items()
        assert name.startswith("org.afterdisc.")
        assert isinstance(value, dict)


def test_nothing_of_the_record_but_what_decided_is_on_a_card(ehr: Machine, program: Program) -> None:
    """Names, ids and free text of the record never come back."""
    body = view(program, NUMB_SADDLE)
    body["prefetch"]["patient"] |= {"name": [{"family": "Beeblebrox"}], "identifier": [{"value": "MRN-42"}]}
    body["prefetch"]["observations-survey"]["entry"][0]["resource"]["note"] = [{"text": "called by her son"}]
    told = json.dumps(ehr.cards(VIEW, body))
    assert not [word for word in ("Beeblebrox", "MRN-42", "son", "p1", "1968") if re.search(rf"\b{word}\b", told)]


def test_the_same_call_gives_the_same_bytes(ehr: Machine, program: Program) -> None:
    for _, service, body in examples(program):
        first, again = (ehr.call(service, copy.deepcopy(body)).content for _ in range(2))
        assert first == again


@pytest.mark.cds_hooks(2, 168)
def test_behind_tls_the_app_is_linked_by_https_and_browsers_are_told_to_stay_there(tmp_path: Any, program: Program) -> None:
    """Afterdisc listens on this machine alone; the proxy in front of it speaks TLS (docs/how-to/run-the-workspace.md)."""
    from functional.hooks.calls import machine
    from functional.workspace.house import build

    house = build(f"sqlite:///{tmp_path / 'tls.sqlite'}", program, origin="https://afterdisc.example")
    answer = machine(house).call(VIEW, view(program, NUMB_SADDLE))
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    (card,) = answer.json()["cards"]
    assert card["links"][0]["url"].startswith("https://afterdisc.example/")
    house.database.close()
