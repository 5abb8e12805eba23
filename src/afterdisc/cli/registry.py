"""afterdisc registry: whole registries in, a folder of answers out."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from afterdisc.cli import registry_map, registry_report, registry_sql

MAP_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False)
ROWS = click.IntRange(1, 1_000_000)


@click.group()
def registry() -> None:
    """Whole registries: from Parquet, Arrow, CSV or a FHIR bulk export to one row of answers a person."""


@registry.command("run")
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--map", "map_file", type=MAP_FILE, help="From your columns to findings.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="One row a person, as known on that day.")
@click.option("--each-visit", is_flag=True, help="One row a visit, with what was known by then.")
@click.option("--intervals/--no-intervals", default=True, help="With or without credible intervals (default: with).")
@click.option("--without", multiple=True, metavar="COLUMN", help="Leave a column out; may be given again.")
@click.option("--threads", type=click.IntRange(1, 256), help="Parts assessed at once (default: the processors there are).")
@click.option("--rows-a-part", type=ROWS, default=65_536, show_default=True, help="Rows in one file of answers.")
@click.option("--restart", is_flag=True, help="Throw away what an earlier run left in OUT.")
@click.option("--json", "as_json", is_flag=True, help="Print the receipt as JSON.")
@click.option("--program", "program_file", type=click.Path(dir_okay=False), help="Use a program kept by `compile --out`.")
@click.option("--replay", is_flag=True, help="With --program: answer as of that day, though other knowledge is installed.")
@click.option("--knowledge", "folder", type=FOLDER, help="A knowledge folder other than the installed one.")
def run(
    source: Path,
    out: Path,
    map_file: Path | None,
    as_of: datetime | None,
    each_visit: bool,
    intervals: bool,
    without: tuple[str, ...],
    threads: int | None,
    rows_a_part: int,
    restart: bool,
    as_json: bool,
    program_file: str | None,
    replay: bool,
    folder: str | None,
) -> None:
    """Assess every person of SOURCE, a file or a folder, into the folder OUT.

    Columns are named like findings, or mapped by --map. OUT gets people/*.parquet, refused.csv (rows that could not be
    assessed: file, row, column, reason) and receipt.json. A run cut short goes on where it was when the same command is
    given again.
    """
    from afterdisc import door
    from afterdisc.cli.write import as_json as to_json
    from afterdisc.registry.run import Settings, run_registry

    if as_of is not None and each_visit:
        raise click.UsageError("--as-of and --each-visit exclude each other: one row a person, or one a visit.")
    program = door.program_from_file(program_file, replay=replay) if program_file else door.load_program(folder)
    settings = Settings(
        source, out, map_file, as_of.date().isoformat() if as_of else None, each_visit, intervals, without, rows_a_part,
        threads or os.cpu_count() or 1, restart,
    )  # fmt: skip
    command = shlex.join(["afterdisc", *sys.argv[1:]])
    with _shown() as progress:
        receipt = run_registry(
            program, settings, today=date.today().isoformat(), clock=_now, command=command, progress=progress
        )
    click.echo(to_json(receipt) if as_json else _told(receipt, out))
    for problem in receipt["problems"]:
        click.echo(f"not read to its end: {problem['what']}", err=True)
    if receipt["problems"]:
        sys.exit(8)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _told(receipt: dict[str, Any], out: Path) -> str:
    rows, several = receipt["rows"], receipt["several_rows_a_person"]
    lines = [f"{rows['in']:,} rows in, {rows['out']:,} assessed, {rows['refused']:,} refused; written to {out}"]
    if rows["refused"]:
        lines.append(f"Why rows were refused: {out / 'refused.csv'}")
    left_out = sum(stage["n_people_left_out"] for stage in receipt["stages"])
    if left_out:
        lines.append(f"{left_out:,} people have no row: they had no visit by that day, or none with a day.")
    if several["people"]:
        lines.append(
            f"{several['people']:,} people stand in {several['rows']:,} rows of one day or of no day; each row was assessed. "
            "--as-of or --each-visit gives one row a person or visit."
        )
    if receipt["not_read"]:
        lines.append(f"{len(receipt['not_read'])} files beside them were not read: see `not_read` in the receipt.")
    knowledge = receipt["knowledge"]
    lines.append(f"knowledge {knowledge['version']}, fingerprint {knowledge['fingerprint']}")
    return "\n".join(lines)


@contextmanager
def _shown() -> Iterator[Callable[[str, int, int | None], None]]:
    """Progress with rate and time left: a bar on a terminal, else a line now and then."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines()
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console) as bar:
        tasks: dict[str, Any] = {}

        def step(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total, completed=done, rate="")
            speed = bar.tasks[tasks[what]].speed
            bar.update(tasks[what], completed=done, total=total, rate=f"{speed:,.0f}/s" if speed else "")

        yield step


def _lines(every_seconds: float = 10.0) -> Callable[[str, int, int | None], None]:
    """A line every ten seconds: rows done, rate, time left."""
    from time import monotonic

    begun: dict[str, tuple[float, int]] = {}
    told = monotonic()

    def step(what: str, done: int, total: int | None) -> None:
        nonlocal told
        at, first = begun.setdefault(what, (monotonic(), done))
        if monotonic() - told < every_seconds:
            return
        told = monotonic()
        rate = (done - first) / max(told - at, 1e-9)
        left = f", about {(total - done) / rate:,.0f} s left" if total and rate else ""
        of = f" of {total:,}" if total else ""
        click.echo(f"{done:,}{of} {what}, {rate:,.0f} a second{left}", err=True)

    return step


registry.add_command(registry_map.map_command)
registry.add_command(registry_report.report_command)
registry.add_command(registry_sql.sql_command)
COMMANDS = (registry,)
