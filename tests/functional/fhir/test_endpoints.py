"""The FHIR endpoints: what each answers, in which form, and how each refusal is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

import afterdisc as ad
from afterdisc.fhir.write import probabilities_of
from afterdisc.program import Program
from functional.fhir.own_codes import patient_alone, record_with
from functional.fhir.records import bundle, concept, observation
from functional.fhir.valid.validators import medplum_errors, own_errors
from functional.workspace.house import House

FINDINGS = {"weeks_since_surgery": 30, "leg_pain_nrs": 7, "onset": "sudden", "fever": False}
AT = {"name": "at", "valueDate": "2026-11-20"}
OPERATIONS = (
    "/fhir/$assess",
    "/fhir/PlanDefinition/$apply",
    "/fhir/PlanDefinition/re-evaluation/$apply",
    "/fhir/Questionnaire/$populate",
    "/fhir/Questionnaire/intake/$populate",
)


class Caller:
    """A program that calls the endpoints: no cookie, no page it comes from."""

    def __init__(self, house: House) -> None:
        self.client = TestClient(house.app, base_url="http://testserver", client=("127.0.0.1", 50_000))

    def post(self, path: str, body: Any, *, kind: str = "application/fhir+json", **headers: str) -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(path, content=content, headers={"Content-Type": kind, **headers})

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers=headers)


@pytest.fixture
def caller(house: House) -> Caller:
    return Caller(house)


def parameters(*listed: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Parameters", "parameter": list(listed)}


def issue_of(answer: Any, status: int) -> dict[str, Any]:
    """The one issue of a refusal."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/fhir+json"
    told = answer.json()
    assert told["resourceType"] == "OperationOutcome"
    (issue,) = told["issue"]
    assert issue["severity"] in ("error", "fatal")
    assert issue["diagnostics"]
    return dict(issue)


def asked(path: str, record: Any) -> dict[str, Any]:
    """The same question to every operation."""
    if path.endswith("$assess"):
        return parameters({"name": "record", "resource": record}, AT)
    holds = "data" if path.endswith("$apply") else "content"
    subject = {"name": "subject", "valueReference": {"reference": "Patient/p1"}}
    return parameters(subject, {"name": holds, "resource": record}, AT)


def of_type(made: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [e["resource"] for e in made["entry"] if e["resource"]["resourceType"] == kind]


# ------------------------------------------------------------------------------------------------------------ what is there


def test_metadata_says_what_there_is(caller: Caller) -> None:
    answer = caller.get("/fhir/metadata")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/fhir+json")
    made = answer.json()
    assert (made["resourceType"], made["fhirVersion"]) == ("CapabilityStatement", "4.0.1")
    assert made["implementation"]["url"] == "http://testserver/fhir"
    (rest,) = made["rest"]
    assert [o["name"] for o in rest["operation"]] == ["assess"]
    said = {r["type"]: r for r in rest["resource"]}
    assert [o["name"] for o in said["PlanDefinition"]["operation"]] == ["apply"]
    assert [o["name"] for o in said["Questionnaire"]["operation"]] == ["populate"]


def test_every_interaction_of_the_metadata_is_answered(caller: Caller) -> None:
    (rest,) = caller.get("/fhir/metadata").json()["rest"]
    ids = {"Questionnaire": "intake", "PlanDefinition": "re-evaluation", "OperationDefinition": "assess"}
    for resource in rest["resource"]:
        kind = resource["type"]
        for interaction in resource.get("interaction", []):
            path = f"/fhir/{kind}/{ids[kind]}" if interaction["code"] == "read" else f"/fhir/{kind}"
            assert caller.get(path).status_code == 200, path
        for parameter in resource.get("searchParam", []):
            assert caller.get(f"/fhir/{kind}?{parameter['name']}=x").json()["total"] == 0


def test_the_questionnaire_is_read_and_found_by_its_address(caller: Caller) -> None:
    made = caller.get("/fhir/Questionnaire/intake").json()
    for query, total in (
        ("", 1),
        (f"?url={made['url']}", 1),
        (f"?url={made['url']}|{made['version']}", 1),
        (f"?url={made['url']}|0", 0),
        ("?url=https://other.example/Questionnaire/intake", 0),
    ):
        listed = caller.get(f"/fhir/Questionnaire{query}").json()
        assert (listed["type"], listed["total"]) == ("searchset", total)
        assert [e["resource"] for e in listed.get("entry", [])] == [made] * total


# ------------------------------------------------------------------------------------------------------------ the operations


def test_a_record_is_assessed_as_its_findings_are(caller: Caller, program: Program) -> None:
    made = caller.post("/fhir/$assess", asked("$assess", record_with(program, FINDINGS))).json()
    assert (made["resourceType"], made["type"], made["timestamp"]) == ("Bundle", "collection", "2026-11-20T00:00:00Z")
    (risk,) = of_type(made, "RiskAssessment")
    assert probabilities_of(program, risk) == {c["id"]: c["probability"] for c in ad.assess(FINDINGS)["causes"]}
    assert risk["subject"] == {"reference": "Patient/p1"}
    assert {b["reference"] for b in risk["basis"]} == {f"Observation/f{i}" for i in range(len(FINDINGS))}
    assert len(of_type(made, "CarePlan")) == len(of_type(made, "Provenance")) == 1


def test_a_bundle_alone_is_assessed_as_of_today(caller: Caller, program: Program) -> None:
    made = caller.post("/fhir/$assess", record_with(program, FINDINGS)).json()
    assert made["timestamp"] == "2026-11-25T00:00:00Z"  # the day of the server's clock
    (risk,) = of_type(made, "RiskAssessment")
    assert probabilities_of(program, risk) == {c["id"]: c["probability"] for c in ad.assess(FINDINGS)["causes"]}


def test_what_was_looked_for_and_what_could_not_be_read_is_told(caller: Caller, program: Program) -> None:
    record = record_with(program, FINDINGS)
    code = concept(f"{program.book['fhir']['canonical']}/CodeSystem/finding", "back_pain_nrs")
    record["entry"].append({"resource": observation(code, id="wrong", valueString="secret")})
    made = caller.post("/fhir/$assess", asked("$assess", record)).json()
    (told,) = of_type(made, "OperationOutcome")
    warnings = [i for i in told["issue"] if i["severity"] == "warning"]
    assert [(i["code"], i["expression"]) for i in warnings] == [("value", ["Observation.value"])]
    assert "Observation/wrong" in warnings[0]["diagnostics"]
    assert "secret" not in json.dumps(made)
    sought = [i for i in told["issue"] if i["code"] == "not-found"]
    assert len(sought) == len(program.book["findings"]) - len(FINDINGS)
    assert all(i["severity"] == "information" and "unknown" in i["diagnostics"] for i in sought)


@pytest.mark.parametrize("path", OPERATIONS)
def test_the_same_question_gives_the_same_bytes(caller: Caller, program: Program, path: str) -> None:
    question = asked(path, record_with(program, FINDINGS))
    first, second = (caller.post(path, question) for _ in range(2))
    assert first.status_code == 200
    assert first.content == second.content


@pytest.mark.parametrize("path", ["/fhir/PlanDefinition/$apply", "/fhir/PlanDefinition/re-evaluation/$apply"])
def test_a_plan_holds_its_reasons(caller: Caller, program: Program, path: str) -> None:
    made = caller.post(path, asked(path, record_with(program, FINDINGS))).json()
    assert (made["resourceType"], made["status"], made["intent"]) == ("CarePlan", "draft", "proposal")
    (risk,) = [r for r in made["contained"] if r["resourceType"] == "RiskAssessment"]
    assert probabilities_of(program, risk) == {c["id"]: c["probability"] for c in ad.assess(FINDINGS)["causes"]}


@pytest.mark.parametrize("path", ["/fhir/Questionnaire/$populate", "/fhir/Questionnaire/intake/$populate"])
@pytest.mark.parametrize("name", ["content", "local", "data"])
def test_the_intake_is_filled_from_the_record(caller: Caller, program: Program, path: str, name: str) -> None:
    question = asked(path, record_with(program, FINDINGS))
    question["parameter"][1]["name"] = name
    made = {p["name"]: p["resource"] for p in caller.post(path, question).json()["parameter"]}
    response = made["response"]
    assert (response["status"], response["subject"]) == ("in-progress", {"reference": "Patient/p1"})
    answered = {i["linkId"] for section in response["item"] for i in section["item"]}
    assert answered == set(FINDINGS)
    assert made["issues"]["resourceType"] == "OperationOutcome"


def test_a_filled_intake_is_a_record_with_the_same_answer(caller: Caller, program: Program) -> None:
    path = "/fhir/Questionnaire/intake/$populate"
    filled = caller.post(path, asked(path, record_with(program, FINDINGS))).json()["parameter"][0]["resource"]
    filled["status"] = "completed"
    made = caller.post("/fhir/$assess", asked("$assess", bundle(patient_alone(), filled))).json()
    (risk,) = of_type(made, "RiskAssessment")
    assert probabilities_of(program, risk) == {c["id"]: c["probability"] for c in ad.assess(FINDINGS)["causes"]}


def test_parts_of_a_record_are_read_together(caller: Caller, program: Program) -> None:
    entries = record_with(program, FINDINGS)["entry"]
    parts = [{"name": "record", "resource": bundle(*(e["resource"] for e in part))} for part in (entries[:2], entries[2:])]
    context = {"name": "context", "part": [{"name": "name", "valueCode": "record"}, {**parts[1], "name": "content"}]}
    made = caller.post("/fhir/$assess", parameters(*parts, AT)).json()
    whole = caller.post("/fhir/$assess", asked("$assess", record_with(program, FINDINGS))).json()
    assert probabilities_of(program, of_type(made, "RiskAssessment")[0]) == probabilities_of(
        program, of_type(whole, "RiskAssessment")[0]
    )
    filled = caller.post(
        "/fhir/Questionnaire/$populate",
        parameters({"name": "subject", "valueString": "Patient/p1"}, {**parts[0], "name": "content"}, context, AT),
    )
    answered = {i["linkId"] for section in filled.json()["parameter"][0]["resource"]["item"] for i in section["item"]}
    assert answered == set(FINDINGS)


def test_a_patient_of_a_transaction_without_an_id_is_named_by_its_address(caller: Caller, program: Program) -> None:
    record = record_with(program, FINDINGS)
    for entry in record["entry"]:
        entry["resource"].pop("id")
        if "subject" in entry["resource"]:
            entry["resource"]["subject"] = {"reference": "urn:uuid:7d8f1c1e-6a86-4a6c-a8c2-0d6c53a1a001"}
    without = caller.post("/fhir/$assess", record).json()
    record["entry"][0]["fullUrl"] = "urn:uuid:7d8f1c1e-6a86-4a6c-a8c2-0d6c53a1a001"
    named = caller.post("/fhir/$assess", record).json()
    (risk,) = of_type(named, "RiskAssessment")
    assert risk["subject"] == {"reference": "urn:uuid:7d8f1c1e-6a86-4a6c-a8c2-0d6c53a1a001"}
    assert probabilities_of(program, risk) == {c["id"]: c["probability"] for c in ad.assess(FINDINGS)["causes"]}
    assert "reference" not in of_type(without, "RiskAssessment")[0]["subject"]


def test_without_intervals_there_are_none(caller: Caller, program: Program) -> None:
    question = asked("$assess", record_with(program, FINDINGS))
    question["parameter"].append({"name": "intervals", "valueBoolean": False})
    (risk,) = of_type(caller.post("/fhir/$assess", question).json(), "RiskAssessment")
    assert probabilities_of(program, risk) == {c["id"]: c["probability"] for c in ad.assess(FINDINGS)["causes"]}
    assert "probabilityRange" not in risk["prediction"][0]


def test_nothing_is_kept_of_what_was_sent(caller: Caller, house: House, program: Program) -> None:
    from sqlalchemy import func, select

    from afterdisc.clinic.tables import Answer, Patient, Visit

    for path in OPERATIONS:
        assert caller.post(path, asked(path, record_with(program, FINDINGS))).status_code == 200
    with house.database.reading() as session:
        assert [session.scalar(select(func.count()).select_from(table)) for table in (Patient, Visit, Answer)] == [0, 0, 0]


def test_every_answer_is_valid_for_a_validator_of_others(caller: Caller, program: Program) -> None:
    record = record_with(program, FINDINGS)
    code = concept(f"{program.book['fhir']['canonical']}/CodeSystem/finding", "back_pain_nrs")
    record["entry"].append({"resource": observation(code, id="wrong", valueString="bad")})
    answers = [caller.post(path, asked(path, record)) for path in OPERATIONS]
    answers += [caller.get(f"/fhir/{path}") for path in ("metadata", "Questionnaire", "OperationDefinition/assess", "nothing")]
    two = bundle(patient_alone(), patient_alone() | {"id": "p2"})
    answers += [caller.post("/fhir/$assess", body) for body in (b"{", {}, two)]
    resources = [answer.json() for answer in answers]
    assert [e for r in resources for e in own_errors(r)] == []
    assert medplum_errors(resources) == {}


# ------------------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("body", "status", "code", "element"),
    [
        (b"{", 400, "invalid", "body"),
        (b'{"a": 1, "a": 2}', 422, "structure", "body"),
        (b"{}", 422, "required", "body.resourceType"),
        (b'{"resourceType": "Bundle", "fhirVersion": "5.0.0"}', 422, "not-supported", "Bundle.fhirVersion"),
        (b'{"resourceType": "Bundle", "entry": 7}', 422, "structure", "Bundle.entry"),
        (b'{"resourceType": "Parameters", "parameter": {}}', 422, "structure", "Parameters.parameter"),
        (b'{"resourceType": "Parameters", "parameter": [{"name": "x"}]}', 422, "not-supported", "Parameters.parameter[0].name"),
        (b"[" * 100_000, 413, "too-costly", "body"),
    ],
)
@pytest.mark.parametrize("path", OPERATIONS)
def test_a_body_that_is_wrong_is_told_with_element_and_rule(
    caller: Caller, path: str, body: bytes, status: int, code: str, element: str
) -> None:
    issue = issue_of(caller.post(path, body), status)
    assert (issue["code"], issue["expression"]) == (code, [element])


@pytest.mark.parametrize("path", OPERATIONS)
def test_parameters_that_are_missing_or_wrong_are_told(caller: Caller, program: Program, path: str) -> None:
    good = asked(path, record_with(program, FINDINGS))["parameter"]
    record = next(p for p in good if "resource" in p)
    subject = next((p for p in good if p["name"] == "subject"), {"name": "subject", "valueString": "p1"})
    needs_subject = any(p["name"] == "subject" for p in good)

    def told(*listed: dict[str, Any]) -> dict[str, Any]:
        return issue_of(caller.post(path, parameters(*listed)), 422)

    assert told(subject)["code"] == "required"
    assert told({**record, "resource": None}, subject)["code"] in ("structure", "required")
    assert told({"name": record["name"], "valueString": "x"}, subject)["code"] == "required"
    if needs_subject:
        assert told(record)["expression"] == ["Parameters.parameter.where(name='subject')"]
    for wrong in ("", "Patient/", "a b", "Practitioner/1", "javascript:alert(1)", "Patient/" + "x" * 65):
        assert told({"name": "subject", "valueString": wrong}, record)["code"] == "value"
    for wrong in ("2026", "2026-02-30", "yesterday", "2026-11-20T10:00:00", 7, None):
        assert told(subject, record, {"name": "at", "valueDate": wrong})["code"] == "value"
    assert told(subject, record, AT, AT)["code"] == "structure"


@pytest.mark.parametrize(
    ("path", "name"), [("/fhir/PlanDefinition/$apply", "canonical"), ("/fhir/Questionnaire/$populate", "questionnaireRef")]
)
def test_only_our_artifacts_are_carried_out(caller: Caller, program: Program, path: str, name: str) -> None:
    good = asked(path, record_with(program, FINDINGS))["parameter"]
    canonical = program.book["fhir"]["canonical"]
    artifact = "PlanDefinition/re-evaluation" if path.endswith("$apply") else "Questionnaire/intake"
    for ours in (f"{canonical}/{artifact}", f"{canonical}/{artifact}|{program.version}", artifact):
        assert caller.post(path, parameters(*good, {"name": name, "valueUri": ours})).status_code == 200
    other = {"name": name, "valueUri": "https://other.example/PlanDefinition/x"}
    assert issue_of(caller.post(path, parameters(*good, other)), 422)["code"] == "not-found"


def test_a_child_is_out_of_scope_and_the_element_is_named(caller: Caller, program: Program) -> None:
    record = record_with(program, FINDINGS)
    record["entry"][0]["resource"]["birthDate"] = "2016-03-01"
    issue = issue_of(caller.post("/fhir/$assess", asked("$assess", record)), 422)
    assert (issue["code"], issue["expression"]) == ("business-rule", ["Patient.birthDate"])
    assert "2016" not in issue["diagnostics"]


def test_answers_that_exclude_each_other_are_told_with_their_elements(caller: Caller, program: Program) -> None:
    record = record_with(program, {"sex": "male", "pregnancy_weeks": 10})
    issue = issue_of(caller.post("/fhir/$assess", asked("$assess", record)), 422)
    assert (issue["code"], issue["expression"]) == ("invariant", ["Observation.value"])
    assert "`sex` and `pregnancy_weeks`" in issue["diagnostics"]
    assert "10" not in issue["diagnostics"]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/fhir+json", 200),
        ("application/json", 200),
        ("application/fhir+json; charset=UTF-8; fhirVersion=4.0", 200),
        ('Application/FHIR+JSON;fhirVersion="4.0.1"', 200),
        ("application/fhir+json; fhirVersion=5.0", 415),
        ("application/fhir+json; charset=latin-1", 415),
        ("application/fhir+xml", 415),
        ("application/x-www-form-urlencoded", 415),
        ("text/plain", 415),
        ("", 415),
    ],
)
def test_media_types_of_a_body(caller: Caller, program: Program, kind: str, status: int) -> None:
    answer = caller.post("/fhir/$assess", record_with(program, FINDINGS), kind=kind)
    assert answer.status_code == status
    if status != 200:
        assert issue_of(answer, 415)["code"] == "not-supported"


@pytest.mark.parametrize(
    ("accept", "query", "status"),
    [
        ("*/*", "", 200),
        ("application/fhir+json", "", 200),
        ("application/json;q=0.9, application/fhir+xml", "", 200),
        ("application/fhir+json; fhirVersion=4.0", "", 200),
        ("application/fhir+json; fhirVersion=5.0", "", 406),
        ("application/fhir+xml", "", 406),
        ("text/html", "", 406),
        ("application/fhir+json;q=0", "", 406),
        ("application/fhir+xml", "?_format=json", 200),
        ("*/*", "?_format=application/fhir%2Bjson", 200),
        ("*/*", "?_format=application/fhir+json", 200),
        ("application/fhir+json", "?_format=xml", 406),
        ("application/fhir+json", "?_format=ttl", 406),
    ],
)
def test_forms_of_an_answer(caller: Caller, accept: str, query: str, status: int) -> None:
    answer = caller.get(f"/fhir/metadata{query}", Accept=accept)
    assert answer.status_code == status
    if status != 200:
        assert "application/fhir+json" in issue_of(answer, 406)["diagnostics"]


def test_a_body_that_is_packed_is_not_unpacked(caller: Caller, program: Program) -> None:
    headers = {"Content-Encoding": "gzip"}
    assert issue_of(caller.post("/fhir/$assess", b"\x1f\x8b" + b"\0" * 1000, **headers), 415)["code"] == "not-supported"


def test_addresses_and_methods_that_are_none(caller: Caller) -> None:
    for path in ("/fhir", "/fhir/", "/fhir/Patient", "/fhir/Patient/1", "/fhir/Questionnaire/other", "/fhir/$everything"):
        assert issue_of(caller.get(path), 404)["code"] == "not-found"
    assert issue_of(caller.get("/fhir/$assess"), 405)["code"] == "not-supported"
    refused = caller.post("/fhir/metadata", {})
    assert issue_of(refused, 405)["code"] == "not-supported"
    assert refused.headers["allow"] == "GET"


def test_too_large_is_told_before_it_is_read(caller: Caller, house: House) -> None:
    for n_bytes in (21_000_000, 65_000_000):
        assert issue_of(caller.post("/fhir/$assess", b" " * n_bytes), 413)["code"] == "too-long"

    def pieces() -> Any:
        for _ in range(25):
            yield b" " * 1_000_000

    answer = caller.client.post("/fhir/$assess", content=pieces(), headers={"Content-Type": "application/fhir+json"})
    assert issue_of(answer, 413)["code"] == "too-long"


def test_a_fault_of_ours_is_an_outcome_with_a_number(
    caller: Caller, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    from afterdisc.fhir import operations

    def breaks(*_: Any, **__: Any) -> None:
        raise RuntimeError("Erin Example, born 1979")

    monkeypatch.setattr(operations, "read_record", breaks)
    issue = issue_of(caller.post("/fhir/$assess", record_with(program, FINDINGS)), 500)
    assert (issue["severity"], issue["code"]) == ("fatal", "exception")
    assert "Erin" not in json.dumps(issue)
