"""Which resources we read, and the SMART scopes for them: as many as the knowledge base needs, and no more."""

from __future__ import annotations

from afterdisc.program import Program

EVER_READ = {"Patient", "Procedure", "Observation", "QuestionnaireResponse", "Medication"}
OF_MEDICINES = {"MedicationRequest", "MedicationStatement"}


def types_read(program: Program) -> tuple[str, ...]:
    """The types of resource that any finding is read from, and the person; in order of the alphabet."""
    readings = program.book["fhir"]["readings"].values()
    return tuple(sorted(EVER_READ | {kind for declared in readings for d in declared for kind in d["from"]}))


def scopes_read(program: Program, context: str) -> str:
    """Scopes to read and search these, in SMART 2.

    context  "patient" (the one in context), "user" (what the person may see) or "system" (no person)
    """
    return " ".join(f"{context}/{kind}.rs" for kind in types_read(program))
