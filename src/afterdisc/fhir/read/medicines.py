"""Which ingredients are taken, and how much of each a day, from MedicationRequest and MedicationStatement.

A list in a record is never known to be complete, since what is bought without a prescription is seldom in it: the set of
medicines that is read ends with `None`, "and others not known".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from afterdisc.fhir.read.codes import Lookup, Reader, codings, pairs_of
from afterdisc.fhir.read.hits import Candidate, Setting, Unread
from afterdisc.fhir.read.stands import stands
from afterdisc.fhir.read.times import Moment, is_after, when_of
from afterdisc.fhir.record import Record, address_of
from afterdisc.program import Program, kept_with_program
from afterdisc.words.days import days_between
from afterdisc.words.ingredient import ingredient

NAMED_BY_INGREDIENT = ("RxNorm", "ATC")  # systems whose displays begin with the ingredients
PER_DAY = {"h": 24.0, "d": 1.0, "wk": 1 / 7}  # UCUM units of time, from Timing.repeat.periodUnit
IN_MG = {"mg": 1.0, "g": 1000.0, "ug": 0.001}
NOBODY_KNOWS_WHICH = None
_STRENGTH = re.compile(r"\s+\d.*$")
NOT_READ = "no ingredient that is known can be read from it"


@dataclass(frozen=True)
class Taken:
    """One medicine that is taken now. Without `ingredients` it could not be read."""

    ingredients: tuple[str, ...]
    mg_per_day: float | None
    resource: str
    element: str
    code: str
    when: Moment
    why_not: str = ""


@dataclass(frozen=True)
class Drugs:
    by_code: Mapping[tuple[str, str], str]
    by_words: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]  # first word -> (all words, ingredient)


@kept_with_program
def _drugs_of(program: Program) -> Drugs:
    fhir = program.book["fhir"]
    by_code = {pair: name for name, codes in fhir["ingredients"].items() for pair in pairs_of(fhir, codes)}
    names = {i: i for group in fhir["groups"].values() for i in group} | {i: i for i in fhir["ingredients"]}
    names |= {c.entry: c.entry for c in program.columns if c.entry} | dict(fhir["brands"])
    by_words: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for name, meant in sorted(names.items()):
        words = tuple(ingredient(name).split("_"))
        by_words.setdefault(words[0], []).append((words, ingredient(meant)))
    return Drugs({k: ingredient(v) for k, v in by_code.items()}, {w: tuple(found) for w, found in by_words.items()})


def medicines_taken(program: Program, lookup: Lookup, record: Record, setting: Setting) -> list[Taken]:
    """Every medicine that the record says is taken now, in the order of the record."""
    drugs = _drugs_of(program)
    listed = record.resources("MedicationStatement", "MedicationRequest")
    return [_taken(drugs, lookup, record, resource) for resource in listed if _is_now(resource, setting)]


def _is_now(resource: Mapping[str, Any], setting: Setting) -> bool:
    when = when_of(resource)
    return stands(resource) == "yes" and not (when.is_known and is_after(when, setting.at))


def _taken(drugs: Drugs, lookup: Lookup, record: Record, resource: Mapping[str, Any]) -> Taken:
    element, concepts = f"{resource['resourceType']}.medicationCodeableConcept", [resource.get("medicationCodeableConcept")]
    if "medicationReference" in resource:
        element = f"{resource['resourceType']}.medicationReference"
        medicine = record.resolve(resource["medicationReference"], resource) or {}
        parts = medicine.get("ingredient")
        inside = [p.get("itemCodeableConcept") for p in parts if isinstance(p, dict)] if isinstance(parts, list) else []
        concepts = [medicine.get("code"), *inside]
    found, code = _ingredients(drugs, lookup, [c for c in concepts if isinstance(c, dict)])
    key = "dosage" if resource["resourceType"] == "MedicationStatement" else "dosageInstruction"
    amount = _mg_per_day(resource.get(key)) if len(found) == 1 else None
    return Taken(found, amount, address_of(resource), element, code, when_of(resource), "" if found else NOT_READ)


def _ingredients(drugs: Drugs, lookup: Lookup, concepts: list[Mapping[str, Any]]) -> tuple[tuple[str, ...], str]:
    """Ingredients by code; else by the words of text and displays; else as RxNorm and ATC spell them."""
    pairs = [(s, c) for x in concepts for s, c, _ in codings(x) if (s, c) in drugs.by_code]
    if pairs:
        system, code = pairs[0]
        return tuple(dict.fromkeys(drugs.by_code[pair] for pair in pairs)), f"{lookup.name_of[system]}|{code}"
    texts = [x["text"] for x in concepts if isinstance(x.get("text"), str)]
    shown = [(s, d) for x in concepts for s, _, coding in codings(x) if isinstance(d := coding.get("display"), str)]
    known = dict.fromkeys(name for text in (*texts, *(d for _, d in shown)) for name in _named_in(drugs, text[:500]))
    if known:
        return tuple(known), ""
    spelt = [d for s, d in shown if lookup.name_of.get(s) in NAMED_BY_INGREDIENT]
    parts = [ingredient(_STRENGTH.sub("", part)) for part in spelt[0][:500].split("/")] if spelt else []
    return tuple(p for p in dict.fromkeys(parts) if p), ""


def _named_in(drugs: Drugs, text: str) -> Iterator[str]:
    words = ingredient(text).split("_")
    for i, word in enumerate(words):
        for name, meant in drugs.by_words.get(word, ()):
            if tuple(words[i : i + len(name)]) == name:
                yield meant


def _mg_per_day(dosages: object) -> float | None:
    """Milligrams a day of all dosages together; None if one of them does not say it in mg and in time."""
    if not isinstance(dosages, list) or not dosages:
        return None
    amounts = [_one_dosage(d) for d in dosages]
    return None if any(a is None for a in amounts) else round(sum(a for a in amounts if a is not None), 6)


def _one_dosage(dosage: object) -> float | None:
    if not isinstance(dosage, dict) or dosage.get("asNeededBoolean") is True or "asNeededCodeableConcept" in dosage:
        return None
    rates, timing = dosage.get("doseAndRate"), dosage.get("timing")
    repeat = timing.get("repeat") if isinstance(timing, dict) else None
    dose = rates[0].get("doseQuantity") if isinstance(rates, list) and rates and isinstance(rates[0], dict) else None
    if not isinstance(dose, dict) or not isinstance(repeat, dict):
        return None
    unit, times = dose.get("code", dose.get("unit")), repeat.get("frequency", 1)
    period, per = repeat.get("period", 1), repeat.get("periodUnit")
    numbers = (dose.get("value"), times, period)
    if not isinstance(unit, str) or unit not in IN_MG or not isinstance(per, str) or per not in PER_DAY:
        return None
    if any(isinstance(n, bool) or not isinstance(n, int | float) or not 0 < n < 1e6 for n in numbers):
        return None
    return float(dose["value"]) * IN_MG[unit] * float(times) / float(period) * PER_DAY[per]


def read_medicines(readers: list[Reader], taken: list[Taken], setting: Setting) -> Iterator[Candidate | Unread]:
    """What the declarations about medicines give; nothing at all where the record lists none."""
    for reader in readers:
        listed = [t for t in taken if t.resource.partition("/")[0] in reader.d["from"]]
        if not listed:
            continue
        if reader.d["read"] == "taken":
            yield from _by_ingredient(reader, listed)
            continue
        for medicine in listed:
            if not medicine.ingredients:
                yield Unread(reader.finding, medicine.resource, medicine.element, medicine.why_not, "Code it in RxNorm or ATC.")
            elif _is_old(reader, medicine, setting):
                yield Unread(reader.finding, medicine.resource, medicine.element, "it is old; it may no longer be taken")
        current = [t for t in listed if t.ingredients and not _is_old(reader, t, setting)]
        if current:
            yield _listed(reader, current)


def _is_old(reader: Reader, medicine: Taken, setting: Setting) -> bool:
    limit = reader.d["max_age_days"]
    return limit is not None and medicine.when.is_to_the_day and days_between(medicine.when.day, setting.at) > limit


def _listed(reader: Reader, current: list[Taken]) -> Candidate:
    newest = max(current, key=lambda t: t.when.sort_key)
    names = sorted({i for t in current for i in t.ingredients})
    if reader.d["read"] == "medicines":
        value: Any = [*names, NOBODY_KNOWS_WHICH]
        n = len(current)
        note = f"from {n} {'entry' if n == 1 else 'entries'}; what is not in the record is not known"
    else:
        value, note = {name: _amount(current, name) for name in names}, "amounts that the record does not give are not known"
    return Candidate(reader.finding, value, newest.when, newest.resource, newest.element, newest.code, reader.order, note)


def _amount(current: list[Taken], name: str) -> float | None:
    amounts = [t.mg_per_day for t in current if name in t.ingredients]
    return None if any(a is None for a in amounts) else round(sum(a for a in amounts if a is not None), 6)


def _by_ingredient(reader: Reader, listed: list[Taken]) -> Iterator[Candidate]:
    hits = [(state, t) for state, names in reader.d["states"].items() for t in listed if set(t.ingredients) & set(names)]
    if not hits:
        return
    state = hits[0][0]  # the states stand in the order in which they matter
    newest = max((t for s, t in hits if s == state), key=lambda t: t.when.sort_key)
    value = state == "true" if reader.kind == "bool" else state
    note = "several of this kind are listed; this one counts most" if len({s for s, _ in hits}) > 1 else ""
    yield Candidate(reader.finding, value, newest.when, newest.resource, newest.element, newest.code, reader.order, note)
