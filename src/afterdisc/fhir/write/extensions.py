"""What R4 has no element for: our extensions, each with its StructureDefinition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from afterdisc.fhir.write.shape import Json
from afterdisc.program import Program

BASE = "http://hl7.org/fhir/StructureDefinition/Extension"
EXTENSIONS: Mapping[str, Mapping[str, Any]] = {
    "probability": {
        "title": "Probability from 0 to 1",
        "description": "The probability of the outcome as it was computed, from 0 to 1. `probabilityDecimal` holds the same "
        "as a percentage, which is how R4 defines it.",
        "type": "decimal",
        "on": ("RiskAssessment.prediction",),
    },
    "credible-interval": {
        "title": "Credible interval of a probability",
        "description": "Low and high end of the credible interval, from 0 to 1; RiskAssessment.method says at which level.",
        "type": "Range",
        "on": ("RiskAssessment.prediction",),
    },
    "related-artifact": {
        "title": "Work that this rests on",
        "description": "A published work; its display names the facts taken from it by the ids that notes and rationale use.",
        "type": "RelatedArtifact",
        "on": ("DomainResource",),
    },
    "read-from": {
        "title": "Resource an answer was read from",
        "description": "The resource of the record that gave this answer.",
        "type": "Reference",
        "on": ("QuestionnaireResponse.item",),
    },
}


def extension_address(program: Program, name: str) -> str:
    return f"{program.book['fhir']['canonical']}/StructureDefinition/{name}"


def extension_definitions(program: Program) -> list[Json]:
    """The StructureDefinitions of all extensions we write."""
    return [_definition(program, name, text) for name, text in EXTENSIONS.items()]


def _definition(program: Program, name: str, text: Mapping[str, Any]) -> Json:
    address = extension_address(program, name)
    return {
        "resourceType": "StructureDefinition",
        "id": name,
        "url": address,
        "version": program.version,
        "name": "".join(part.capitalize() for part in name.split("-")),
        "title": text["title"],
        "status": "active",
        "experimental": True,
        "publisher": "Afterdisc",
        "description": text["description"],
        "fhirVersion": "4.0.1",
        "kind": "complex-type",
        "abstract": False,
        "context": [{"type": "element", "expression": element} for element in text["on"]],
        "type": "Extension",
        "baseDefinition": BASE,
        "derivation": "constraint",
        "differential": {
            "element": [
                {"id": "Extension", "path": "Extension", "short": text["title"], "definition": text["description"]},
                {"id": "Extension.extension", "path": "Extension.extension", "max": "0"},
                {"id": "Extension.url", "path": "Extension.url", "fixedUri": address},
                {"id": "Extension.value[x]", "path": "Extension.value[x]", "min": 1, "type": [{"code": text["type"]}]},
            ]
        },
    }
