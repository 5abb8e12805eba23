"""The answers of the operations, as resources; each the same for the same question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid5

from afterdisc.fhir.notes import alike, where
from afterdisc.fhir.operations import Asked, Assessed, assessed, read
from afterdisc.fhir.read.reading import Reading, Unread
from afterdisc.fhir.write import Issue, bundle_of, outcome_of, plan_of, response_of
from afterdisc.program import Program

Json = dict[str, Any]


def bundle(program: Program, question: Asked) -> Json:
    """The answer of $assess: everything the assessment says, and last an OperationOutcome of how the record was read."""
    return bundle_of_assessed(program, assessed(program, question))


def bundle_of_assessed(program: Program, done: Assessed) -> Json:
    """The same of a record that is assessed already."""
    made = bundle_of(program, done.case, done.assessment, **_about(done.reading))
    issues = {**issues_of(program, done.reading), "id": str(uuid5(UUID(made["id"]), "issues"))}
    return {**made, "entry": [*made["entry"], {"fullUrl": f"urn:uuid:{issues['id']}", "resource": issues}]}


def plan(program: Program, question: Asked) -> Json:
    """The answer of PlanDefinition/$apply."""
    done = assessed(program, question)
    return plan_of(program, done.case, done.assessment, **_about(done.reading))


def populated(program: Program, question: Asked) -> Json:
    """The answer of Questionnaire/$populate: what the record holds, filled in for somebody who goes on asking."""
    reading = read(program, question)
    response = response_of(program, reading.findings, status="in-progress", **_about(reading))
    named = (("response", response), ("issues", issues_of(program, reading)))
    return {"resourceType": "Parameters", "parameter": [{"name": name, "resource": r} for name, r in named]}


def _about(reading: Reading) -> Any:
    return {"subject": reading.patient, "at": reading.at, "reading": reading}


def found(base: str, questionnaire: Json, url: str) -> Json:
    """A searchset with the questionnaire if its address is the one asked for, or none was."""
    named, _, version = url.partition("|")
    fits = not url or (named == questionnaire["url"] and version in ("", questionnaire["version"]))
    entry = {"fullUrl": f"{base}/Questionnaire/{questionnaire['id']}", "resource": questionnaire, "search": {"mode": "match"}}
    asked_for = f"{base}/Questionnaire" + (f"?url={quote(url, safe='')}" if url else "")
    made: Json = {"resourceType": "Bundle", "type": "searchset", "total": int(fits)}
    made["link"] = [{"relation": "self", "url": asked_for}]
    return {**made, "entry": [entry]} if fits else made


def issues_of(program: Program, reading: Reading) -> Json:
    """How a record was read, one issue a line: warnings where something is there but could not be read, then the rest."""
    return outcome_of(_issues(program.book["findings"], reading))


def _issues(findings: Mapping[str, Any], reading: Reading) -> Iterator[Issue]:
    if reading.failed:
        say = f"{reading.failed} searches of the record failed; what they would have found counts as unknown."
        yield Issue("incomplete", say, "", "failed search", "warning")
    if reading.foreign:
        say = f"{len(reading.foreign)} resources belong to somebody else and were left out."
        yield Issue("suppressed", say, "", "other subject", "warning")
    for notes in alike(reading.unread):
        yield Issue("value", _unread(findings, notes), notes[0].element, "not readable", "warning")
    for point in reading.points:
        say = f"{_label(findings, point.finding)}{point.resource}: {point.say}"
        yield Issue("informational", say, "", "to be read", "information")
    for missing in reading.missing:
        say = f"{_label(findings, missing.finding)}not in the record, so unknown. Looked for: {missing.looked_for}."
        yield Issue("not-found", say, "", "looked for", "information")


def _unread(findings: Mapping[str, Any], notes: list[Unread]) -> str:
    first = notes[0]
    return f"{_label(findings, first.finding)}{where(notes)}: there, but not counted: {first.why}. {first.mend}".strip()


def _label(findings: Mapping[str, Any], finding: str) -> str:
    return f"{findings[finding]['label']} (`{finding}`): " if finding in findings else ""
