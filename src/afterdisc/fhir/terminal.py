"""What a record gave, on the terminal: in short below an assessment, or finding by finding."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from afterdisc.fhir.notes import alike, where
from afterdisc.fhir.read.looked_for import OWN_ONLY
from afterdisc.fhir.read.reading import Found, Missing, Reading, Unread
from afterdisc.program import Program
from afterdisc.report.answers import answer
from afterdisc.report.phrases import plural
from afterdisc.words.days import day
from afterdisc.words.printable import printable

if TYPE_CHECKING:
    from afterdisc.report.sheet import Part, Sheet

WIDEST = 110
FOUND, UNREAD, MISSING, POINTER = ("✓", "green"), ("!", "yellow"), ("·", "dim"), ("→", "cyan")


def render_record(program: Program, reading: Reading, *, width: int | None = None, colour: bool = False) -> str:
    """Every finding: its value and where it comes from, or where it was looked for and why there is none.

    width, colour  as for `render_terminal`
    """
    page = RecordPage(program, reading, _sheet(width, colour=colour))
    page.write()
    return page.sheet.text.lstrip("\n")


def render_in_short(program: Program, reading: Reading, *, width: int | None = None, colour: bool = False) -> str:
    """What was found and what could not be read; of what is not in the record only how much it is."""
    page = RecordPage(program, reading, _sheet(width, colour=colour))
    page.in_short()
    return page.sheet.text


def _sheet(width: int | None, *, colour: bool) -> Sheet:
    from afterdisc.report.sheet import Sheet

    return Sheet(width or min(shutil.get_terminal_size((100, 24)).columns, WIDEST), colour=colour)


class RecordPage:
    """Writes one reading on a sheet. Whatever comes from the record is made printable."""

    def __init__(self, program: Program, reading: Reading, sheet: Sheet) -> None:
        self.book, self.reading, self.sheet = program.book, reading, sheet

    @cached_property
    def found(self) -> Mapping[str, Found]:
        return {f.finding: f for f in self.reading.found}

    @cached_property
    def missing(self) -> Mapping[str, Missing]:
        return {m.finding: m for m in self.reading.missing}

    @cached_property
    def unread(self) -> Mapping[str, list[Unread]]:
        by_finding: dict[str, list[Unread]] = {}
        for note in self.reading.unread:
            by_finding.setdefault(note.finding, []).append(note)
        return by_finding

    # -- in short ----------------------------------------------------------------------------------------------------

    def in_short(self) -> None:
        self._heading("What the record gave")
        self._whole_record()
        self._table([self.found[f] for f in self.found])
        for notes in self.unread.values():
            self._notes(notes)
        self._pointers()
        n = len(self.reading.missing)
        words = f"{plural(n, 'finding')} not in the record: unknown, never “no”. Sought where: see `afterdisc fhir explain`."
        self.sheet.line((words, "dim"))

    def _heading(self, words: str) -> None:
        whose = printable(self.reading.patient) or "a person who is not named"
        self.sheet.heading(words, f"{whose}, as of {day(self.reading.at)}")

    def _whole_record(self) -> None:
        operated = day(self.reading.operated_on) if self.reading.operated_on else ""
        self.sheet.line(f"Index operation: {operated or 'not in the record, so times since surgery are unknown'}.")
        for other in self.reading.operations[1:]:
            self.sheet.item(MISSING, f"an earlier one: {printable(other.resource)}, {day(other.on)}")
        if self.reading.foreign:
            self.sheet.item(UNREAD, f"{plural(len(self.reading.foreign), 'resource')} of somebody else, left out")
        if self.reading.failed:
            searches = plural(self.reading.failed, "search", "searches")
            self.sheet.item(UNREAD, f"{searches} of the record failed; what they would have found is unknown")

    # -- finding by finding --------------------------------------------------------------------------------------------

    def write(self) -> None:
        self._heading("Finding by finding")
        self._whole_record()
        n = (plural(len(self.found), "finding"), len(self.reading.missing), len(self.reading.unread))
        self.sheet.line(f"{n[0]} found, {n[1]} not found, {plural(n[2], 'entry', 'entries')} that could not be read.")
        for section in self.book["form"]:
            self._section(section["title"], section["findings"])
        self._notes_at_the_end()

    def _section(self, title: str, findings: Sequence[str]) -> None:
        self.sheet.heading(title, f"{sum(f in self.found for f in findings)} of {len(findings)}")
        self._table([self.found[f] for f in findings if f in self.found])
        for finding in findings:
            self._notes(self.unread.get(finding, []))
        sought = [self.missing[f] for f in findings if f in self.missing]
        for one in sought:
            if one.looked_for != OWN_ONLY:
                self.sheet.item(MISSING, (self._label(one.finding), "bold"), f": {one.looked_for}.")
        ours = [self._label(m.finding) for m in sought if m.looked_for == OWN_ONLY]
        if ours:
            self.sheet.item(MISSING, ("Only our questionnaire asks: ", "dim"), (f"{'; '.join(ours)}.", "dim"))

    def _notes_at_the_end(self) -> None:
        rest = self.unread.get("", [])
        if rest or self.reading.points:
            self.sheet.heading("Also in the record")
        self._notes(rest)
        self._pointers()

    # -- lines ---------------------------------------------------------------------------------------------------------

    def _table(self, found: Sequence[Found]) -> None:
        if found:
            rows = [[self._label(f.finding), self._value(f), self._source(f)] for f in found]
            self.sheet.columns(["", "found", "from"], rows)

    def _value(self, f: Found) -> str:
        note = f" ({printable(f.note)})" if f.note else ""
        return printable(answer(self.book["findings"][f.finding], f.value)) + note

    def _source(self, f: Found) -> str:
        parts = (f.resource, day(f.on) if f.on else "", f.code.replace("|", " "))
        return ", ".join(printable(part) for part in parts if part)

    def _notes(self, notes: Sequence[Unread]) -> None:
        for same in alike(notes):
            self.sheet.item(UNREAD, *self._unread(same))

    def _unread(self, notes: list[Unread]) -> Iterator[Part]:
        first = notes[0]
        if first.finding:
            yield (self._label(first.finding), "bold")
            yield ", not counted: " if first.finding in self.found else " unknown: "
        yield f"{printable(where(notes))}: {printable(first.why)}. {first.mend}".rstrip()

    def _pointers(self) -> None:
        for point in self.reading.points:
            label = f"{self._label(point.finding)}: " if point.finding else ""
            self.sheet.item(POINTER, f"{label}{point.say} ({printable(point.resource)}, {day(point.on)})")

    def _label(self, finding: str) -> str:
        text: Mapping[str, Any] = self.book["findings"].get(finding, {})
        return str(text.get("label", finding))
