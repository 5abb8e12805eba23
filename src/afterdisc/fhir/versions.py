"""What R4 has, and what other versions of FHIR write in another way, in the resources that are read here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from afterdisc.errors import UnreadableRecord

R4_TYPES = frozenset(
    {
        "Account", "ActivityDefinition", "AdverseEvent", "AllergyIntolerance", "Appointment", "AppointmentResponse",
        "AuditEvent", "Basic", "Binary", "BiologicallyDerivedProduct", "BodyStructure", "Bundle", "CapabilityStatement",
        "CarePlan", "CareTeam", "CatalogEntry", "ChargeItem", "ChargeItemDefinition", "Claim", "ClaimResponse",
        "ClinicalImpression", "CodeSystem", "Communication", "CommunicationRequest", "CompartmentDefinition",
        "Composition", "ConceptMap", "Condition", "Consent", "Contract", "Coverage", "CoverageEligibilityRequest",
        "CoverageEligibilityResponse", "DetectedIssue", "Device", "DeviceDefinition", "DeviceMetric", "DeviceRequest",
        "DeviceUseStatement", "DiagnosticReport", "DocumentManifest", "DocumentReference", "EffectEvidenceSynthesis",
        "Encounter", "Endpoint", "EnrollmentRequest", "EnrollmentResponse", "EpisodeOfCare", "EventDefinition",
        "Evidence", "EvidenceVariable", "ExampleScenario", "ExplanationOfBenefit", "FamilyMemberHistory", "Flag",
        "Goal", "GraphDefinition", "Group", "GuidanceResponse", "HealthcareService", "ImagingStudy", "Immunization",
        "ImmunizationEvaluation", "ImmunizationRecommendation", "ImplementationGuide", "InsurancePlan", "Invoice",
        "Library", "Linkage", "List", "Location", "Measure", "MeasureReport", "Media", "Medication",
        "MedicationAdministration", "MedicationDispense", "MedicationKnowledge", "MedicationRequest",
        "MedicationStatement", "MedicinalProduct", "MedicinalProductAuthorization", "MedicinalProductContraindication",
        "MedicinalProductIndication", "MedicinalProductIngredient", "MedicinalProductInteraction",
        "MedicinalProductManufactured", "MedicinalProductPackaged", "MedicinalProductPharmaceutical",
        "MedicinalProductUndesirableEffect", "MessageDefinition", "MessageHeader", "MolecularSequence", "NamingSystem",
        "NutritionOrder", "Observation", "ObservationDefinition", "OperationDefinition", "OperationOutcome",
        "Organization", "OrganizationAffiliation", "Parameters", "Patient", "PaymentNotice", "PaymentReconciliation",
        "Person", "PlanDefinition", "Practitioner", "PractitionerRole", "Procedure", "Provenance", "Questionnaire",
        "QuestionnaireResponse", "RelatedPerson", "RequestGroup", "ResearchDefinition", "ResearchElementDefinition",
        "ResearchStudy", "ResearchSubject", "RiskAssessment", "RiskEvidenceSynthesis", "Schedule", "SearchParameter",
        "ServiceRequest", "Slot", "Specimen", "SpecimenDefinition", "StructureDefinition", "StructureMap",
        "Subscription", "Substance", "SubstanceNucleicAcid", "SubstancePolymer", "SubstanceProtein",
        "SubstanceReferenceInformation", "SubstanceSourceMaterial", "SubstanceSpecification", "SupplyDelivery",
        "SupplyRequest", "Task", "TerminologyCapabilities", "TestReport", "TestScript", "ValueSet",
        "VerificationResult", "VisionPrescription",
    }
)
TEXT, OBJECT, LIST = str, dict, list
NAMES: dict[type, str] = {TEXT: "text", OBJECT: "an object", LIST: "a list"}
R4_KINDS: Mapping[str, Mapping[str, tuple[type, str]]] = {  # type -> element -> its kind in R4, and who writes another
    "AllergyIntolerance": {
        "clinicalStatus": (OBJECT, "STU3"),
        "verificationStatus": (OBJECT, "STU3"),
        "type": (TEXT, "R5"),
    },
    "Condition": {"clinicalStatus": (OBJECT, "STU3"), "verificationStatus": (OBJECT, "STU3")},
    "Device": {"type": (OBJECT, "R5"), "udiCarrier": (LIST, "STU3")},
    "DocumentReference": {"context": (OBJECT, "R5")},
    "Encounter": {"class": (OBJECT, "R5")},
    "MedicationRequest": {"medicationCodeableConcept": (OBJECT, ""), "medicationReference": (OBJECT, "")},
    "MedicationStatement": {"medicationCodeableConcept": (OBJECT, ""), "medicationReference": (OBJECT, "")},
}
NOT_IN_R4: Mapping[str, Mapping[str, str]] = {  # type -> element that R4 does not have: who has it
    "AllergyIntolerance": {"assertedDate": "STU3", "participant": "R5"},
    "Bundle": {"issues": "R5"},
    "Condition": {"context": "STU3", "assertedDate": "STU3", "participant": "R5"},
    "Device": {"udi": "STU3", "name": "R5", "displayName": "R5", "availabilityStatus": "R5", "category": "R5"},
    "DiagnosticReport": {"context": "STU3", "image": "STU3", "codedDiagnosis": "STU3", "supportingInfo": "R5", "note": "R5"},
    "DocumentReference": {
        "indexed": "STU3",
        "created": "STU3",
        "class": "STU3",
        "modality": "R5",
        "attester": "R5",
        "bodySite": "R5",
    },
    "Encounter": {"incomingReferral": "STU3", "actualPeriod": "R5", "admission": "R5"},
    "MedicationRequest": {"medication": "R5", "context": "STU3", "definition": "STU3", "reason": "R5"},
    "MedicationStatement": {
        "medication": "R5",
        "reason": "R5",
        "adherence": "R5",
        "taken": "STU3",
        "notTaken": "STU3",
        "wasNotTaken": "DSTU2",
    },
    "Observation": {
        "context": "STU3",
        "comment": "STU3",
        "related": "STU3",
        "comments": "DSTU2",
        "triggeredBy": "R5",
        "instantiatesCanonical": "R5",
        "bodyStructure": "R5",
    },
    "Patient": {"animal": "STU3"},
    "Procedure": {
        "notDone": "STU3",
        "context": "STU3",
        "definition": "STU3",
        "occurrenceDateTime": "R5",
        "occurrencePeriod": "R5",
        "occurrenceString": "R5",
        "reportedBoolean": "R5",
        "reason": "R5",
        "supportingInfo": "R5",
    },
    "QuestionnaireResponse": {"context": "STU3", "parent": "STU3"},
    "ServiceRequest": {"context": "STU3", "reason": "R5", "bodyStructure": "R5"},
}
VERSION = re.compile(r"4\.0(\.\d+)?")
BASE_PROFILE = re.compile(r"https?://hl7\.org/fhir/(?:(\d+\.\d+)/)?StructureDefinition/[A-Za-z]+(?:\|(\d+(?:\.\d+)*))?")
SEND_R4 = "Send FHIR R4 (4.0.1)."


def refuse_other_version(resource: Mapping[str, Any], place: str) -> None:
    """Raises UnreadableRecord for a resource that says it is of another version, or is shaped as one."""
    if "fhirVersion" in resource:
        _refuse_declared(resource, place)
    if "meta" in resource:
        _refuse_declared(resource["meta"], f"{place}.meta")
        _refuse_profiles(resource["meta"], f"{place}.meta")
    kind = resource["resourceType"]
    elsewhere = NOT_IN_R4.get(kind, {})
    if not elsewhere.keys().isdisjoint(resource):
        element = next(e for e in elsewhere if e in resource)
        raise _other(f"{place}.{element}", f"is an element of {elsewhere[element]}, not of R4. {SEND_R4}")
    for element, (wanted, version) in R4_KINDS.get(kind, {}).items():
        if element in resource and not isinstance(resource[element], wanted):
            seen = f" (it is another in {version})" if version else ""
            raise _other(f"{place}.{element}", f"must be {NAMES[wanted]} in R4{seen}. {SEND_R4}")
    code = resource.get("code")
    if kind == "ServiceRequest" and isinstance(code, dict) and ("concept" in code or "reference" in code):
        raise _other(f"{place}.code", f"must be a CodeableConcept in R4 (a CodeableReference is R5). {SEND_R4}")


def _refuse_declared(node: object, place: str) -> None:
    declared = node.get("fhirVersion") if isinstance(node, Mapping) else None
    if declared is not None and not (isinstance(declared, str) and VERSION.fullmatch(declared)):
        raise _other(f"{place}.fhirVersion", f"must be 4.0.1 here. {SEND_R4}")


def _refuse_profiles(meta: object, place: str) -> None:
    if meta is None:
        return
    profiles = meta.get("profile", []) if isinstance(meta, Mapping) else None
    if not isinstance(profiles, list):
        raise UnreadableRecord("must be an object, and its `profile` a list.", element=place)
    for i, profile in enumerate(profiles):
        found = BASE_PROFILE.fullmatch(profile) if isinstance(profile, str) else None
        versions = [v for v in (found.groups() if found else ()) if v]
        if any(not v.startswith("4.0") for v in versions):
            raise _other(f"{place}.profile[{i}]", f"names another version of FHIR. {SEND_R4}")


def _other(element: str, what: str) -> UnreadableRecord:
    return UnreadableRecord(what, element=element, rule="version")
