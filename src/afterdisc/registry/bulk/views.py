"""views_of: the ViewDefinitions that find, in a bulk export, the entries the knowledge base's declarations are about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from afterdisc.fhir.read.codes import CODED_BY, Lookup, lookup_of
from afterdisc.program import Program, kept_with_program

PATIENT, RESPONSE = "Patient", "QuestionnaireResponse"
MEDICINES = ("MedicationRequest", "MedicationStatement")
OF_A_PATIENT = {"AllergyIntolerance", "Device"}  # their person is `patient`, that of all others `subject`
OUR_CODES = "/CodeSystem/finding"


@dataclass(frozen=True)
class Codes:
    """The codes that make a resource of one type count: (system, code); and beginnings of codes: (system, beginning)."""

    exact: frozenset[tuple[str, str]]
    begins: frozenset[tuple[str, str]]


@kept_with_program
def codes_of(program: Program) -> Mapping[str, Codes]:
    """Type of resource -> the codes that any declaration names for it."""
    lookup = lookup_of(program)
    found = (lookup, lookup.index, lookup.without_allergy)
    return {kind: Codes(_exact(found, kind), _begins(found, kind)) for kind in CODED_BY}


def _exact(lookups: tuple[Lookup, ...], kind: str) -> frozenset[tuple[str, str]]:
    return frozenset((system, code) for one in lookups for of, system, code in one.exact if of == kind)


def _begins(lookups: tuple[Lookup, ...], kind: str) -> frozenset[tuple[str, str]]:
    return frozenset(
        (system, start) for one in lookups for (of, system), listed in one.begins.items() if of == kind for start, _ in listed
    )


@kept_with_program
def views_of(program: Program) -> tuple[Mapping[str, Any], ...]:
    """One ViewDefinition (SQL on FHIR v2) a type of resource: whose entry it is, and by which codes; one row a code."""
    coded = [k for k, codes in codes_of(program).items() if codes.exact or codes.begins or k == "Observation"]
    return (
        _view(PATIENT, [_column("gender", "gender"), _column("birth_date", "birthDate")]),
        *(_view(kind, [], _coding_paths(kind)) for kind in coded),
        *(_view(kind, [_column("status", "status")]) for kind in MEDICINES),
        _view(RESPONSE, [_column("questionnaire", "questionnaire")]),
    )


def _view(kind: str, more: list[dict[str, str]], codings: tuple[str, ...] = ()) -> dict[str, Any]:
    person = "getResourceKey()" if kind == PATIENT else f"{person_element(kind)}.getReferenceKey(Patient)"
    columns = [_column("key", "getResourceKey()"), _column("patient", person), *more]
    selects: list[dict[str, Any]] = [{"column": columns}]
    each = [{"forEach": path, "column": [_column("system", "system"), _column("code", "code")]} for path in codings]
    if each:
        selects.append(each[0] if len(each) == 1 else {"unionAll": each})
    return {
        "resourceType": "ViewDefinition",
        "name": f"afterdisc_{kind.lower()}",
        "status": "active",
        "resource": kind,
        "select": selects,
    }


def _column(name: str, path: str) -> dict[str, str]:
    return {"name": name, "path": path, "type": "string"}


def _coding_paths(kind: str) -> tuple[str, ...]:
    inside = ("component.code",) if kind == "Observation" else ()
    return tuple(f"{element}.coding" for element in (*CODED_BY[kind], *inside))


def person_element(kind: str) -> str:
    return "patient" if kind in OF_A_PATIENT else "subject"
