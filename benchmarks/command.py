"""The command: which parts to measure, and where the figures go."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import assessment
import batch
import bulk
import cold_start
import numba
import patient_view
import posterior
import registry
import rules
import workspace
from figures import Figure, progress
from machine import machine
from rich.console import Console
from rich.table import Table

from afterdisc.door import load_program

# first what the others would fill memory for
PARTS = ("assessment", "posterior", "rules", "batch", "cold_start", "workspace", "patient_view", "registry", "bulk")


def main(words: Sequence[str] | None = None) -> None:
    """Which parts to run, and where the figures go."""
    parser = argparse.ArgumentParser(prog="python benchmarks", description="Measure Afterdisc against its peers.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these parts: {', '.join(PARTS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--rounds", type=int, default=7, help="interleaved rounds of each measurement (7)")
    parser.add_argument("--seconds", type=int, default=120, help="how long the users of `workspace` work (120)")
    parser.add_argument("--cases", type=Path, metavar="DIR", help="assess the cases of this folder, not the examples")
    parser.add_argument("--markdown", action="store_true", help="print the table as README.md holds it")
    given = parser.parse_args(words)
    for name in given.names:
        if name not in PARTS:
            parser.error(f"`{name}` is no part; there are {', '.join(PARTS)}")
    here = machine()
    progress(", ".join(f"{name} {value}" for name, value in here.items()))
    figures = list(measured(given.names or PARTS, given.rounds, given.cases, given.seconds))
    print(markdown(figures)) if given.markdown else Console().print(table(figures))
    if given.json:
        text = json.dumps({"machine": here, "figures": [f.plain() for f in figures]}, indent=2, ensure_ascii=False)
        given.json.write_text(text + "\n", encoding="utf-8")


def measured(names: Sequence[str], rounds: int, cases: Path | None, seconds: int) -> Iterator[Figure]:
    program = load_program()
    numba.set_num_threads(1)
    parts: dict[str, Callable[[], Iterator[Figure]]] = {
        "posterior": lambda: posterior.measure(program, rounds),
        "rules": lambda: rules.measure(program, rounds),
        "assessment": lambda: assessment.measure(program, rounds, cases),
        "cold_start": lambda: cold_start.measure(rounds),
        "batch": lambda: batch.measure(program, rounds),
        "workspace": lambda: workspace.measure(program, seconds),
        "registry": lambda: registry.measure(program, rounds),
        "bulk": lambda: bulk.measure(program, rounds),
        "patient_view": lambda: patient_view.measure(program, rounds),
    }
    for name in names:
        for figure in parts[name]():
            progress(f"{figure.measure}: {shown(figure.value)} {figure.unit}")
            yield figure


def table(figures: Sequence[Figure]) -> Table:
    out = Table(title="Medians over the rounds, smallest and largest beside them", title_justify="left")
    for heading in ("measure", "median", "min", "max", "unit", "target", "note"):
        out.add_column(heading, justify="right" if heading in ("median", "min", "max") else "left")
    for f in figures:
        verdict = {None: "", True: " met", False: " missed"}[f.met]
        numbers = (shown(f.value), shown(min(f.values)), shown(max(f.values)))
        out.add_row(f.measure, *numbers, f.unit, f.target + verdict, f.note)
    return out


def markdown(figures: Sequence[Figure]) -> str:
    lines = ["| measure | median | min to max | target | note |", "|---|---|---|---|---|"]
    for f in figures:
        numbers = f"{shown(f.value)} {f.unit} | {shown(min(f.values))} to {shown(max(f.values))}"
        lines.append(f"| {f.measure} | {numbers} | {f.target} | {f.note} |")
    return "\n".join(lines)


def shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
