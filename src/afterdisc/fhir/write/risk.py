"""RiskAssessment: every cause with its probability, its interval, and what speaks for and against it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from afterdisc.fhir.write.cited import with_sources, works
from afterdisc.fhir.write.coded import cause_codings, concept, own_system
from afterdisc.fhir.write.extensions import extension_address
from afterdisc.fhir.write.frame import Frame
from afterdisc.fhir.write.narrative import narrative, percent
from afterdisc.fhir.write.shape import Json
from afterdisc.fhir.write.units import UCUM
from afterdisc.program import Program

KEY = "risk"
N_SHOWN = 6
SET_ASIDE = "Set aside while an emergency or same-day red flag is open: nobody is to be reassured by it."
NOT_EXCLUSIVE = "The causes do not exclude each other: two can be at work together, so the probabilities need not sum to one."


def risk_assessment(frame: Frame) -> Json:
    """One prediction a cause, in the order of the assessment."""
    made = frame.assessment
    causes = made["causes"]
    return frame.resource(
        "RiskAssessment",
        KEY,
        text=narrative(frame.book["title"], _shown(causes)),
        extension=works(frame, _facts(made)),
        identifier=frame.identifier(KEY),
        status=frame.status,
        method={"text": _method(made)},
        code={"text": frame.book["title"]},
        subject=frame.patient,
        occurrenceDateTime=frame.when,
        performer=frame.software,
        basis=frame.read_from(),
        prediction=[_prediction(frame, cause) for cause in causes],
        note=[{"text": text} for text in _notes(made)],
    )


def probabilities_of(program: Program, risk: Mapping[str, Any]) -> dict[str, float]:
    """From cause to probability, 0 to 1, to the last bit as the assessment has it: what a client reads back."""
    causes, exact = own_system(program, "cause"), extension_address(program, "probability")
    return {
        coding["code"]: extension["valueDecimal"]
        for prediction in risk["prediction"]
        for coding in prediction["outcome"]["coding"]
        for extension in prediction["extension"]
        if coding["system"] == causes and extension["url"] == exact
    }


def _prediction(frame: Frame, cause: Mapping[str, Any]) -> Json:
    return {
        "extension": _exact(frame, cause),
        "outcome": concept(frame, "cause", cause["id"], cause["label"], cause_codings(frame.program, cause["id"])),
        "probabilityDecimal": _as_percentage(cause["probability"]),
        "rationale": _rationale(cause),
    }


def _as_percentage(p: float) -> float:
    """R4: "Decimal values are expressed as percentages as well (max = 100)". Shifted as decimal digits, so 0.07 gives 7."""
    return float(Decimal(repr(p)).scaleb(2))


def _exact(frame: Frame, cause: Mapping[str, Any]) -> list[Json]:
    out: list[Json] = [{"url": extension_address(frame.program, "probability"), "valueDecimal": cause["probability"]}]
    if "interval" in cause:
        low, high = ({"value": end, "unit": "1", "system": UCUM, "code": "1"} for end in cause["interval"])
        out.append({"url": extension_address(frame.program, "credible-interval"), "valueRange": {"low": low, "high": high}})
    return out


def _rationale(cause: Mapping[str, Any]) -> str:
    sides = (("For", 1), ("Against", -1))
    parts = [SET_ASIDE] if cause.get("set_aside") else []
    parts.append(_prior(cause["prior"]))
    for word, sign in sides:
        lines = [_weighed(e) for e in cause["evidence"] if e["weight"] * sign > 0]
        if lines:
            parts.append(f"{word}: {'; '.join(lines)}.")
    return " ".join(parts)


def _prior(prior: Mapping[str, Any]) -> str:
    weeks = " to ".join(f"{w:g}" for w in prior["weeks"])
    say = f"Before what was found: {prior['p']:g} (weeks {weeks} after surgery)"
    return f"{with_sources(say, prior)}."


def _weighed(entry: Mapping[str, Any]) -> str:
    return with_sources(f"{entry['label']}: {entry['found']}, weight {entry['weight']:+.2f}", entry, briefly=True)


def _facts(made: Mapping[str, Any]) -> list[str]:
    """Of everything that the rationale and the notes say."""
    course = [made["expected_course"]] if made["expected_course"] else []
    evidence = (part for cause in made["causes"] for part in (cause["prior"], *cause["evidence"]))
    return [fact for part in (*evidence, *course, *made["notes"]) for fact in part["sources"]]


def _method(made: Mapping[str, Any]) -> str:
    knowledge = made["knowledge"]
    return (
        f"Sets of causes weighed by Bayes' rule; {100 * made['interval_level']:g} % credible intervals; weights are natural "
        f"logarithms of odds. Afterdisc knowledge {knowledge['version']} ({knowledge['fingerprint']})."
    )


def _notes(made: Mapping[str, Any]) -> list[str]:
    labels = {c["id"]: c["label"] for c in made["causes"]}
    together = [
        f"{' + '.join(labels[c] for c in each['causes'])}: {percent(each['probability'])}" for each in made["combinations"]
    ]
    course = made["expected_course"]
    expected = with_sources(f"{course['time']}: {course['normally_seen']}", course) if course else ""
    lines = [NOT_EXCLUSIVE, f"Most probable together: {'; '.join(together)}." if together else "", expected]
    return [*(line for line in lines if line), *(with_sources(n["say"], n) for n in made["notes"]), made["intended_use"]]


def _shown(causes: list[Mapping[str, Any]]) -> list[str]:
    return [f"{c['label']}: {percent(c['probability'])}{_interval(c)}" for c in causes[:N_SHOWN]]


def _interval(cause: Mapping[str, Any]) -> str:
    if "interval" not in cause:
        return ""
    low, high = cause["interval"]
    return f" ({percent(low)} to {percent(high)})"
