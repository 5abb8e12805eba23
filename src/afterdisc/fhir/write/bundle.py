"""One Bundle of everything an assessment says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from afterdisc.fhir.write.frame import Frame
from afterdisc.fhir.write.issues import detected_issues
from afterdisc.fhir.write.orders import orders
from afterdisc.fhir.write.plan import care_plan
from afterdisc.fhir.write.provenance import provenance
from afterdisc.fhir.write.response import response_resource
from afterdisc.fhir.write.risk import risk_assessment
from afterdisc.fhir.write.shape import Json
from afterdisc.program import Program

if TYPE_CHECKING:
    from afterdisc.fhir.read.reading import Reading

WRITTEN = ("CarePlan", "DetectedIssue", "MedicationRequest", "Provenance", "RiskAssessment", "ServiceRequest", "Task")
Kind = Literal["collection", "transaction"]


def bundle_of(
    program: Program,
    case: Mapping[str, Any],
    assessment: Mapping[str, Any],
    *,
    subject: str,
    at: str,
    reading: Reading | None = None,
    kind: Kind = "collection",
    with_response: bool = False,
    clinician: str = "",
    with_waiting: bool = True,
) -> Json:
    """RiskAssessment, DetectedIssues, proposals, CarePlan and Provenance of one assessment.

    case        as it was assessed: `{"id": …, "findings": {…}}`, or the findings alone
    assessment  what `assess` gave for it with this program
    subject     reference of the person, for example `Patient/123`
    at          ISO date or instant of the assessment; no clock is read
    reading     what the findings were read from: its resources become `basis` and the sources of the Provenance
    kind        `transaction` to be posted to a server, which gives ids of its own
    with_response  with the answers as QuestionnaireResponse
    clinician   reference of who looked at it and takes it over: its conclusions are then final, else preliminary

    with_waiting  also a DetectedIssue for each treatment that only has to wait; left out where it goes into a record

    Everything is a draft and a proposal: nothing is ordered. The same input gives the same bytes. Raises ImpossibleValue
    for an `at` that is no date.
    """
    frame = Frame(program, case, assessment, subject, at, reading, clinician)
    issues, proposed = detected_issues(frame, with_waiting=with_waiting), orders(frame)
    made = [risk_assessment(frame), *issues, *(order.resource for order in proposed), care_plan(frame, issues, proposed)]
    if with_response:
        made.append(response_resource(frame))
    made.append(provenance(frame, made))
    entry = _posted if kind == "transaction" else _collected
    return {
        "resourceType": "Bundle",
        "id": frame.id("bundle"),
        "type": kind,
        "timestamp": frame.instant,
        "entry": [entry(resource) for resource in made],
    }


def _collected(resource: Json) -> Json:
    return {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}


def _posted(resource: Json) -> Json:
    """To be created: the server gives the id, and replaces every `urn:uuid:` by it."""
    without_id = {name: value for name, value in resource.items() if name != "id"}
    return {
        "fullUrl": f"urn:uuid:{resource['id']}",
        "resource": without_id,
        "request": {"method": "POST", "url": resource["resourceType"]},
    }
