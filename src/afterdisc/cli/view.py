"""afterdisc view: SQL on FHIR v2, used alone."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

VIEW = click.Path(exists=True, dir_okay=False, path_type=Path)
OUT = click.Path(dir_okay=False, path_type=Path)
SOURCE = click.Path(exists=True, path_type=Path)


@click.group()
def view() -> None:
    """SQL on FHIR v2: views over files of FHIR R4 resources."""


@view.command()
@click.argument("definition", metavar="VIEW.json", type=VIEW)
@click.argument("source", type=SOURCE)
@click.option("--out", type=OUT, help="A .parquet, .csv or .ndjson file; without it lines of JSON.")
def run(definition: Path, source: Path, out: Path | None) -> None:
    """Run the ViewDefinition VIEW.json over SOURCE: NDJSON, a file or a folder, also packed by gzip or zstd.

    Rows come in pieces, so that a large export needs no more memory than a small one.
    """
    from afterdisc.views import read_view, run_view
    from afterdisc.views.write import write_rows

    rows = run_view(read_view(_json(definition)), source)
    if out is not None:
        click.echo(f"{write_rows(rows, out):,} rows written to {out}", err=True)
        return
    for batch in rows.batches:
        for row in batch.to_pylist():
            sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


@view.command()
@click.argument("definition", metavar="VIEW.json", type=VIEW)
def sql(definition: Path) -> None:
    """Print the SQL that VIEW.json is compiled to, over a relation called `resources`."""
    from afterdisc.views import compile_view, read_view

    made = compile_view(read_view(_json(definition)))
    needs = ", ".join(f'"{name}" {kind}' for name, kind in made.columns.items()) or "json JSON"
    click.echo(f"-- resources: one row a resource, columns {needs}\nWITH resources AS (SELECT * FROM resources),\n{made.sql}")


def _json(path: Path) -> Any:
    from afterdisc.views import ViewError

    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        line = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ViewError(f"{path.name}{line}: this is no JSON. A ViewDefinition is one JSON object.") from None


COMMANDS = (view,)
