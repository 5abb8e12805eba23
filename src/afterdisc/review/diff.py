"""What does a change of knowledge change? Which answers, by how much, and which numbers and rules did it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from afterdisc.engine.evaluate import engine_of, evaluate_rows
from afterdisc.engine.plan import statuses
from afterdisc.errors import CaseError
from afterdisc.intake import batch_from_cases
from afterdisc.knowledge import INSTALLED, read_knowledge
from afterdisc.program import Program
from afterdisc.review.ledger import entries_of
from afterdisc.review.vignettes import program_without_draws
from afterdisc.words.files import stamp_of
from afterdisc.words.status import STATUSES
from afterdisc.words.urgency import URGENCIES

NOTICED = 0.02  # a smaller change of a probability is not told
SHOWN = 12  # synthetic people listed in the text; the JSON holds all
NO_STAGE = "reevaluation_incomplete"


@dataclass(frozen=True)
class Entry:
    """A number or rule that was added, removed or changed; `old` or `new` is empty where it does not stand."""

    what: str
    old: str
    new: str
    where: str


@dataclass(frozen=True)
class Answer:
    """What a program says of one case, as far as a comparison needs it; `refused` is why it says nothing."""

    urgency: str = ""
    stage: str = ""
    probabilities: Mapping[str, float] | None = None
    statuses: Mapping[str, str] | None = None
    refused: str = ""

    @property
    def leading(self) -> str:
        return max(self.probabilities, key=self.probabilities.__getitem__) if self.probabilities else ""


@dataclass(frozen=True)
class Change:
    """One case whose answer changes. Pairs are (old, new), empty where nothing changed."""

    case: str
    synthetic: bool
    refused: tuple[str, ...] = ()
    urgency: tuple[str, ...] = ()
    stage: tuple[str, ...] = ()
    leading: tuple[str, ...] = ()
    probability: tuple[str, float, float] | None = None  # the cause that changed most: old, new
    statuses: tuple[tuple[str, str, str], ...] = ()  # treatment, old, new

    @property
    def size(self) -> float:
        """How much it matters, to sort by: urgency before stage before cause before treatment."""
        steps = 8 * bool(self.refused) + 4 * bool(self.urgency) + 2 * bool(self.stage) + bool(self.leading)
        return steps + (abs(self.probability[2] - self.probability[1]) if self.probability else 0)


@dataclass(frozen=True)
class Diff:
    old: str  # version and stamp
    new: str
    n_cases: int
    n_cohort: int
    knowledge: tuple[Entry, ...]
    answers: tuple[Change, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON, everything."""
        return {"schema": "afterdisc-diff/1", **asdict(self)}


def diff(
    old: Path | str,
    new: Path | str = INSTALLED,
    *,
    cases: Sequence[Mapping[str, Any]] = (),
    n_cohort: int = 300,
    seed: int = 1,
) -> Diff:
    """Which answers change between two knowledge folders, on the given cases and on `n_cohort` synthetic people.

    cases  `{"id", "findings"}`, findings alone, or a published case with `stages`. The synthetic people are drawn by
           `seed` from the old knowledge. A case that one of the two refuses is told as such.
    """
    bases = read_knowledge(old), read_knowledge(new)
    programs = [program_without_draws(base) for base in bases]
    given = [c for case in cases for c in _single(case)]
    people = _people(programs[0], n_cohort, seed)
    answers = [answers_of(p, [*given, *people]) for p in programs]
    changes = []
    for i, (before, after) in enumerate(zip(*answers, strict=True)):
        name = str((*given, *people)[i].get("id", i + 1))
        change = _change(name, i >= len(given), before, after)
        if change is not None:
            changes.append(change)
    return Diff(
        old=f"{bases[0].version} ({stamp_of(Path(old))})",
        new=f"{bases[1].version} ({stamp_of(Path(new))})",
        n_cases=len(given),
        n_cohort=len(people),
        knowledge=tuple(_entries(entries_of(bases[0]), entries_of(bases[1]))),
        answers=tuple(sorted(changes, key=lambda c: (c.synthetic, -c.size))),
    )


def _single(case: Mapping[str, Any] | Sequence[Any]) -> Iterator[Mapping[str, Any]]:
    """A file may hold one case, one case at several stages, or a list of cases."""
    if not isinstance(case, Mapping):
        for one in case:
            yield from _single(one)
    elif "stages" in case:
        for stage, part in case["stages"].items():
            yield {"id": f"{case.get('id', '')} {stage}".strip(), "findings": part["findings"]}
    else:
        yield case


def _people(program: Program, n: int, seed: int) -> list[dict[str, Any]]:
    if n <= 0:
        return []
    from afterdisc.cohort.draw import draw_cases

    return draw_cases(program, n, seed)


# -- answers -----------------------------------------------------------------------------------------------------


def answers_of(program: Program, cases: Sequence[Mapping[str, Any]]) -> list[Answer]:
    """What the program says of each case, without explanations or intervals."""
    out: list[Answer] = [Answer()] * len(cases)
    rows, places = [], []
    for i, case in enumerate(cases):
        try:
            rows.append(batch_from_cases(program, [case]).rows[0])
            places.append(i)
        except CaseError as error:
            out[i] = Answer(refused=f"{type(error).__name__}: {error}")
    if not rows:
        return out
    block = np.array(rows)
    outcome = evaluate_rows(program, block)
    codes = statuses(engine_of(program), outcome.truth, outcome.urgency, block)
    stages = [(i, root.owner) for i, root in enumerate(program.roots) if root.kind == "stage"]
    names = [*program.causes, "expected_recovery"]
    for row, i in enumerate(places):
        out[i] = Answer(
            urgency=URGENCIES[int(outcome.urgency[row])],
            stage=next((name for root, name in stages if outcome.truth[row, root] == 1), NO_STAGE),
            probabilities=dict(zip(names, outcome.probability[row].tolist(), strict=True)),
            statuses={t: STATUSES[int(codes[row, j])] for j, t in enumerate(program.treatments)},
        )
    return out


def _change(name: str, synthetic: bool, before: Answer, after: Answer) -> Change | None:
    if before.refused or after.refused:
        pair = _pair(before.refused, after.refused)
        return Change(name, synthetic, refused=pair) if pair else None
    change = Change(
        name,
        synthetic,
        urgency=_pair(before.urgency, after.urgency),
        stage=_pair(before.stage, after.stage),
        leading=_pair(before.leading, after.leading),
        probability=_largest(before.probabilities or {}, after.probabilities or {}),
        statuses=tuple(_status_changes(before.statuses or {}, after.statuses or {})),
    )
    return None if change == Change(name, synthetic) else change


def _pair(before: str, after: str) -> tuple[str, ...]:
    return () if before == after else (before, after)


def _largest(before: Mapping[str, float], after: Mapping[str, float]) -> tuple[str, float, float] | None:
    moved = [(c, before.get(c, 0.0), after.get(c, 0.0)) for c in dict.fromkeys((*before, *after))]
    cause, old, new = max(moved, key=lambda m: abs(m[2] - m[1]))
    return (cause, old, new) if abs(new - old) > NOTICED else None


def _status_changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name, "absent"), after.get(name, "absent")
        if old != new:
            yield name, old, new


def _entries(before: Mapping[str, tuple[str, str]], after: Mapping[str, tuple[str, str]]) -> Iterator[Entry]:
    """`before` and `after` give a value and file:line for each number and rule."""
    for what in dict.fromkeys((*before, *after)):
        old, new = before.get(what, ("", "")), after.get(what, ("", ""))
        if old[0] != new[0]:
            yield Entry(what, old[0], new[0], new[1] or old[1])


# -- text --------------------------------------------------------------------------------------------------------


def text(result: Diff) -> str:
    """For a terminal: the counts, what changed in the knowledge, then case by case, the most urgent change first."""
    cases = [c for c in result.answers if not c.synthetic]
    people = [c for c in result.answers if c.synthetic]
    lines = [f"Knowledge {result.old} -> {result.new}", ""]
    for changes, n, what in ((cases, result.n_cases, "cases"), (people, result.n_cohort, "synthetic people")):
        if n:
            lines.append(f"{len(changes)} of {n} {what} are answered otherwise: {_counts(changes)}")
    lines += ["", f"{len(result.knowledge)} numbers and rules differ"]
    lines += [f"  {e.where}  {e.what}: {e.old or 'absent'} -> {e.new or 'absent'}" for e in result.knowledge]
    if cases:
        lines += ["", "Cases", *(line for c in cases for line in _case(c))]
    if people:
        lines += ["", "Synthetic people, the largest changes", *(line for c in people[:SHOWN] for line in _case(c))]
    moved = Counter((t, old, new) for c in result.answers for t, old, new in c.statuses)
    if moved:
        lines += ["", "Treatments", *(f"  {n:>5}  {t}: {old} -> {new}" for (t, old, new), n in moved.most_common())]
    return "\n".join(lines)


def _counts(changes: Sequence[Change]) -> str:
    counts = {
        "refused": sum(bool(c.refused) for c in changes),
        "urgency": sum(bool(c.urgency) for c in changes),
        "stage": sum(bool(c.stage) for c in changes),
        "leading cause": sum(bool(c.leading) for c in changes),
        f"probability by more than {NOTICED:g}": sum(c.probability is not None for c in changes),
        "a treatment": sum(bool(c.statuses) for c in changes),
    }
    return ", ".join(f"{what} {n}" for what, n in counts.items() if n) or "none"


def _case(change: Change) -> Iterator[str]:
    yield f"  {change.case}"
    for what in ("refused", "urgency", "stage", "leading"):
        pair = getattr(change, what)
        if pair:
            yield f"    {what}: {pair[0] or 'answered'} -> {pair[1] or 'answered'}"
    if change.probability:
        cause, old, new = change.probability
        yield f"    {cause}: {old:.2f} -> {new:.2f}"
    if change.statuses:
        yield "    " + "; ".join(f"{t}: {old} -> {new}" for t, old, new in change.statuses)
