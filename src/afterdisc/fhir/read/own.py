"""What is written in our own codes, for every finding: answers to our questionnaire, and Observations in our code system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from afterdisc.fhir.read.codes import codings
from afterdisc.fhir.read.hits import Candidate, Setting, Unread
from afterdisc.fhir.read.stands import stands
from afterdisc.fhir.read.times import Moment, is_after, when_of
from afterdisc.fhir.read.values import absent_because
from afterdisc.fhir.record import Record, address_of

FIRST = -1  # an own answer stands before every declared reading of the same time
NONE = "none"  # the answer that there are none
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
NO_VALUE = "it has no value that this finding can have"
Findings = Mapping[str, Mapping[str, Any]]


class Nothing(Exception):
    """No value can be read."""


def read_own(book: Mapping[str, Any], record: Record, setting: Setting) -> Iterator[Candidate | Unread]:
    """Every answer and every Observation in our own codes that stands at this time."""
    canonical = book["fhir"]["canonical"]
    for resource in record.resources("QuestionnaireResponse"):
        when = when_of(resource)
        is_ours = str(resource.get("questionnaire", "")).startswith(f"{canonical}/Questionnaire/intake")
        if is_ours and _counts(resource, when, setting):
            yield from _answers(book["findings"], resource, when)
    for resource in record.resources("Observation"):
        name = _own_code(canonical, resource)
        if not name:
            continue
        when = when_of(resource)
        if _counts(resource, when, setting):
            yield from _observation(book["findings"], canonical, name, resource, when)


def _counts(resource: Mapping[str, Any], when: Moment, setting: Setting) -> bool:
    return stands(resource) == "yes" and not (when.is_known and is_after(when, setting.at))


def _own_code(canonical: str, resource: Mapping[str, Any]) -> str:
    system, concept = f"{canonical}/CodeSystem/finding", resource.get("code")
    listed = concept.get("coding") if isinstance(concept, dict) else None
    for coding in listed if isinstance(listed, list) else ():
        if isinstance(coding, dict) and coding.get("system") == system and isinstance(coding.get("code"), str):
            return str(coding["code"])
    return ""


def _observation(
    findings: Findings, canonical: str, name: str, resource: Mapping[str, Any], when: Moment
) -> Iterator[Candidate | Unread]:
    at, element, code = address_of(resource), "Observation.value", f"AFTERDISC|{name}"
    text = findings.get(name)
    if text is None:
        yield Unread("", at, "Observation.code", "no finding has this code", "See the CodeSystem for the codes.")
        return
    value = None
    if absent_because(resource) is None:
        try:
            collects = text["kind"] in ("set", "map")
            value = _collected(text["kind"], canonical, resource) if collects else _of_kind(text, resource)
        except Nothing:  # and the value stays None: an older entry must not stand in for this one
            yield Unread(name, at, element, NO_VALUE)
    yield Candidate(name, value, when, at, element, code, FIRST)


def _of_kind(text: Mapping[str, Any], node: Mapping[str, Any]) -> Any:
    """The value[x] of an Observation or an answer, as the finding takes it."""
    if text["kind"] == "bool":
        value = node.get("valueBoolean")
        if isinstance(value, bool):
            return value
        raise Nothing
    if text["kind"] in ("number", "count"):
        return _number(node)
    coded = [c for _, c, _ in codings(node.get("valueCodeableConcept"))]
    coding = node.get("valueCoding")
    coded += [coding["code"]] if isinstance(coding, dict) and isinstance(coding.get("code"), str) else []
    coded += [node["valueString"]] if isinstance(node.get("valueString"), str) else []
    state = next((c for c in coded if c in text["values"]), None)
    if state is None:
        raise Nothing
    return state


def _number(node: Mapping[str, Any]) -> Any:
    quantity = node.get("valueQuantity")
    amount = quantity.get("value") if isinstance(quantity, dict) else None
    given = (amount, node.get("valueInteger"), node.get("valueDecimal"))
    found = next((v for v in given if isinstance(v, int | float) and not isinstance(v, bool)), None)
    if found is None:
        raise Nothing
    return found


def _collected(kind: str, canonical: str, resource: Mapping[str, Any]) -> Any:
    """A set or a map from the components; without any, `valueBoolean: false` says that there are none."""
    system, parts = f"{canonical}/CodeSystem/ingredient", resource.get("component")
    named: dict[str, Mapping[str, Any]] = {}
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, dict):
            named |= {code: part for s, code, _ in codings(part.get("code")) if s == system}
    if not named and resource.get("valueBoolean") is not False:
        raise Nothing
    if kind == "set":
        return [name for name, part in named.items() if part.get("valueBoolean") is not False]
    return {name: None if "dataAbsentReason" in part else _number(part) for name, part in named.items()}


def _answers(findings: Findings, response: Mapping[str, Any], when: Moment) -> Iterator[Candidate | Unread]:
    at, waiting = address_of(response), [response.get("item")]
    groups: dict[str, dict[str, Any]] = {}
    while waiting:
        items = waiting.pop()
        for item in items if isinstance(items, list) else ():
            if not isinstance(item, dict):
                continue
            name, answers = item.get("linkId"), item.get("answer")
            text = findings.get(name) if isinstance(name, str) else None
            if text is not None and text["kind"] == "map":
                pair = _pair(item)
                if pair is not None:  # a row that nobody filled in says nothing
                    groups.setdefault(str(name), {}).update(pair)
            elif text is not None and isinstance(answers, list) and answers:
                yield from _answer(str(name), text, [a for a in answers if isinstance(a, dict)], at, when)
            else:
                waiting.append(item.get("item"))
    for name, pairs in groups.items():
        yield Candidate(name, pairs, when, at, f"QuestionnaireResponse.item.where(linkId='{name}')", f"AFTERDISC|{name}", FIRST)


def _answer(
    name: str, text: Mapping[str, Any], answers: list[Mapping[str, Any]], at: str, when: Moment
) -> Iterator[Candidate | Unread]:
    element = f"QuestionnaireResponse.item.where(linkId='{name}').answer"
    value: Any = None
    try:
        value = [_named(a) for a in answers] if text["kind"] == "set" else _of_kind(text, answers[0] if answers else {})
    except Nothing:
        yield Unread(name, at, element, NO_VALUE)
    if value == [NONE]:
        value = []
    yield Candidate(name, value, when, at, element, f"AFTERDISC|{name}", FIRST)


def _named(answer: Mapping[str, Any]) -> str | None:
    """One of a set; None for one that the answer says is not known."""
    extensions = answer.get("extension")
    listed = extensions if isinstance(extensions, list) else []
    if any(isinstance(x, dict) and x.get("url") == ABSENT for x in listed):
        return None
    return _name(answer)


def _name(answer: Mapping[str, Any]) -> str:
    coding = answer.get("valueCoding")
    said = answer.get("valueString", coding.get("code", coding.get("display")) if isinstance(coding, dict) else None)
    if not isinstance(said, str) or not said.strip():
        raise Nothing
    return said.strip()


def _pair(group: Mapping[str, Any]) -> dict[str, Any] | None:
    """One row of a map: `.ingredient` and `.amount`; an amount that is missing is not known, `none` is no row. None: empty."""
    inside: dict[str, Mapping[str, Any]] = {}
    items = group.get("item")
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and isinstance(item.get("answer"), list) and item["answer"]:
            inside[str(item.get("linkId")).rpartition(".")[2]] = item["answer"][0]
    try:
        name = _name(inside.get("ingredient", {}))
    except Nothing:
        return None
    if name == NONE:
        return {}
    try:
        return {name: _number(inside.get("amount", {}))}
    except Nothing:
        return {name: None}
