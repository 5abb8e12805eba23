"""Does every vignette come out as it says? The named cases beside the rules, run through the real program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from afterdisc.compile import compile_program
from afterdisc.engine.rules import Trits, batch_truth
from afterdisc.errors import (
    BadCondition,
    BadDistribution,
    CaseError,
    KnowledgeError,
    Problems,
    UndeclaredName,
    VignetteFailed,
)
from afterdisc.intake.batch import fill_row
from afterdisc.knowledge import INSTALLED, KnowledgeBase, check_knowledge, read_knowledge
from afterdisc.knowledge.base import Vignette
from afterdisc.knowledge.check import Report
from afterdisc.knowledge.names import URGENCY
from afterdisc.program import Program
from afterdisc.review.emergencies import emergency_failures, n_emergency_vignettes
from afterdisc.words.truth import Truth
from afterdisc.words.urgency import URGENCIES

Floats = npt.NDArray[np.float64]
Answer = Truth | str  # of a rule its truth, of a red flag E0, E1, E2, ask or cleared, of an indicator its state
UNRUNNABLE = (UndeclaredName, BadDistribution, BadCondition)  # with these a base cannot be compiled
NOT_RUN = "The vignettes were not run: first mend the names, distributions and conditions above."


@dataclass(frozen=True)
class Trial:
    """A vignette and what it tries: the red flag, rule, imaging rule or stage it stands beside."""

    kind: str  # flag | treatment | gate | course | imaging | stage | indicator
    owner: str
    vignette: Vignette

    @property
    def id(self) -> str:
        """file::rule::vignette"""
        return f"{self.vignette.where.partition(':')[0]}::{self.owner}::{self.vignette.name}"


def check_everything(folder: Path | str = INSTALLED, *, today: date) -> Report:
    """Everything wrong with a knowledge folder: what cannot be read, what does not fit, what comes out otherwise.

    `today` decides which review dates have passed. What is wrong is not raised but told in the report.
    """
    try:
        base = read_knowledge(folder)
    except Problems as problems:
        return Report(tuple(problems.problems), ())
    except KnowledgeError as error:
        return Report((error,), ())
    report = check_knowledge(base, today=today)
    if any(isinstance(e, UNRUNNABLE) for e in report.errors):
        return replace(report, warnings=(*report.warnings, NOT_RUN))
    try:
        failures = (*vignette_failures(base, program_without_draws(base)), *emergency_failures(base))
    except KnowledgeError as error:
        failures = (error,)
    n = len(trials_of(base)) + n_emergency_vignettes(base)
    summary = f"{report.summary} {n - len(failures)} of {n} vignettes come out as they say."
    return replace(report, errors=(*report.errors, *failures), summary=summary)


def program_without_draws(base: KnowledgeBase) -> Program:
    """The program of a base, compiled in a fraction of the time: one parameter draw stands for all. No intervals."""
    one = replace(base.settings["n_draws"], value=1.0)
    return compile_program(replace(base, settings={**base.settings, "n_draws": one}))


def trials_of(base: KnowledgeBase) -> list[Trial]:
    """Every vignette of the base, in the order of its files."""
    out = [Trial("flag", f.id, v) for f in base.red_flags.values() for v in f.vignettes]
    out += [Trial("imaging", r.id, v) for r in base.imaging.values() for v in r.vignettes]
    out += [Trial("gate", r.id, v) for r in base.gates for v in r.vignettes]
    out += [Trial("course", r.id, v) for r in base.course_rules for v in r.vignettes]
    out += [Trial("treatment", r.id, v) for t in base.treatments.values() for r in t.rules for v in r.vignettes]
    out += [Trial("stage", s.id, v) for s in base.stages for v in s.vignettes]
    return out + [Trial("indicator", i.id, v) for i in base.registry.indicators.values() for v in i.vignettes]


def vignette_failures(base: KnowledgeBase, program: Program) -> Iterator[KnowledgeError]:
    """One error for each vignette that no case can be, or that comes out otherwise than it says."""
    trials = trials_of(base)
    outcomes = outcomes_of(program, trials)
    for trial, outcome in zip(trials, outcomes, strict=True):
        if isinstance(outcome, KnowledgeError):
            yield outcome
        elif not meets(outcome, trial.vignette.expect):
            yield VignetteFailed(
                f"vignette `{trial.vignette.name}` of `{trial.owner}`: "
                f"expected {_said(trial.vignette.expect)}, got {_said(outcome)}",
                where=trial.vignette.where,
                mend="Mend the condition, or what the vignette gives or expects.",
            )


def meets(outcome: Answer, expect: bool | str) -> bool:
    """A rule that is unknown stays silent; a red flag must come out as exactly what is expected."""
    return outcome == expect if isinstance(expect, str) else (outcome is True) is expect


def _said(answer: Answer) -> str:
    if answer is None:
        return "silent (unknown)"
    return {True: "fires", False: "silent"}[answer] if isinstance(answer, bool) else str(answer)


# -- running -----------------------------------------------------------------------------------------------------


def outcomes_of(program: Program, trials: Sequence[Trial]) -> list[Answer | KnowledgeError]:
    """What each vignette comes out as, or why nobody can be like that."""
    rows, refused = rows_of(program, trials)
    roots = _roots(program)
    truth = batch_truth(program.tape, [r.node for r in program.roots], rows)
    out: list[Answer | KnowledgeError] = []
    for i, trial in enumerate(trials):
        if i in refused:
            out.append(refused[i])
        else:
            out.append(
                answer(
                    [(name, truth_at(truth, i, root)) for root, name in roots.get((trial.kind, trial.owner), ())],
                    trial.kind,
                )
            )
    return out


def answer(levels: Sequence[tuple[str, Truth]], kind: str) -> Answer:
    """The answer of a rule, of a red flag from the truth of its levels, most urgent first, or of an indicator."""
    if kind == "indicator":
        return _of_indicator(dict(levels))
    if kind != "flag":
        return levels[0][1] if levels else None
    fired = next((name for name, truth in levels if truth is True), None)
    return fired or ("ask" if any(truth is None for _, truth in levels) else "cleared")


def _of_indicator(truths: Mapping[str, Truth]) -> str:
    """met, not_met, unknown or not_applicable; what is not known is never "not met"."""
    if truths["applies"] is False:
        return "not_applicable"
    if truths["applies"] is None or truths["met"] is None:
        return "unknown"
    return "met" if truths["met"] else "not_met"


def truth_at(truth: Trits, row: int, column: int) -> Truth:
    value = int(truth[row, column])
    return None if value < 0 else bool(value)


def _roots(program: Program) -> dict[tuple[str, str], list[tuple[int, str]]]:
    """(kind, owner) -> positions of its roots with their names; a rule stands under its own id."""
    out: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for i, root in enumerate(program.roots):
        owner = root.name if root.kind in ("gate", "course", "treatment") else root.owner
        out.setdefault((root.kind, owner), []).append((i, root.name))
    return out


def rows_of(program: Program, trials: Sequence[Trial]) -> tuple[Floats, dict[int, KnowledgeError]]:
    """[vignette, column] with the urgency and the probabilities appended, and the vignettes that no case can be."""
    n = len(program.columns)
    rows = np.full((len(trials), n + len(program.late_columns)), np.nan)
    refused: dict[int, KnowledgeError] = {}
    for i, trial in enumerate(trials):
        v = trial.vignette
        try:
            fill_row(program, {k: x for k, x in v.given.items() if k != URGENCY}, rows[i, :n])
        except CaseError as error:
            refused[i] = VignetteFailed(
                f"vignette `{v.name}` of `{trial.owner}` can be nobody: {error}",
                where=v.where,
                mend="Mend what it gives.",
            )
        if URGENCY in v.given:
            rows[i, n] = URGENCIES.index(str(v.given[URGENCY]))
        for j, causes in enumerate(program.probability_causes):
            rows[i, n + 1 + j] = chance(causes, v.probabilities)
    return rows, refused


def chance(causes: Sequence[str], given: Mapping[str, float]) -> float:
    """P(a or b) of a vignette: the sum of what it gives, at most 1; unknown if it gives none of them."""
    known = [given[c] for c in causes if c in given]
    return min(1.0, sum(known)) if known else np.nan
