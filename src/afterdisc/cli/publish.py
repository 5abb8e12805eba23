"""Publishing what Afterdisc knows, for other software."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import monotonic

import click

PATIENCE_S = 2.0  # after which a command says what it is doing


@click.group("publish")
def publish_group() -> None:
    """What Afterdisc knows, for other software."""


@publish_group.command("fhir")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False))
@click.option("--at", metavar="DATE", help="The day that the resources carry.  [default: today]")
@click.option("--knowledge", type=click.Path(file_okay=False), help="A knowledge folder other than the installed one.")
def fhir(folder: str, at: str | None, knowledge: str | None) -> None:
    """Write the knowledge as a FHIR R4 package under DIR: questionnaire, plan, value sets, CQL with ELM.

    The same knowledge and day give the same bytes. DIR is new, empty, or of an earlier publication, which is replaced.
    """
    from datetime import date

    from afterdisc.door import load_program
    from afterdisc.fhir.parameters import is_moment
    from afterdisc.fhir.publish import publish, rules_that_need_a_probability
    from afterdisc.knowledge import INSTALLED, read_knowledge

    if at is not None and not is_moment(at):
        raise click.BadParameter("a day is written 2026-11-25, an instant 2026-11-25T09:30:00Z.", param_hint="--at")
    tell = _told_after(PATIENCE_S)
    program = load_program(knowledge)
    tell("reading the knowledge …")
    base = read_knowledge(knowledge or INSTALLED)
    tell("writing …")
    try:
        files = publish(program, base, Path(folder), at or date.today().isoformat())
    except OSError as error:
        raise click.FileError(folder, error.strerror or str(error)) from None
    n = len(rules_that_need_a_probability(base))
    click.echo(f"knowledge {program.version}, fingerprint {program.fingerprint}: {len(files)} files, written to {folder}")
    click.echo(f"{n} rules ask for a probability, which CQL cannot work out; input/pagecontent/index.md lists them.")


def _told_after(seconds: float) -> Callable[[str], None]:
    """Says what is being done, to standard error, once that many seconds have gone by."""
    start = monotonic()

    def tell(words: str) -> None:
        if monotonic() - start > seconds:
            click.echo(words, err=True)

    return tell


COMMANDS = (publish_group,)
