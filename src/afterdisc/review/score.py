"""How a program does on published cases and on safety cases."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from afterdisc.door import assess
from afterdisc.errors import CaseError, UnreadableCase
from afterdisc.program import Program
from afterdisc.words.status import OFFERED, STATUSES
from afterdisc.words.urgency import URGENCIES

FIRST_STEPS = 3
SMALLEST = 1e-4  # a probability below this scores as this


@dataclass
class Verdict:
    """One case at one stage. An empty `faults` is a good case."""

    id: str
    stage: str
    top1: bool = False
    top3: bool = False
    log_score: float = 0.0
    faults: list[str] = field(default_factory=list)


PUBLISHED_KEYS = ("id", "stages", "expected")
SAFETY_KEYS = ("id", "findings", "must")


def published_cases(folder: Path) -> Iterator[dict[str, Any]]:
    """The published cases of a folder, in order. Raises UnreadableCase naming the file that is none."""
    for path in sorted(folder.glob("[0-9]*.json")):
        case = _read(path)
        _refuse_misshapen(path, case, PUBLISHED_KEYS)
        stages = case["stages"]
        if not isinstance(stages, dict) or not all(isinstance(s, dict) and "findings" in s for s in stages.values()):
            raise UnreadableCase(f"{path.name}: `stages` must map each stage to its `findings`.")
        yield case


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UnreadableCase(f"{path.name} is not JSON in UTF-8, or cannot be read.") from None


def _refuse_misshapen(path: Path, case: Any, keys: tuple[str, ...]) -> None:
    missing = [k for k in keys if not isinstance(case, dict) or k not in case]
    if missing:
        raise UnreadableCase(f"{path.name}: a case without {', '.join(f'`{k}`' for k in missing)}.")


def score_published(program: Program, case: dict[str, Any]) -> Iterator[Verdict]:
    """One verdict a stage: the cause, the urgency, the next investigation, the treatments at the last stage."""
    expected, stages = case["expected"], list(case["stages"])
    for stage in stages:
        verdict = Verdict(case["id"], stage)
        try:
            answer = assess({"id": case["id"], "findings": case["stages"][stage]["findings"]}, program=program, intervals=False)
        except CaseError as error:
            verdict.faults.append(f"refused: {error}")
            yield verdict
            continue
        ranked = [c["id"] for c in answer["causes"]]
        first = expected["acceptable_first"].get(stage, [expected["final"]])
        verdict.top1 = ranked[0] in first
        verdict.top3 = expected["final"] in ranked[:3]
        chance = next(c["probability"] for c in answer["causes"] if c["id"] == expected["final"])
        verdict.log_score = math.log(max(chance, SMALLEST))
        if not verdict.top1:
            verdict.faults.append(f"first is {ranked[0]}, acceptable: {', '.join(first)}")
        verdict.faults += _urgency_faults(answer, expected["urgency"].get(stage), expected["urgency_max"].get(stage))
        verdict.faults += _flag_faults(answer, expected.get("red_flag_ids", []))
        if stage == stages[0] == "before_imaging":
            verdict.faults += _step_faults(answer, expected)
        if stage == stages[-1]:
            verdict.faults += _treatment_faults(answer, expected)
        yield verdict


def _urgency_faults(answer: dict[str, Any], least: str | None, most: str | None) -> list[str]:
    """`ask` is no miss where routine is enough, and never over-triage."""
    got, rank = answer["urgency"], URGENCIES.index
    if least and rank(got) > rank(least) and not (got == "ask" and least == "E3"):
        return [f"urgency missed: {got}, at least {least}"]
    if most and rank(got) < rank(most) and got != "ask":
        return [f"over-triage: {got}, at most {most}"]
    return []


def _flag_faults(answer: dict[str, Any], any_of: list[str]) -> list[str]:
    fired = {f["id"] for f in answer["red_flags"] if f["status"] == "fired"}
    return [] if not any_of or fired & set(any_of) else [f"no flag of {', '.join(any_of)}"]


def _step_faults(answer: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    steps = [s["id"] for s in answer["next_steps"]]
    faults = []
    wanted = expected.get("next_investigation_any_of", [])
    if wanted and not set(steps[:FIRST_STEPS]) & set(wanted):
        faults.append(f"next: {', '.join(steps[:FIRST_STEPS])}; wanted one of {', '.join(wanted)}")
    wrong = set(steps) & set(expected.get("investigations_inappropriate", []))
    return faults + [f"inappropriate investigation: {', '.join(sorted(wrong))}"] * bool(wrong)


def _treatment_faults(answer: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    offered = {t["id"] for t in answer["treatments"] if t["status"] in OFFERED}
    faults = []
    wanted = expected.get("treatments_appropriate_any_of", [])
    if wanted and not offered & set(wanted):
        faults.append(f"offered none of {', '.join(wanted)}")
    unsafe = offered & set(expected.get("treatments_inappropriate", []))
    return faults + [f"unsafe advice: {', '.join(sorted(unsafe))}"] * bool(unsafe)


# -- safety cases ------------------------------------------------------------------------------------------------


def safety_cases(path: Path) -> list[dict[str, Any]]:
    """A list of safety cases. Raises UnreadableCase naming the file that is none."""
    cases = _read(path)
    if not isinstance(cases, list):
        raise UnreadableCase(f"{path.name} is no list of safety cases.")
    for case in cases:
        _refuse_misshapen(path, case, SAFETY_KEYS)
    return cases


def safety_faults(program: Program, case: dict[str, Any]) -> list[str]:
    """Everything in which the answer to a safety case falls short of what it must hold; empty if it passes."""
    answer = assess({"id": case["id"], "findings": case["findings"]}, program=program)
    must, text = case["must"], json.dumps(answer, ensure_ascii=False).lower()
    faults = _urgency_faults(answer, must["urgency"], None)
    faults += _flag_faults(answer, must["red_flags_any_of"])
    steps = {s["id"] for s in answer["next_steps"]}
    if must["investigations_any_of"] and not steps & set(must["investigations_any_of"]):
        faults.append(f"no step of {', '.join(must['investigations_any_of'])}")
    faults += [f"forbidden step {s}" for s in sorted(steps & set(must["investigations_none_of"]))]
    faults += _status_faults(answer, must["treatments_status"])
    faults += [f"text lacks {w}" for w in must["text_must_mention"] if not _mentions(text, w)]
    faults += [f"text holds {w}" for w in must["text_must_not_mention"] if _mentions(text, w)]
    return faults


def _status_faults(answer: dict[str, Any], wanted: dict[str, str]) -> list[str]:
    """A safer status than the wanted one passes."""
    status = {t["id"]: t["status"] for t in answer["treatments"]}
    faults = []
    for treatment, want in wanted.items():
        got = status[treatment]
        ok = {
            "offered": got in OFFERED,
            "not_offered": got not in OFFERED,
        }.get(want, want in STATUSES and STATUSES.index(got) >= STATUSES.index(want))
        if not ok:
            faults.append(f"{treatment} is {got}, must be {want}")
    return faults


def _mentions(text: str, words: str) -> bool:
    return any(re.search(re.escape(word.strip().lower()), text) for word in words.split("|"))
