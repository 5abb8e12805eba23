"""The operations on a person's record: what each takes, and the assessment that all of them rest on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from afterdisc.door import assess
from afterdisc.errors import CaseError, OutOfScope, UnreadableRecord
from afterdisc.fhir.parameters import Given, Parameter, given
from afterdisc.fhir.read.reading import Reading, read_record
from afterdisc.fhir.record import Record, record_of
from afterdisc.program import Program

Resource = Mapping[str, Any]
PERSON = re.compile(r"((https?://\S+/)?Patient/)?[A-Za-z0-9.-]{1,64}")
INTAKE, PLAN = "Questionnaire/intake", "PlanDefinition/re-evaluation"


@dataclass(frozen=True)
class Operation:
    """One operation by the parameters it takes."""

    name: str
    records: tuple[str, ...]  # parameters that hold a record, whole or in parts
    says: tuple[str, ...]  # `at`, `subject`, `intervals`
    names: tuple[str, ...] = ()  # parameters that say which artifact is meant
    artifact: str = ""  # the one there is
    passed_over: tuple[str, ...] = ()  # standard parameters that change nothing in our answer
    takes_record_alone: bool = False
    needs_subject: bool = True

    @property
    def takes(self) -> tuple[str, ...]:
        return (*self.records, *self.says, *self.names, *self.passed_over)


ASSESS = Operation("assess", ("record",), ("at", "subject", "intervals"), takes_record_alone=True, needs_subject=False)
APPLY = Operation(
    "apply",
    ("data",),
    ("at", "subject"),
    ("planDefinition", "canonical", "url"),
    PLAN,
    ("encounter", "practitioner", "organization", "userType", "userLanguage", "userTaskContext", "setting", "settingContext"),
)
POPULATE = Operation(
    "populate",
    ("content", "local", "context", "data"),
    ("at", "subject"),
    ("questionnaire", "questionnaireRef", "canonical", "identifier"),
    INTAKE,
    ("launchContext",),
)


@dataclass(frozen=True)
class Asked:
    """What a caller wants to know: of whose record, as of which day."""

    resources: tuple[Resource, ...]
    subject: str
    at: str
    intervals: bool = True


@dataclass(frozen=True)
class Assessed:
    """A record read, and the assessment of what was found."""

    reading: Reading
    case: Mapping[str, Any]
    assessment: Mapping[str, Any]


def asked(program: Program, operation: Operation, data: Resource, *, today: str) -> Asked:
    """What the body of a request asks for. Raises UnreadableRecord for a parameter that is missing, wrong or not known.

    today  the day that counts where none is given
    """
    if operation.takes_record_alone and data.get("resourceType") != "Parameters":
        return Asked((data,), "", today)
    said = given(data, operation.takes)
    _refuse_other_artifacts(program, operation, said)
    at, subject, intervals = (said.one(name) for name in ("at", "subject", "intervals"))
    if operation.needs_subject and subject is None:
        raise _missing("subject", "a reference to the Patient the record is of")
    resources = tuple(r for p in said.each(*operation.records) for r in _resources(p))
    if not resources:
        raise _missing(operation.records[0], "a Bundle with the person's record")
    return Asked(
        resources,
        _person(subject) if subject else "",
        at.moment if at else today,
        intervals.is_true if intervals else True,
    )


def _person(subject: Parameter) -> str:
    if not PERSON.fullmatch(subject.text):
        what = "must be a reference to a Patient: `Patient/…`, or its id."
        raise UnreadableRecord(what, element=f"{subject.place}.value", rule="value")
    return subject.text


def _missing(name: str, what: str) -> UnreadableRecord:
    element = f"Parameters.parameter.where(name='{name}')"
    return UnreadableRecord(f"is missing: send {what}.", element=element, rule="required")


def _resources(parameter: Parameter) -> list[Resource]:
    """A resource, or those in the parts called `content`; `local: true` holds none, and we keep none."""
    if isinstance(parameter.content.get("valueBoolean"), bool):
        return []
    parts = parameter.content.get("part")
    if isinstance(parts, list):
        found = [p.get("resource") for p in parts if isinstance(p, Mapping) and p.get("name") == "content"]
        return [r for r in found if isinstance(r, Mapping)]
    return [parameter.resource]


def _refuse_other_artifacts(program: Program, operation: Operation, said: Given) -> None:
    ours = f"{program.book['fhir']['canonical']}/{operation.artifact}"
    for parameter in said.each(*operation.names):
        held = parameter.content.get("resource")
        named = held.get("url") if isinstance(held, Mapping) else parameter.text
        bare = named.partition("|")[0] if isinstance(named, str) else ""
        if bare != ours and bare != operation.artifact and bare != operation.artifact.partition("/")[2]:
            what = f"names another than the one there is: {ours}."
            raise UnreadableRecord(what, element=parameter.place, rule="not-found")


def read(program: Program, question: Asked) -> Reading:
    """The record read. Raises UnreadableRecord if it is no record of one person."""
    listed = list(question.resources)
    record = record_of(listed[0] if len(listed) == 1 else listed, patient=question.subject)
    reading = read_record(program, record, at=question.at)
    return reading if "/" in record.patient else replace(reading, patient=_full_address(record))


def assessed(program: Program, question: Asked) -> Assessed:
    """The assessment of a record, by the same way as every other.

    Raises UnreadableRecord; also where what was found contradicts itself or is out of scope, with the elements it stands in.
    """
    reading = read(program, question)
    case = reading.case()
    try:
        return Assessed(reading, case, assess(case, program=program, intervals=question.intervals))
    except CaseError as error:
        rule = "business-rule" if isinstance(error, OutOfScope) else "invariant"
        raise UnreadableRecord(str(error), element=_elements(reading, str(error)), rule=rule) from None


def _full_address(record: Record) -> str:
    """Of a Patient without an id: what a transaction calls them, a `urn:uuid:`; "" if nothing can refer to them."""
    return next((a for a, r in record.by_address.items() if r.get("resourceType") == "Patient" and ":" in a), "")


def _elements(reading: Reading, told: str) -> str:
    """Where the findings that a message names come from, as one FHIRPath."""
    named = set(re.findall(r"`(\w+)`", told))
    return " | ".join(dict.fromkeys(f.element for f in reading.found if f.finding in named))
