"""afterdisc registry report: a folder of answers as one page, and the rows of its figures."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

ANSWERS = click.Path(exists=True, file_okay=False, path_type=Path)
HTML = click.Path(dir_okay=False)
ROWS = click.Path(file_okay=False, path_type=Path)


@click.command("report")
@click.argument("out", type=ANSWERS)
@click.option("--html", "html_file", type=HTML, help="Write the report to this page.")
@click.option("--rows", type=ROWS, help="Write the rows of every figure as CSV into this folder.")
@click.option("--program", "program_file", type=HTML, help="The program the answers were made with, kept by `compile --out`.")
@click.option("--replay", is_flag=True, help="With --program: though other knowledge is installed.")
def report_command(out: Path, html_file: str | None, rows: Path | None, program_file: str | None, replay: bool) -> None:
    """Describe a registry: OUT is a folder that `registry run` wrote.

    Flow, case mix, causes, red flags, time to recurrence and reoperation, results beside published ones, quality indicators
    by site and quarter. Counts that could point to a person are suppressed, in the page and in the rows.
    """
    from afterdisc import door
    from afterdisc.cli.write import replaced
    from afterdisc.registry.summary import render_report, summary_of, write_rows

    if html_file is None and rows is None:
        raise click.UsageError("Say where to: --html FILE, --rows DIR, or both.")
    program = door.program_from_file(program_file, replay=replay) if program_file else door.load_program()
    summary = summary_of(program, out, progress=lambda what: click.echo(f"{what} …", err=True))
    if html_file is not None:
        with replaced(html_file) as handle:
            handle.write(render_report(summary, made_on=date.today().isoformat()))
        click.echo(f"Wrote {html_file}", err=True)
    if rows is not None:
        click.echo(f"Wrote {len(write_rows(summary, rows))} files to {rows}", err=True)
