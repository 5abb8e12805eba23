"""Every resource we emit is valid R4 by pyrofile, by @medplum/core, and by the rules that neither of them checks."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest

from afterdisc.errors import UnreadableRecord
from afterdisc.fhir.operations import ASSESS
from afterdisc.fhir.write import (
    assess_operation,
    capability_statement,
    extension_definitions,
    outcome_of,
    plan_of,
    questionnaire_of,
    response_of,
)
from afterdisc.program import Program
from functional.fhir.valid.people import AT, cases, everything, known_cases, written
from functional.fhir.valid.validators import Pyrofile, medplum_errors, own_errors

Json = dict[str, Any]
N_RESOURCES = 10_000


@pytest.fixture(scope="module")
def pyrofile(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Pyrofile:
    return Pyrofile(tmp_path_factory.mktemp("ours"), [*extension_definitions(program), questionnaire_of(program)])


def all_errors(pyrofile: Pyrofile, listed: list[Json]) -> list[str]:
    """Of all validators, told with the type of the resource."""
    found = {i: [*pyrofile.errors(r), *own_errors(r, r["resourceType"])] for i, r in enumerate(listed)}
    theirs = medplum_errors(listed)
    return [f"{listed[i]['resourceType']}: {e}" for i in found for e in (*found[i], *theirs.get(i, ()))]


# ----------------------------------------------------------------------------------------- would a fault be found at all?


def _set(path: str, value: Any) -> Callable[[Json], None]:
    *steps, last = [int(s) if s.isdigit() else s for s in path.split(".")]

    def change(resource: Any) -> None:
        for step in steps:
            resource = resource[step]
        resource[last] = value

    return change


def _drop(path: str) -> Callable[[Json], None]:
    *steps, last = [int(s) if s.isdigit() else s for s in path.split(".")]

    def change(resource: Any) -> None:
        for step in steps:
            resource = resource[step]
        del resource[last]

    return change


def _renamed(path: str, old: str, new: str) -> Callable[[Json], None]:
    steps = [int(s) if s.isdigit() else s for s in path.split(".")]

    def change(resource: Any) -> None:
        for step in steps:
            resource = resource[step]
        resource[new] = str(resource.pop(old))

    return change


FAULTS: dict[str, tuple[str, Callable[[Json], None]]] = {
    "no status": ("RiskAssessment", _drop("status")),
    "no subject": ("RiskAssessment", _drop("subject")),
    "more than all": ("RiskAssessment", _set("prediction.0.probabilityDecimal", 101.0)),
    "text for a number": ("RiskAssessment", _set("prediction.0.probabilityDecimal", "89")),
    "an unknown element": ("RiskAssessment", _set("likelihood", 1)),
    "an unknown extension": ("RiskAssessment", _set("extension.0.url", "https://afterdisc.org/fhir/StructureDefinition/other")),
    "a value of another type": ("RiskAssessment", _renamed("prediction.0.extension.0", "valueDecimal", "valueString")),
    "a severity that is none": ("DetectedIssue", _set("severity", "severe")),
    "a code without a system": ("DetectedIssue", _drop("code.coding.0.system")),
    "an intent that is none": ("ServiceRequest", _set("intent", "suggestion")),
    "no code of the medicine": ("MedicationRequest", _drop("medicationCodeableConcept")),
    "reference and detail both": ("CarePlan", _set("activity.0.detail", {"status": "not-started"})),
    "a date of another country": ("CarePlan", _set("created", "20.11.2026")),
    "a reference to the wrong type": ("CarePlan", _set("activity.0.reference.reference", "Observation/1")),
    "an instant without a zone": ("Provenance", _set("recorded", "2026-11-20T08:30:00")),
    "a contained resource nobody names": ("Provenance", _set("agent.0.who", {"display": "somebody"})),
    "an answer of another type": ("QuestionnaireResponse", _set("item.0.item.0.answer", [{"valueString": "old"}])),
    "a question nobody asked": ("QuestionnaireResponse", _set("item.0.item.0.linkId", "shoe_size")),
    "no answer to a Task": ("Task", _drop("input.0.valueString")),
    "markup left open": ("RiskAssessment", _set("text.div", '<div xmlns="http://www.w3.org/1999/xhtml"><p></div>')),
    "null": ("RiskAssessment", _set("method.text", None)),
    "an empty list": ("RiskAssessment", _set("note", [])),
}


@pytest.fixture(scope="module")
def one_of_each(program: Program) -> dict[str, Json]:
    """One resource of each type that we write."""
    found: dict[str, Json] = {}
    for case, assessment in cases(program, 20, seed=3):
        for resource in everything(program, case, assessment):
            found.setdefault(resource["resourceType"], resource)
    return found


def test_one_of_each_type_is_there_and_valid(pyrofile: Pyrofile, one_of_each: dict[str, Json]) -> None:
    assert set(one_of_each) >= {
        "RiskAssessment",
        "DetectedIssue",
        "ServiceRequest",
        "MedicationRequest",
        "Task",
        "CarePlan",
        "QuestionnaireResponse",
        "Provenance",
    }
    assert all_errors(pyrofile, list(one_of_each.values())) == []


@pytest.fixture(scope="module")
def faulty(pyrofile: Pyrofile, one_of_each: dict[str, Json]) -> dict[str, list[str]]:
    """{fault: what was found}, Node being started once for all."""
    planted = {fault: copy.deepcopy(one_of_each[kind]) for fault, (kind, _) in FAULTS.items()}
    for fault, (_, change) in FAULTS.items():
        change(planted[fault])
    theirs = medplum_errors(planted.values())
    return {
        fault: [*pyrofile.errors(resource), *own_errors(resource, fault), *theirs.get(i, [])]
        for i, (fault, resource) in enumerate(planted.items())
    }


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(faulty: dict[str, list[str]], fault: str) -> None:
    assert faulty[fault]


# ------------------------------------------------------------------------------------------------------------ what we emit


def test_the_examples_and_the_published_cases_are_valid(program: Program, pyrofile: Pyrofile) -> None:
    known = list(known_cases(program))
    listed = [r for case, assessment in islice(known, 0, None, 4) for r in everything(program, case, assessment)]
    assert all_errors(pyrofile, listed) == []


@pytest.mark.parametrize("kind", ["collection", "transaction"])
def test_the_bundle_as_a_whole_is_valid(program: Program, pyrofile: Pyrofile, kind: str) -> None:
    (case, assessment), *_ = known_cases(program)
    assert all_errors(pyrofile, [written(program, case, assessment, kind=kind)]) == []


def test_what_a_clinician_takes_over_is_valid(program: Program, pyrofile: Pyrofile) -> None:
    (case, assessment), *_ = known_cases(program)
    bundle = written(program, case, assessment, clinician="Practitioner/d1")
    assert all_errors(pyrofile, [e["resource"] for e in bundle["entry"]]) == []


def test_of_a_person_without_a_name_everything_is_valid(program: Program, pyrofile: Pyrofile) -> None:
    (case, assessment), *_ = known_cases(program)
    plan = plan_of(program, case, assessment, subject="", at=AT)
    assert all_errors(pyrofile, [plan, response_of(program, case["findings"], subject="", at=AT)]) == []


def test_questionnaire_extensions_capabilities_and_outcomes_are_valid(program: Program, pyrofile: Pyrofile) -> None:
    broken = UnreadableRecord("is no resource", element="Bundle.entry[3].resource", rule="structure")
    listed = [
        questionnaire_of(program),
        *extension_definitions(program),
        assess_operation(program),
        capability_statement(program, "https://clinic.example/fhir", AT),
        outcome_of([]),
        outcome_of([broken]),
    ]
    assert all_errors(pyrofile, listed) == []


def test_the_operation_names_the_parameters_that_the_endpoint_takes(program: Program) -> None:
    named = {p["name"] for p in assess_operation(program)["parameter"] if p["use"] == "in"}
    assert named == set(ASSESS.takes)


def some_resources(program: Program) -> Iterator[Json]:
    for i, (case, assessment) in enumerate(cases(program, N_RESOURCES // 15, seed=11)):
        yield from everything(program, case, assessment, with_plan=i % 8 == 0)


@pytest.mark.slow
def test_ten_thousand_resources_of_synthetic_people_are_valid(program: Program, pyrofile: Pyrofile) -> None:
    listed = list(islice(some_resources(program), N_RESOURCES))
    assert len(listed) == N_RESOURCES
    assert all_errors(pyrofile, listed) == []
