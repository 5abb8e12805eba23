"""Which declarations a resource is meant by: system and code together, looked up once per program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from afterdisc.program import Program, kept_with_program

Resource = Mapping[str, Any]
CODED_BY: Mapping[str, tuple[str, ...]] = {
    "Condition": ("code",),
    "Procedure": ("code",),
    "Observation": ("code",),
    "DiagnosticReport": ("code",),
    "AllergyIntolerance": ("code", "reaction.substance"),
    "Device": ("type",),
    "ServiceRequest": ("code",),
    "DocumentReference": ("type", "category"),
}


@dataclass(frozen=True)
class Reader:
    """One declaration of one finding, ready for use. `order` is its place among the declarations of the finding."""

    finding: str
    kind: str  # of the finding
    order: int
    d: Mapping[str, Any]
    states: Mapping[tuple[str, str], str] = field(default_factory=dict)  # (system address, code) -> state


@dataclass
class Lookup:
    """From (type of resource, system address, code) to readers; and from the beginning of a code in a hierarchy."""

    exact: dict[tuple[str, str, str], list[tuple[Reader, str]]] = field(default_factory=dict)  # with the code as declared
    begins: dict[tuple[str, str], list[tuple[str, Reader]]] = field(default_factory=dict)
    by_path: list[tuple[str, Reader]] = field(default_factory=list)
    drugs: list[Reader] = field(default_factory=list)
    name_of: dict[str, str] = field(default_factory=dict)  # system address -> its short name
    yes: frozenset[tuple[str, str]] = frozenset()
    no: frozenset[tuple[str, str]] = frozenset()


@dataclass
class Lookups(Lookup):
    """All of a program: the declarations, and two that no finding declares for itself."""

    index: Lookup = field(default_factory=Lookup)  # which procedure is the index operation
    without_allergy: Lookup = field(default_factory=Lookup)  # "no known allergy" denies every finding read from an allergy


def codings(concept: object) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(system, code, coding) of a CodeableConcept or a list of them; what is not shaped like one is passed over."""
    for one in concept if isinstance(concept, list) else (concept,):
        listed = one.get("coding") if isinstance(one, dict) else None
        for coding in listed if isinstance(listed, list) else ():
            if not isinstance(coding, dict):
                continue
            system, code = coding.get("system"), coding.get("code")
            if isinstance(system, str) and isinstance(code, str):
                yield system.rstrip("/"), code.strip(), coding


@kept_with_program
def lookup_of(program: Program) -> Lookups:
    fhir = program.book["fhir"]
    found = Lookups()
    for name, addresses in fhir["systems"].items():
        found.name_of |= {address.rstrip("/"): name for address in addresses}
    found.yes, found.no = (frozenset(pairs_of(fhir, fhir[word])) for word in ("yes", "no"))
    for finding, declared in fhir["readings"].items():
        for order, d in enumerate(declared):
            coded = d["states"] if d["read"] == "state" and not d["path"] else {}
            states = {pair: state for state, codes in coded.items() for pair in pairs_of(fhir, codes)}
            reader = Reader(finding, program.book["findings"][finding]["kind"], order, d, states)
            _place(found, fhir, reader)
    index = {"from": ["Procedure"], "read": "elapsed", "path": "", "codes": fhir["index_operation"]["codes"]}
    found.index.name_of = found.without_allergy.name_of = found.name_of
    _place(found.index, fhir, Reader("index_procedure", "category", 0, index))
    return found


def _place(found: Lookup, fhir: Mapping[str, Any], reader: Reader) -> None:
    d = reader.d
    if d["read"] in ("medicines", "doses", "taken"):
        found.drugs.append(reader)
        return
    for resource in d["from"]:
        if d["path"]:
            found.by_path.append((resource, reader))
        if resource == "AllergyIntolerance" and reader.kind == "bool" and isinstance(found, Lookups):
            for written in fhir["no_known_allergy"]:
                for system, code in pairs_of(fhir, [written]):
                    found.without_allergy.exact.setdefault((resource, system, code), []).append((reader, written))
        for written in d["codes"]:
            for system, code in pairs_of(fhir, [written]):
                if code.endswith("*"):
                    found.begins.setdefault((resource, system), []).append((code[:-1], reader))
                else:
                    found.exact.setdefault((resource, system, code), []).append((reader, written))


def pairs_of(fhir: Mapping[str, Any], codes: list[str]) -> Iterator[tuple[str, str]]:
    """`LOINC|1988-5` under every address that the system LOINC goes by; a code of ICD-10 also as it is sent without its dot."""
    for written in codes:
        name, _, code = written.partition("|")
        spelt = {code, code.replace(".", "")} if name.startswith("ICD-10") else {code}
        for address in fhir["systems"][name]:
            for one in sorted(spelt):
                yield address.rstrip("/"), one


def readers_for(found: Lookup, resource: str, concept: object) -> Iterator[tuple[Reader, str]]:
    """Every reader these codes are declared for, with the code by which it is, as `LOINC|1988-5`."""
    for system, code, _ in codings(concept):
        yield from found.exact.get((resource, system, code), ())
        for beginning, reader in found.begins.get((resource, system), ()):
            if code.startswith(beginning):
                yield reader, f"{found.name_of[system]}|{code}"
