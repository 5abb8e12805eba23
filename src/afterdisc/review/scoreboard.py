"""The scoreboard of a folder of cases: published ones (NNN.json), and files that list safety cases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from afterdisc.door import load_program
from afterdisc.errors import UnreadableCase
from afterdisc.program import Program
from afterdisc.review.score import Verdict, published_cases, safety_cases, safety_faults, score_published

KINDS = {
    "urgency missed": "urgency_missed",
    "over-triage": "over_triage",
    "no flag": "flag_missed",
    "next:": "next_step_missed",
    "inappropriate": "inappropriate_investigation",
    "offered none": "nothing_suitable_offered",
    "unsafe advice": "unsafe_advice",
    "refused": "refused",
}


def scoreboard(folder: Path, program: Program | None = None) -> dict[str, Any]:
    """Counts and shares by stage, every fault by case, and the safety cases that fail. `unsafe` is what must be 0."""
    p = program or load_program()
    verdicts = [v for case in published_cases(folder) for v in score_published(p, case)]
    safety = [(c["id"], safety_faults(p, c)) for path in sorted(folder.glob("safety*.json")) for c in safety_cases(path)]
    if not verdicts and not safety:
        raise UnreadableCase(f"{folder.name} holds no cases: neither NNN.json nor safety*.json.")
    stages = {stage: _stage([v for v in verdicts if v.stage == stage]) for stage in dict.fromkeys(v.stage for v in verdicts)}
    counts = {name: sum(f.startswith(start) for v in verdicts for f in v.faults) for start, name in KINDS.items()}
    failed = {name: faults for name, faults in safety if faults}
    return {
        "knowledge": {"version": p.version, "fingerprint": p.fingerprint},
        "stages": stages,
        "counts": counts,
        "faults": {f"{v.id} {v.stage}": v.faults for v in verdicts if v.faults},
        "safety": {"cases": len(safety), "failed": failed},
        "unsafe": counts["urgency_missed"] + counts["unsafe_advice"] + len(failed),
    }


def _stage(verdicts: list[Verdict]) -> dict[str, Any]:
    n = len(verdicts)
    return {
        "cases": n,
        "top1": sum(v.top1 for v in verdicts) / n,
        "top3": sum(v.top3 for v in verdicts) / n,
        "log_score": sum(v.log_score for v in verdicts) / n,
    }


def render_scoreboard(board: dict[str, Any]) -> str:
    """The scoreboard as text: the table, the counts, the faults."""
    lines = [f"Scoreboard, knowledge {board['knowledge']['version']} ({board['knowledge']['fingerprint']})", ""]
    if board["stages"]:
        lines.append(f"{'stage':<16}{'cases':>6}{'top 1':>8}{'top 3':>8}{'log score':>11}")
        for name, s in board["stages"].items():
            row = f"{s['cases']:>6}{s['top1']:>8.2f}{s['top3']:>8.2f}{s['log_score']:>11.2f}"
            lines.append(f"{name.replace('_', ' '):<16}{row}")
        lines.append("")
        lines += [f"{n:>4}  {name.replace('_', ' ')}" for name, n in board["counts"].items()]
        lines.append("")
    safety = board["safety"]
    if safety["cases"]:
        lines.append(f"Safety cases: {safety['cases'] - len(safety['failed'])} of {safety['cases']} pass")
        lines += [f"  {name}: {'; '.join(faults)}" for name, faults in safety["failed"].items()]
    if board["faults"]:
        lines += ["", "Case by case:"]
        lines += [f"  {name}: {'; '.join(faults)}" for name, faults in board["faults"].items()]
    return "\n".join(lines)
