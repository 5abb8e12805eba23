"""assess-batch: a file of cases in, a file of assessments out."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from afterdisc.door import assess_many, load_program
from afterdisc.errors import CaseError
from afterdisc.intake import read_cases


def run_batch(source: str, target: str, *, intervals: bool, folder: str | None) -> tuple[int, int]:
    """(assessed, with an error). The target appears whole at the end; an interrupted run leaves what was there before."""
    program, n_lines = load_program(folder), _count_lines(source)
    n_good = n_bad = 0
    place = Path(target)
    try:
        handle = tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=place.parent or ".", delete=False)
    except OSError as error:
        raise click.FileError(target, error.strerror or "cannot be written") from None
    try:
        with handle, progress(n_lines, "cases assessed") as step:
            for number, case in read_cases(source):
                record = _record(number, case, program, intervals)
                n_bad += "error" in record
                n_good += "error" not in record
                handle.write(json.dumps(record, ensure_ascii=False) + "\n")
                step(1)
        os.replace(handle.name, place)
    except BaseException:
        os.unlink(handle.name)
        raise
    return n_good, n_bad


def _record(number: int, case: Any, program: Any, intervals: bool) -> dict[str, Any]:
    if isinstance(case, CaseError):
        return _error(number, None, case)
    try:
        return next(assess_many([case], program=program, intervals=intervals))
    except CaseError as error:
        return _error(number, case.get("id") if isinstance(case, dict) else None, error)


def _error(number: int, name: Any, error: CaseError) -> dict[str, Any]:
    return {"line": number, "id": name, "error": {"type": type(error).__name__, "message": str(error)}}


def _count_lines(path: str) -> int:
    try:
        with open(path, "rb") as handle:
            return sum(1 for line in handle if line.strip())
    except OSError as error:
        raise click.FileError(path, error.strerror or "cannot be read") from None


@contextmanager
def progress(total: int, what: str, *, quiet: bool = False) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error, if it is a terminal; else a line every tenth of the way."""
    err = click.get_text_stream("stderr")
    if quiet or total < 20:
        yield lambda n: None
    elif err.isatty():
        with click.progressbar(length=total, label=what, file=err) as bar:
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
