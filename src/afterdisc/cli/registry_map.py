"""afterdisc registry map: drafting and checking a map from a registry's own columns to findings."""

from __future__ import annotations

import sys
from pathlib import Path

import click

FOLDER = click.Path(file_okay=False)


@click.command("map")
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option("--suggest", is_flag=True, help="Draft a map from the names of the columns, on standard output.")
@click.option("--check", "map_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Check this map.")
@click.option("--knowledge", "folder", type=FOLDER, help="A knowledge folder other than the installed one.")
def map_command(source: Path, suggest: bool, map_file: Path | None, folder: str | None) -> None:
    """Draft a map for SOURCE, or check one: which rows of the first few thousand it could not place, and why.

    A draft is made from the names of columns alone and prints what it could not place; somebody who knows the registry
    reads every line before it is used.
    """
    from afterdisc.door import load_program
    from afterdisc.registry.mapping.look import checked, drafted

    if suggest == (map_file is not None):
        raise click.UsageError("Say either --suggest or --check MAP.yaml.")
    program = load_program(folder)
    if map_file is None:
        draft = drafted(program, source)
        click.echo(draft.text, nl=False)
        click.echo(f"{len(draft.placed)} columns placed, {len(draft.unplaced)} not: {', '.join(draft.unplaced)}", err=True)
        return
    n_rows, wrong = checked(program, source, map_file)
    for (column, reason), n in sorted(wrong.items(), key=lambda item: -item[1]):
        click.echo(f"{n:,} of {n_rows:,} rows: {column}: {reason}", err=True)
    click.echo(f"{n_rows:,} rows tried, {len(wrong)} kinds of trouble")
    if wrong:
        sys.exit(1)
