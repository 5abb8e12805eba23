"""assess-batch: a file of cases in, a file of assessments out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from afterdisc.cli.write import as_json, replaced
from afterdisc.door import assess, load_program
from afterdisc.errors import CaseError
from afterdisc.intake import read_cases
from afterdisc.program import Program


def run_batch(source: str, target: str, *, intervals: bool, folder: str | None) -> tuple[int, int]:
    """How many were assessed, and how many lines were wrong.

    The target appears whole at the end; an interrupted run leaves what was there before.
    """
    if Path(source).resolve() == Path(target).resolve():
        raise click.UsageError("IN.jsonl and OUT.jsonl are one file: the cases would be lost.")
    n_lines = sum(1 for _ in read_cases(source))
    program = load_program(folder)
    n_good = n_bad = 0
    with replaced(target) as handle, progress(n_lines, "cases assessed") as step:
        for number, case in read_cases(source):
            record = _record(number, case, program, intervals)
            n_bad += "error" in record
            n_good += "error" not in record
            handle.write(as_json(record, indent=None) + "\n")
            step(1)
    return n_good, n_bad


def _record(number: int, case: Any, program: Program, intervals: bool) -> dict[str, Any]:
    """The assessment of one line, or what is wrong with it. A case without an id is called by its line."""
    if isinstance(case, CaseError):
        return _error(number, None, case)
    named = {"id": number} | case if isinstance(case, dict) else case
    try:
        return assess(named, program=program, intervals=intervals)
    except CaseError as error:
        return _error(number, case.get("id") if isinstance(case, dict) else None, error)


def _error(number: int, name: Any, error: CaseError) -> dict[str, Any]:
    return {"line": number, "id": name, "error": {"type": type(error).__name__, "message": str(error)}}


@contextmanager
def progress(total: int, what: str, *, quiet: bool = False) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error, if it is a terminal; else a line every tenth of the way."""
    if quiet or total < 20:
        yield lambda n: None
    elif sys.stderr.isatty():
        with click.progressbar(length=total, label=what, file=sys.stderr) as bar:
            yield bar.update
    else:
        yield _lines(total, what)


def _lines(total: int, what: str) -> Callable[[int], None]:
    done, told = 0, 0

    def step(n: int) -> None:
        nonlocal done, told
        done += n
        if done * 10 // total > told:
            told = done * 10 // total
            click.echo(f"{done} of {total} {what}", err=True)

    return step
