"""What we ask a client to send along: plain searches, made from what the knowledge base says is read and from where.

Only reads and searches by patient, category and status are used, which is within what CDS Hooks recommends. Documents are
not asked for: they give no value, only somebody to read them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from afterdisc.program import Program, kept_with_program

PATIENT, OPERATIONS = "patient", "procedures"
REQUIRED = (PATIENT, OPERATIONS)  # without the age and the operation nothing can be said of anybody
SEARCHES: Mapping[str, tuple[str, str]] = {  # type of resource -> key, and what narrows the search to what can count
    "Condition": ("conditions", ""),
    "Procedure": (OPERATIONS, ""),
    "MedicationRequest": ("medication-requests", "&status=active"),
    "MedicationStatement": ("medication-statements", "&status=active"),
    "AllergyIntolerance": ("allergies", ""),
    "Device": ("devices", ""),
    "DiagnosticReport": ("reports", ""),
    "ServiceRequest": ("service-requests", "&status=completed"),
    "QuestionnaireResponse": ("questionnaire-responses", ""),
}
CATEGORIES: Mapping[str, tuple[str, ...]] = {  # group of findings -> observation categories of HL7 it may stand under
    "lab": ("laboratory",),
    "exam": ("exam", "vital-signs"),
    "imaging": ("imaging",),
    "test": ("procedure", "exam"),
}
ANSWERS = ("survey", "social-history")  # of every other group
WHAT = {  # in words, for a card that must say what it could not see
    PATIENT: "age and sex",
    "conditions": "diagnoses",
    OPERATIONS: "procedures",
    "medication-requests": "prescriptions",
    "medication-statements": "medicines taken",
    "allergies": "allergies",
    "devices": "implants",
    "reports": "reports",
    "service-requests": "tests ordered",
    "questionnaire-responses": "questionnaires",
}
ANY_AGE = -1.0


@dataclass(frozen=True)
class Query:
    """One prefetch template. `days` is how far back anything counts, None if all of it may."""

    key: str
    template: str
    days: int | None = None

    def text(self, style: str) -> str:
        """The template as a version of CDS Hooks takes it; from 3.0 on it may say how far back."""
        if style < "3" or self.days is None:
            return self.template
        return f"{self.template}&date=ge{{{{today() - {self.days} days}}}}"

    def of(self, patient: str) -> str:
        """The query itself, relative to a FHIR server."""
        return self.template.replace("{{context.patientId}}", patient)


@kept_with_program
def queries(program: Program) -> Mapping[str, Query]:
    """Every prefetch template by its key, the patient first."""
    declared = [(f, d) for f, listed in program.book["fhir"]["readings"].items() for d in listed if d["read"] != "document"]
    found = [Query(PATIENT, "Patient/{{context.patientId}}")]
    wanted = {"Procedure", "QuestionnaireResponse"} | {resource for _, d in declared for resource in d["from"]}
    for resource, (key, narrowed) in SEARCHES.items():
        if resource in wanted:
            found.append(Query(key, f"{resource}?patient={{{{context.patientId}}}}{narrowed}"))
    return {q.key: q for q in (*found, *_observations(program, declared))}


def _observations(program: Program, declared: list[tuple[str, Mapping[str, Any]]]) -> Iterator[Query]:
    """One search a category; how far back is known where everything under it has an age after which it counts no more."""
    ages: dict[str, float] = {}
    for finding, d in declared:
        if "Observation" in d["from"]:
            age = d["max_age_days"]
            for category in _categories(program, finding):
                known = ages.get(category, 0.0)
                ages[category] = ANY_AGE if age is None or known == ANY_AGE else max(known, age)
    for category in ANSWERS:  # our own questionnaire's answers have no such age
        ages[category] = ANY_AGE
    for category, age in ages.items():
        template = f"Observation?patient={{{{context.patientId}}}}&category={category}"
        yield Query(f"observations-{category}", template, None if age == ANY_AGE else int(age))


def _categories(program: Program, finding: str) -> tuple[str, ...]:
    return CATEGORIES.get(program.book["findings"][finding]["group"], ANSWERS)


def in_words(key: str) -> str:
    """What a key stands for, for people."""
    return WHAT.get(key, f"{key.removeprefix('observations-').replace('-', ' ')} results")
