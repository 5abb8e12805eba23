"""The intake as Questionnaire, and findings that come back from its answers as they went in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from afterdisc.fhir import read_record, record_of
from afterdisc.fhir.write import questionnaire_of, response_of
from afterdisc.fhir.write.units import CODES
from afterdisc.program import Program
from functional.fhir.valid.people import AT, SUBJECT, as_text, cases, known_cases, reading_of

Json = dict[str, Any]


def items(node: Json) -> Iterator[Json]:
    for item in node.get("item", ()):
        yield item
        yield from items(item)


@pytest.fixture(scope="module")
def asked(program: Program) -> dict[str, Json]:
    return {item["linkId"]: item for item in items(questionnaire_of(program))}


def test_every_finding_is_asked_once_in_the_order_of_the_form(program: Program) -> None:
    listed = [item["linkId"] for item in items(questionnaire_of(program))]
    assert len(set(listed)) == len(listed)
    wanted = [finding for section in program.book["form"] for finding in section["findings"]]
    assert [link for link in listed if link in program.book["findings"]] == wanted
    assert set(wanted) == set(program.book["findings"])


def test_each_question_has_our_wording_our_code_and_the_type_of_its_finding(program: Program, asked: dict[str, Json]) -> None:
    types = {"bool": "boolean", "number": "decimal", "count": "integer", "ordinal": "choice", "category": "choice"}
    for name, finding in program.book["findings"].items():
        assert asked[name]["text"] == finding["question"]
        assert asked[name]["code"][0]["code"] == name
        assert asked[name]["type"] == types.get(finding["kind"], {"set": "string", "map": "group"}.get(finding["kind"]))


def value_of(extension: Json) -> Any:
    return next(value for key, value in extension.items() if key.startswith("value"))


def test_states_units_limits_and_help_are_those_of_the_finding(program: Program, asked: dict[str, Json]) -> None:
    for name, finding in program.book["findings"].items():
        options = {o["valueCoding"]["code"]: o["valueCoding"]["display"] for o in asked[name].get("answerOption", ())}
        assert options == finding["values"]
        told = {e["url"].rpartition("/")[2]: value_of(e) for e in asked[name].get("extension", ())}
        if finding["range"]:
            assert [told["minValue"], told["maxValue"]] == finding["range"]
        if finding["kind"] in ("number", "count"):
            assert told["questionnaire-unit"]["code"] == CODES[finding["unit"]]
        if finding["help"]:
            assert asked[f"{name}.help"]["text"].startswith(finding["help"])


def test_it_says_who_made_it_and_what_an_answer_left_out_means(program: Program) -> None:
    made = questionnaire_of(program)
    assert made["url"] == f"{program.book['fhir']['canonical']}/Questionnaire/intake"
    assert (made["version"], made["status"], made["publisher"]) == (program.version, "active", "Afterdisc")
    assert "date" not in made  # a version is a running number, and no day
    assert "unknown, never no" in made["description"]
    assert "Apache-2.0" in made["copyright"]


# ----------------------------------------------------------------------------------------------------------- there and back


def read_back(program: Program, response: Json) -> dict[str, Any]:
    return read_record(program, record_of(response, patient=SUBJECT), at=AT).findings


def test_findings_come_back_as_they_went_in(program: Program) -> None:
    for case, _ in (*cases(program, 60, seed=4), *known_cases(program)):
        response = response_of(program, case["findings"], subject=SUBJECT, at=AT)
        found = read_back(program, response)
        maps = {name for name, value in case["findings"].items() if value == {}}
        assert {n: v for n, v in found.items() if n not in maps} == normal(case["findings"], maps)


def normal(findings: Json, maps: set[str]) -> Json:
    known = {name: value for name, value in findings.items() if name not in maps and value is not None}
    return {name: list(dict.fromkeys(value)) if isinstance(value, list) else value for name, value in known.items()}


def test_unknown_is_no_item(program: Program) -> None:
    findings = {"leg_pain_nrs": None, "back_pain_nrs": float("nan"), "smoker": False}
    response = response_of(program, findings, subject=SUBJECT, at=AT)
    assert [i["linkId"] for i in items(response)] == ["section.person", "smoker"]
    assert "item" not in response_of(program, {}, subject=SUBJECT, at=AT)


def test_known_to_take_nothing_comes_back_as_that(program: Program) -> None:
    response = response_of(program, {"takes": []}, subject=SUBJECT, at=AT)
    assert read_back(program, response) == {"takes": []}


def test_a_list_with_something_nobody_could_name_never_comes_back_as_complete(program: Program) -> None:
    response = response_of(program, {"takes": ["gabapentin", None]}, subject=SUBJECT, at=AT)
    assert read_back(program, response).get("takes") in (None, ["gabapentin", None])


def test_an_unknown_dose_stays_unknown(program: Program) -> None:
    response = response_of(program, {"dose_mg_per_day": {"gabapentin": None, "tramadol": 200}}, subject=SUBJECT, at=AT)
    assert read_back(program, response) == {"dose_mg_per_day": {"gabapentin": None, "tramadol": 200}}


def test_numpy_numbers_and_sets_are_written_as_plain_values(program: Program) -> None:
    odd = {"leg_pain_nrs": np.float64(6), "n_lumbar_operations": np.int64(2), "smoker": np.bool_(True), "takes": {"b", "a"}}
    plain = {"leg_pain_nrs": 6.0, "n_lumbar_operations": 2, "smoker": True, "takes": ["a", "b"]}
    both = [as_text(response_of(program, f, subject=SUBJECT, at=AT)) for f in (odd, plain)]
    assert both[0] == both[1]


def test_an_answer_names_the_resource_it_was_read_from(program: Program) -> None:
    reading = reading_of(program, {"leg_pain_nrs": 6.0, "smoker": True})
    response = response_of(program, reading.findings, subject=SUBJECT, at=AT, reading=reading, status="in-progress")
    sources = {i["linkId"]: i["extension"][0]["valueReference"]["reference"] for i in items(response) if "extension" in i}
    assert sources == {"leg_pain_nrs": "Observation/leg-pain-nrs", "smoker": "Observation/smoker"}
    assert response["status"] == "in-progress"
