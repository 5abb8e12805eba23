"""Every way to ask what is wrong with a person: the same facts go in as each door takes them, the posterior comes out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from starlette.testclient import TestClient

from afterdisc import door
from afterdisc.clinic import patients, visits
from afterdisc.clinic.patients import NewPatient
from afterdisc.clinic.prefill import prefill
from afterdisc.fhir import read_record, record_of
from afterdisc.fhir.write import probabilities_of, response_of
from afterdisc.hooks import discovery, glance
from afterdisc.program import Program
from afterdisc.service.rates import Rates
from functional.fhir.own_codes import patient_alone, record_with
from functional.fhir.records import bundle
from functional.terminal import afterdisc
from functional.workspace.house import House, build

AT = "2026-11-20"
Findings = Mapping[str, Any]
Posterior = dict[str, str]  # cause -> its probability, every bit of it


def bits(probabilities: Mapping[str, float]) -> Posterior:
    return {cause: float(p).hex() for cause, p in probabilities.items()}


def of_assessment(assessment: Mapping[str, Any]) -> Posterior:
    return bits({c["id"]: c["probability"] for c in assessment["causes"]})


@dataclass
class Doors:
    """One installation with all its doors open."""

    program: Program
    house: House
    folder: Path
    n_people: int = 0

    def __post_init__(self) -> None:
        self.house.desk.rates = Rates("100000/minute")
        self.machine = TestClient(self.house.app, base_url="http://testserver", client=("127.0.0.1", 50_000))

    # -- the library and the commands ------------------------------------------------------------------------------------

    def library(self, findings: Findings) -> Posterior:
        return of_assessment(door.assess({"findings": dict(findings)}, program=self.program))

    def command(self, findings: Findings) -> Posterior:
        said = afterdisc("assess", "-", "--json", stdin=json.dumps({"findings": dict(findings)}))
        return of_assessment(json.loads(said.out))

    def fhir_command(self, findings: Findings) -> Posterior:
        path = self.folder / "record.json"
        path.write_text(json.dumps(self.record(findings)), encoding="utf-8")
        return of_assessment(json.loads(afterdisc("fhir", "assess", path, "--at", AT, "--json").out))

    # -- FHIR --------------------------------------------------------------------------------------------------------------

    def record(self, findings: Findings) -> dict[str, Any]:
        """The findings as one person's record in our own codes."""
        return record_with(self.program, findings)

    def assess_operation(self, findings: Findings) -> Posterior:
        made = self._post("/fhir/$assess", {"name": "record", "resource": self.record(findings)})
        return self._of_risk(entry["resource"] for entry in made["entry"])

    def assess_operation_on_answers(self, findings: Findings) -> Posterior:
        """The same from a QuestionnaireResponse to our intake, as Questionnaire/$populate writes it."""
        response = response_of(self.program, findings, subject="Patient/p1", at=AT)
        made = self._post("/fhir/$assess", {"name": "record", "resource": bundle(patient_alone(), response)})
        return self._of_risk(entry["resource"] for entry in made["entry"])

    def apply_operation(self, findings: Findings) -> Posterior:
        subject = {"name": "subject", "valueString": "Patient/p1"}
        record = {"name": "data", "resource": self.record(findings)}
        return self._of_risk(self._post("/fhir/PlanDefinition/re-evaluation/$apply", subject, record)["contained"])

    def _post(self, path: str, *parameters: dict[str, Any]) -> Any:
        at = {"name": "at", "valueDate": AT}
        answer = self.machine.post(path, json={"resourceType": "Parameters", "parameter": [*parameters, at]})
        assert answer.status_code == 200, answer.text
        return json.loads(answer.text)

    def _of_risk(self, resources: Any) -> Posterior:
        risk = next(r for r in resources if r["resourceType"] == "RiskAssessment")
        return bits(probabilities_of(self.program, risk))

    # -- CDS Hooks ---------------------------------------------------------------------------------------------------------

    def patient_view_hook(self, findings: Findings) -> Posterior:
        """What the card rests on: the engine's outcome at the first look at the record."""
        service = next(s for s in discovery(self.program)["services"] if s["hook"] == "patient-view")
        call = {
            "hook": "patient-view",
            "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
            "context": {"userId": "Practitioner/1", "patientId": "p1"},
            "prefetch": dict.fromkeys(service["prefetch"]) | {"patient": patient_alone(), "conditions": self.record(findings)},
        }
        with watched(glance, "evaluate_rows") as outcomes:
            answer = self.machine.post(f"/cds-services/{service['id']}", json=call)
        assert answer.status_code == 200, answer.text
        names = (*self.program.causes, "expected_recovery")
        return bits(dict(zip(names, outcomes[-1].probability[0].tolist(), strict=True)))

    # -- the workspace -----------------------------------------------------------------------------------------------------

    def workspace(self, findings: Findings) -> Posterior:
        """Typed in on the visit's page, answer by answer."""
        visit, visitor = self._visit(), self.house.visitor("clinician")
        given = visitor.answer(visit, {f: _typed(v) for f, v in findings.items() if v is not None})
        assert (given.status_code, given.json()["refused"]) == (200, []), given.text
        return self._live(visit)

    def smart_prefill(self, findings: Findings) -> Posterior:
        """Read from the record when the app is launched, and kept as answers of the visit."""
        visit, by = self._visit(), self.house.account("clinician")
        reading = read_record(self.program, record_of(self.record(findings)), at=AT)
        with self.house.database.writing() as session:
            prefill(session, visits.visit(session, visit), reading, at=self.house.desk.at(), by=by)
        return self._live(visit)

    def _visit(self) -> str:
        """Of a person of whom nothing is known."""
        self.n_people += 1
        by = self.house.account("clinician")
        with self.house.database.writing() as session:
            new = NewPatient(number=f"D-{self.n_people}", family_name="Example")
            person = patients.add_patient(session, new, at=self.house.desk.at(), by=by).id
        return self.house.visit(person)

    def _live(self, visit: str) -> Posterior:
        """What the live panel of the visit is drawn from."""
        with watched(door, "assess") as assessments:
            assert self.house.visitor("clinician").get(f"/visits/{visit}/live").status_code == 200
        return of_assessment(assessments[-1])


def _typed(value: Any) -> Any:
    """A map as somebody types it."""
    return ", ".join(f"{name} {amount}" for name, amount in value.items()) or "none" if isinstance(value, dict) else value


@contextmanager
def watched(module: Any, name: str) -> Iterator[list[Any]]:
    """What a function gives while the block runs; it works as ever."""
    seen: list[Any] = []
    real: Callable[..., Any] = getattr(module, name)

    def watching(*args: Any, **named: Any) -> Any:
        seen.append(real(*args, **named))
        return seen[-1]

    with patch.object(module, name, watching):
        yield seen


@contextmanager
def open_doors(program: Program, folder: Path) -> Iterator[Doors]:
    house = build(f"sqlite:///{folder / 'doors.sqlite'}", program)
    try:
        yield Doors(program, house, folder)
    finally:
        house.database.close()
