"""Letters and sheets made from a case, as the workspace makes them from a visit."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pypdf import PdfReader

import afterdisc
from afterdisc.documents import Decided, Letter, Person, Scored, Sheet, cause_in_plain, not_yet_of, options_of, others_of
from afterdisc.program import Program

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*.json"))
ADA = Person("Example, Ada Marie", "NF-20419", "1982-03-04")
DAY, CLOCK = "2026-05-14", "2026-05-14T10:42:07.120Z"
COME_BACK = ("New trouble with passing or holding urine", "A leg that gets weaker")
EMPTY: Mapping[str, Any] = {"id": "empty", "findings": {}}


def case_of(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(next(p for p in EXAMPLES if p.stem == name).read_text())
    return read


def letter_of(program: Program, case: Mapping[str, Any], **more: Any) -> Letter:
    a = afterdisc.assess(dict(case), program=program)
    given: dict[str, Any] = {
        "site": "Spine clinic",
        "person": ADA,
        "visit_on": DAY,
        "operation": "Microdiscectomy, L5-S1, left, 18 Sep 2025",
        "assessment": a,
        "findings": known_of(program, case["findings"]),
        "unknown": tuple(m["label"] for m in a["missing"]),
        "come_back": COME_BACK,
        "chance_words": tuple(map(tuple, program.book["follow_up"]["chance_words"]["words"])),
        "wide_interval": program.book["follow_up"]["chance_words"]["wide_interval"],
        "signed_by": "Dr J. Sample",
        "signed_at": CLOCK,
        "made_on": CLOCK,
    }
    return Letter(**(given | more))


def known_of(program: Program, findings: Mapping[str, Any]) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Known findings by section of the form, as a clinician reads them."""
    texts = program.book["findings"]
    groups = [
        (s["title"], tuple((texts[f]["label"], _answer(texts[f], findings[f])) for f in s["findings"] if f in findings))
        for s in program.book["form"]
    ]
    return tuple((title, lines) for title, lines in groups if lines)


def _answer(text: Mapping[str, Any], value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | dict):
        return ", ".join(map(str, value)) or "none"
    return str(text["values"].get(value, value)) if isinstance(value, str) else f"{value:g} {text['unit']}".strip()


def sheet_of(program: Program, case: Mapping[str, Any], **more: Any) -> Sheet:
    a = afterdisc.assess(dict(case), program=program)
    options = options_of(program.book, a)
    given: dict[str, Any] = {
        "site": "Spine clinic",
        "person": ADA,
        "visit_on": DAY,
        "cause": cause_in_plain(program.book, a),
        "options": options,
        "wishes": ("I would rather not have another operation",),
        "matters": "To be back in my shop by September.",
        "unknown": tuple(s["label"] for s in a["next_steps"] if s["kind"] != "question"),
        "warning": "a leg that gets weaker. Call 112.",
        "stamp": f"Afterdisc, knowledge {a['knowledge']['version']} ({a['knowledge']['fingerprint']})",
        "made_on": DAY,
        "others": others_of(a, options),
        "not_yet": not_yet_of(a),
    }
    return Sheet(**(given | more))


DECIDED = (
    Decided("Targeted physiotherapy", "accept", "Agreed with the person", "", "2026-08-10"),
    Decided("Amitriptyline", "decline", "The person does not want it", "Bad nausea with it before"),
    Decided("Lumbar fusion", "defer", "Waiting for a test result", "", "2026-06-01"),
)
SCORED = (Scored("Leg pain, 0 to 10", "7 points", DAY),)


def reader(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def words_of(pdf: bytes) -> str:
    """All text on one line, without the breaks of lines and of long words."""
    pages = " ".join(page.extract_text() for page in reader(pdf).pages)
    return squeezed(pages)


def squeezed(text: str) -> str:
    """Without any space: lines of a page break where a text had one, and elsewhere."""
    return "".join(text.replace("\u200b", "").split())
