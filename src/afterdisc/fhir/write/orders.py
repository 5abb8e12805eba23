"""Proposals: ServiceRequest and MedicationRequest for next steps and offered options, a Task for the questions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from afterdisc.fhir.write import risk
from afterdisc.fhir.write.cited import with_sources, works
from afterdisc.fhir.write.coded import concept, own, proposal_codings, proposal_of
from afterdisc.fhir.write.frame import Frame
from afterdisc.fhir.write.narrative import narrative, percent
from afterdisc.fhir.write.shape import Json
from afterdisc.fhir.write.units import UCUM, quantity
from afterdisc.words.status import MEANING, OFFERED

PRIORITY: Mapping[str, str] = {"E0": "stat", "E1": "asap", "E2": "urgent"}
QUESTIONS = "questions"
A_DAY: Json = {"value": 1, "unit": "day", "system": UCUM, "code": "d"}
N_SHOWN = 6


@dataclass(frozen=True)
class Order:
    """One proposal: its resource, and what a plan says beside it."""

    key: str
    is_step: bool
    title: str
    why: str
    resource: Json

    @property
    def kind(self) -> str:
        return str(self.resource["resourceType"])

    @property
    def priority(self) -> str:
        return str(self.resource.get("priority", ""))


def orders(frame: Frame) -> list[Order]:
    """The next steps in their order, then the offered options in theirs."""
    return [*_steps(frame), *_options(frame)]


# ------------------------------------------------------------------------------------------------------------- next steps


def _steps(frame: Frame) -> Iterator[Order]:
    for step in frame.assessment["next_steps"]:
        key = f"step-{step['id']}"
        make = _task if step["id"] == QUESTIONS else _investigation
        yield Order(key, True, step["label"], step["why"], make(frame, key, step))


def _investigation(frame: Frame, key: str, step: Mapping[str, Any]) -> Json:
    notes = [_worth(frame, step), *(f"Before it: {check}" for check in step["checks"])]
    return frame.resource(
        "ServiceRequest",
        key,
        **_shared(frame, key, step, notes, step["sources"]),
        priority=PRIORITY.get(step.get("urgency", ""), "routine"),
        category=[{"text": step["kind"]}],
        code=_what(frame, "investigation", step),
        reasonCode=[{"text": step["why"]}] if step["why"] else [],
        supportingInfo=[frame.reference(risk.KEY, "RiskAssessment")],
    )


def _worth(frame: Frame, step: Mapping[str, Any]) -> str:
    """What it is worth to know: the figures behind the order of the steps."""
    labels = frame.assessment["labels"]
    answers = ", ".join(dict.fromkeys(labels.get(f, f) for f in step["findings"]))
    told = f" Would answer: {answers}." if answers else ""
    return f"Changes the leading plan with probability {step['chance_of_change']:.3f}; {step['bits']:.3f} bits.{told}"


def _task(frame: Frame, key: str, step: Mapping[str, Any]) -> Json:
    """The questions that come first, each with the finding it is about."""
    findings = frame.book["findings"]
    return frame.resource(
        "Task",
        key,
        text=narrative("Questions", (findings[f]["question"] for f in step["findings"])),
        identifier=frame.identifier(key),
        status="draft",
        intent="proposal",
        description=step["label"],
        **{"for": frame.patient},
        authoredOn=frame.when,
        requester=frame.software,
        reasonCode={"text": step["why"]},
        input=[
            {"type": concept(frame, "finding", f, findings[f]["label"]), "valueString": findings[f]["question"]}
            for f in step["findings"]
        ],
    )


# ---------------------------------------------------------------------------------------------------------------- options


def _options(frame: Frame) -> Iterator[Order]:
    for option in frame.assessment["treatments"]:
        if option["status"] in OFFERED:
            key = f"option-{option['id']}"
            kind = proposal_of(frame.program, option["id"]).get("resource", "ServiceRequest")
            make = _medicine if kind == "MedicationRequest" else _procedure
            yield Order(key, False, option["label"], MEANING[option["status"]], make(frame, key, option))


def _procedure(frame: Frame, key: str, option: Mapping[str, Any]) -> Json:
    return frame.resource(
        "ServiceRequest",
        key,
        **_shared(frame, key, option, list(_lines(option)), _facts(option)),
        priority=_asked_for(frame, option["id"]),
        code=_what(frame, "treatment", option),
        reasonCode=[{"text": MEANING[option["status"]]}],
        supportingInfo=[frame.reference(risk.KEY, "RiskAssessment")],
    )


def _medicine(frame: Frame, key: str, option: Mapping[str, Any]) -> Json:
    return frame.resource(
        "MedicationRequest",
        key,
        **_shared(frame, key, option, list(_lines(option)), _facts(option)),
        priority=_asked_for(frame, option["id"]),
        medicationCodeableConcept=_what(frame, "treatment", option),
        reasonCode=[{"text": MEANING[option["status"]]}],
        supportingInformation=[frame.reference(risk.KEY, "RiskAssessment")],
        dosageInstruction=_dosage(option),
    )


def _asked_for(frame: Frame, treatment: str) -> str:
    """The priority of the most urgent red flag that brings this treatment forward; routine without one."""
    flags = (f for f in frame.assessment["red_flags"] if f["status"] == "fired" and treatment in f["treatments"])
    return next((PRIORITY[f["urgency"]] for f in flags if f["urgency"] in PRIORITY), "routine")


def _dosage(option: Mapping[str, Any]) -> list[Json]:
    """The most that this person may have in a day; in how many doses, the text says. An ordinary dose is the clinician's."""
    if "dose" not in option:
        return []
    most = {"numerator": quantity(option["dose"]["max_mg_per_day"], "mg"), "denominator": A_DAY}
    return [{"text": option["dose"]["text"], "maxDosePerPeriod": most}]


def _lines(option: Mapping[str, Any]) -> Iterator[str]:
    """What speaks for it, against it, what must be so first, the chance of benefit, and the harms."""
    yield MEANING[option["status"]]
    for word, part in (("For", "for"), ("Against", "against"), ("First", "gates"), ("Note", "notes")):
        yield from (f"{word}: {with_sources(line['say'], line)}" for line in option[part])
    yield _benefit(option["benefit"])
    for harm in option["harms"]:
        figures = f"{percent(harm['p'])} ({percent(harm['low'])} to {percent(harm['high'])}), {harm['window']}"
        yield with_sources(f"Harm: {harm['harm'].replace('_', ' ')} {figures}", {"sources": harm["facts"]})


def _benefit(benefit: Mapping[str, Any]) -> str:
    band = " ({} to {})".format(*map(percent, benefit["interval"])) if "interval" in benefit else ""
    say = f"Chance of half the pain gone or an important change at 12 months: {percent(benefit['p'])}{band}"
    return with_sources(say, benefit)


def _facts(option: Mapping[str, Any]) -> list[str]:
    return [*option["sources"], *(f for harm in option["harms"] for f in harm["facts"])]


# ------------------------------------------------------------------------------------------------------------------- both


def _shared(
    frame: Frame, key: str, item: Mapping[str, Any], notes: Iterable[str], facts: Iterable[str]
) -> dict[str, Any]:
    said = list(notes)
    return {
        "text": narrative(item["label"], said[:N_SHOWN]),
        "extension": works(frame, facts),
        "identifier": frame.identifier(key),
        "status": "draft",
        "intent": "proposal",
        "subject": frame.patient,
        "authoredOn": frame.when,
        "requester": frame.software,
        "note": [{"text": text} for text in said],
    }


def _what(frame: Frame, system: str, item: Mapping[str, Any]) -> Json:
    """What is proposed: the declared code of others, our own, and the words a clinician reads."""
    name = item["id"]
    words = proposal_of(frame.program, name).get("display") or item["label"]
    return {"coding": [*proposal_codings(frame.program, name), own(frame.program, system, name, item["label"])], "text": words}
