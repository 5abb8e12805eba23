"""OperationDefinition of $assess: what it takes and gives, for programs that ask before they call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from afterdisc.fhir.write.narrative import narrative
from afterdisc.program import Program

ABOUT = (
    "Reads one person's record, assesses it, and answers with a collection: RiskAssessment, DetectedIssues, proposals, a "
    "CarePlan, Provenance, and an OperationOutcome that says what was looked for and not found, and what could not be read. "
    "A Bundle may be sent alone in place of Parameters. Nothing of it is kept."
)
TAKEN: tuple[tuple[str, int, str, str, str], ...] = (
    ("record", 1, "*", "Resource", "The record, in FHIR R4: a Bundle, or several that belong together."),
    ("at", 0, "1", "dateTime", "As of this day or instant; nothing dated later counts. By default today."),
    ("subject", 0, "1", "Reference", "Whose record is meant, where it holds several people."),
    ("intervals", 0, "1", "boolean", "With credible intervals; by default true."),
)


def assess_definition(program: Program) -> dict[str, Any]:
    return {
        "resourceType": "OperationDefinition",
        "id": "assess",
        "text": narrative("Assess a record", [ABOUT, *(f"{name}: {said}" for name, _, _, _, said in TAKEN)]),
        "url": f"{program.book['fhir']['canonical']}/OperationDefinition/assess",
        "version": program.version,
        "name": "Assess",
        "title": "Assess a record",
        "status": "active",
        "kind": "operation",
        "experimental": True,
        "description": ABOUT,
        "affectsState": False,
        "code": "assess",
        "system": True,
        "type": False,
        "instance": False,
        "parameter": [*map(_taken, TAKEN), RETURN],
    }


RETURN: Mapping[str, Any] = {
    "name": "return",
    "use": "out",
    "min": 1,
    "max": "1",
    "documentation": "The assessment.",
    "type": "Bundle",
}


def _taken(row: tuple[str, int, str, str, str]) -> dict[str, Any]:
    name, least, most, kind, said = row
    return {"name": name, "use": "in", "min": least, "max": most, "documentation": said, "type": kind}
