"""afterdisc: every command. Heavy rooms are imported inside the command that needs them, so that help is instant."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from afterdisc.cli import cohort, ehr, hooks, publish, registry, validate, view, workspace, write
from afterdisc.cli.fhir import fhir
from afterdisc.errors import AfterdiscError
from afterdisc.words.printable import printable

EXIT_CODES = """\b
Exit codes: 0 done · 1 error · 2 wrong use · 3 knowledge is wrong · 4 the case is wrong · 5 out of scope ·
6 program unusable · 7 the clinic's record · 8 a registry ·
130 interrupted."""

EXTRA_OF = {"duckdb": "registry", "lifelines": "registry", "pyarrow": "registry", "pyspark": "spark"}


class Group(click.Group):
    """Shows commands in the order they are written, not by alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=Group, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="afterdisc", prog_name="afterdisc")
def cli() -> None:
    """Decision support for the person whose pain persists or comes back after lumbar disc surgery.

    Supports a clinician; never decides. Not validated for clinical use. No patient data leaves
    this machine, but for the record systems that you name.
    """


def main() -> None:
    """Runs a command; every error Afterdisc raises on purpose becomes one message and an exit code."""
    try:
        cli.main(prog_name="afterdisc", standalone_mode=False)
    except AfterdiscError as error:
        click.echo("\n".join(map(printable, f"afterdisc: {error}".split("\n"))), err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ModuleNotFoundError as error:
        extra = EXTRA_OF.get(error.name or "")
        if not extra:
            raise
        click.echo(f"afterdisc: this command needs {error.name}. Install it: pip install 'afterdisc[{extra}]'", err=True)
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nafterdisc: interrupted", err=True)
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


knowledge_option = click.option(
    "--knowledge", "folder", type=click.Path(file_okay=False), help="A knowledge folder other than the installed one."
)


@cli.command()
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="The whole assessment as JSON (schema: `afterdisc schema`).")
@click.option("--html", "html_file", type=click.Path(dir_okay=False), help="Write one self-contained page here.")
@click.option("--no-intervals", is_flag=True, help="Leave out the credible intervals.")
@click.option("--program", "program_file", type=click.Path(dir_okay=False), help="Use a program kept by `compile --out`.")
@click.option("--replay", is_flag=True, help="With --program: answer as of that day, though other knowledge is installed.")
@knowledge_option
def assess(
    file: str,
    as_json: bool,
    html_file: str | None,
    no_intervals: bool,
    program_file: str | None,
    replay: bool,
    folder: str | None,
) -> None:
    """Assess one patient: FILE is a case in JSON or YAML, `-` reads standard input."""
    from afterdisc import door
    from afterdisc.intake import read_case

    program = door.program_from_file(program_file, replay=replay) if program_file else door.load_program(folder)
    answer = door.assess(read_case(file), program=program, intervals=not no_intervals)
    if html_file:
        from afterdisc.report.page import render_html

        with write.replaced(html_file) as handle:
            handle.write(render_html(answer | {"id": printable(answer["id"])}))
        click.echo(f"Wrote {html_file}", err=True)
    if as_json:
        click.echo(write.as_json(answer))
    elif not html_file:
        _print_page(answer)


def _print_page(answer: dict[str, Any]) -> None:
    from afterdisc.report.terminal import render_terminal

    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    click.echo(render_terminal(answer | {"id": printable(answer["id"])}, colour=colour), color=colour)


@cli.command("assess-batch")
@click.argument("source", metavar="IN.jsonl")
@click.argument("target", metavar="OUT.jsonl")
@click.option("--intervals/--no-intervals", default=True, help="With or without credible intervals (default: with).")
@knowledge_option
def assess_batch(source: str, target: str, intervals: bool, folder: str | None) -> None:
    """Assess many patients: one case a line in, one assessment a line out, in the same order.

    A bad line gives an error record ({"line", "id", "error"}) and the rest go on.
    """
    from afterdisc.cli.batch import run_batch

    n_good, n_bad = run_batch(source, target, intervals=intervals, folder=folder)
    click.echo(f"{n_good} assessed, {n_bad} with an error, written to {target}", err=True)


@cli.command()
@click.option("--file", "session", default="interview.json", show_default=True, help="Where answers are kept.")
@click.option("--json", "as_json", is_flag=True, help="End with JSON instead of the page.")
@knowledge_option
def interview(session: str, as_json: bool, folder: str | None) -> None:
    """Ask in the terminal, always the most useful question next; ends in the assessment.

    Every answer is kept at once in the session file: stop at any time with `quit` and go on later with the same file.
    """
    from afterdisc.cli.interview import run_interview

    answer = run_interview(Path(session), folder)
    if answer is None:
        click.echo(f"Kept in {session}. Continue with: afterdisc interview --file {session}")
    elif as_json:
        click.echo(write.as_json(answer))
    else:
        _print_page(answer)


cli.add_command(fhir)
for command in (*workspace.COMMANDS, *hooks.COMMANDS, *ehr.COMMANDS):
    cli.add_command(command)


cli.add_command(cohort.cohort)


@cli.command()
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="The scoreboard as JSON.")
def score(folder: str, as_json: bool) -> None:
    """Score published cases and safety cases in DIR: right cause first, urgency missed, over-triage, unsafe advice."""
    from afterdisc.review.scoreboard import render_scoreboard, scoreboard

    board = scoreboard(Path(folder))
    click.echo(write.as_json(board) if as_json else render_scoreboard(board))
    if board["unsafe"]:
        sys.exit(1)


@cli.command("compile")
@click.option("--out", type=click.Path(dir_okay=False), help="Write the program to this file.")
@knowledge_option
def compile_command(out: str | None, folder: str | None) -> None:
    """Compile the knowledge into one program and say its version and fingerprint."""
    from afterdisc.door import load_program
    from afterdisc.program import program_to_bytes

    program = load_program(folder)
    if out:
        with write.replaced(out, "wb") as handle:
            handle.write(program_to_bytes(program))
    where = f", written to {out}" if out else ""
    click.echo(f"knowledge {program.version}, fingerprint {program.fingerprint}{where}")


@cli.command()
def warm() -> None:
    """Compile knowledge and kernels into the cache, so that the first assessment is fast."""
    from afterdisc import door

    answer = door.assess({"findings": {"weeks_since_surgery": 30, "leg_pain_nrs": 6}})
    door.assess({"findings": {}})
    click.echo(f"ready: knowledge {answer['knowledge']['version']}, fingerprint {answer['knowledge']['fingerprint']}")


@cli.command()
def schema() -> None:
    """Print the JSON Schema of an assessment."""
    from afterdisc.report.schema import assessment_schema

    click.echo(write.as_json(assessment_schema()))


@cli.group(cls=Group)
def knowledge() -> None:
    """Read, check and compare the medicine."""


@knowledge.command()
@click.argument("folder", metavar="[DIR]", required=False)
def check(folder: str | None) -> None:
    """Check a knowledge folder: sources, names, sums, vignettes, review dates. Errors name file and line."""
    from datetime import date

    from afterdisc.knowledge import INSTALLED
    from afterdisc.review.vignettes import check_everything

    report = check_everything(Path(folder) if folder else INSTALLED, today=date.today())
    for warning in report.warnings:
        click.echo(f"warning: {warning}", err=True)
    for error in report.errors:
        click.echo(str(error), err=True)
    if report.errors:
        n = len(report.errors)
        click.echo(f"{n} error{'s' if n != 1 else ''}, {len(report.warnings)} warnings", err=True)
        sys.exit(3)
    click.echo(report.summary)


@knowledge.command()
@click.argument("name", metavar="ID")
@knowledge_option
def show(name: str, folder: str | None) -> None:
    """Everything known about a cause, finding, rule, treatment, fact …, with its citations.

    ID may also be a list: findings, causes, treatments, investigations, red_flags, rules, definitions, groups.
    """
    from afterdisc.knowledge import INSTALLED, read_knowledge
    from afterdisc.knowledge.show import show as page_of
    from afterdisc.knowledge.show import text

    click.echo(text(page_of(read_knowledge(folder or INSTALLED), name)))


@knowledge.command()
@click.argument("old", type=click.Path(exists=True, file_okay=False))
@click.argument("new", type=click.Path(exists=True, file_okay=False), required=False)
@click.option("--cases", "case_folder", type=click.Path(exists=True, file_okay=False), help="Folder of example cases.")
@click.option("--cohort", "n_cohort", type=int, default=300, show_default=True, help="Synthetic people to compare on.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the synthetic people.")
@click.option("--json", "as_json", is_flag=True, help="The comparison as JSON.")
def diff(old: str, new: str | None, case_folder: str | None, n_cohort: int, seed: int, as_json: bool) -> None:
    """Which answers change between two knowledge folders, and by how much (NEW: the installed one)."""
    from afterdisc.intake import read_case
    from afterdisc.knowledge import INSTALLED
    from afterdisc.review.diff import diff as compare
    from afterdisc.review.diff import text

    files = sorted(Path(case_folder).glob("*.json")) if case_folder else []
    cases = [read_case(str(f)) for f in files]
    result = compare(Path(old), Path(new) if new else INSTALLED, cases=cases, n_cohort=n_cohort, seed=seed)
    click.echo(write.as_json(result.as_dict()) if as_json else text(result))


@knowledge.command()
@knowledge_option
def coverage(folder: str | None) -> None:
    """The share of numbers that are measured, derived, or judgement."""
    from afterdisc.knowledge import INSTALLED, read_knowledge
    from afterdisc.knowledge.coverage import coverage as cover
    from afterdisc.knowledge.coverage import text

    click.echo(text(cover(read_knowledge(folder or INSTALLED))))


for command in (*registry.COMMANDS, *validate.COMMANDS, *view.COMMANDS, *publish.COMMANDS):
    cli.add_command(command)
