"""CapabilityStatement: what our FHIR endpoint answers."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from afterdisc.fhir.write.narrative import narrative
from afterdisc.fhir.write.operation import NAME, operation_address
from afterdisc.fhir.write.shape import Json, date_time_of, resource
from afterdisc.program import Program

APPLY = "http://hl7.org/fhir/OperationDefinition/PlanDefinition-apply"
POPULATE = "http://hl7.org/fhir/uv/sdc/OperationDefinition/Questionnaire-populate"
BY_URL = "http://hl7.org/fhir/SearchParameter/conformance-url"
ABOUT = (
    "Takes a record in a Bundle and answers with findings, an assessment or a plan. It keeps nothing of what it is sent and "
    "answers no search for persons."
)


def capability_statement(program: Program, base_url: str, at: str) -> Json:
    """base_url  where the FHIR endpoint stands, without a slash at the end; at: ISO date or instant."""
    book = program.book
    return resource(
        "CapabilityStatement",
        id="afterdisc",
        text=narrative("Afterdisc FHIR endpoint", [ABOUT]),
        url=f"{base_url}/metadata",
        version=program.version,
        name="AfterdiscEndpoint",
        title="Afterdisc FHIR endpoint",
        status="active",
        experimental=True,
        date=date_time_of(at),
        publisher="Afterdisc",
        description=f"{ABOUT} {book['intended_use']}",
        kind="instance",
        software={"name": "Afterdisc", "version": _software_version()},
        implementation={"description": f"Knowledge {program.version}, fingerprint {program.fingerprint}", "url": base_url},
        fhirVersion="4.0.1",
        format=["application/fhir+json", "json"],
        rest=[_rest(program)],
    )


def _rest(program: Program) -> Json:
    return {
        "mode": "server",
        "documentation": ABOUT,
        "security": {"cors": False, "description": "Machines show a signed bearer token of a configured issuer."},
        "resource": [
            {
                "type": "OperationDefinition",
                "profile": "http://hl7.org/fhir/StructureDefinition/OperationDefinition",
                "interaction": [{"code": "read"}],
            },
            {
                "type": "PlanDefinition",
                "profile": "http://hl7.org/fhir/StructureDefinition/PlanDefinition",
                "operation": [{"name": "apply", "definition": APPLY}],
            },
            {
                "type": "Questionnaire",
                "profile": "http://hl7.org/fhir/StructureDefinition/Questionnaire",
                "interaction": [{"code": "read"}, {"code": "search-type"}],
                "searchParam": [{"name": "url", "type": "uri"}],
                "operation": [{"name": "populate", "definition": POPULATE}],
            },
        ],
        "operation": [{"name": NAME, "definition": operation_address(program)}],
    }


def _software_version() -> str:
    try:
        return version("afterdisc")
    except PackageNotFoundError:
        return "unknown"
