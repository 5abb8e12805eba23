"""What the resources say is what the assessment says: every number, every red flag, every proposal, and where it comes from."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from afterdisc.door import assess
from afterdisc.errors import ImpossibleValue, UnknownFinding, UnreadableRecord
from afterdisc.fhir.write import Issue, bundle_of, outcome_of, own_system, plan_of, probabilities_of
from afterdisc.fhir.write.coded import SAME_ENOUGH
from afterdisc.program import Program
from agreement.people import examples
from functional.fhir.valid.people import AT, SUBJECT, as_text, cases, reading_of, resources, written

Json = dict[str, Any]
FACT = re.compile(r"\b(?:dx|trt|saf|mdl)\d{3,4}\b")


def case_of(name: str) -> Json:
    return {"id": name, "findings": examples()[name]}


@pytest.fixture(scope="module")
def case() -> Json:
    return case_of("second-recurrence-unstable")


@pytest.fixture(scope="module")
def assessment(program: Program, case: Json) -> Json:
    return assess(case, program=program)


@pytest.fixture(scope="module")
def bundle(program: Program, case: Json, assessment: Json) -> Json:
    return written(program, case, assessment, reading=reading_of(program, case["findings"]), with_response=True)


def extension(program: Program, element: Json, name: str) -> Any:
    address = f"{program.book['fhir']['canonical']}/StructureDefinition/{name}"
    found = [e for e in element["extension"] if e["url"] == address]
    assert len(found) == 1
    return next(value for key, value in found[0].items() if key.startswith("value"))


# ---------------------------------------------------------------------------------------------------------- RiskAssessment


def test_every_cause_has_its_probability_to_the_last_bit(program: Program, assessment: Json, bundle: Json) -> None:
    (risk,) = resources(bundle, "RiskAssessment")
    assert probabilities_of(program, risk) == {c["id"]: c["probability"] for c in assessment["causes"]}
    assert probabilities_of(program, json.loads(as_text(risk))) == {c["id"]: c["probability"] for c in assessment["causes"]}


def test_the_decimal_is_the_percentage_that_r4_asks_for(assessment: Json, bundle: Json) -> None:
    (risk,) = resources(bundle, "RiskAssessment")
    for prediction, cause in zip(risk["prediction"], assessment["causes"], strict=True):
        assert prediction["probabilityDecimal"] == pytest.approx(100 * cause["probability"], rel=1e-15)
        assert 0 <= prediction["probabilityDecimal"] <= 100


def test_the_interval_is_the_interval_of_the_assessment(program: Program, assessment: Json, bundle: Json) -> None:
    (risk,) = resources(bundle, "RiskAssessment")
    for prediction, cause in zip(risk["prediction"], assessment["causes"], strict=True):
        band = extension(program, prediction, "credible-interval")
        assert [band["low"]["value"], band["high"]["value"]] == cause["interval"]
        assert band["low"]["code"] == band["high"]["code"] == "1"
    assert "90 %" in risk["method"]["text"]


def test_without_intervals_none_is_written(program: Program, case: Json) -> None:
    made = written(program, case, assess(case, program=program, intervals=False))
    assert "credible-interval" not in as_text(made)


def test_every_finding_that_weighs_is_named_with_its_weight_and_its_facts(assessment: Json, bundle: Json) -> None:
    (risk,) = resources(bundle, "RiskAssessment")
    for prediction, cause in zip(risk["prediction"], assessment["causes"], strict=True):
        for line in cause["evidence"]:
            assert f"{line['label']}: {line['found']}, weight {line['weight']:+.2f}" in prediction["rationale"]
            assert all(fact in prediction["rationale"] for fact in line["sources"])
        assert all(fact in prediction["rationale"] for fact in cause["prior"]["sources"])


def test_the_expected_course_is_set_aside_while_an_emergency_is_open(program: Program) -> None:
    urgent = case_of("cannot-pass-urine")
    (risk,) = resources(written(program, urgent, assess(urgent, program=program)), "RiskAssessment")
    last = risk["prediction"][-1]
    assert last["outcome"]["coding"][0]["code"] == "expected_recovery"
    assert last["rationale"].startswith("Set aside while")


def test_the_basis_is_what_the_findings_were_read_from(case: Json, bundle: Json) -> None:
    (risk,) = resources(bundle, "RiskAssessment")
    basis = [b["reference"] for b in risk["basis"]]
    assert "Observation/leg-pain-nrs" in basis
    assert len(set(basis)) == len(basis) >= 20


# ----------------------------------------------------------------------------------------------------------- where it is from


@pytest.mark.parametrize("name", sorted(examples()))
def test_every_fact_that_a_text_names_is_told_with_its_work(program: Program, name: str) -> None:
    whole = written(program, case_of(name), assess(case_of(name), program=program))
    for resource in (e["resource"] for e in whole["entry"]):
        told = " ".join(e["valueRelatedArtifact"]["display"] for e in resource.get("extension", ()))
        prose = as_text({key: value for key, value in resource.items() if key != "extension"})
        named = {fact for fact in FACT.findall(prose) if fact in program.book["facts"]}
        assert named <= set(FACT.findall(told))


def test_a_work_with_a_doi_is_linked_by_it(program: Program, bundle: Json) -> None:
    (risk,) = resources(bundle, "RiskAssessment")
    for artifact in (e["valueRelatedArtifact"] for e in risk["extension"]):
        doi = program.book["sources"][artifact["label"]]["doi"]
        assert not doi or artifact["url"].startswith("https://doi.org/10.")
        assert artifact["citation"]
    assert any("doi:10." in e["valueRelatedArtifact"]["citation"] for e in risk["extension"])


def test_the_provenance_names_everything_else_the_knowledge_the_software_and_the_record(
    program: Program, assessment: Json, bundle: Json
) -> None:
    (provenance,) = resources(bundle, "Provenance")
    others = [e["fullUrl"] for e in bundle["entry"] if e["resource"] is not provenance]
    assert [t["reference"] for t in provenance["target"]] == others
    assert provenance["recorded"] == AT
    what = provenance["entity"][0]["what"]
    assert what["identifier"]["value"] == f"{program.version}-{program.fingerprint}"
    assert provenance["contained"][0]["version"] == [{"value": assessment["software"]["version"]}]
    assert "Observation/leg-pain-nrs" in [e["what"].get("reference") for e in provenance["entity"]]


# ------------------------------------------------------------------------------------------------------------ DetectedIssue


def issues_by_code(program: Program, made: Json, system: str) -> dict[str, Json]:
    own = own_system(program, system)
    return {c["code"]: i for i in resources(made, "DetectedIssue") for c in i["code"]["coding"] if c["system"] == own}


@pytest.mark.parametrize("name", sorted(examples()))
def test_each_fired_red_flag_is_one_issue_with_its_action_and_severity(program: Program, name: str) -> None:
    answer = assess(case_of(name), program=program)
    fired = {f["id"]: f for f in answer["red_flags"] if f["status"] == "fired"}
    found = issues_by_code(program, written(program, case_of(name), answer), "red-flag")
    assert set(found) == set(fired)
    for flag, issue in found.items():
        severity = {"E0": "high", "E1": "high", "E2": "moderate", "ask": "moderate", "E3": "low"}[fired[flag]["urgency"]]
        assert issue["severity"] == severity
        assert f"Proposed: {fired[flag]['action']}" in [m["action"]["text"] for m in issue["mitigation"]]
        said = {c["text"] for e in issue["evidence"] for c in e.get("code", ())}
        assert set(fired[flag]["decided_by"]) <= said


def test_what_decided_a_red_flag_leads_to_the_resource_it_was_read_from(program: Program, case: Json, bundle: Json) -> None:
    flag = issues_by_code(program, bundle, "red-flag")["R29"]
    evidence = {c["text"]: e.get("detail", []) for e in flag["evidence"] for c in e.get("code", ())}
    assert evidence["Leg pain now >= 1 points"] == [{"reference": "Observation/leg-pain-nrs"}]


def test_red_flags_that_cannot_be_cleared_are_one_issue_with_their_questions(
    program: Program, assessment: Json, bundle: Json
) -> None:
    issue = issues_by_code(program, bundle, "issue")["cannot-clear"]
    still = [f for f in assessment["red_flags"] if f["status"] == "ask"]
    assert [e["code"][0]["coding"][0]["code"] for e in issue["evidence"][1:]] == [f["id"] for f in still]
    asked = {m["action"]["coding"][0]["code"] for m in issue["mitigation"]}
    assert asked == {finding for flag in still for finding in flag["missing"]}


def test_what_is_avoided_or_withheld_is_a_conflict_and_nothing_else_is(program: Program) -> None:
    for case, answer in cases(program, 40, seed=2):
        found = issues_by_code(program, written(program, case, answer), "treatment")
        stops = {
            t["id"]
            for t in answer["treatments"]
            if t["status"] in ("avoid", "not_yet") and any(line.get("then") in ("avoid", "withhold") for line in t["against"])
        }
        assert set(found) == stops
        for name, issue in found.items():
            (told,) = [t for t in answer["treatments"] if t["id"] == name]
            assert all(line["say"] in issue["detail"] for line in told["against"] if line["then"] == "avoid")
            assert issue["implicated"][0]["identifier"]["value"] == name


def test_every_issue_refers_to_the_risk_assessment(bundle: Json) -> None:
    risk = bundle["entry"][0]["fullUrl"]
    for issue in resources(bundle, "DetectedIssue"):
        assert issue["evidence"][0]["detail"][0]["reference"] == risk


# ---------------------------------------------------------------------------------------------------------------- proposals


@pytest.mark.parametrize("name", sorted(examples()))
def test_every_step_and_every_offered_option_is_one_draft_and_no_other_is(program: Program, name: str) -> None:
    answer = assess(case_of(name), program=program)
    made = written(program, case_of(name), answer)
    steps = [s["id"] for s in answer["next_steps"] if s["id"] != "questions"]
    offered = [t["id"] for t in answer["treatments"] if t["status"] in ("recommended", "option", "caution", "reduce_dose")]
    orders = [*resources(made, "ServiceRequest"), *resources(made, "MedicationRequest")]
    codes = [own_code(program, r.get("code", r.get("medicationCodeableConcept"))) for r in orders]
    assert sorted(codes) == sorted([*steps, *offered])
    assert {(r["status"], r["intent"]) for r in orders} <= {("draft", "proposal")}


def own_code(program: Program, concept: Json) -> str:
    ours = {own_system(program, "investigation"), own_system(program, "treatment")}
    (code,) = [c["code"] for c in concept["coding"] if c["system"] in ours]
    return str(code)


def test_the_plan_refers_to_every_proposal_in_the_order_of_the_assessment(bundle: Json) -> None:
    (plan,) = resources(bundle, "CarePlan")
    kinds = {e["fullUrl"]: e["resource"]["resourceType"] for e in bundle["entry"]}
    proposed = [u for u, kind in kinds.items() if kind in ("ServiceRequest", "MedicationRequest", "Task")]
    assert [a["reference"]["reference"] for a in plan["activity"]] == proposed
    assert (plan["status"], plan["intent"]) == ("draft", "proposal")


def test_a_step_that_a_red_flag_asks_for_has_its_priority(program: Program) -> None:
    urgent = case_of("cannot-pass-urine")
    answer = assess(urgent, program=program)
    made = written(program, urgent, answer)
    by_code = {own_code(program, r["code"]): r for r in resources(made, "ServiceRequest")}
    assert by_code["mri_without_contrast"]["priority"] == "stat"
    assert by_code["emergency_decompression"]["priority"] == "stat"
    assert by_code["targeted_examination"]["priority"] in ("routine", "urgent")


def test_a_lower_dose_is_told_as_the_most_a_day(program: Program) -> None:
    weak_kidneys = examples()["returning-leg-pain"] | {"egfr_ml_min": 35.0}
    case = {"id": "kidneys", "findings": weak_kidneys}
    answer = assess(case, program=program)
    reduced = {t["id"]: t["dose"] for t in answer["treatments"] if t["status"] == "reduce_dose" and "dose" in t}
    assert reduced
    for order in resources(written(program, case, answer), "MedicationRequest"):
        name = own_code(program, order["medicationCodeableConcept"])
        if name in reduced:
            (dosage,) = order["dosageInstruction"]
            assert dosage["maxDosePerPeriod"]["numerator"]["value"] == reduced.pop(name)["max_mg_per_day"]
            assert dosage["maxDosePerPeriod"]["denominator"] == {
                "value": 1,
                "unit": "day",
                "system": "http://unitsofmeasure.org",
                "code": "d",
            }
    assert not reduced


# -------------------------------------------------------------------------------------------------------------------- form


def test_the_same_input_gives_the_same_bytes_and_another_person_other_ids(
    program: Program, case: Json, assessment: Json
) -> None:
    first, again = (as_text(written(program, case, assessment)) for _ in range(2))
    assert first == again
    other = bundle_of(program, case, assessment, subject="Patient/p2", at=AT)
    later = bundle_of(program, case, assessment, subject=SUBJECT, at="2026-11-21")
    ids = [{e["fullUrl"] for e in made["entry"]} for made in (json.loads(first), other, later)]
    assert not ids[0] & ids[1] | ids[0] & ids[2] | ids[1] & ids[2]


def test_a_transaction_posts_each_resource_and_every_reference_in_it_is_one_of_its_own(
    program: Program, case: Json, assessment: Json
) -> None:
    made = written(program, case, assessment, kind="transaction")
    for entry in made["entry"]:
        assert entry["request"] == {"method": "POST", "url": entry["resource"]["resourceType"]}
        assert entry["fullUrl"].startswith("urn:uuid:")
        assert "id" not in entry["resource"]
    urls = {e["fullUrl"] for e in made["entry"]}
    assert len(urls) == len(made["entry"])
    used = set(re.findall(r'"(urn:uuid:[^"]+)"', as_text(made)))
    assert used == urls


def test_a_date_stays_a_date_and_an_instant_has_a_zone(program: Program, case: Json, assessment: Json) -> None:
    made = bundle_of(program, case, assessment, subject=SUBJECT, at="2026-11-20")
    (risk,), (provenance,) = resources(made, "RiskAssessment"), resources(made, "Provenance")
    assert risk["occurrenceDateTime"] == "2026-11-20"
    assert provenance["recorded"] == "2026-11-20T00:00:00Z"
    made = bundle_of(program, case, assessment, subject=SUBJECT, at="2026-11-20T10:00:00+02:00")
    assert resources(made, "Provenance")[0]["recorded"] == "2026-11-20T10:00:00+02:00"
    with pytest.raises(ImpossibleValue, match="ISO date"):
        bundle_of(program, case, assessment, subject=SUBJECT, at="yesterday")


def test_nothing_is_final_until_a_clinician_takes_it_over(program: Program, case: Json, assessment: Json) -> None:
    for clinician, status in (("", "preliminary"), ("Practitioner/d1", "final")):
        made = written(program, case, assessment, clinician=clinician)
        assert {r["status"] for r in (*resources(made, "RiskAssessment"), *resources(made, "DetectedIssue"))} == {status}
    agents = resources(made, "Provenance")[0]["agent"]
    assert [a["type"]["coding"][0]["code"] for a in agents] == ["assembler", "verifier"]
    assert agents[1]["who"] == {"reference": "Practitioner/d1"}


def test_what_somebody_typed_cannot_become_markup_or_a_control_character(program: Program) -> None:
    typed = "gabapentin<script>alert(1)</script>\x07&\u202e"
    case = {"id": "typed", "findings": examples()["expected-course"] | {"takes": [typed]}}
    text = as_text(written(program, case, assess(case, program=program), with_response=True))
    assert "\\u0007" not in text.replace("\\\\u0007", "")
    divs = re.findall(r"<div xmlns.*?</div>", text)
    assert divs
    assert not any("<script" in div for div in divs)


def test_apply_answers_with_a_plan_that_holds_all_it_refers_to(program: Program, case: Json, assessment: Json) -> None:
    plan = plan_of(program, case, assessment, subject=SUBJECT, at=AT)
    inside = {f"#{r['id']}": r for r in plan["contained"]}
    assert len(inside) == len(plan["contained"])
    used = set(re.findall(r'"reference": "(#[^"]+)"', as_text(plan)))
    assert used == set(inside)
    assert not any({"text", "contained", "meta"} & set(r) for r in plan["contained"])
    (risk,) = [r for r in plan["contained"] if r["resourceType"] == "RiskAssessment"]
    assert probabilities_of(program, risk) == {c["id"]: c["probability"] for c in assessment["causes"]}
    assert plan["instantiatesCanonical"] == [f"https://afterdisc.org/fhir/PlanDefinition/re-evaluation|{program.version}"]


def test_the_actions_of_apply_stand_in_the_order_of_the_assessment(program: Program, case: Json, assessment: Json) -> None:
    plan = plan_of(program, case, assessment, subject=SUBJECT, at=AT)
    (group,) = [r for r in plan["contained"] if r["resourceType"] == "RequestGroup"]
    titles = {part["title"]: [action["title"] for action in part["action"]] for part in group["action"]}
    assert titles["Next steps"] == [s["label"] for s in assessment["next_steps"]]
    offered = ("recommended", "option", "caution", "reduce_dose")
    assert titles["Options"] == [t["label"] for t in assessment["treatments"] if t["status"] in offered]


# ------------------------------------------------------------------------------------------------------------------- codes


def test_every_note_beside_a_code_of_a_cause_is_one_of_those_we_know(program: Program) -> None:
    """A new kind of note must be sorted into what may stand for a cause and what may not."""
    finer = ("level:", "side:", "narrower:", "narrower;", "leak only", "lumbar, with", "nearest; only")
    for cause in program.book["causes"].values():
        for code in cause["codes"]:
            assert not code["note"] or code["note"].startswith((*SAME_ENOUGH, *finer)), code["note"]


def test_a_code_that_says_more_than_the_cause_is_left_out(program: Program, bundle: Json) -> None:
    (risk,) = resources(bundle, "RiskAssessment")
    codes = {p["outcome"]["coding"][0]["code"]: {c["code"] for c in p["outcome"]["coding"][1:]} for p in risk["prediction"]}
    assert codes["segmental_instability"] == set()  # M53.2X6 and M53.2X7 say the level
    assert codes["hip_pathology"] == set()
    if "ICD-10-CM" in program.book["fhir"]["systems"]:
        assert codes["epidural_fibrosis"] == {"G96.12"}


# ----------------------------------------------------------------------------------------------------------- OperationOutcome


def test_an_error_is_told_with_its_element_and_its_rule() -> None:
    error = UnreadableRecord("holds no resource.", element="Bundle.entry[3].resource", rule="required")
    (issue,) = outcome_of([error])["issue"]
    assert issue == {
        "severity": "error",
        "code": "required",
        "details": {"text": "required"},
        "diagnostics": "Bundle.entry[3].resource: holds no resource.",
        "expression": ["Bundle.entry[3].resource"],
    }


def test_an_error_without_a_rule_is_told_by_its_kind() -> None:
    (issue,) = outcome_of([UnknownFinding("`leg_pian` is no finding.")])["issue"]
    assert (issue["code"], issue["details"]["text"]) == ("code-invalid", "UnknownFinding")


def test_a_rule_that_is_no_issue_type_keeps_its_name() -> None:
    (issue,) = outcome_of([UnreadableRecord("is R5.", element="Bundle", rule="version")])["issue"]
    assert (issue["code"], issue["details"]["text"]) == ("not-supported", "version")


def test_warnings_and_no_issue_at_all() -> None:
    (issue,) = outcome_of([Issue("incomplete", "A unit is not known.", severity="warning")])["issue"]
    assert issue == {"severity": "warning", "code": "incomplete", "diagnostics": "A unit is not known."}
    assert outcome_of([])["issue"][0]["severity"] == "information"
