"""summary_of: every figure of a registry's report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from afterdisc.errors import StaleProgram
from afterdisc.program import Program
from afterdisc.registry.summary.answers import Answers
from afterdisc.registry.summary.events import event_figures
from afterdisc.registry.summary.figure import Figure
from afterdisc.registry.summary.mix import case_mix_figures, cause_figure, flag_figure, flow_figure
from afterdisc.registry.summary.quality import benchmark_figure, indicator_figures


@dataclass(frozen=True)
class Summary:
    """The figures in the order of the page, and where they come from."""

    figures: tuple[Figure, ...]
    n_people: int
    floor: int
    knowledge: dict[str, str]
    receipt: dict[str, Any]
    facts: dict[str, Any]  # cited facts, each with its work


def summary_of(program: Program, out: Path, *, progress: Callable[[str], None] = lambda what: None) -> Summary:
    """The figures of a folder of answers.

    Raises UnreadableSource if it holds none, StaleProgram if they were made with other knowledge than `program`.
    """
    book = program.book
    floor = int(book["registry"]["suppress_below"]["count"])
    with Answers(out) as a:
        if a.knowledge["fingerprint"] != program.fingerprint:
            raise StaleProgram(
                f"{out.name} was made with knowledge {a.knowledge['version']} ({a.knowledge['fingerprint']}), this is "
                f"{program.version} ({program.fingerprint}). Run the registry again, or give that program with --program and "
                "--replay."
            )
        figures: list[Figure] = []
        parts: list[tuple[str, Callable[[], Any]]] = [
            ("flow", lambda: flow_figure(a, book, floor)),
            ("case mix", lambda: case_mix_figures(a, book, floor)),
            ("causes", lambda: cause_figure(a, book, floor)),
            ("red flags", lambda: flag_figure(a, book, floor)),
            ("events", lambda: event_figures(a, book, floor)),
            ("benchmarks", lambda: benchmark_figure(a, book, floor)),
            ("quality indicators", lambda: indicator_figures(a, book, floor)),
        ]
        for what, make in parts:
            progress(what)
            made = make()
            figures += made if isinstance(made, list) else [] if made is None else [made]
        n = int(a.one("SELECT count(*) FROM people"))
        receipt = a.receipt or {}
        knowledge = a.knowledge
    cited = sorted({f for figure in figures for f in figure.facts})
    works = book["sources"]
    facts = {f: book["facts"][f] | {"work": works.get(book["facts"][f]["source"])} for f in cited if f in book["facts"]}
    return Summary(tuple(figures), n, floor, knowledge, receipt, facts)
