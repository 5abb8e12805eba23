"""The command line as a user meets it: words in, what is printed and the exit status out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import click.termui
from click.testing import CliRunner

from afterdisc.cli import main

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.json"))
EXAMPLE = ROOT / "examples" / "returning-leg-pain.json"


@dataclass(frozen=True)
class Said:
    """What a command printed, and how it ended."""

    status: int
    out: str
    err: str


def afterdisc(*words: str | Path, stdin: str | bytes = "", at_keyboard: Person | None = None) -> Said:
    """Run one command in this process, through the same door as the installed one."""
    with (
        CliRunner().isolation(input=stdin) as (out, err, _),
        patch.object(sys, "argv", ["afterdisc", *map(str, words)]),
        patch.object(click.termui, "visible_prompt_func", at_keyboard or click.termui.visible_prompt_func),
    ):
        if at_keyboard:
            at_keyboard.reads = lambda: printed(out)
        try:
            main()
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
        return Said(status, printed(out), printed(err))


def printed(stream: Any) -> str:
    sys.stdout.flush()
    sys.stderr.flush()
    return bytes(stream.getvalue()).decode("utf-8")


class Person:
    """Somebody at the keyboard who reads each question and types what they know; Enter for the rest.

    says    by finding: what is typed when it is asked. A list is typed one after the other.
    at_end  typed once `says` is used up; Enter if empty
    """

    def __init__(self, findings: dict[str, Any], says: dict[str, str | list[str]], at_end: str = "") -> None:
        self.asks = {text["question"]: name for name, text in findings.items()}
        self.says = {name: list(words) if isinstance(words, list) else [words] for name, words in says.items()}
        self.at_end = at_end
        self.asked: list[str] = []
        self.reads: Callable[[], str] = str

    def __call__(self, prompt: str) -> str:
        question = [line for line in self.reads().splitlines() if line.startswith("[")][-1].partition("]  ")[2]
        self.asked.append(self.asks[question])
        words = self.says.get(self.asked[-1], [])
        if words:
            return words.pop(0)
        return "" if any(self.says.values()) else self.at_end
