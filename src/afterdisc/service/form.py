"""The form of a visit: its sections and fields, what is asked next, and suppositions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from afterdisc.clinic.record import Known
from afterdisc.clinic.visits import check_answer
from afterdisc.errors import UnknownFinding
from afterdisc.intake.typed import value_of
from afterdisc.program import Program
from afterdisc.report import phrases
from afterdisc.service.live import Live

N_COMPARED = 8


@dataclass(frozen=True)
class Section:
    """One part of the form: its fields as (finding, text, what is known), and how many are answered."""

    id: str
    title: str
    fields: list[tuple[str, Mapping[str, Any], Known | None]]

    @property
    def n_known(self) -> int:
        return sum(1 for _, _, known in self.fields if known is not None)


def sections(book: Mapping[str, Any], record: Mapping[str, Known]) -> list[Section]:
    """Every finding, in the order a clinician asks."""
    texts = book["findings"]
    return [
        Section(part["id"], part["title"], [(f, texts[f], record.get(f)) for f in part["findings"]]) for part in book["form"]
    ]


@dataclass(frozen=True)
class AskedNext:
    """What the interview card shows: one question, or all danger questions still open at once."""

    questions: list[Mapping[str, Any]]
    is_screen: bool  # danger questions: "no to all of these" is offered
    n_open: int


def asked_next(live: Live) -> AskedNext:
    """The danger questions together, since none of them may be left out; else the one most useful question."""
    asked = live.questions
    danger = [q for q in asked if q["mandatory"]]
    first_is_danger = bool(asked) and asked[0]["mandatory"]
    return AskedNext(danger if first_is_danger else asked[:1], first_is_danger and len(danger) > 1, len(asked))


def supposed(program: Program, typed: Mapping[str, str]) -> dict[str, Any]:
    """Findings as they are supposed to be; an empty text is "not known". Raises CaseError for what cannot be."""
    out: dict[str, Any] = {}
    for finding, text in typed.items():
        if not finding:
            continue
        if finding not in program.book["findings"]:
            raise UnknownFinding("this is no finding of the installed knowledge base. Reload the page.")
        out[finding] = value_of(program.book["findings"][finding], text) if text else None
        check_answer(program, finding, out[finding])
    return out


@dataclass(frozen=True)
class Compared:
    """Now and then, side by side: causes as (label, now, then), options whose status would differ."""

    causes: list[tuple[str, float, float]]
    options: list[tuple[str, str, str]]


def compared(now: Live, then: Live) -> Compared | None:
    """The causes that move most and the options that change; None where one of the two cannot be assessed."""
    if now.assessment is None or then.assessment is None:
        return None
    before = {c["id"]: c["probability"] for c in now.assessment["causes"]}
    moved = [(c["label"], before[c["id"]], c["probability"]) for c in then.assessment["causes"]]
    moved.sort(key=lambda row: -max(row[1], row[2]))
    status = {t["id"]: t["status"] for t in now.assessment["treatments"]}
    changed = [
        (t["label"], phrases.NAME[status[t["id"]]], phrases.NAME[t["status"]])
        for t in then.assessment["treatments"]
        if t["status"] != status[t["id"]]
    ]
    return Compared(moved[:N_COMPARED], changed)
