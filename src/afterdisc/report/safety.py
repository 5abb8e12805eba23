"""Red flags, the mandatory questions, and where the person stands."""

from __future__ import annotations

from typing import Any

from afterdisc.report.case import Case
from afterdisc.report.index import index_of
from afterdisc.report.support import support
from afterdisc.words.urgency import URGENCIES

STATUS_ORDER = ("fired", "ask", "cleared")
OTHERWISE = "reevaluation_incomplete"  # the stage where no stage's condition is true


def red_flags(case: Case) -> list[dict[str, Any]]:
    """Every red flag: fired, ask (unknown), or cleared (known not to be there); the most urgent first."""
    out = [_red_flag(case, name, levels) for name, levels in index_of(case.program).flags.items()]
    return sorted(out, key=lambda f: (STATUS_ORDER.index(f["status"]), URGENCIES.index(f["urgency"])))


def _red_flag(case: Case, name: str, levels: list[tuple[int, str]]) -> dict[str, Any]:
    text = case.book["red_flags"][name]
    truths = [(case.truth(root), root, urgency) for root, urgency in levels]
    fired = [(root, urgency) for truth, root, urgency in truths if truth is True]
    unknown = [(root, urgency) for truth, root, urgency in truths if truth is None]
    status = "fired" if fired else "ask" if unknown else "cleared"
    shown = sorted(fired or unknown or [(r, u) for _, r, u in truths], key=lambda p: URGENCIES.index(p[1]))
    root, urgency = shown[0]
    out: dict[str, Any] = {"id": name, "title": text["title"], "status": status, "urgency": urgency}
    if status == "fired":
        missing = unanswered(case) if urgency == "ask" else []
        out |= {
            "because": text["because"],
            "decided_by": [] if urgency == "ask" else case.decided_by(root),
            "action": text["action"],
            "investigations": text["investigations"],
            "treatments": text["treatments"],
            "missing": [f for m in missing for f in m["any_of"]],
            "ask": [m["question"] for m in missing],
        }
    else:
        out |= {
            "because": text["because"] if status == "ask" else "",
            "decided_by": [],
            "action": "",
            "investigations": [],
            "treatments": [],
            "missing": case.missing([r for r, _ in unknown]),
            "ask": [],
        }
    return out | support(text)


def unanswered(case: Case) -> list[dict[str, Any]]:
    """The mandatory red-flag items that nobody has answered."""
    columns = case.engine.column_at
    return [m for m in case.book["mandatory"] if all(case.row[columns[f]] != case.row[columns[f]] for f in m["any_of"])]


def stage(case: Case) -> dict[str, Any]:
    """Where the person stands: the first stage whose condition is true."""
    stages = index_of(case.program).stages
    name = next((s for s, root in stages.items() if case.truth(root) is True), OTHERWISE)
    text = case.book["stages"].get(name, {"label": name, "say": ""})
    return {"id": name, "label": text["label"], "say": text["say"]}


def expected_course(case: Case) -> dict[str, Any] | None:
    """What is normal at this time after the operation, and what is not; None while the time is unknown."""
    weeks = case.row[case.program.time_column]
    past = [p for p in case.book["course"] if p["from_weeks"] <= weeks]
    if not past:
        return None
    point = max(past, key=lambda p: float(p["from_weeks"]))
    return {k: point[k] for k in ("time", "normally_seen", "not_normal")} | support(point)


def course_notes(case: Case) -> list[dict[str, Any]]:
    """What to bear in mind about the time since surgery, for example that enhancement is expected early."""
    roots = index_of(case.program).course
    rules = case.book["course_rules"]
    return [{"id": r, "say": rules[r]["say"], **support(rules[r])} for r, root in roots.items() if case.truth(root) is True]
