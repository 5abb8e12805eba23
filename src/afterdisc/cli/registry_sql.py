"""afterdisc registry sql: how a FHIR bulk export is read."""

from __future__ import annotations

from pathlib import Path

import click

FOLDER = click.Path(file_okay=False)


@click.command("sql")
@click.option("--views", is_flag=True, help="Only the ViewDefinitions (SQL on FHIR v2), as JSON.")
@click.option("--knowledge", "folder", type=FOLDER, help="A knowledge folder other than the installed one.")
def sql_command(views: bool, folder: str | None) -> None:
    """Print the views that find a person's entries in a FHIR bulk export, and the SQL they are compiled to.

    They are made from the declarations of the knowledge base, the same that read one record.
    """
    from afterdisc.cli.write import as_json
    from afterdisc.door import load_program
    from afterdisc.registry.bulk import views_of
    from afterdisc.registry.bulk.kept import TABLE, keep
    from afterdisc.registry.bulk.sql import people, statements

    program = load_program(folder)
    made = views_of(program)
    if views:
        click.echo(as_json(list(made)))
        return
    for statement in [TABLE, keep(program, [Path("export.ndjson")]), *statements(program), people()]:
        click.echo(f"{statement};\n")
