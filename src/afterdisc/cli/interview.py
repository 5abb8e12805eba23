"""The interview: the most useful question next, every answer kept at once."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

from afterdisc.door import assess, load_program
from afterdisc.errors import CaseError, UnreadableCase
from afterdisc.intake import batch_from_cases
from afterdisc.program import Program

SKIP, QUIT, DONE, BACK = ("", "?"), ("quit", "q"), ("done", "d"), ("back", "b")
HELP = "Enter or ? = not known · back = correct the last answer · done = show the assessment · quit = keep and leave"


class Session:
    """The answers so far, in a file that is replaced whole after every answer."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = path.stem
        self.findings: dict[str, Any] = {}
        self.skipped: list[str] = []
        self.order: list[str] = []  # of this sitting
        if path.exists():
            self._read()

    def _read(self) -> None:
        try:
            kept = json.loads(self.path.read_text(encoding="utf-8"))
            self.id = str(kept.get("id", self.path.stem))
            self.findings, self.skipped = dict(kept["findings"]), list(kept.get("skipped", []))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise UnreadableCase(f"{self.path.name} is no interview or case file. Name another one with --file.") from None

    def save(self) -> None:
        aside = self.path.with_suffix(self.path.suffix + ".part")
        text = json.dumps({"id": self.id, "findings": self.findings, "skipped": self.skipped}, ensure_ascii=False, indent=1)
        try:
            aside.write_text(text, encoding="utf-8")
            os.replace(aside, self.path)
        except OSError as error:
            raise click.FileError(str(self.path), error.strerror or "cannot be written") from None

    def answer(self, finding: str, value: Any) -> None:
        """Keep an answer, or that the question was passed over."""
        if value is None:
            self.skipped.append(finding)
        else:
            self.findings[finding] = value
        self.order.append(finding)
        self.save()

    def take_back(self) -> None:
        """Undo the last answer of this sitting, so that it is asked again."""
        if self.order:
            last = self.order.pop()
            self.findings.pop(last, None)
            self.skipped = [s for s in self.skipped if s != last]
            self.save()


def run_interview(path: Path, folder: str | None) -> dict[str, Any] | None:
    """The assessment at the end, or None if the person at the keyboard left."""
    program, session = load_program(folder), Session(path)
    click.echo(f"{HELP}\n")
    while True:
        answer = assess({"id": session.id, "findings": session.findings}, program=program, intervals=False)
        question = next((q for q in answer["questions"] if q["id"] not in session.skipped), None)
        if question is None:
            break
        word = _ask(program, session, question, answer)
        if word in QUIT:
            session.save()
            return None
        if word in DONE:
            break
    return assess({"id": session.id, "findings": session.findings}, program=program)


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
            value = None if word in SKIP else _value(program, question["id"], text, raw)
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
        return "names, separated by commas"
    return str(text["unit"] or "a number")


def _value(program: Program, finding: str, text: dict[str, Any], raw: str) -> Any:
    """The answer as a case file would hold it. Raises CaseError if it is impossible."""
    value: Any = raw
    if text["kind"] == "bool":
        value = {"y": True, "yes": True, "n": False, "no": False}.get(raw.lower(), raw)
    elif text["values"]:
        states = list(text["values"])
        value = states[int(raw) - 1] if raw.isdigit() and 1 <= int(raw) <= len(states) else raw
    elif text["kind"] == "set":
        value = [part.strip() for part in raw.split(",") if part.strip()]
    elif text["kind"] in ("number", "count"):
        try:
            value = float(raw.replace(",", "."))
        except ValueError:
            value = raw
    batch_from_cases(program, [{"findings": {finding: value}}])
    return value
