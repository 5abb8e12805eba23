"""afterdisc cohort: synthetic people."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from afterdisc.program import Program

FOLDER = click.Path(file_okay=False)
PEOPLE = click.IntRange(1, 100_000_000)
KINDS = click.Choice(["parquet", "csv", "fhir"])


class Number(click.ParamType[int]):
    """A whole number, which may be grouped: 1_000_000."""

    name = "integer"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        return int(PEOPLE.convert(str(value).replace("_", ""), param, ctx))  # type: ignore[arg-type]


@click.group()
def cohort() -> None:
    """Synthetic people."""


@cohort.command("draw")
@click.argument("n", type=Number())
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="The same seed draws the same people.")
@click.option("--out", type=click.Path(), help="A file for cases, or a folder for a whole registry; else standard output.")
@click.option("--where", help="Only people in whom this is true: 'leg_pain_nrs >= 7 and smoker'.")
@click.option("--as", "kind", type=KINDS, help="Write a registry into --out: findings tables, or a FHIR bulk export.")
@click.option("--visits", type=click.IntRange(1, 20), default=1, show_default=True, help="Visits a person, in a registry.")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The day of the registry (default: 2026-01-01).")
@click.option("--knowledge", "folder", type=FOLDER, help="A knowledge folder other than the installed one.")
def draw(
    n: int, seed: int, out: str | None, where: str | None, kind: str | None, visits: int, today: date | None, folder: str | None
) -> None:
    """Draw N synthetic people with the causes that are truly at work.

    One JSON case a line, to --out FILE.jsonl or standard output. A folder as --out gets a registry instead: findings (Parquet,
    CSV or FHIR) with sites, dates and events, and the true causes apart in truth.parquet. --where gives exactly N people.
    """
    from afterdisc.cohort import wanted
    from afterdisc.door import load_program
    from afterdisc.knowledge import INSTALLED, read_knowledge

    program = load_program(folder)
    condition = wanted(program, read_knowledge(folder or INSTALLED), where) if where is not None else None
    is_file = out is None or out == "-" or Path(out).suffix in (".jsonl", ".ndjson", ".json")
    if kind is None and is_file:
        if where is not None or visits > 1:
            raise click.UsageError("--where and --visits are for a registry: name a folder with --out.")
        _cases(program, n, seed, out)
        return
    if out is None:
        raise click.UsageError("--as writes a registry: name its folder with --out.")
    from afterdisc.cli.batch import progress
    from afterdisc.registry.synthetic import Asked, write_registry

    asked = Asked(n, seed, condition, visits, today.isoformat()[:10] if today else Asked(1).today)
    with progress(n, "people drawn") as step:
        written = write_registry(program, asked, Path(out), kind=kind or "parquet", progress=step)
    what = "resources" if kind == "fhir" else "rows"
    click.echo(f"{n:,} people, {written:,} {what}; their true causes are in {out}/truth.parquet")


def _cases(program: Program, n: int, seed: int, out: str | None) -> None:
    from afterdisc.cli import write
    from afterdisc.cli.batch import progress
    from afterdisc.cohort import draw_cases

    block = 2_000
    target = write.replaced(out) if out else nullcontext(sys.stdout)
    with target as handle, progress(n, "people drawn", quiet=not out) as step:
        for start in range(0, n, block):
            cases = draw_cases(program, min(block, n - start), seed if start == 0 else seed * 1_000_003 + start)
            for i, case in enumerate(cases):
                case["id"] = f"synthetic-{seed}-{start + i + 1}"
                handle.write(write.as_json(case, indent=None) + "\n")
            step(len(cases))


COMMANDS = (cohort,)
