"""afterdisc validate: probabilities against the true causes."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

ANSWERS = click.Path(exists=True, file_okay=False, path_type=Path)
TRUTH = click.Path(exists=True, path_type=Path)
FILE = click.Path(dir_okay=False)
DRAWS = click.IntRange(0, 10_000)
SHOWN = ("auc", "slope", "observed_to_expected")


def _print_schema(context: click.Context, _: click.Parameter, asked: bool) -> None:
    if not asked or context.resilient_parsing:
        return
    from afterdisc.cli.write import as_json
    from afterdisc.validation import validation_schema

    click.echo(as_json(validation_schema()))
    context.exit()


@click.command("validate")
@click.argument("out", type=ANSWERS)
@click.argument("truth", type=TRUTH)
@click.option("--html", "html_file", type=FILE, help="Write a page with curves here.")
@click.option("--json", "json_file", type=FILE, help="Write everything as JSON here (schema: --schema).")
@click.option("--by", default="", metavar="COLUMNS", help="Also by group: columns of the answers, as in finding_sex,site.")
@click.option("--bootstrap", "n_draws", type=DRAWS, default=200, show_default=True, help="Draws for intervals.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the draws.")
@click.option("--schema", is_flag=True, is_eager=True, expose_value=False, callback=_print_schema, help="Print the schema.")
def validate_command(
    out: Path, truth: Path, html_file: str | None, json_file: str | None, by: str, n_draws: int, seed: int
) -> None:
    """Check probabilities: OUT is a folder that `registry run` wrote, TRUTH a table of true causes.

    TRUTH is Parquet or CSV with the columns `id` and `causes` (a list; in CSV joined by `;`), expected_recovery for none and
    nothing for not known. Gives AUC, ranking, calibration, Brier scores and decision curves, with intervals.
    """
    from afterdisc import door
    from afterdisc.cli.write import as_json, replaced
    from afterdisc.validation import Settings, render_validation, validate

    book = door.load_program().book
    settings = Settings(
        floor=int(book["registry"]["suppress_below"]["count"]),
        by=tuple(name.strip() for name in by.split(",") if name.strip()),
        n_draws=n_draws,
        seed=seed,
        labels={cause: text["label"] for cause, text in book["causes"].items()},
    )
    result = validate(out, truth, settings, _told())
    if json_file:
        with replaced(json_file) as handle:
            handle.write(as_json(result) + "\n")
        click.echo(f"Wrote {json_file}", err=True)
    if html_file:
        with replaced(html_file) as handle:
            handle.write(render_validation(result, made_on=date.today().isoformat()))
        click.echo(f"Wrote {html_file}", err=True)
    if not (json_file or html_file):
        click.echo(_table(result))


def _told(every_seconds: float = 5.0) -> Any:
    from time import monotonic

    last = monotonic()

    def progress(what: str, done: int, total: int) -> None:
        nonlocal last
        if monotonic() - last >= every_seconds:
            last = monotonic()
            click.echo(f"{what}: {done} of {total}", err=True)

    return progress


def _table(result: dict[str, Any]) -> str:
    """The people and the main measures, one line a cause."""
    people = result["people"]
    lines = [f"{people['compared']:,} people compared, {people['without_truth']:,} with an answer but no truth"]
    lines.append(f"{'cause':34}{'with it':>9}  {'AUC':22}{'slope':22}found / promised")
    for cause in result["causes"]:
        n = "-" if cause["with_cause"] is None else str(cause["with_cause"])
        shown = [] if cause["not_shown"] else [_short(cause["measures"][m]) for m in SHOWN]
        lines.append(f"{cause['cause']:34}{n:>9}  " + ("".join(f"{s:22}" for s in shown).rstrip() or cause["not_shown"]))
    first = result["ranking"]["with_a_cause"]["any"]
    ranked = ", ".join(f"{k}: {_short(found)}" for k, found in first.items())
    lines.append(f"a true cause among the k most probable, of those with one: {ranked}")
    return "\n".join(lines)


def _short(found: dict[str, float | None]) -> str:
    if found["value"] is None:
        return "-"
    return f"{found['value']:.3f}" + ("" if found["low"] is None else f" ({found['low']:.3f}-{found['high']:.3f})")


COMMANDS = (validate_command,)
