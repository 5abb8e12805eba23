"""Does a resource stand, is it denied, or does it say nothing? By the status elements of FHIR R4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from afterdisc.fhir.read.codes import codings

Resource = Mapping[str, Any]
STATUSES: Mapping[str, frozenset[str]] = {
    "Observation": frozenset({"final", "amended", "corrected", "preliminary"}),
    "Procedure": frozenset({"completed"}),
    "DiagnosticReport": frozenset({"final", "amended", "corrected", "appended", "preliminary", "partial"}),
    "ServiceRequest": frozenset({"completed"}),
    "DocumentReference": frozenset({"current"}),
    "Device": frozenset({"active"}),
    "QuestionnaireResponse": frozenset({"completed", "amended", "in-progress"}),
    "MedicationRequest": frozenset({"active"}),
    "MedicationStatement": frozenset({"active"}),
}
WITHOUT_STATUS = {"Device"}  # R4 lets these leave it out
ORDERS = {"order", "original-order", "reflex-order", "filler-order", "instance-order"}
ACTIVE = {"active", "recurrence", "relapse"}


def stands(resource: Resource) -> str:
    """ "yes", "denied" (refuted), or why it does not count."""
    kind = str(resource.get("resourceType"))
    if kind in ("Condition", "AllergyIntolerance"):
        return _verified(resource)
    if kind == "Patient":
        return "yes"
    status, intent = (resource.get(name) for name in ("status", "intent"))
    if status is None and kind in WITHOUT_STATUS:
        return "yes"
    if kind in ("MedicationRequest", "ServiceRequest") and resource.get("doNotPerform") is True:
        return "it says that this is not to be done"
    if kind == "MedicationRequest" and not (isinstance(intent, str) and intent in ORDERS):
        return "it is no order"
    if isinstance(status, str) and status in STATUSES.get(kind, frozenset()):
        return "yes"
    return "its status does not say that it stands"


def _verified(resource: Resource) -> str:
    codes = {code for _, code, _ in codings(resource.get("verificationStatus"))}
    if "entered-in-error" in codes:
        return "it was entered in error"
    if "refuted" in codes:
        return "denied"
    if codes & {"unconfirmed", "provisional", "differential"} and resource.get("resourceType") == "Condition":
        return "it is not confirmed"
    return "yes"


def is_active(resource: Resource, at: str) -> bool:
    """A Condition or an AllergyIntolerance that still goes on; one with no word on it does, unless it has ended."""
    codes = {code for _, code, _ in codings(resource.get("clinicalStatus"))}
    if codes:
        return bool(codes & ACTIVE)
    ended = resource.get("abatementDateTime")
    return not (isinstance(ended, str) and ended[:10] <= at[:10])
