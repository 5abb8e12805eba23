"""The interview: the most useful question next, every answer kept at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from afterdisc.cli.write import as_json, replaced
from afterdisc.door import assess, load_program
from afterdisc.errors import CaseError, UnreadableCase
from afterdisc.intake import batch_from_cases, read_case
from afterdisc.intake.typed import value_of
from afterdisc.program import Program
from afterdisc.words.printable import printable

SKIP, QUIT, DONE, BACK = ("", "?"), ("quit", "q"), ("done", "d"), ("back", "b")
HELP = "Enter or ? = not known · back = correct the last answer · done = show the assessment · quit = keep and leave"


class Session:
    """The answers so far, in a case file that is replaced whole after every answer."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.kept: dict[str, Any] = {"id": path.stem, "findings": {}, "skipped": []}
        self.order: list[str] = []  # of this sitting
        if path.exists():
            self.kept |= self._read()

    def _read(self) -> dict[str, Any]:
        try:
            kept = read_case(str(self.path))
            if isinstance(kept["findings"], dict) and isinstance(kept.get("skipped", []), list):
                return dict(kept)
        except (CaseError, KeyError, TypeError):
            pass
        name = printable(self.path.name)
        raise UnreadableCase(f"{name} is no interview or case file. Mend it, or name another one with --file.")

    @property
    def case(self) -> dict[str, Any]:
        return {"id": self.kept["id"], "findings": self.findings}

    @property
    def findings(self) -> dict[str, Any]:
        return dict(self.kept["findings"])

    @property
    def skipped(self) -> list[str]:
        return list(self.kept["skipped"])

    def save(self) -> None:
        with replaced(str(self.path)) as handle:
            handle.write(as_json(self.kept, indent=1))

    def answer(self, finding: str, value: Any) -> None:
        """Keep an answer, or that the question was passed over."""
        if value is None:
            self.kept["skipped"].append(finding)
        else:
            self.kept["findings"][finding] = value
        self.order.append(finding)
        self.save()

    def take_back(self) -> None:
        """Undo the last answer of this sitting, so that it is asked again."""
        if self.order:
            last = self.order.pop()
            self.kept["findings"].pop(last, None)
            self.kept["skipped"] = [s for s in self.skipped if s != last]
            self.save()


def run_interview(path: Path, folder: str | None) -> dict[str, Any] | None:
    """The assessment at the end, or None if the person at the keyboard left."""
    program, session = load_program(folder), Session(path)
    click.echo(f"{HELP}\n")
    while True:
        answer = assess(session.case, program=program, intervals=False)
        question = next((q for q in answer["questions"] if q["id"] not in session.skipped), None)
        word = _ask(program, session, question, answer) if question else DONE[0]
        if word in QUIT or word in DONE:
            break
    session.save()
    return None if word in QUIT else assess(session.case, program=program)


def _ask(program: Program, session: Session, question: dict[str, Any], answer: dict[str, Any]) -> str:
    """One question until it has a usable answer; returns the command word, if it was one."""
    text = program.book["findings"][question["id"]]
    fired = [f["id"] for f in answer["red_flags"] if f["status"] == "fired" and f["urgency"] in ("E0", "E1", "E2")]
    click.echo(f"[{answer['urgency']}{' ' + ', '.join(fired) if fired else ''}]  {question['question']}")
    for line in (text["help"], question["why"]):
        if line:
            click.echo(f"    {line}")
    while True:
        raw = click.prompt(f"  {_expects(text)}", default="", show_default=False).strip()
        word = raw.lower()
        if word in (*QUIT, *DONE):
            return word
        if word in BACK:
            session.take_back()
            return word
        try:
            value = None if word in SKIP else value_of(text, printable(raw))
            batch_from_cases(program, [{"findings": {**session.findings, question["id"]: value}}])
        except CaseError as error:
            click.echo(f"  {error}")
            continue
        session.answer(question["id"], value)
        return ""


def _expects(text: dict[str, Any]) -> str:
    if text["kind"] == "bool":
        return "yes / no"
    if text["values"]:
        return "  ".join(f"{i} {label}" for i, label in enumerate(text["values"].values(), 1))
    if text["kind"] == "set":
        return "names, separated by commas; none"
    if text["kind"] == "map":
        return f"name and number ({text['unit']}), separated by commas; none"
    return str(text["unit"] or "a number")
