"""A call of a service, checked: what CDS Hooks asks of every call, and of the context of our three hooks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from afterdisc.errors import BadHookCall
from afterdisc.hooks.services import ORDER_SELECT, Service

Resource = Mapping[str, Any]
FHIR_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
USERS = ("Practitioner", "PractitionerRole", "Patient", "RelatedPerson")
CLINICIANS = ("Practitioner", "PractitionerRole")
LONGEST_URL = 2_000
MOST_DRAFTS = 500


@dataclass(frozen=True)
class HookRequest:
    """One call. `drafts` are the orders of the session; `selections` those just chosen, as `MedicationRequest/103`."""

    service: Service
    hook_instance: UUID
    user: str
    patient: str  # the FHIR id alone
    prefetch: Mapping[str, Any]
    drafts: tuple[Resource, ...] = ()
    selections: tuple[str, ...] = ()
    fhir_server: str = ""
    authorization: Mapping[str, Any] | None = None

    @property
    def is_by_clinician(self) -> bool:
        return self.user.partition("/")[0] in CLINICIANS


def request_of(service: Service, data: object) -> HookRequest:
    """The call that a client sent to this service.

    Raises BadHookCall, which names the element and what is expected there, never what was sent.
    """
    call = _object(data, "")
    if call.get("hook") != service.hook:
        raise BadHookCall(f"must be `{service.hook}`, the hook of this service.", element="hook")
    context = _object(call.get("context"), "context")
    if "encounterId" in context:
        _id(context["encounterId"], "context.encounterId")
    fhir_server, authorization = _access(call)
    return HookRequest(
        service=service,
        hook_instance=_uuid(call.get("hookInstance"), "hookInstance"),
        user=_user(context.get("userId")),
        patient=_id(context.get("patientId"), "context.patientId"),
        prefetch=_object(call.get("prefetch", {}), "prefetch"),
        drafts=_drafts(context.get("draftOrders")) if service.is_about_orders else (),
        selections=_selections(context.get("selections")) if service.hook == ORDER_SELECT else (),
        fhir_server=fhir_server,
        authorization=authorization,
    )


def _object(value: object, element: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadHookCall("must be a JSON object.", element=element or "body")
    return value


def _text(value: object, element: str, longest: int = 200) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        raise BadHookCall(f"must be text of 1 to {longest} characters.", element=element)
    return value


def _uuid(value: object, element: str) -> UUID:
    try:
        return UUID(_text(value, element, 36))
    except ValueError:
        raise BadHookCall("must be a UUID.", element=element) from None


def _id(value: object, element: str) -> str:
    if not isinstance(value, str) or not FHIR_ID.fullmatch(value):
        raise BadHookCall("must be a FHIR id: letters, digits, `-` and `.`, at most 64.", element=element)
    return value


def _user(value: object) -> str:
    kind, _, own = value.partition("/") if isinstance(value, str) else ("", "", "")
    if kind not in USERS or not FHIR_ID.fullmatch(own):
        raise BadHookCall(f"must be Type/id, the type one of {', '.join(USERS)}.", element="context.userId")
    return f"{kind}/{own}"


def _access(call: Mapping[str, Any]) -> tuple[str, Mapping[str, Any] | None]:
    """Where the record can be read, and with which token; ("", None) if the client offers neither."""
    server = _text(call["fhirServer"], "fhirServer", LONGEST_URL) if "fhirServer" in call else ""
    if server and not server.startswith(("https://", "http://")):
        raise BadHookCall("must be an absolute URL.", element="fhirServer")
    if "fhirAuthorization" not in call:
        return server, None
    given = _object(call["fhirAuthorization"], "fhirAuthorization")
    if not server:
        raise BadHookCall("is required where fhirAuthorization is sent.", element="fhirServer")
    _text(given.get("access_token"), "fhirAuthorization.access_token", 20_000)
    if given.get("token_type") != "Bearer":
        raise BadHookCall("must be `Bearer`.", element="fhirAuthorization.token_type")
    return server, given


def _drafts(value: object) -> tuple[Resource, ...]:
    bundle = _object(value, "context.draftOrders")
    if bundle.get("resourceType") != "Bundle":
        raise BadHookCall("must be a FHIR Bundle.", element="context.draftOrders.resourceType")
    entries = bundle.get("entry", [])
    if not isinstance(entries, list) or len(entries) > MOST_DRAFTS:
        raise BadHookCall(f"must be a list of at most {MOST_DRAFTS}.", element="context.draftOrders.entry")
    found = []
    for i, entry in enumerate(entries):
        place = f"context.draftOrders.entry[{i}]"
        resource = _object(_object(entry, place).get("resource"), f"{place}.resource")
        _text(resource.get("resourceType"), f"{place}.resource.resourceType", 60)
        if "id" in resource:
            _id(resource["id"], f"{place}.resource.id")
        found.append(resource)
    return tuple(found)


def _selections(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MOST_DRAFTS:
        raise BadHookCall(f"must be a list of at most {MOST_DRAFTS}.", element="context.selections")
    return tuple(_text(one, f"context.selections[{i}]") for i, one in enumerate(value))
