"""The letter as a paper: its parts in the order in which a colleague wants to read them. Wording our own."""

from __future__ import annotations

from typing import Any

from afterdisc.documents import letter_parts as parts
from afterdisc.documents.letter import Letter
from afterdisc.documents.paper import Paper, Points, Section, Text
from afterdisc.report.works import Works
from afterdisc.words.days import day


def paper_of(letter: Letter) -> Paper:
    """The letter as sections, for any format."""
    a = dict(letter.assessment)
    made_on = (letter.made_on or letter.visit_on)[:10]
    return Paper(
        title="Re-evaluation after lumbar disc surgery",
        sender=_line(letter.site),
        sender_lines=tuple(_line(s) for s in letter.site_lines),
        addressee=tuple(_line(s) for s in letter.addressee),
        written=day(made_on),
        facts=_facts(letter),
        sections=tuple(s for s in _sections(letter, a) if s.parts),
        signature=_signature(letter),
        stamp=f"Afterdisc {a['software']['version']}, knowledge {a['knowledge']['version']} ({a['knowledge']['fingerprint']})",
        is_draft=not letter.signed_at,
        made_on=made_on,
    )


def _sections(letter: Letter, a: dict[str, Any]) -> list[Section]:
    """What to do comes first and why after it; below the signature, in small print, what it rests on."""
    works = Works(a["sources"])
    answers = {label: answer for _, lines in letter.findings for label, answer in lines}
    note = tuple(Text(p.strip()) for p in letter.note.splitlines() if p.strip())
    return [
        parts.urgency(a, works, answers),
        Section("From the clinician", note),
        parts.standing(a, works),
        parts.causes(a, works, letter),
        parts.decisions(letter.decisions),
        parts.next_steps(a, works, letter.decisions, letter.visit_on),
        Section("To be seen at once if", (Points(letter.come_back),) if letter.come_back else ()),
        parts.found(letter.findings, letter.unknown, letter.scores),
        parts.sources(works),
        parts.how_made(a),
    ]


def _facts(letter: Letter) -> tuple[tuple[str, str], ...]:
    """Whom and what it is about. What is not known is said to be so."""
    by = f", by {_line(letter.clinician)}" if letter.clinician else ""
    return (
        ("Person", _line(letter.person.name) or "name not recorded"),
        ("Born", day(letter.person.born)),
        ("Number", _line(letter.person.number) or "not recorded"),
        ("Seen", day(letter.visit_on) + by),
        ("Operation", _line(letter.operation) or "not known"),
    )


def _signature(letter: Letter) -> tuple[str, ...]:
    if not letter.signed_at:
        return ("Draft, not signed",)
    clock = letter.signed_at[11:16]
    return (_line(letter.signed_by or letter.clinician), f"Signed {day(letter.signed_at)}{f', {clock} UTC' if clock else ''}")


def _line(text: str) -> str:
    """A name or an address line stays on one line, whatever was typed."""
    return " ".join(text.split())
