"""An assessment, a questionnaire and its answers as FHIR R4 resources.

Comes in: a program, a case, what `assess` said of it, whom it is about and when. Goes out: plain JSON without null, the
same bytes for the same input. Refuses to know: HTTP, the clock, and any FHIR library.
"""

from afterdisc.fhir.write.bundle import bundle_of
from afterdisc.fhir.write.capabilities import capability_statement
from afterdisc.fhir.write.coded import OWN_SYSTEMS, own_system
from afterdisc.fhir.write.extensions import extension_address, extension_definitions
from afterdisc.fhir.write.operation import assess_operation
from afterdisc.fhir.write.outcome import Issue, issue_of, outcome_of
from afterdisc.fhir.write.plan import plan_address, plan_of
from afterdisc.fhir.write.questionnaire import questionnaire_address, questionnaire_of
from afterdisc.fhir.write.response import response_of
from afterdisc.fhir.write.risk import probabilities_of

__all__ = [
    "OWN_SYSTEMS",
    "Issue",
    "assess_operation",
    "bundle_of",
    "capability_statement",
    "extension_address",
    "extension_definitions",
    "issue_of",
    "outcome_of",
    "own_system",
    "plan_address",
    "plan_of",
    "probabilities_of",
    "questionnaire_address",
    "questionnaire_of",
    "response_of",
]
