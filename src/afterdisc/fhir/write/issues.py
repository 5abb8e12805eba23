"""DetectedIssue: red flags that fired, those that cannot be cleared, and treatments that this person must not have now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from afterdisc.fhir.write import risk
from afterdisc.fhir.write.cited import with_sources, works
from afterdisc.fhir.write.coded import ISSUES, concept, own, own_system
from afterdisc.fhir.write.frame import Frame
from afterdisc.fhir.write.narrative import narrative
from afterdisc.fhir.write.shape import Json
from afterdisc.words.urgency import MEANING

SEVERITY: Mapping[str, str] = {"E0": "high", "E1": "high", "E2": "moderate", "ask": "moderate", "E3": "low"}
STOPS = ("avoid", "withhold")
CANNOT_CLEAR = "cannot-clear"


def detected_issues(frame: Frame, *, with_waiting: bool = True) -> list[Json]:
    """Fired red flags, then those that cannot be cleared as one issue, then conflicts; in the order of the assessment.

    with_waiting  also treatments that only have to wait, for an answer or for something to be put right first
    """
    flags, treatments = frame.assessment["red_flags"], frame.assessment["treatments"]
    out = [_red_flag(frame, flag) for flag in flags if flag["status"] == "fired"]
    open_flags = [flag for flag in flags if flag["status"] == "ask"]
    if open_flags:
        out.append(_cannot_clear(frame, open_flags))
    stopped = (t for t in treatments if stopped_by(t) and (with_waiting or t["status"] == "avoid"))
    return [*out, *(_conflict(frame, t) for t in stopped)]


def stopped_by(treatment: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The lines that forbid a treatment to this person, or forbid it for now; none where it may be offered."""
    if treatment["status"] not in ("avoid", "not_yet"):
        return []
    return [line for line in treatment["against"] if line.get("then") in STOPS]


def _red_flag(frame: Frame, flag: Mapping[str, Any]) -> Json:
    return _issue(
        frame,
        f"issue-{flag['id']}",
        code=_code(frame, "red-flag", flag["title"], own(frame.program, "red-flag", flag["id"], flag["title"])),
        severity=SEVERITY[flag["urgency"]],
        evidence=_decided(frame, flag["decided_by"]),
        detail=f"{MEANING[flag['urgency']]}. {with_sources(flag['because'], flag)}",
        mitigation=[_mitigation(flag["action"]), *(_mitigation(f"ask: {q}") for q in flag["ask"])],
        facts=flag["sources"],
        lines=[flag["action"], *flag["decided_by"]],
    )


def _cannot_clear(frame: Frame, flags: list[Mapping[str, Any]]) -> Json:
    """What is unknown keeps each of these red flags possible; the questions are what would clear them."""
    missing = list(dict.fromkeys(f for flag in flags for f in flag["missing"]))
    questions = [frame.book["findings"][f]["question"] for f in missing]
    return _issue(
        frame,
        f"issue-{CANNOT_CLEAR}",
        code=_code(frame, CANNOT_CLEAR, ISSUES[CANNOT_CLEAR]),
        severity=SEVERITY["ask"],
        evidence=[{"code": [concept(frame, "red-flag", f["id"], f["title"])]} for f in flags],
        detail=f"{len(flags)} red flags cannot be cleared: what would clear them is unknown, and unknown is never no.",
        mitigation=[
            {"action": concept(frame, "finding", f, f"Proposed: ask: {q}")} for f, q in zip(missing, questions, strict=True)
        ],
        facts=(),
        lines=questions,
    )


def _conflict(frame: Frame, treatment: Mapping[str, Any]) -> Json:
    """Its severity is left out: knowledge says that it is to be avoided, not how much harm it would do."""
    lines = stopped_by(treatment)
    title = f"{'Avoid' if treatment['status'] == 'avoid' else 'Not now'}: {treatment['label']}"
    return _issue(
        frame,
        f"issue-{treatment['id']}",
        code=_code(frame, "conflict", title, own(frame.program, "treatment", treatment["id"], treatment["label"])),
        evidence=_decided(frame, (text for line in lines for text in line.get("decided_by", ()))),
        detail=" ".join(with_sources(line["say"], line) for line in lines),
        implicated=[_implicated(frame, treatment)],
        facts=[f for line in lines for f in line["sources"]],
        lines=[line["say"] for line in lines],
    )


def _issue(frame: Frame, key: str, *, facts: Iterable[str], lines: Iterable[str], **elements: Any) -> Json:
    basis = {"detail": [frame.reference(risk.KEY, "RiskAssessment")]}
    elements["evidence"] = [basis, *elements["evidence"]]
    return frame.resource(
        "DetectedIssue",
        key,
        text=narrative(elements["code"]["text"], lines),
        extension=works(frame, facts),
        identifier=frame.identifier(key),
        status=frame.status,
        patient=frame.patient,
        identifiedDateTime=frame.when,
        author=frame.software,
        **elements,
    )


def _code(frame: Frame, kind: str, text: str, *more: Json) -> Json:
    return {"coding": [own(frame.program, "issue", kind, ISSUES[kind]), *more], "text": text}


def _mitigation(action: str) -> Json:
    """Nothing has been done yet, so the words say that it is proposed."""
    return {"action": {"text": f"Proposed: {action}"}} if action else {}


def _implicated(frame: Frame, treatment: Mapping[str, Any]) -> Json:
    system = own_system(frame.program, "treatment")
    return {"identifier": {"system": system, "value": treatment["id"]}, "display": treatment["label"]}


def _decided(frame: Frame, said: Iterable[str]) -> list[Json]:
    """One evidence a line, with the finding it is about and the resources that finding was read from."""
    out = []
    for text in dict.fromkeys(said):
        finding = finding_named(frame, text)
        coding = [own(frame.program, "finding", finding, frame.book["findings"][finding]["label"])] if finding else []
        detail = frame.read_from([finding]) if finding else []
        out.append({"code": [{"coding": coding, "text": text}], "detail": detail})
    return out


def finding_named(frame: Frame, text: str) -> str:
    """The finding whose label a line of reasons begins with; empty for a probability or the urgency."""
    labels = frame.book["findings"]
    named = [f for f, finding in labels.items() if text.startswith(finding["label"])]
    return max(named, key=lambda f: len(labels[f]["label"]), default="")
