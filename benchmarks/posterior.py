"""Probabilities of the causes against pyAgrum: a block of cases, then one case from dictionary to dictionary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from figures import Contender, Figure, at_least, cpu_seconds, interleaved, progress, spread, times_as_fast, under
from peers import Network

from afterdisc.cohort import draw_cases
from afterdisc.engine.evaluate import Engine, encoded, engine_of, infer, set_probabilities
from afterdisc.engine.rules import RowRules
from afterdisc.errors import CaseError
from afterdisc.intake import batch_from_cases
from afterdisc.program import Program
from afterdisc.program.program import UNKNOWN

SEED = 20
N_CASES = 200
N_REPEATED = 20  # our block holds every case so many times: 4000 rows
FEWEST_KNOWN, MOST_KNOWN = 30, 45  # findings with a likelihood; the fuller examples have as many
MOST_RISKS = 14  # and so many risk factors
LARGEST_DIFFERENCE = 1e-12


class Asked:
    """A case as pyAgrum is asked it: what it needs is made ready beforehand, and costs it nothing."""

    def __init__(self, network: Network, states: npt.NDArray[np.uint8]) -> None:
        self.network, self.prior, self.evidence = network, network.prior(states), network.evidence(states)

    def posterior(self) -> npt.NDArray[np.float64]:
        return self.network.posterior(self.prior, self.evidence)


@dataclass(frozen=True)
class Question:
    """A case that means the same to both: at the centre of a slice, at most one member known of each dependence group."""

    findings: Mapping[str, Any]
    states: npt.NDArray[np.uint8]
    slice: int
    weeks: float


def measure(program: Program, rounds: int) -> Iterator[Figure]:
    """The figures of this file."""
    engine = engine_of(without_second_look(program))  # at most three causes, as the peer's root has it
    questions = questions_of(engine, N_CASES)
    networks = {s: Network(engine, s) for s in range(len(program.centre_weeks))}
    asked = [Asked(networks[q.slice], q.states) for q in questions]
    progress(f"posterior: {len(questions)} cases by pyAgrum and by us, {rounds} rounds")
    yield block(engine, questions, asked, rounds)
    yield from single(engine, questions, asked, rounds)


def without_second_look(program: Program) -> Program:
    """The same program, but no case is looked at again with four or five causes."""
    return replace(program, recheck_above=np.inf, fingerprint=f"{program.fingerprint} without a second look")


def block(engine: Engine, questions: list[Question], asked: list[Asked], rounds: int) -> Figure:
    """Our kernel over a block: all causes and the five heaviest sets; pyAgrum: the probabilities of the sets alone."""
    states = np.tile(np.stack([q.states for q in questions]), (N_REPEATED, 1))
    weeks = np.tile([q.weeks for q in questions], N_REPEATED)
    difference = largest_difference(engine, questions, asked)
    assert difference <= LARGEST_DIFFERENCE, f"pyAgrum differs by {difference:.1e}"
    times = interleaved(
        [
            Contender("ours", lambda: infer(engine, states, weeks), len(states)),
            Contender("pyagrum", lambda: [case.posterior() for case in asked], len(asked)),
        ],
        rounds,
    )
    known = np.mean([(q.states[engine.program.has_likelihood] != UNKNOWN).sum() for q in questions])
    return at_least(
        "posterior of a block, one thread, to pyAgrum",
        times_as_fast(cpu_seconds(times["ours"]), cpu_seconds(times["pyagrum"])),
        150,
        note=f"{known:.0f} known findings of {engine.program.has_likelihood.sum()}, {engine.tables.sets.n} sets; "
        f"largest difference {difference:.1e}",
        largest_difference=difference,
        ours_us=spread(times["ours"], 1e6),
        peer_us=spread(times["pyagrum"], 1e6),
    )


def largest_difference(engine: Engine, questions: list[Question], asked: list[Asked]) -> float:
    """Over all sets, all causes and the five heaviest sets of every case."""
    n, member = engine.tables.sets.n, engine.tables.membership
    states, weeks = np.stack([q.states for q in questions]), np.array([q.weeks for q in questions])
    probability, top_set, top_weight = infer(engine, states, weeks)[:3]
    worst = 0.0
    for i, case in enumerate(asked):
        peer = case.posterior()
        ours = set_probabilities(engine, states[i], float(weeks[i]), engine.program.caps[0])[:n]
        pairs = (
            (ours, peer),
            (probability[i], np.append(peer @ member, peer[0])),
            (top_weight[i], peer[top_set[i]]),
        )
        worst = max(worst, *(float(np.abs(a - b).max()) for a, b in pairs))
    return worst


def single(engine: Engine, questions: list[Question], asked: list[Asked], rounds: int) -> Iterator[Figure]:
    """One case, a dictionary of findings in, a dictionary of probabilities and heaviest sets out."""
    answer = Answer(engine)
    times = interleaved(
        [
            Contender("ours", lambda: [answer(q.findings) for q in questions], len(questions)),
            Contender("pyagrum", lambda: [case.posterior() for case in asked], len(asked)),
        ],
        rounds,
    )
    yield at_least(
        "posterior of one case, dictionary to dictionary, to pyAgrum",
        times_as_fast(cpu_seconds(times["ours"]), cpu_seconds(times["pyagrum"])),
        40,
        note="pyAgrum starts from states and ends with an array",
    )
    us = [s * 1e6 for s in cpu_seconds(times["ours"])]
    yield under("posterior of one case, dictionary to dictionary", us, 100, "us", ours_us=spread(times["ours"], 1e6))


class Answer:
    """The shortest way from findings to probabilities: only the rules that the states of findings rest on."""

    def __init__(self, engine: Engine) -> None:
        p, self.engine = engine.program, engine
        derived = [int(r) + s for r, n in zip(p.derived_root, engine.n_states, strict=True) if r >= 0 for s in range(n)]
        self.roots = sorted({*derived, *(int(r) for r in p.silent_root if r >= 0)})
        self.rules = RowRules(p.tape, [p.roots[r].node for r in self.roots])
        self.truth = np.zeros((1, len(p.roots)), np.int8)
        self.names = [*p.causes, "expected_recovery"]
        members = engine.tables.sets.members.tolist()
        self.sets = [tuple(p.causes[c] for c in row if c >= 0) or ("expected_recovery",) for row in members]

    def __call__(self, findings: Mapping[str, Any]) -> dict[str, Any]:
        p = self.engine.program
        rows = batch_from_cases(p, [{"findings": findings}]).rows
        self.truth[0, self.roots] = [t is True for t in self.rules(rows[0])]
        states = encoded(self.engine, rows, self.truth)
        weeks = np.minimum(rows[:, p.time_column], p.latest_weeks)
        probability, top_set, top_weight, *_ = infer(self.engine, states, weeks)
        top = zip(top_set[0].tolist(), top_weight[0].tolist(), strict=True)
        return {
            "causes": dict(zip(self.names, probability[0].tolist(), strict=True)),
            "combinations": [(self.sets[s], w) for s, w in top],
        }


# -- the cases -------------------------------------------------------------------------------------------------------


def questions_of(engine: Engine, n: int) -> list[Question]:
    """Synthetic people, thinned out until both engines are asked the same."""
    rng = np.random.default_rng(SEED)
    found: list[Question] = []
    for case in draw_cases(engine.program, 2 * n, SEED):
        question = _thinned(engine, case["findings"], rng)
        if question:
            found.append(question)
    assert len(found) >= n, f"only {len(found)} of {2 * n} drawn cases fit"
    return found[:n]


def _thinned(engine: Engine, findings: Mapping[str, Any], rng: np.random.Generator) -> Question | None:
    """The case at the nearest centre, with as many answers forgotten as it takes; None if that does not work out."""
    p = engine.program
    time = p.columns[p.time_column].name
    slice_ = int(np.argmin(np.abs(np.log(p.centre_weeks) - np.log(findings[time]))))
    weighed = set(p.asks)  # what only rules read would cost us and not the peer
    kept = {name: v for name, v in findings.items() if name in weighed} | {time: float(p.centre_weeks[slice_])}
    most = int(rng.integers(FEWEST_KNOWN, MOST_KNOWN + 1))
    try:
        while surplus := _surplus(engine, states := _states(engine, kept), most, rng):
            if time in surplus or not surplus & kept.keys():
                return None
            kept = {name: value for name, value in kept.items() if name not in surplus}
    except CaseError:  # the centre is earlier than something that has happened
        return None
    return Question(kept, states, slice_, kept[time])


def _states(engine: Engine, findings: Mapping[str, Any]) -> npt.NDArray[np.uint8]:
    p = engine.program
    rows = batch_from_cases(p, [findings]).rows
    truth = np.zeros((1, len(p.roots)), np.int8)
    truth[0, engine.early] = [t is True for t in engine.early_rules(rows[0])]
    return np.asarray(encoded(engine, rows, truth)[0])


def _surplus(engine: Engine, states: npt.NDArray[np.uint8], most: int, rng: np.random.Generator) -> set[str]:
    """The questions behind second members of a group, and behind findings and risk factors beyond so many."""
    p = engine.program
    seen: set[int] = set()
    n_kept = 0
    risks = rng.permutation(np.flatnonzero((states != UNKNOWN) & ~p.has_likelihood))
    surplus = {p.asks[f] for f in risks[MOST_RISKS:]}
    for f in rng.permutation(np.flatnonzero((states != UNKNOWN) & p.has_likelihood)):
        group = int(p.group[f])
        if n_kept == most or group in seen:
            surplus.add(p.asks[f])
            continue
        n_kept += 1
        seen |= {group} if group >= 0 else set()
    return surplus
