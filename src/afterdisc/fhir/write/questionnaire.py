"""The whole intake as an SDC Questionnaire in our own wording."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from afterdisc.fhir.write.coded import own
from afterdisc.fhir.write.narrative import narrative
from afterdisc.fhir.write.shape import Json, trimmed
from afterdisc.fhir.write.units import unit_coding
from afterdisc.program import Program

ID = "intake"
HL7 = "http://hl7.org/fhir/StructureDefinition"
CONTROL = "http://hl7.org/fhir/questionnaire-item-control"
LICENCE = "Wording and structure: the Afterdisc authors, Apache-2.0."
TYPES: Mapping[str, str] = {
    "bool": "boolean",
    "number": "decimal",
    "count": "integer",
    "ordinal": "choice",
    "category": "choice",
    "set": "string",
    "map": "group",
}
NONE, INGREDIENT, AMOUNT = "none", "ingredient", "amount"  # an answer; the ends of two linkIds
SAY_NONE = f"If there are none, write `{NONE}`; if it is not known, leave it empty."
AMOUNTS: Mapping[str, tuple[str, str]] = {  # unit of a map -> words and unit of an amount
    "ingredient:mg": ("Milligrams a day", "mg"),
    "ingredient:weeks": ("Weeks ago", "weeks"),
}


def questionnaire_address(program: Program) -> str:
    return f"{program.book['fhir']['canonical']}/Questionnaire/{ID}"


def questionnaire_of(program: Program) -> Json:
    """Every finding as a question, grouped as on the form.

    `linkId` is the id of the finding. A list of medicines is answered by names, or by `none`; amounts are a group for each
    medicine, with `dose_mg_per_day.ingredient` and `dose_mg_per_day.amount`. `.help` is a display item.
    """
    book = program.book
    made: Json = trimmed(
        {
            "resourceType": "Questionnaire",
            "id": ID,
            "language": "en",
            "text": narrative(book["title"], (section["title"] for section in book["form"])),
            "url": questionnaire_address(program),
            "version": program.version,
            "name": "AfterdiscIntake",
            "title": f"Intake: {book['title']}",
            "status": "active",
            "experimental": True,
            "subjectType": ["Patient"],
            "publisher": "Afterdisc",
            "description": f"{book['intended_use']} An answer that is left out is unknown, never no.",
            "purpose": "The findings that the re-evaluation is made from.",
            "copyright": LICENCE,
            "effectivePeriod": {"end": book["review_by"]},
            "item": [_section(program, section) for section in book["form"]],
        }
    )
    return made


def section_id(section: Mapping[str, Any]) -> str:
    return f"section.{section['id']}"


def _section(program: Program, section: Mapping[str, Any]) -> Json:
    items = [_item(program, finding) for finding in section["findings"]]
    return {"linkId": section_id(section), "text": section["title"], "type": "group", "item": items}


def _item(program: Program, name: str) -> Json:
    finding = program.book["findings"][name]
    return {
        "extension": _limits(finding),
        "linkId": name,
        "code": [own(program, "finding", name, finding["label"])],
        "text": finding["question"],
        "type": TYPES[finding["kind"]],
        "repeats": True if finding["kind"] in ("set", "map") else None,
        "answerOption": [{"valueCoding": own(program, "state", s, label)} for s, label in finding["values"].items()],
        "item": [*_amounts(name, finding), *_help(name, finding)],
    }


def _limits(finding: Mapping[str, Any]) -> list[Json]:
    out: list[Json] = []
    if finding["range"]:
        number = "valueInteger" if finding["kind"] == "count" else "valueDecimal"
        low, high = (int(end) if finding["kind"] == "count" else end for end in finding["range"])
        out = [{"url": f"{HL7}/minValue", number: low}, {"url": f"{HL7}/maxValue", number: high}]
    unit = unit_coding(finding["unit"])
    return [*out, *([{"url": f"{HL7}/questionnaire-unit", "valueCoding": unit}] if unit else [])]


def _amounts(name: str, finding: Mapping[str, Any]) -> list[Json]:
    if finding["kind"] != "map":
        return []
    words, unit = AMOUNTS.get(finding["unit"], ("Amount", ""))
    coded = [{"url": f"{HL7}/questionnaire-unit", "valueCoding": unit_coding(unit)}] if unit else []
    return [
        {"linkId": f"{name}.{INGREDIENT}", "text": "Ingredient", "type": "string"},
        {"linkId": f"{name}.{AMOUNT}", "text": words, "type": "decimal", "extension": coded},
    ]


def _help(name: str, finding: Mapping[str, Any]) -> list[Json]:
    text = f"{finding['help']} {SAY_NONE}".strip() if finding["kind"] in ("set", "map") else finding["help"]
    if not text:
        return []
    control = {"coding": [{"system": CONTROL, "code": "help", "display": "Help-Button"}]}
    shown = [{"url": f"{HL7}/questionnaire-itemControl", "valueCodeableConcept": control}]
    return [{"extension": shown, "linkId": f"{name}.help", "text": text, "type": "display"}]
