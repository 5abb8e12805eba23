"""compile_program: everything the engine needs, as arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from afterdisc.compile.book import book_of
from afterdisc.compile.columns import columns_of
from afterdisc.compile.likelihoods import likelihood_tables
from afterdisc.compile.priors import PriorFit
from afterdisc.compile.tape import TapeWriter
from afterdisc.engine.sets import cause_sets
from afterdisc.errors import BadDistribution
from afterdisc.knowledge.base import NO_CAUSE, KnowledgeBase, ModelFinding
from afterdisc.knowledge.conditions import Condition
from afterdisc.program import Column, Program, Root, program_to_bytes

CAUSES_BEYOND_THE_CAP = 2  # a case at the cap is looked at again with one, then two more
DRAW_SEED = 20261125
NORMAL_95 = 3.92  # widths of a 95 % interval in standard deviations
Floats = npt.NDArray[np.float64]


def compile_program(base: KnowledgeBase, *, seed: int = DRAW_SEED) -> Program:
    """A frozen Program from a knowledge base; the same bytes for the same knowledge and seed.

    `seed` starts the stream from which the parameter draws for credible intervals come. Takes about two seconds.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    n_draws = int(base.settings["n_draws"].value)
    conditions = [c for _, _, _, c in _conditions(base)]
    columns = columns_of(base, conditions)
    index = {c.name: i for i, c in enumerate(columns)}
    tape = TapeWriter(columns)
    roots = tuple(Root(tape.add(c), kind, owner, name) for kind, owner, name, c in _conditions(base))
    findings = _weighed(base)
    tables = likelihood_tables(base, findings, n_draws=n_draws, rng=rng)
    encoding = _encoding(base, findings, columns, index, roots)
    priors = _priors(base, n_draws, rng)
    shifts = _shifts(base, findings, n_draws, rng)
    benefit = _benefit(base, n_draws, rng)
    names = {g: i for i, g in enumerate(g.id for g in base.dependence)}
    member = {m: g.id for g in base.dependence for m in g.members}
    program = Program(
        version=base.version,
        fingerprint="",
        seed=seed,
        columns=columns,
        late_columns=("urgency", *(" or ".join(c) for c in tape.probabilities)),
        tape=tape.tape(),
        roots=roots,
        causes=base.cause_names,
        pair_odds=_pair_odds(base),
        mixture_weight=np.array([base.concurrency.mixture_weight.get(c, 1.0) for c in base.cause_names]),
        caps=tuple(range(base.concurrency.max_causes, base.concurrency.max_causes + CAUSES_BEYOND_THE_CAP + 1)),
        recheck_above=base.concurrency.recheck_above,
        centre_weeks=np.array([s.centre_weeks for s in base.slices]),
        slice_share=np.array([s.share for s in base.slices]),
        latest_weeks=base.latest_weeks,
        time_column=index["weeks_since_surgery"],
        findings=tuple(f.id for f in findings),
        asks=tuple(f.asks for f in findings),
        states=tuple(f.states for f in findings),
        combine=np.array([f.combine in ("noisy_or", "noisy_max") for f in findings], np.int8),
        group=np.array([names.get(member.get(f.id, ""), -1) for f in findings], np.int32),
        rho=np.array([g.rho for g in base.dependence]),
        group_names=tuple(names),
        variant_of=tables.variant_of,
        row_start=tables.row_start,
        likelihood=tables.mean,
        likelihood_draws=tables.draws,
        has_likelihood=np.array([bool(f.background) for f in findings]),
        treatments=tuple(base.treatments),
        benefit_unlisted=base.settings["benefit_of_an_unlisted_pair"].value,
        treatment_cost=np.array(
            [t.invasiveness * base.settings["cost_per_step_of_invasiveness"].value for t in base.treatments.values()]
        ),
        shift_log_benefit=np.array([np.log(s.odds_ratio) for t in base.treatments.values() for s in t.shifts]),
        shift_keys=tuple(
            (t.id, s.finding or "", s.state or "", s.concurrent_cause or "")
            for t in base.treatments.values()
            for s in t.shifts
        ),
        probability_causes=tuple(tape.probabilities),
        orders=tuple((index[o.first], index[o.not_above], o.slack, o.say) for o in base.orders),
        settings={name: s.value for name, s in base.settings.items()},
        book=book_of(base),
        **encoding,
        **priors,
        **shifts,
        **benefit,
    )
    return replace(program, fingerprint=_fingerprint(program))


def _fingerprint(program: Program) -> str:
    """Of everything but the draws, whose last bits may differ between processors."""
    small = replace(
        program,
        likelihood_draws=np.zeros((0, 0, 0), np.float32),
        log_odds_draws=np.zeros((0, 0, 0)),
        log_shift_draws=np.zeros((0, 0, 0), np.float32),
        benefit_draws=np.zeros((0, 0, 0), np.float32),
    )
    return hashlib.sha256(program_to_bytes(small)).hexdigest()[:16]


def _conditions(base: KnowledgeBase) -> Iterator[tuple[str, str, str, Condition]]:
    """Every condition of the base as (kind, owner, name, condition), in a fixed order."""
    for finding in base.model_findings.values():
        if finding.derived_from is not None:
            for state in finding.states:  # in their order from least to most abnormal
                yield "derived", finding.id, state, finding.derived_from[state]
        if finding.silent_when is not None:
            yield "silent", finding.id, "", finding.silent_when
    for flag in base.red_flags.values():
        for level in flag.levels:
            yield "flag", flag.id, level.urgency, level.when
    for choice in base.imaging.values():
        yield "imaging", choice.id, "", choice.when
    for gate in base.gates:
        yield "gate", gate.id.partition(".")[0], gate.id, gate.when
    for rule in base.course_rules:
        yield "course", rule.id, rule.id, rule.when
    for treatment in base.treatments.values():
        for r in treatment.rules:
            yield "treatment", treatment.id, r.id, r.when
    for stage in base.stages:
        yield "stage", stage.id, "", stage.when
    for indicator in base.registry.indicators.values():
        yield "indicator", indicator.id, "applies", indicator.applies
        yield "indicator", indicator.id, "met", indicator.met
    for refusal in base.contradictions:
        yield "contradiction", "", refusal.id, refusal.when
    for refusal in base.out_of_scope:
        yield "scope", "", refusal.id, refusal.when


def _weighed(base: KnowledgeBase) -> list[ModelFinding]:
    """Findings whose state matters to the arithmetic: likelihoods, risk factors, shifts of benefit."""
    risks = {r.finding for c in base.causes.values() for r in c.risk_factors}
    shifts = {s.finding for t in base.treatments.values() for s in t.shifts if s.finding}
    return [f for f in base.model_findings.values() if f.background or f.id in risks or f.id in shifts]


def _encoding(
    base: KnowledgeBase,
    findings: list[ModelFinding],
    columns: tuple[Column, ...],
    index: dict[str, int],
    roots: tuple[Root, ...],
) -> dict[str, Any]:
    """How a column becomes the state of a finding."""
    first_derived: dict[str, int] = {}
    silent: dict[str, int] = {}
    for i, root in enumerate(roots):
        if root.kind == "derived":
            first_derived.setdefault(root.owner, i)
        elif root.kind == "silent":
            silent[root.owner] = i
    source: list[int] = []
    start: list[int] = []
    low: list[float] = []
    high: list[float] = []
    state_map = np.full((len(findings), 8), -1, np.int32)
    for i, finding in enumerate(findings):
        raw = base.findings.get(finding.id)
        derived = finding.derived_from is not None
        source.append(-1 if derived else index[finding.id])
        start.append(-1)
        if raw is None:
            continue
        if raw.bins:
            start[-1] = len(low)
            for state in finding.states:
                piece = next(b for b in raw.bins if b.id == state)
                low.append(-np.inf if piece.low is None else piece.low)
                high.append(np.inf if piece.high is None else piece.high)
        else:
            for j, state in enumerate(columns[index[finding.id]].states):
                state_map[i, j] = finding.states.index(state)
    return {
        "source_column": np.array(source, np.int32),
        "bin_start": np.array(start, np.int32),
        "bin_low": np.array(low),
        "bin_high": np.array(high),
        "state_map": state_map,
        "derived_root": np.array([first_derived.get(f.id, -1) for f in findings], np.int32),
        "silent_root": np.array([silent.get(f.id, -1) for f in findings], np.int32),
    }


def _pair_odds(base: KnowledgeBase) -> Floats:
    at = {c: i for i, c in enumerate(base.cause_names)}
    odds = np.ones((len(at), len(at)))
    for (a, b), value in base.concurrency.odds_multipliers.items():
        odds[at[a], at[b]] = odds[at[b], at[a]] = value
    for a, b in base.concurrency.excludes:
        odds[at[a], at[b]] = odds[at[b], at[a]] = 0.0
    return odds


def _priors(base: KnowledgeBase, n_draws: int, rng: np.random.Generator) -> dict[str, Any]:
    names = [*base.cause_names, NO_CAUSE]
    mean = np.array([[_prior(base, c, s.weeks[0])[0] for c in names] for s in base.slices])  # [slice, cause + 1]
    worth = np.array([[_prior(base, c, s.weeks[0])[1] for c in names] for s in base.slices])
    odds, cap = _pair_odds(base), base.concurrency.max_causes
    n = len(base.cause_names)
    fits = [PriorFit(cause_sets(n, cap + more), odds) for more in range(CAUSES_BEYOND_THE_CAP + 1)]
    log_odds = np.array([[fit.log_odds(m) for m in mean] for fit in fits])
    draws = np.empty((n_draws, *mean.shape))
    for d in range(n_draws):
        for s in range(len(mean)):
            draws[d, s] = _drawn_log_odds(fits[0], mean[s], worth[s], log_odds[0, s], rng)
    return {"log_odds": log_odds, "log_odds_draws": draws}


def _drawn_log_odds(fit: PriorFit, mean: Floats, worth: Floats, start: Floats, rng: np.random.Generator) -> Floats:
    """A draw that no prior over at most three causes can have is drawn again."""
    for _ in range(20):
        try:
            return fit.log_odds(_drawn_prior(mean, worth, rng), start=start)
        except BadDistribution:
            continue
    raise BadDistribution("no draw of the priors fits the cap on causes", mend="Raise `worth` of the priors.")


def _prior(base: KnowledgeBase, cause: str, week: float) -> tuple[float, float]:
    row = next(p for p in base.causes[cause].priors if p.weeks[0] <= week < p.weeks[1])
    return row.p, row.support.worth or 1.0


def _drawn_prior(mean: Floats, worth: Floats, rng: np.random.Generator) -> Floats:
    """One draw of the priors, rescaled so that the mean number of causes per person stays."""
    drawn = np.maximum(rng.beta(np.maximum(mean * worth, 0.05), (1 - mean) * worth), mean / 20)
    none = min(drawn[-1], 0.9)
    per_person = mean[:-1].sum() / (1 - mean[-1])
    total, most = per_person * (1 - none), 0.8 * (1 - none)
    out, free = drawn[:-1].copy(), np.ones(len(drawn) - 1, np.bool_)
    while True:  # a cause above the ceiling stays there; the others share the rest
        out[free] *= (total - most * (~free).sum()) / out[free].sum()
        over = free & (out > most)
        if not over.any():
            return np.append(out, none)
        out[over], free = most, free & ~over


def _shifts(
    base: KnowledgeBase, findings: list[ModelFinding], n_draws: int, rng: np.random.Generator
) -> dict[str, Any]:
    """Log odds ratios of the risk factors, one row for each state of each finding that has any."""
    at = {f.id: i for i, f in enumerate(findings)}
    rows: dict[tuple[int, int], int] = {}
    mean: list[Floats] = []
    width: list[Floats] = []
    for j, cause in enumerate(base.cause_names):
        for risk in base.causes[cause].risk_factors:
            i = at[risk.finding]
            for state, (value, low, high) in risk.odds_ratios.items():
                key = (i, findings[i].states.index(state))
                if key not in rows:
                    rows[key] = len(mean)
                    mean.append(np.zeros(len(base.cause_names)))
                    width.append(np.zeros(len(base.cause_names)))
                mean[rows[key]][j] += np.log(value)
                width[rows[key]][j] += np.log(high / low) / NORMAL_95
    shift_row = np.full((len(findings), 8), -1, np.int32)
    for (i, state_code), row in rows.items():
        shift_row[i, state_code] = row
    log_shift = np.array(mean).reshape(-1, len(base.cause_names))
    noise = rng.standard_normal((n_draws, *log_shift.shape))
    return {
        "shift_row": shift_row,
        "log_shift": log_shift,
        "log_shift_draws": np.asarray(log_shift + noise * np.array(width).reshape(log_shift.shape), np.float32),
    }


def _benefit(base: KnowledgeBase, n_draws: int, rng: np.random.Generator) -> dict[str, Any]:
    names = [*base.cause_names, NO_CAUSE]
    mean = np.full((len(base.treatments), len(names)), np.nan)
    width = np.zeros_like(mean)
    for i, treatment in enumerate(base.treatments.values()):
        for cause, b in treatment.benefit.items():
            j = names.index(cause)
            mean[i, j] = b.p
            width[i, j] = (_logit(b.high) - _logit(b.low)) / NORMAL_95
    noise = rng.standard_normal((n_draws, *mean.shape))
    drawn = 1 / (1 + np.exp(-(_logits(mean) + noise * width)))
    return {"benefit": mean, "benefit_draws": np.asarray(drawn, np.float32)}


def _logit(p: float) -> float:
    p = min(max(p, 1e-4), 1 - 1e-4)
    return float(np.log(p / (1 - p)))


def _logits(p: Floats) -> Floats:
    q = np.clip(p, 1e-4, 1 - 1e-4)
    return np.log(q / (1 - q))


def all_conditions(base: KnowledgeBase) -> Iterable[tuple[str, str, str, Condition]]:
    """For checks: every condition with its owner."""
    return _conditions(base)
