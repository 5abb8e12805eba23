"""OperationDefinition of `$assess`: what the CapabilityStatement refers to."""

from __future__ import annotations

from afterdisc.fhir.write.narrative import narrative
from afterdisc.fhir.write.shape import Json, resource
from afterdisc.program import Program

NAME = "assess"
ABOUT = "The assessment of one person's record: causes, red flags, proposals, plan, and how the record was read."
TAKES = (  # name, least, most, type, documentation
    ("record", 1, "*", "Resource", "The record: Bundles or single resources. It may also be sent alone, as the body."),
    ("subject", 0, "1", "Reference", "Whose record it is; needed where it holds several persons."),
    ("at", 0, "1", "dateTime", "The moment of the assessment, today by default; what is dated later does not count."),
    ("intervals", 0, "1", "boolean", "Whether credible intervals are wanted; yes by default."),
)


def operation_address(program: Program) -> str:
    return f"{program.book['fhir']['canonical']}/OperationDefinition/{NAME}"


def assess_operation(program: Program) -> Json:
    """Its parameters are those of the endpoint."""
    return resource(
        "OperationDefinition",
        id=NAME,
        text=narrative("Assess", [ABOUT]),
        url=operation_address(program),
        version=program.version,
        name="Assess",
        title="Assess a record",
        status="active",
        kind="operation",
        experimental=True,
        publisher="Afterdisc",
        description=ABOUT,
        affectsState=False,
        code=NAME,
        system=True,
        type=False,
        instance=False,
        parameter=[
            *({**_parameter(name, least, most, kind, said), "use": "in"} for name, least, most, kind, said in TAKES),
            {**_parameter("return", 1, "1", "Bundle", ABOUT), "use": "out"},
        ],
    )


def _parameter(name: str, least: int, most: str, kind: str, said: str) -> Json:
    return {"name": name, "min": least, "max": most, "type": kind, "documentation": said}
