"""Provenance: which software, which knowledge, which resources of the record, and when."""

from __future__ import annotations

from afterdisc.fhir.write.frame import Frame
from afterdisc.fhir.write.narrative import narrative
from afterdisc.fhir.write.shape import Json

KEY = "provenance"
AGENT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
OPERATION = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
SOFTWARE = "software"


def provenance(frame: Frame, targets: list[Json]) -> Json:
    """Of all these resources."""
    knowledge, software = frame.assessment["knowledge"], frame.assessment["software"]
    named = f"Afterdisc knowledge {knowledge['version']}, fingerprint {knowledge['fingerprint']}"
    return frame.resource(
        "Provenance",
        KEY,
        text=narrative(f"Afterdisc {software['version']}", [named, f"Recorded {frame.instant}"]),
        contained=[_device(frame)],
        target=[{"reference": f"urn:uuid:{made['id']}", "type": made["resourceType"]} for made in targets],
        occurredDateTime=frame.when,
        recorded=frame.instant,
        activity={"coding": [{"system": OPERATION, "code": "CREATE", "display": "create"}]},
        agent=[_agent("assembler", {"reference": f"#{SOFTWARE}", "type": "Device"}), *_verifier(frame)],
        entity=[
            {"role": "source", "what": _knowledge(frame, named)},
            *({"role": "source", "what": reference} for reference in frame.read_from()),
        ],
    )


def _device(frame: Frame) -> Json:
    software = frame.assessment["software"]
    return {
        "resourceType": "Device",
        "id": SOFTWARE,
        "deviceName": [{"name": "Afterdisc", "type": "user-friendly-name"}],
        "type": {"text": "Clinical decision support software"},
        "version": [{"value": software["version"]}],
    }


def _agent(kind: str, who: Json) -> Json:
    return {"type": {"coding": [{"system": AGENT, "code": kind, "display": kind.capitalize()}]}, "who": who}


def _verifier(frame: Frame) -> list[Json]:
    return [_agent("verifier", {"reference": frame.clinician})] if frame.clinician else []


def _knowledge(frame: Frame, named: str) -> Json:
    knowledge = frame.assessment["knowledge"]
    value = f"{knowledge['version']}-{knowledge['fingerprint']}"
    return {"identifier": {"system": f"{frame.canonical}/knowledge", "value": value}, "display": named}
