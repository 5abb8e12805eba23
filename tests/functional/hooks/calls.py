"""Calls as a record system makes them, with small records and orders of people who do not exist."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from starlette.testclient import TestClient

from afterdisc.program import Program
from functional.workspace.house import House

VIEW, SELECT, SIGN = "afterdisc-patient-view", "afterdisc-order-select", "afterdisc-order-sign"
SERVICES = (VIEW, SELECT, SIGN)
PERSON, ON, OPERATED_ON = "p1", "2026-11-20", "2026-03-01"  # the clock of the house stands at 2026-11-25
SUBJECT = {"reference": f"Patient/{PERSON}"}
LOOPBACK = ("127.0.0.1", 50_000)

Json = dict[str, Any]


@dataclass
class Machine:
    """A record system that calls from this machine."""

    client: TestClient

    def discover(self, **more: Any) -> Any:
        return self.client.get("/cds-services", **more)

    def call(self, service: str, body: Any, **more: Any) -> Any:
        return self.client.post(f"/cds-services/{service}", json=body, **more)

    def cards(self, service: str, body: Any) -> list[Json]:
        """The cards of a call that must succeed."""
        answer = self.call(service, body)
        assert answer.status_code == 200, answer.text
        found: list[Json] = answer.json()["cards"]
        return found

    def tell(self, service: str, *entries: Json) -> Any:
        return self.client.post(f"/cds-services/{service}/feedback", json={"feedback": list(entries)})


def machine(house: House) -> Machine:
    return Machine(TestClient(house.app, base_url="http://testserver", client=LOOPBACK))


# --------------------------------------------------------------------------------------------------------------- records


def person(born: str = "1968-05-02", gender: str = "female", **more: Any) -> Json:
    return {"resourceType": "Patient", "id": PERSON, "gender": gender, "birthDate": born} | more


def operation(program: Program, on: str = OPERATED_ON, **more: Any) -> Json:
    """The index operation, by the first code that the knowledge base knows it by."""
    code = next(c for c in program.book["fhir"]["index_operation"]["codes"] if not c.endswith("*"))
    made = {"resourceType": "Procedure", "id": "operation", "status": "completed", "subject": SUBJECT}
    return made | {"code": coded(program, code), "performedDateTime": on} | more


def finding(program: Program, name: str, value: Any, on: str = ON) -> Json:
    """One finding in our own codes, as an Observation."""
    canonical = program.book["fhir"]["canonical"]
    code = {"coding": [{"system": f"{canonical}/CodeSystem/finding", "code": name}]}
    made = {"resourceType": "Observation", "id": name.replace("_", "-"), "status": "final", "subject": SUBJECT, "code": code}
    return made | {"effectiveDateTime": on} | _value(value)


def _value(value: Any) -> Json:
    if isinstance(value, bool):
        return {"valueBoolean": value}
    return {"valueString": value} if isinstance(value, str) else {"valueQuantity": {"value": value}}


def searchset(*resources: Json) -> Json:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": r} for r in resources]}


def coded(program: Program, written: str, display: str = "") -> Json:
    """`SYSTEM|code` as a CodeableConcept."""
    name, _, code = written.partition("|")
    coding = {"system": program.book["fhir"]["systems"][name][0], "code": code}
    return {"coding": [coding | ({"display": display} if display else {})]}


def prefetch(program: Program, findings: Mapping[str, Any] | None = None, **more: Any) -> Json:
    """A full prefetch: every key is there, null where there is nothing."""
    from afterdisc import hooks

    keys = hooks.discovery(program)["services"][0]["prefetch"]
    sent: Json = dict.fromkeys(keys)
    found = [finding(program, name, value) for name, value in (findings or {}).items()]
    sent |= {"patient": person(), "procedures": searchset(operation(program))}
    sent |= {"observations-survey": searchset(*found)} if found else {}
    return sent | more


# ----------------------------------------------------------------------------------------------------------------- calls


def view(program: Program, findings: Mapping[str, Any] | None = None, **more: Any) -> Json:
    """A record is opened."""
    return _call("patient-view", prefetch(program, findings), {}) | more


def sign(program: Program, findings: Mapping[str, Any] | None, *drafts: Json, **more: Any) -> Json:
    """Orders are about to be signed."""
    return _call("order-sign", prefetch(program, findings), {"draftOrders": session(*drafts)}) | more


def select(program: Program, findings: Mapping[str, Any] | None, *drafts: Json, **more: Any) -> Json:
    """Orders have just been selected, all of them."""
    chosen = [f"{d['resourceType']}/{d['id']}" for d in drafts]
    return _call("order-select", prefetch(program, findings), {"draftOrders": session(*drafts), "selections": chosen}) | more


def session(*drafts: Json) -> Json:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": d} for d in drafts]}


def _call(hook: str, sent: Json, context: Json) -> Json:
    context = {"userId": "Practitioner/doctor", "patientId": PERSON} | context
    instance = str(uuid5(NAMESPACE_URL, json.dumps([hook, context, sent])))
    return {"hook": hook, "hookInstance": instance, "context": context, "prefetch": sent}


def order(program: Program, option: str, own: str = "order-1", **more: Any) -> Json:
    """A draft order of a test or a procedure, by the first code under which the knowledge base recognises it."""
    code = next(c for c in program.book["fhir"]["orders"][option]["codes"] if not c.endswith("*"))
    made = {"resourceType": "ServiceRequest", "id": own, "status": "draft", "intent": "order", "subject": SUBJECT}
    return made | {"code": coded(program, code)} | more


def prescription(text: str, own: str = "drug-1", **more: Any) -> Json:
    made = {"resourceType": "MedicationRequest", "id": own, "status": "draft", "intent": "order", "subject": SUBJECT}
    return made | {"medicationCodeableConcept": {"text": text}} | more


# ------------------------------------------------------------------------------------------------------------- examples

CPT_ORDERS = ("mri_without_contrast", "mri_with_without_contrast", "esi_transforaminal", "fusion_tlif", "scs_implant")
SCAR_OR_DISC = {"leg_pain_nrs": 6, "leg_relief_after_surgery": "good"}
POOR_KIDNEYS = {"leg_pain_nrs": 6, "egfr_ml_min": 25}
FOUR_INJECTIONS = {"leg_pain_nrs": 7, "mri_contrast_done": True, "esi_count_12_months": 4}
THREE_INJECTIONS = FOUR_INJECTIONS | {"esi_count_12_months": 3}
FIRST_RECURRENCE = {
    "leg_pain_nrs": 7,
    "dominant_pain": "leg",
    "mri_contrast_done": True,
    "mri_disc_fragment_index": True,
    "n_confirmed_recurrences": 0,
}
NO_TRIAL = {"leg_pain_nrs": 7, "dominant_pain": "leg", "neuropathic_quality": True}
NUMB_SADDLE = {"saddle_numbness": True}


def examples(program: Program) -> Iterator[tuple[str, str, Json]]:
    """(what it shows, service, call) of calls that give cards of every kind."""
    yield "red flag", VIEW, view(program, NUMB_SADDLE)
    yield "cannot clear", VIEW, view(program, {"fever": False})
    yield "contrast in question", SELECT, select(program, SCAR_OR_DISC, order(program, "mri_without_contrast"))
    yield "NSAID and kidneys", SIGN, sign(program, POOR_KIDNEYS, prescription("Ibuprofen 400 mg tablet"))
    yield "injection too many", SIGN, sign(program, FOUR_INJECTIONS, order(program, "esi_transforaminal"))
    yield "last injection of the year", SIGN, sign(program, THREE_INJECTIONS, order(program, "esi_transforaminal"))
    yield "fusion too early", SIGN, sign(program, FIRST_RECURRENCE, order(program, "fusion_tlif"))
    yield "implant without a trial", SELECT, select(program, NO_TRIAL, order(program, "scs_implant"))


def without(body: Json, *path: str) -> Json:
    """The same call without the element at this path."""
    made = copy.deepcopy(body)
    place = made
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return made


def with_value(body: Json, value: Any, *path: str) -> Json:
    """The same call with another value at this path."""
    made = copy.deepcopy(body)
    place = made
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return made


def members(data: Any) -> Iterator[Any]:
    """Every value inside, at every depth."""
    inner = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    for value in inner:
        yield value
        yield from members(value)
