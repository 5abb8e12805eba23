"""Codings: our own code systems, and the codes of others where they mean the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from afterdisc.fhir.write.frame import Frame
from afterdisc.fhir.write.shape import Json
from afterdisc.program import Program

OWN_SYSTEMS: Mapping[str, str] = {
    "finding": "Findings",
    "state": "States of findings",
    "cause": "Causes of persisting or returning pain",
    "red-flag": "Red flags",
    "investigation": "Investigations",
    "treatment": "Treatments",
    "issue": "Kinds of detected issue",
}
ISSUES: Mapping[str, str] = {
    "red-flag": "Red flag",
    "conflict": "Conflict with what is known of the person",
    "cannot-clear": "Red flags that cannot be cleared",
}
SAME_ENOUGH = ("broader:", "nearest:")  # a coding may be coarser than what it stands for, never finer


def own_system(program: Program, system: str) -> str:
    """The address of one of our own code systems."""
    return f"{program.book['fhir']['canonical']}/CodeSystem/{system}"


def own(program: Program, system: str, code: str, display: str = "") -> Json:
    """A coding of our own, for example of a finding."""
    made = {"system": own_system(program, system), "code": code}
    return {**made, "display": display} if display else made


def concept(frame: Frame, system: str, code: str, label: str, more: Iterable[Json] = ()) -> Json:
    """A CodeableConcept: our code, the codes of others, and the words."""
    return {"coding": [own(frame.program, system, code, label), *more], "text": label}


def cause_codings(program: Program, cause: str) -> list[Json]:
    """The codes of others for a cause: those that somebody has checked and that are no finer than the cause.

    A code that also says the side, the level or one kind of the cause is left out: the assessment does not say that.
    """
    codes = program.book["causes"][cause]["codes"]
    return _codings(program, [f"{c['system']}|{c['code']}" for c in codes if _is_same(c["note"])])


def proposal_codings(program: Program, name: str) -> list[Json]:
    """The code of others under which an investigation or a treatment is ordered, if one is declared."""
    code = proposal_of(program, name).get("code", "")
    return _codings(program, [code] if code else [])


def proposal_of(program: Program, name: str) -> Mapping[str, Any]:
    """`{resource, code, display}` as declared for an investigation or a treatment; empty if nothing is."""
    found: Mapping[str, Any] = program.book["fhir"]["proposals"].get(name, {})
    return found


def _is_same(note: str) -> bool:
    return not note or note.startswith(SAME_ENOUGH)


def _codings(program: Program, codes: Iterable[str]) -> list[Json]:
    """`SYSTEM|code` as codings, each with the address of its system; a system without an address is left out."""
    systems: Mapping[str, list[str]] = program.book["fhir"]["systems"]
    parts = (code.partition("|") for code in codes)
    return [{"system": systems[name][0], "code": code} for name, _, code in parts if systems.get(name)]
