"""Commands on a person's record in FHIR R4: assess it, and say finding by finding what was read from where, or why not."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from afterdisc.cli import write
from afterdisc.errors import UnreadableCase
from afterdisc.words.printable import printable

if TYPE_CHECKING:
    from afterdisc.fhir.operations import Asked

Command = TypeVar("Command", bound=Callable[..., Any])


@click.group()
def fhir() -> None:
    """A person's record in FHIR R4: a Bundle as an EHR gives it."""


def _of_a_record(command: Command) -> Command:
    """What both commands are told: the record, whose, as of when, by which knowledge."""
    folder = click.Path(file_okay=False)
    for option in (
        click.option("--knowledge", "folder", type=folder, help="A knowledge folder other than the installed one."),
        click.option("--subject", default="", metavar="ID", help="Whose record is meant, where there are several."),
        click.option("--at", metavar="DATE", help="As of this day; nothing dated later counts.  [default: today]"),
        click.argument("file", metavar="BUNDLE.json"),
    ):
        command = option(command)
    return command


@fhir.command()
@_of_a_record
@click.option("--json", "as_json", is_flag=True, help="The whole assessment as JSON (schema: `afterdisc schema`).")
@click.option("--html", "html_file", type=click.Path(dir_okay=False), help="Write one self-contained page here.")
@click.option("--resources", type=click.Path(dir_okay=False), help="Write the assessment as a Bundle of FHIR resources here.")
@click.option("--no-intervals", is_flag=True, help="Leave out the credible intervals.")
def assess(
    file: str,
    at: str | None,
    subject: str,
    folder: str | None,
    as_json: bool,
    html_file: str | None,
    resources: str | None,
    no_intervals: bool,
) -> None:
    """Assess one person from their record: a FHIR R4 Bundle in BUNDLE.json, `-` reads standard input.

    What is not in the record is unknown, never "no".
    """
    from afterdisc import door
    from afterdisc.fhir.answers import bundle_of_assessed
    from afterdisc.fhir.operations import assessed

    program = door.load_program(folder)
    done = assessed(program, _question(file, at, subject, intervals=not no_intervals))
    answer = dict(done.assessment)
    if html_file:
        from afterdisc.report.page import render_html

        with write.replaced(html_file) as handle:
            handle.write(render_html(answer | {"id": printable(answer["id"])}))
        click.echo(f"Wrote {html_file}", err=True)
    if resources:
        with write.replaced(resources) as handle:
            handle.write(write.as_json(bundle_of_assessed(program, done)) + "\n")
        click.echo(f"Wrote {resources}", err=True)
    if as_json:
        click.echo(write.as_json(answer))
    elif not html_file and not resources:
        from afterdisc.fhir.terminal import render_in_short
        from afterdisc.report.terminal import render_terminal

        page = render_terminal(answer | {"id": printable(answer["id"])}, colour=_colour())
        click.echo(page + render_in_short(program, done.reading, colour=_colour()), color=_colour())


@fhir.command()
@_of_a_record
@click.option("--json", "as_json", is_flag=True, help="What was read, as JSON.")
def explain(file: str, at: str | None, subject: str, folder: str | None, as_json: bool) -> None:
    """Finding by finding: what was read from the record in BUNDLE.json and from where, or why there is no value."""
    from afterdisc import door
    from afterdisc.fhir.operations import read
    from afterdisc.fhir.terminal import render_record

    program = door.load_program(folder)
    reading = read(program, _question(file, at, subject))
    if as_json:
        click.echo(write.as_json(reading.as_json()))
    else:
        click.echo(render_record(program, reading, colour=_colour()), color=_colour())


def _question(file: str, at: str | None, subject: str, *, intervals: bool = True) -> Asked:
    from afterdisc.fhir.operations import Asked
    from afterdisc.fhir.parameters import is_moment
    from afterdisc.fhir.shape import refuse_other_shapes
    from afterdisc.fhir.strict import read_json

    if at is not None and not is_moment(at):
        raise click.BadParameter("a day is written 2026-11-25, an instant 2026-11-25T09:30:00Z.", param_hint="--at")
    found = read_json(_bytes(file))
    refuse_other_shapes(found)
    return Asked((found,), subject, at or date.today().isoformat(), intervals)


def _bytes(file: str) -> bytes:
    from afterdisc.fhir.strict import MOST_BYTES

    try:
        if file == "-":
            return sys.stdin.buffer.read(MOST_BYTES + 1)
        with Path(file).open("rb") as handle:
            return handle.read(MOST_BYTES + 1)
    except OSError as error:
        name = printable(Path(file).name)
        raise UnreadableCase(f"{name} cannot be read ({error.strerror or 'error'}). Check the path.") from None


def _colour() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ
