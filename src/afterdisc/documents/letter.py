"""The letter: what was found, what it comes to, what was decided, and where each figure comes from. Wording our own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from afterdisc.documents.paper import Paper, Part, Points, Section, Table, Text
from afterdisc.report import phrases
from afterdisc.report.works import Works, author_year, title
from afterdisc.words.days import day

N_CAUSES = 5
N_UNKNOWN = 12
CHOICES = {"accept": "Accepted", "defer": "Deferred", "decline": "Declined"}


@dataclass(frozen=True)
class Person:
    """Whom the paper is about."""

    name: str
    number: str
    born: str | None = None


@dataclass(frozen=True)
class Decided:
    """One decision, in words."""

    label: str
    choice: str  # accept, defer, decline
    reason: str
    text: str = ""
    review_on: str | None = None


@dataclass(frozen=True)
class Letter:
    """Everything a letter says. `findings` are known ones, as (group, [(label, answer)]); `unknown` are labels."""

    site: str
    person: Person
    visit_on: str
    operation: str
    assessment: Mapping[str, Any]
    findings: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    unknown: tuple[str, ...]
    come_back: tuple[str, ...] = ()  # what cannot wait for the next visit
    decisions: tuple[Decided, ...] = ()
    note: str = ""
    signed_by: str = ""
    signed_at: str = ""
    made_on: str = ""


def paper_of(letter: Letter) -> Paper:
    """The letter as sections, for any format."""
    a = dict(letter.assessment)
    works = Works(a["sources"])
    sections = [
        _urgency(a, works),
        _stands(a, works),
        _causes(a, works),
        _decisions(letter),
        _next(a, works),
        Section("To be seen at once if", (Points(letter.come_back),) if letter.come_back else ()),
        _findings(letter),
    ]
    if letter.note.strip():
        sections.insert(0, Section("Note", tuple(Text(p) for p in letter.note.splitlines() if p.strip())))
    sections += [_sources(works), _intended_use(a)]
    return Paper(
        title=f"Re-evaluation after lumbar disc surgery, {day(letter.visit_on)}",
        sender=letter.site,
        facts=_facts(letter),
        sections=tuple(s for s in sections if s.parts),
        stamp=f"Knowledge {a['knowledge']['version']}, fingerprint {a['knowledge']['fingerprint']}",
        is_draft=not letter.signed_at,
        made_on=(letter.made_on or letter.visit_on)[:10],
    )


def _facts(letter: Letter) -> tuple[tuple[str, str], ...]:
    signed = f"{letter.signed_by}, {day(letter.signed_at)}" if letter.signed_at else "not signed: draft"
    born = (("Born", day(letter.person.born)),) if letter.person.born else ()
    return (
        ("About", letter.person.name),
        *born,
        ("Number", letter.person.number),
        ("Operation", letter.operation or "not known"),
        ("Seen", day(letter.visit_on)),
        ("Signed", signed),
    )


def _cited(works: Works, line: Mapping[str, Any]) -> str:
    """` [1, 4]`, or ` [judgement]` where a line rests on one."""
    numbers = works.numbers(dict(line))
    if numbers:
        return f" [{', '.join(map(str, numbers))}]"
    return " [judgement]" if line.get("support") == "judgement" else ""


def _urgency(a: dict[str, Any], works: Works) -> Section:
    parts: list[Part] = [Text(f"{a['urgency']}: {a['urgency_meaning']}. {phrases.standing(a)}", is_strong=True)]
    for flag in phrases.raised(a):
        parts.append(Text(f"{flag['title']} ({flag['urgency']}). {flag['action']}{_cited(works, flag)}"))
    open_questions = phrases.must_ask(a)
    if open_questions:
        parts += [Text("Not answered yet, so not cleared:"), Points(tuple(open_questions))]
    return Section("Urgency", tuple(parts))


def _stands(a: dict[str, Any], works: Works) -> Section:
    parts: list[Part] = [Text(f"{a['stage_label']}. {a['stage_says']}")]
    parts += [Text(note["say"] + _cited(works, note)) for note in a["notes"]]
    return Section("Where the person stands", tuple(parts))


def _causes(a: dict[str, Any], works: Works) -> Section:
    shown = phrases.in_view(a)[:N_CAUSES]
    rows, bars = [], []
    for cause in shown:
        weighty = [w for w in phrases.weighing(cause, 3) if w["found"]]
        found = "; ".join(f"{w['label']}: {w['found']}{_cited(works, w)}" for w in weighty) or "nothing found weighs yet"
        chance = f"{phrases.percent(cause['probability'])} ({phrases.interval(cause['interval'])})"
        rows.append((cause["label"], chance, found))
        bars.append((cause["probability"], *cause["interval"]))
    level = phrases.percent(a["interval_level"])
    caption = f"Chance with {level} interval. Several causes can be at work, so chances need not add up to 100 %."
    return Section("Likely causes", (Table(caption, ("Cause", "Chance", "Weighs most"), tuple(rows), tuple(bars)),))


def _decisions(letter: Letter) -> Section:
    rows = tuple(
        (
            d.label,
            CHOICES[d.choice],
            ". ".join(filter(None, (d.reason, d.text, f"To be judged {day(d.review_on)}" if d.review_on else ""))),
        )
        for d in letter.decisions
    )
    return Section("Decided", (Table("", ("Proposal", "Decision", "Reason"), rows),) if rows else ())


def _next(a: dict[str, Any], works: Works) -> Section:
    steps = [s for s in a["next_steps"] if s["kind"] != "question"]
    lines = [f"{s['label']}. {s['why']}{_cited(works, s)}" for s in steps]
    return Section("Next steps proposed", (Points(tuple(lines)),) if lines else ())


def _findings(letter: Letter) -> Section:
    parts: list[Part] = [
        Text(f"{group}: {'; '.join(f'{label}: {answer}' for label, answer in lines)}.") for group, lines in letter.findings
    ]
    if letter.unknown:
        shown, more = letter.unknown[:N_UNKNOWN], len(letter.unknown) - N_UNKNOWN
        rest = f"; and {more} more" if more > 0 else ""
        parts.append(Text(f"Not known, and it matters: {'; '.join(shown)}{rest}. Not known is not no."))
    return Section("What was found", tuple(parts))


def _sources(works: Works) -> Section:
    lines = []
    for n, work, _ in works.cited:
        who = author_year(work)
        where = f" doi:{work['doi']}" if work.get("doi") else ""
        lines.append(f"[{n}] {who + '. ' if who else ''}{phrases.sentence(title(work))}{where}")
    return Section("Sources", (Points(tuple(lines)),) if lines else ())


def _intended_use(a: dict[str, Any]) -> Section:
    return Section("How this was made", (Text(f"Written with Afterdisc {a['software']['version']}. {a['intended_use']}"),))
