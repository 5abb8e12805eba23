"""Findings as a QuestionnaireResponse to our intake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from afterdisc.fhir.write.coded import own
from afterdisc.fhir.write.extensions import extension_address
from afterdisc.fhir.write.frame import Frame
from afterdisc.fhir.write.narrative import narrative
from afterdisc.fhir.write.questionnaire import AMOUNT, INGREDIENT, NONE, questionnaire_address, section_id
from afterdisc.fhir.write.shape import Json, trimmed
from afterdisc.program import Program
from afterdisc.words.printable import printable

if TYPE_CHECKING:
    from afterdisc.fhir.read.reading import Reading

KEY = "response"
NOT_KNOWN: Json = {
    "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]
}


def response_of(
    program: Program,
    findings: Mapping[str, Any],
    *,
    subject: str,
    at: str,
    reading: Reading | None = None,
    status: str = "completed",
) -> Json:
    """The answers that these findings are; what is unknown has no item.

    findings  `{finding: value}` as in a case; missing or null is unknown
    reading   where they were read: each answer then names its resource
    status    `in-progress` for a form that somebody still has to complete, as Questionnaire/$populate returns it
    """
    return response_resource(Frame(program, {"findings": dict(findings)}, {}, subject, at, reading), status)


def response_resource(frame: Frame, status: str = "completed") -> Json:
    sections = [(s, list(_answered(frame, s))) for s in frame.book["form"]]
    n_answers = sum(1 for name in frame.findings)
    made: Json = frame.resource(
        "QuestionnaireResponse",
        KEY,
        text=narrative(frame.book["title"], [f"{n_answers} answers"]),
        identifier=next(iter(frame.identifier(KEY)), None),
        questionnaire=f"{questionnaire_address(frame.program)}|{frame.program.version}",
        status=status,
        subject=frame.patient,
        authored=frame.when,
        item=[{"linkId": section_id(s), "text": s["title"], "item": items} for s, items in sections if items],
    )
    return made


def _answered(frame: Frame, section: Mapping[str, Any]) -> Iterator[Json]:
    for name in section["findings"]:
        if name in frame.findings:
            yield from map(trimmed, _items(frame, name, frame.findings[name]))


def _items(frame: Frame, name: str, value: Any) -> Iterator[Json]:
    finding = frame.book["findings"][name]
    head = {"extension": _source(frame, name), "linkId": name, "text": finding["question"]}
    match finding["kind"]:
        case "set":
            yield {**head, "answer": _named(list(value))}
        case "map":
            yield from _amounts(head, value)
        case _:
            yield {**head, "answer": [_answer(frame.program, finding, value)]}


def _answer(program: Program, finding: Mapping[str, Any], value: Any) -> Json:
    match finding["kind"]:
        case "bool":
            return {"valueBoolean": bool(value)}
        case "count":
            return {"valueInteger": int(value)}
        case "number":
            return {"valueDecimal": value}
        case _:
            return {"valueCoding": own(program, "state", value, finding["values"][value])}


def _named(names: list[str | None]) -> list[Json]:
    """The answers of a list; null in it stands for what is taken and could not be named."""
    return [{"valueString": printable(n)} if n is not None else NOT_KNOWN for n in names or [NONE]]


def _amounts(head: Json, amounts: Mapping[str, float | None]) -> Iterator[Json]:
    """A group for each ingredient; one taken in an unknown amount has no amount."""
    name = head["linkId"]
    for ingredient, amount in amounts.items() or [(NONE, None)]:
        known = [{"linkId": f"{name}.{AMOUNT}", "answer": [{"valueDecimal": amount}]}] if amount is not None else []
        named = {"linkId": f"{name}.{INGREDIENT}", "answer": [{"valueString": printable(ingredient)}]}
        yield {**head, "item": [named, *known]}


def _source(frame: Frame, name: str) -> list[Json]:
    address = extension_address(frame.program, "read-from")
    return [{"url": address, "valueReference": reference} for reference in frame.read_from([name])[:1]]
