"""Would anybody notice if a safety rule were wrong? Each is negated, then removed, and some vignette must fail.

    python -m afterdisc.review.mutation [FOLDER]

Every level of every red flag and every rule that can forbid or hold back something is negated, then removed. A mutant
survives if every vignette beside the rule still comes out as it says: then nothing would have noticed. Limits moved by
one step and parts left out are tried too and only reported: there a survivor may be harmless, for example `x known`
beside `x > 3`, which decides no more than what is shown as missing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from afterdisc.compile.tape import TapeWriter
from afterdisc.engine.rules import batch_truth
from afterdisc.knowledge import INSTALLED, KnowledgeBase, read_knowledge
from afterdisc.knowledge import conditions as c
from afterdisc.knowledge.base import ImagingRule, Rule
from afterdisc.knowledge.conditions import Condition
from afterdisc.knowledge.written import Written
from afterdisc.review.vignettes import Trial, answer, meets, program_without_draws, rows_of, trials_of, truth_at

HOLDS_BACK = ("avoid", "withhold", "reduce_dose", "require", "caution")
MUST_DIE = ("flip", "remove")
OTHER_SIGN = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
NEVER = c.Any_(())


@dataclass(frozen=True)
class Guard:
    """A red flag, or a rule that can forbid or hold back something.

    levels   (urgency or "", condition); a rule has one level
    written  the same conditions as they stand in the file, names not yet replaced
    """

    kind: str
    id: str
    levels: tuple[tuple[str, Condition], ...]
    written: tuple[Condition, ...]


@dataclass(frozen=True)
class Mutant:
    """One guard with one change at one level."""

    guard: Guard
    level: int
    change: str  # flip | remove | limit | part
    said: str
    condition: Condition

    @property
    def id(self) -> str:
        urgency = self.guard.levels[self.level][0]
        return f"{self.guard.id}{' ' + urgency if urgency else ''}: {self.said}"


@dataclass(frozen=True)
class Verdict:
    """A mutant and the first vignette that notices it; None if it survives."""

    mutant: Mutant
    noticed_by: str | None


def guards_of(base: KnowledgeBase) -> list[Guard]:
    """Red flags, contraindications and gates of treatments and investigations, imaging rules that withhold."""
    written = Written(base.folder)

    def guard(kind: str, rule: Rule | ImagingRule) -> Guard:
        return Guard(kind, rule.id, (("", rule.when),), (written.condition(rule.where),))

    out = [
        Guard("flag", f.id, tuple((x.urgency, x.when) for x in f.levels), written.levels(f.where))
        for f in base.red_flags.values()
    ]
    out += [guard("imaging", r) for r in base.imaging.values() if r.withhold]
    out += [guard("gate", r) for r in base.gates if r.then in HOLDS_BACK]
    return out + [guard("treatment", r) for t in base.treatments.values() for r in t.rules if r.then in HOLDS_BACK]


def mutants_of(guard: Guard) -> Iterator[Mutant]:
    for level, ((_, when), written) in enumerate(zip(guard.levels, guard.written, strict=True)):
        yield Mutant(guard, level, "flip", "negated", c.Not(when))
        yield Mutant(guard, level, "remove", "removed", NEVER)
        for said, condition in moved_limits(when):
            yield Mutant(guard, level, "limit", said, condition)
        for said, condition in parts_left_out(when, written):
            yield Mutant(guard, level, "part", said, condition)


def try_mutants(base: KnowledgeBase) -> list[Verdict]:
    """Every mutant of every guard, run on the vignettes beside that guard; about a second for the whole base."""
    program = program_without_draws(base)
    trials = trials_of(base)
    rows, _ = rows_of(program, trials)
    beside: dict[tuple[str, str], list[int]] = {}
    for i, trial in enumerate(trials):
        beside.setdefault((trial.kind, trial.owner), []).append(i)
    tape = TapeWriter(program.columns)
    tape.probabilities = {causes: i for i, causes in enumerate(program.probability_causes)}
    guards = guards_of(base)
    plain = {guard: [tape.add(when) for _, when in guard.levels] for guard in guards}
    mutants = [m for guard in guards for m in mutants_of(guard)]
    changed = [tape.add(m.condition) for m in mutants]
    nodes = list(dict.fromkeys([n for ns in plain.values() for n in ns] + changed))
    column = {n: j for j, n in enumerate(nodes)}
    truth = batch_truth(tape.tape(), nodes, rows)

    def notices(mutant: Mutant, node: int) -> Iterator[Trial]:
        levels = list(plain[mutant.guard])
        levels[mutant.level] = node
        names = [name for name, _ in mutant.guard.levels]
        for i in beside.get((mutant.guard.kind, mutant.guard.id), []):
            truths = [truth_at(truth, i, column[n]) for n in levels]
            if not meets(answer(list(zip(names, truths, strict=True)), mutant.guard.kind), trials[i].vignette.expect):
                yield trials[i]

    noticed = [next(notices(m, n), None) for m, n in zip(mutants, changed, strict=True)]
    return [Verdict(m, t.id if t else None) for m, t in zip(mutants, noticed, strict=True)]


# -- changes -----------------------------------------------------------------------------------------------------


def moved_limits(condition: Condition) -> Iterator[tuple[str, Condition]]:
    """The condition with one limit changed: another sign, one step more, one step less."""
    for leaf in dict.fromkeys(node for node in c.walk(condition) if isinstance(node, c.Compare | c.EntryCompare)):
        step = step_of(leaf.value)
        for other in (
            replace(leaf, op=OTHER_SIGN[leaf.op]),
            replace(leaf, value=round(leaf.value + step, 6)),
            replace(leaf, value=round(leaf.value - step, 6)),
        ):
            yield f"{c.said(leaf)} becomes {c.said(other)}", c.rebuilt(condition, _swap(leaf, other))


def _swap(leaf: Condition, other: Condition) -> Callable[[Condition], Condition]:
    return lambda node: other if node == leaf else node


def step_of(limit: float) -> float:
    """One in the last digit that the limit is written with."""
    _, _, decimals = f"{limit:.6f}".rstrip("0").partition(".")
    return 10.0 ** -len(decimals)


def parts_left_out(condition: Condition, written: Condition) -> Iterator[tuple[str, Condition]]:
    """The condition without one of the parts of an `all`, `any` or `at_least`, as far down as its author wrote them."""
    match condition, written:
        case (c.All(args), c.All(own)) | (c.Any_(args), c.Any_(own)) | (c.AtLeast(_, args), c.AtLeast(_, own)):
            for i, part in enumerate(own):
                if len(own) > 1:
                    yield f"without {c.said(part)}", _with_parts(condition, (*args[:i], *args[i + 1 :]))
                for said, inner in parts_left_out(args[i], part):
                    yield said, _with_parts(condition, (*args[:i], inner, *args[i + 1 :]))
        case (c.Not(arg), c.Not(inside)):
            for said, inner in parts_left_out(arg, inside):
                yield said, c.Not(inner)


def _with_parts(condition: Condition, parts: tuple[Condition, ...]) -> Condition:
    if isinstance(condition, c.AtLeast):
        return c.AtLeast(condition.n, parts)
    return c.All(parts) if isinstance(condition, c.All) else c.Any_(parts)


# -- the script --------------------------------------------------------------------------------------------------


def text(verdicts: list[Verdict]) -> str:
    """How many mutants of each kind were noticed, then the survivors by name."""
    lines = []
    for change in ("flip", "remove", "limit", "part"):
        of_kind = [v for v in verdicts if v.mutant.change == change]
        noticed = sum(v.noticed_by is not None for v in of_kind)
        lines.append(f"{change:<8}{noticed:>6} of {len(of_kind):>5} noticed")
    for v in verdicts:
        if v.noticed_by is None and v.mutant.change != "limit":
            lines.append(f"survives  {v.mutant.change:<8}{v.mutant.id}")
    return "\n".join([*lines, *_limits_nowhere_noticed(verdicts)])


def _limits_nowhere_noticed(verdicts: list[Verdict]) -> Iterator[str]:
    """A limit of a shared definition is judged by all that use it together."""
    of_limit: dict[str, list[Verdict]] = {}
    for v in verdicts:
        if v.mutant.change == "limit":
            of_limit.setdefault(v.mutant.said, []).append(v)
    for said, group in of_limit.items():
        if all(v.noticed_by is None for v in group):
            yield f"survives  limit   {said} (in {', '.join(dict.fromkeys(v.mutant.guard.id for v in group))})"


def main(arguments: list[str]) -> int:
    verdicts = try_mutants(read_knowledge(Path(arguments[0]) if arguments else INSTALLED))
    print(text(verdicts))
    return int(any(v.noticed_by is None and v.mutant.change in MUST_DIE for v in verdicts))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
