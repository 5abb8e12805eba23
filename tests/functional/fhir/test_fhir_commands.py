"""`afterdisc fhir assess` and `afterdisc fhir explain`: a record in, the page, JSON or resources out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import afterdisc as ad
from afterdisc.fhir.write import probabilities_of
from afterdisc.program import Program
from functional.fhir.own_codes import patient_alone, record_with
from functional.fhir.records import bundle, concept, observation
from functional.terminal import Said, afterdisc

FINDINGS = {"weeks_since_surgery": 30, "leg_pain_nrs": 7, "onset": "sudden", "fever": False}
AT = "2026-11-20"


@pytest.fixture
def record(tmp_path: Path, program: Program) -> Path:
    """A record with a few findings, one of them later than the day asked for, and one that cannot be read."""
    made = record_with(program, FINDINGS)
    finding = f"{program.book['fhir']['canonical']}/CodeSystem/finding"
    later = observation(concept(finding, "leg_pain_nrs"), "2026-11-24", id="later", valueQuantity={"value": 1})
    wrong = observation(concept(finding, "back_pain_nrs"), id="wrong", valueString="bad")
    made["entry"] += [{"resource": later}, {"resource": wrong}]
    path = tmp_path / "record.json"
    path.write_text(json.dumps(made), encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the texts that are looked for may run over two lines."""
    monkeypatch.setenv("COLUMNS", "110")


def fhir(*words: str | Path, **more: Any) -> Said:
    return afterdisc("fhir", *words, **more)


def test_the_assessment_is_that_of_the_same_findings_as_a_case(record: Path) -> None:
    said = fhir("assess", record, "--at", AT, "--json")
    assert (said.status, said.err) == (0, "")
    assert json.loads(said.out) == ad.assess({"id": "Patient/p1", "findings": FINDINGS})


def test_the_page_is_that_of_assess_with_a_section_on_the_record(record: Path, tmp_path: Path) -> None:
    said = fhir("assess", record, "--at", AT)
    case = tmp_path / "case.json"
    case.write_text(json.dumps({"id": "Patient/p1", "findings": FINDINGS}), encoding="utf-8")
    page, _, section = said.out.partition("WHAT THE RECORD GAVE")
    assert page.split() == afterdisc("assess", case).out.split()[: len(page.split())]
    assert "Patient/p1, as of 20 Nov 2026" in section
    assert "Leg pain now" in section
    assert "Observation/f1, 10 Nov 2026" in section
    assert "unknown: Observation/wrong" in " ".join(section.split())
    assert "\x1b" not in said.out


def test_what_is_dated_later_does_not_exist_yet(record: Path) -> None:
    now, later = (json.loads(fhir("explain", record, "--at", at, "--json").out) for at in (AT, "2026-11-25"))
    values = [next(f["value"] for f in reading["found"] if f["finding"] == "leg_pain_nrs") for reading in (now, later)]
    assert values == [7, 1]


def test_a_page_and_resources_are_written(record: Path, tmp_path: Path, program: Program) -> None:
    page, resources = tmp_path / "page.html", tmp_path / "resources.json"
    said = fhir("assess", record, "--at", AT, "--html", page, "--resources", resources)
    assert (said.status, said.out) == (0, "")
    assert said.err.splitlines() == [f"Wrote {page}", f"Wrote {resources}"]
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    made = json.loads(resources.read_text(encoding="utf-8"))
    risk = next(e["resource"] for e in made["entry"] if e["resource"]["resourceType"] == "RiskAssessment")
    expected = {c["id"]: c["probability"] for c in ad.assess(FINDINGS)["causes"]}
    assert probabilities_of(program, risk) == expected
    assert made["entry"][-1]["resource"]["resourceType"] == "OperationOutcome"


def test_standard_input_is_read(record: Path) -> None:
    said = fhir("assess", "-", "--at", AT, "--json", stdin=record.read_bytes())
    assert said.out == fhir("assess", record, "--at", AT, "--json").out


def test_without_intervals(record: Path) -> None:
    answer = json.loads(fhir("assess", record, "--at", AT, "--json", "--no-intervals").out)
    assert "interval" not in answer["causes"][0]


# ---------------------------------------------------------------------------------------------------------------- explain


def test_every_finding_is_explained_once_and_in_its_section(record: Path, program: Program) -> None:
    said = fhir("explain", record, "--at", AT)
    assert said.status == 0
    text = " ".join(said.out.split())
    assert f"{len(FINDINGS)} findings found" in text
    for finding in program.book["findings"].values():
        assert finding["label"] in text
    for section in program.book["form"]:
        assert section["title"].upper() in said.out
    assert "Back pain now unknown: Observation/wrong: it has no value that this finding can have" in text
    assert "\x1b" not in said.out


def test_explained_as_json(record: Path, program: Program) -> None:
    reading = json.loads(fhir("explain", record, "--at", AT, "--json").out)
    assert {f["finding"]: f["value"] for f in reading["found"]} == FINDINGS
    assert all(f["resource"].startswith("Observation/f") and f["on"] == "2026-11-10" for f in reading["found"])
    assert [u["finding"] for u in reading["unread"]] == ["back_pain_nrs"]
    named = {f["finding"] for f in reading["found"]} | {m["finding"] for m in reading["missing"]}
    assert named == set(program.book["findings"])


def test_nothing_of_a_record_is_obeyed_by_a_terminal(tmp_path: Path, program: Program) -> None:
    finding = f"{program.book['fhir']['canonical']}/CodeSystem/finding"
    ingredient = concept(f"{program.book['fhir']['canonical']}/CodeSystem/ingredient", "\x1b[31mred\u202e")
    taken = observation(concept(finding, "takes"), id="\x1b]0;x\x07", component=[{"code": ingredient, "valueBoolean": True}])
    path = tmp_path / "record.json"
    path.write_text(json.dumps(bundle(patient_alone(), taken)), encoding="utf-8")
    for words in (("assess", path, "--at", AT), ("explain", path, "--at", AT), ("explain", path, "--at", AT, "--json")):
        out = fhir(*words).out
        assert "red" in out
        assert not set(out) & set("\x1b\x07\u202e")


# ----------------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("text", "status", "says"),
    [
        ("", 4, "not JSON"),
        ("{", 4, "not JSON at line 1"),
        ('{"resourceType": "Bundle", "type": "collection", "type": "x"}', 4, "`type` stands twice"),
        ('{"resourceType": "Bundle", "fhirVersion": "5.0.0"}', 4, "Bundle.fhirVersion"),
        ('{"resourceType": "Condition", "clinicalStatus": "active"}', 4, "Condition.clinicalStatus"),
    ],
)
def test_a_record_that_cannot_be_read_is_one_error(text: str, status: int, says: str) -> None:
    said = fhir("assess", "-", stdin=text)
    assert (said.status, said.out) == (status, "")
    assert says in said.err
    assert len(said.err.splitlines()) == 1


def test_several_people_need_a_word_on_who_is_meant(tmp_path: Path) -> None:
    path = tmp_path / "two.json"
    path.write_text(json.dumps(bundle(patient_alone(), {"resourceType": "Patient", "id": "p2"})), encoding="utf-8")
    assert "several people" in fhir("explain", path).err
    assert json.loads(fhir("explain", path, "--subject", "p2", "--json").out)["patient"] == "Patient/p2"


def test_other_mistakes(tmp_path: Path, record: Path) -> None:
    assert "cannot be read" in fhir("assess", tmp_path / "absent.json").err
    said = fhir("assess", record, "--at", "yesterday")
    assert said.status == 2
    assert "a day is written" in said.err
    assert fhir("assess", record, "--at", "2026-02-30").status == 2
