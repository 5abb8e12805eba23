"""How a record in FHIR is read and how orders in it are recognised: one declaration a way of reading a finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from afterdisc.knowledge.evidence import Support

RESOURCES = (
    "Patient",
    "Condition",
    "Procedure",
    "Observation",
    "DiagnosticReport",
    "MedicationRequest",
    "MedicationStatement",
    "AllergyIntolerance",
    "Device",
    "ServiceRequest",
    "DocumentReference",
)
READS: Mapping[str, tuple[str, ...]] = {  # way of reading -> the resources it is for
    "quantity": ("Observation",),
    "at_least": ("Observation",),
    "state": ("Observation", "Patient"),
    "yes_no": ("Observation",),
    "present": ("Condition", "Procedure", "Observation", "DiagnosticReport", "AllergyIntolerance", "Device", "ServiceRequest"),
    "count": ("Procedure",),
    "elapsed": ("Patient", "Condition", "Procedure", "Observation", "DiagnosticReport"),
    "medicines": ("MedicationRequest", "MedicationStatement"),
    "doses": ("MedicationRequest", "MedicationStatement"),
    "taken": ("MedicationRequest", "MedicationStatement"),
    "document": ("DocumentReference",),
}
WHEN = ("latest", "since_surgery", "any")
CLINICAL = ("active", "any")
ELAPSED_UNITS = ("hours", "days", "weeks", "months", "years")


@dataclass(frozen=True)
class Declaration:
    """One way in which one finding is read from one kind of resource. `codes` are `SYSTEM|code`, `*` ends a hierarchy."""

    finding: str
    resources: tuple[str, ...]
    read: str
    codes: tuple[str, ...]
    at_least: float | None  # the number from which on the answer is yes
    units: Mapping[str, tuple[float, float]]  # UCUM code -> factor, offset to the finding's unit
    states: Mapping[str, tuple[str, ...]]  # state -> codes, or ingredients
    path: str
    gives: str | float | bool
    denies: tuple[str, ...] | None  # codes whose refutation denies the whole finding; None: every exact code
    clinical: str
    within_days: float | None
    unit: str
    when: str
    max_age_days: float | None
    say: str
    support: Support
    where: str


@dataclass(frozen=True)
class IndexOperation:
    """By which procedures the operation in question is known: the latest of them."""

    codes: tuple[str, ...]
    support: Support


@dataclass(frozen=True)
class Order:
    """By what an order in a record is recognised as an investigation or a treatment."""

    id: str
    codes: tuple[str, ...]
    ingredients: tuple[str, ...]
    group: str  # of ingredients, "" for none
    words: tuple[str, ...]
    support: Support
    where: str


@dataclass(frozen=True)
class Proposal:
    """What we write when we propose an investigation or a treatment."""

    id: str
    resource: str
    code: str
    display: str
    where: str


@dataclass(frozen=True)
class OverrideReason:
    code: str
    display: str


@dataclass(frozen=True)
class FhirMap:
    """Everything between a FHIR record and the findings."""

    canonical: str = ""
    systems: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # name -> addresses, the one we write first
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    no_known_allergy: tuple[str, ...] = ()
    index_operation: IndexOperation | None = None
    readings: Mapping[str, tuple[Declaration, ...]] = field(default_factory=dict)  # every finding has its entry
    ingredients: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # ingredient -> codes
    brands: Mapping[str, str] = field(default_factory=dict)  # brand name -> ingredient
    orders: Mapping[str, Order] = field(default_factory=dict)
    proposals: Mapping[str, Proposal] = field(default_factory=dict)
    override_reasons: tuple[OverrideReason, ...] = ()

    @property
    def supports(self) -> tuple[Support, ...]:
        read = (d.support for declared in self.readings.values() for d in declared)
        index = (self.index_operation.support,) if self.index_operation else ()
        return (*read, *index, *(o.support for o in self.orders.values()))
