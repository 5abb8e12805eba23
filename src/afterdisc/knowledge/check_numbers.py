"""Do the numbers make sense together? Distributions, priors, odds ratios, ranges, slices."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise

from afterdisc.errors import BadDistribution, KnowledgeError
from afterdisc.knowledge import base as kb
from afterdisc.knowledge.base import NO_CAUSE, KnowledgeBase
from afterdisc.knowledge.places import Places
from afterdisc.knowledge.supports import supports_by_part
from afterdisc.knowledge.tree import read_tree

TOLERANCE = 1e-6
NOISY = ("noisy_or", "noisy_max")
COMBINE = (*NOISY, "mixture")
MOST_STATES = 8


def number_errors(base: KnowledgeBase, places: Places) -> Iterator[KnowledgeError]:
    yield from _time(base, places)
    for model in base.model_findings.values():
        yield from _model_finding(base, model)
    for cause in base.causes.values():
        yield from _likelihoods(base, cause)
        yield from _risk_factors(base, cause, places)
    yield from _priors(base)
    yield from _links(base, places)
    for finding in base.findings.values():
        yield from _bins(finding)
    yield from _effects(base)
    for supports in supports_by_part(base).values():
        for support in supports:
            if support.worth is not None and not support.worth > 0:
                yield BadDistribution("`worth` must be positive: it counts patients", where=support.where)


# -- time --------------------------------------------------------------------------------------------------------


def _time(base: KnowledgeBase, places: Places) -> Iterator[KnowledgeError]:
    file = "model/time.yaml"
    if not base.slices:
        where = places.of(f"{file}:1", "slices:")
        yield BadDistribution("there is no slice of time", where=where, mend="Add `slices:`.")
        return
    slices = read_tree(base.folder / file, file)["slices"]
    for i, piece in enumerate(base.slices):
        if i > 0 and base.slices[i - 1].weeks[1] != piece.weeks[0]:
            yield BadDistribution(
                f"the slices leave a gap or overlap before week {piece.weeks[0]:g}",
                where=slices.where(i),
                mend="Let each slice begin where the one before ends.",
            )
        if not piece.weeks[0] <= piece.centre_weeks < piece.weeks[1]:
            yield BadDistribution(f"the centre {piece.centre_weeks:g} lies outside its slice", where=slices.where(i))
    total = sum(s.share for s in base.slices)
    if abs(total - 1) > TOLERANCE or any(not 0 <= s.share <= 1 for s in base.slices):
        yield BadDistribution(
            f"the shares of the slices sum to {total:g}",
            where=places.of(f"{file}:1", "slices:"),
            mend="They must sum to 1.",
        )
    last = base.slices[-1].weeks
    if not last[0] <= base.latest_weeks < last[1]:
        yield BadDistribution("`latest_weeks` lies outside the last slice", where=places.of(f"{file}:1", "latest_weeks:"))
    for earlier, later in pairwise(base.course):
        if not earlier.from_weeks < later.from_weeks:
            yield BadDistribution(
                f"the expected course at {later.time} does not come after {earlier.time}",
                where=later.support.where,
                mend="Let `from_weeks` rise from one point to the next.",
            )


def in_force(rows: Sequence[kb.Distribution], week: float) -> kb.Distribution | None:
    """The row that holds in a week: a timed one first, then the one without a time."""
    timed = (r for r in rows if r.weeks and r.weeks[0] <= week < r.weeks[1])
    return next(timed, None) or next((r for r in rows if r.weeks is None), None)


def _timed(base: KnowledgeBase, rows: Sequence[kb.Distribution], what: str) -> Iterator[KnowledgeError]:
    """No week may have two rows, and a stretch of time ends where a slice ends."""
    edges = {edge for piece in base.slices for edge in piece.weeks}
    for row in rows:
        if row.weeks and edges and not set(row.weeks) <= edges:
            yield BadDistribution(
                f"{what}: weeks {row.weeks[0]:g} to {row.weeks[1]:g} do not end where a slice ends",
                where=row.support.where,
                mend=f"Use the edges of model/time.yaml: {', '.join(f'{e:g}' for e in sorted(edges))}.",
            )
    taken: list[kb.Distribution] = []
    for row in rows:
        for other in taken:
            if _overlap(row.weeks, other.weeks):
                yield BadDistribution(
                    f"{what}: two rows for the same weeks",
                    where=row.support.where,
                    mend=f"The other is {other.support.where}; keep one, or part the weeks between them.",
                )
        taken.append(row)


def _overlap(a: tuple[float, float] | None, b: tuple[float, float] | None) -> bool:
    if a is None or b is None:
        return a is b
    return a[0] < b[1] and b[0] < a[1]


# -- distributions -----------------------------------------------------------------------------------------------


def _model_finding(base: KnowledgeBase, model: kb.ModelFinding) -> Iterator[KnowledgeError]:
    declared = _declared_states(base, model)
    if sorted(model.states) != sorted(declared):
        yield BadDistribution(
            f"`{model.id}`: `state_order` lists other states than those declared",
            where=model.where,
            mend=f"Order these: {', '.join(declared)}.",
        )
        return
    if len(model.states) > MOST_STATES and (model.background or model.combine):
        yield BadDistribution(f"`{model.id}` has {len(model.states)} states; {MOST_STATES} at most", where=model.where)
    if bool(model.combine) != bool(model.background):
        has, lacks = ("combine", "background") if model.combine else ("background", "combine")
        yield BadDistribution(
            f"`{model.id}` has `{has}` but no `{lacks}`",
            where=model.where,
            mend="A finding that carries weight needs both: how causes combine, and how common each state is.",
        )
    if model.combine and model.combine not in COMBINE:
        yield BadDistribution(
            f"`{model.id}`: `{model.combine}` is no way of combining",
            where=model.where,
            mend=f"One of {', '.join(COMBINE)}.",
        )
    yield from _timed(base, model.background, f"`{model.id}`, background")
    for row in model.background:
        yield from _distribution(row, model, f"`{model.id}`, background")
    missing = [s for s in base.slices if model.background and in_force(model.background, s.weeks[0]) is None]
    for piece in missing[:1]:
        yield BadDistribution(
            f"`{model.id}` has no background from week {piece.weeks[0]:g}",
            where=model.background[0].support.where,
            mend="Add a row for these weeks, or one without `weeks`.",
        )


def _declared_states(base: KnowledgeBase, model: kb.ModelFinding) -> tuple[str, ...]:
    if model.derived_from is not None:
        return tuple(model.derived_from)
    finding = base.findings[model.id]
    if finding.bins:
        return tuple(b.id for b in finding.bins)
    return ("false", "true") if finding.kind == "bool" else tuple(finding.values)


def _distribution(row: kb.Distribution, model: kb.ModelFinding, what: str) -> Iterator[KnowledgeError]:
    where = row.support.where
    if set(row.p) != set(model.states):
        yield BadDistribution(
            f"{what}: gives states {', '.join(row.p)}",
            where=where,
            mend=f"`{model.id}` has the states {', '.join(model.states)}: give a probability for each.",
        )
    elif any(not 0 <= p <= 1 for p in row.p.values()):
        yield BadDistribution(f"{what}: a probability is not between 0 and 1", where=where)
    elif abs(sum(row.p.values()) - 1) > TOLERANCE:
        yield BadDistribution(f"{what}: the states sum to {sum(row.p.values()):g}", where=where, mend="They must sum to 1.")


def _likelihoods(base: KnowledgeBase, cause: kb.Cause) -> Iterator[KnowledgeError]:
    for name, rows in cause.findings.items():
        model = base.model_findings.get(name)
        if model is None or sorted(model.states) != sorted(_declared_states(base, model)):
            continue  # said elsewhere
        what = f"`{name}` given `{cause.id}`"
        if rows and not model.background:
            yield BadDistribution(
                f"{what}: the finding has no background",
                where=rows[0].support.where,
                mend=f"Add `combine` and `background` to `{name}` ({model.where}).",
            )
        bad = [error for row in rows for error in _distribution(row, model, what)]
        yield from bad
        yield from _timed(base, rows, what)
        if not bad and model.combine in NOISY and cause.id != NO_CAUSE:
            yield from _noisy(base, model, rows, what)


def _noisy(base: KnowledgeBase, model: kb.ModelFinding, rows: Sequence[kb.Distribution], what: str) -> Iterator[KnowledgeError]:
    """A cause only makes a finding worse: the ratio of the cumulatives never falls (it ends at 1, so it never exceeds 1)."""
    told: set[str] = set()
    for piece in base.slices:
        row, ground = in_force(rows, piece.weeks[0]), in_force(model.background, piece.weeks[0])
        if row is None or ground is None or row.support.where in told or set(ground.p) != set(model.states):
            continue
        ratios = [0.0, *_ratios(row.p, ground.p, model.states)]
        if any(b < a - TOLERANCE for a, b in pairwise(ratios)):
            told.add(row.support.where)
            yield BadDistribution(
                f"{what} lies below its background from week {piece.weeks[0]:g}: no {model.combine}",
                where=row.support.where,
                mend=f"Raise the later states (see {ground.support.where}), or let `{model.id}` combine by mixture.",
            )


def _ratios(p: Mapping[str, float], ground: Mapping[str, float], states: Sequence[str]) -> list[float]:
    own, base = accumulate(p[s] for s in states), accumulate(ground[s] for s in states)
    return [a / b if b > 0 else (math.inf if a > 0 else 0.0) for a, b in zip(own, base, strict=True)]


# -- priors and risk factors -------------------------------------------------------------------------------------


def _priors(base: KnowledgeBase) -> Iterator[KnowledgeError]:
    if NO_CAUSE not in base.causes:
        return
    for cause in base.causes.values():
        for prior in cause.priors:
            if not 0 < prior.p < 1:
                yield BadDistribution(
                    f"`{cause.id}`: the prior is not between 0 and 1",
                    where=prior.support.where,
                    mend="Write a small probability rather than 0: nothing is impossible.",
                )
    for piece in base.slices:
        p: dict[str, float] = {}
        for cause in base.causes.values():
            rows = [r for r in cause.priors if r.weeks[0] <= piece.weeks[0] and piece.weeks[1] <= r.weeks[1]]
            if len(rows) != 1:
                yield BadDistribution(
                    f"`{cause.id}` has {len(rows) or 'no'} prior{'s' * (len(rows) > 1)} "
                    f"for weeks {piece.weeks[0]:g} to {piece.weeks[1]:g}",
                    where=rows[1].support.where if rows else cause.where,
                    mend="Give exactly one for each slice of model/time.yaml.",
                )
            else:
                p[cause.id] = rows[0].p
        if len(p) == len(base.causes):
            yield from _feasible(base, p, piece)


def _feasible(base: KnowledgeBase, p: Mapping[str, float], piece: kb.Slice) -> Iterator[KnowledgeError]:
    """Can sets of one to `max_causes` causes have these marginals?"""
    some, most = 1 - p[NO_CAUSE], max(1, base.concurrency.max_causes)
    total = sum(p.values()) - p[NO_CAUSE]
    when = f"from week {piece.weeks[0]:g}"
    if not some <= total + TOLERANCE or not total <= most * some + TOLERANCE:
        yield BadDistribution(
            f"the priors {when} sum to {total:.3g} over the causes, and {some:.3g} have one at all",
            where=base.causes[NO_CAUSE].where,
            mend=f"The sum must lie between {some:.3g} and {most} times as much.",
        )
    for name, chance in p.items():
        if name != NO_CAUSE and chance > some:
            yield BadDistribution(
                f"`{name}` {when} is more frequent than having any cause at all", where=base.causes[name].where
            )
    for a, b in base.concurrency.excludes:
        if p.get(a, 0) + p.get(b, 0) > some:
            yield BadDistribution(
                f"`{a}` and `{b}` exclude each other, yet {when} sum to more than all", where=base.causes[a].where
            )


def _risk_factors(base: KnowledgeBase, cause: kb.Cause, places: Places) -> Iterator[KnowledgeError]:
    for risk in cause.risk_factors:
        model = base.model_findings.get(risk.finding)
        if model is None:
            continue
        for state, (value, low, high) in risk.odds_ratios.items():
            if state not in model.states:
                yield places.undeclared(state, f"state of `{risk.finding}`", model.states, risk.support.where)
            if not 0 < low <= value <= high:
                yield BadDistribution(
                    f"`{cause.id}`, {risk.finding} {state}: must be 0 < low <= odds_ratio <= high",
                    where=places.of(risk.support.where, "odds_ratio"),
                )
        shares = risk.prevalence.values()
        if any(not 0 <= s <= 1 for s in shares) or sum(shares) > 1 + TOLERANCE:
            yield BadDistribution(f"`{cause.id}`, {risk.finding}: prevalences beyond 0 to 1", where=risk.support.where)


# -- links between causes, between findings ----------------------------------------------------------------------


def _links(base: KnowledgeBase, places: Places) -> Iterator[KnowledgeError]:
    links, where = base.concurrency, "model/concurrency.yaml:1"
    if links.max_causes < 1 or not 0 < links.recheck_above <= 1:
        yield BadDistribution("`max_causes` is at least 1, `recheck_above` a probability", where=where)
    for cause, weight in links.mixture_weight.items():
        if not weight > 0:
            yield BadDistribution(f"the mixture weight of `{cause}` must be positive", where=places.of(where, cause))
    for pair, value in links.odds_multipliers.items():
        if not value > 0:
            yield BadDistribution(
                f"the odds multiplier of {' and '.join(pair)} must be positive",
                where=places.of(places.of(where, "odds_multipliers"), pair[0]),
                mend="Causes that exclude each other stand under `excludes`.",
            )
    group_of: dict[str, str] = {}
    for group in base.dependence:
        if not 0 <= group.rho <= 1:
            yield BadDistribution(f"`{group.id}`: rho is not between 0 and 1", where=group.support.where)
        for member in group.members:
            if member in group_of:
                yield BadDistribution(
                    f"`{member}` stands in two groups, `{group_of[member]}` and `{group.id}`",
                    where=places.of(group.support.where, member),
                    mend="Keep it where the overlap is greatest.",
                )
            group_of[member] = group.id


# -- findings, treatments, money ---------------------------------------------------------------------------------


def _bins(finding: kb.Finding) -> Iterator[KnowledgeError]:
    def low(b: kb.StateBin) -> float:
        return -math.inf if b.low is None else b.low

    ordered = sorted(finding.bins, key=low)
    for before, after in pairwise(ordered):
        if before.high != after.low:
            yield BadDistribution(
                f"`{finding.id}`: the states {before.id} and {after.id} leave a gap or overlap",
                where=finding.where,
                mend="Let `from` of each state be `below` of the one before.",
            )
    if ordered and finding.range is not None:
        first, last = ordered[0], ordered[-1]
        if low(first) > finding.range[0] or (last.high is not None and last.high <= finding.range[1]):
            yield BadDistribution(f"`{finding.id}`: some of its range has no state", where=finding.where)
    if finding.range is not None and not finding.range[0] <= finding.range[1]:
        yield BadDistribution(f"`{finding.id}`: the range is empty", where=finding.where)


def _effects(base: KnowledgeBase) -> Iterator[KnowledgeError]:
    for treatment in base.treatments.values():
        for cause, b in treatment.benefit.items():
            if not 0 <= b.low <= b.p <= b.high <= 1:
                yield _range(f"`{treatment.id}`, benefit for {cause}", b.support)
        for harm in treatment.harms:
            if not 0 <= harm.low <= harm.p <= harm.high <= 1:
                yield _range(f"`{treatment.id}`, {harm.id}", harm.support)
        for shift in treatment.shifts:
            if not 0 < shift.low <= shift.odds_ratio <= shift.high:
                yield BadDistribution(
                    f"`{treatment.id}`, what shifts its benefit: must be 0 < low <= odds_ratio <= high",
                    where=shift.support.where,
                )
    for item in base.economics:
        low = item.value if item.low is None else item.low
        high = item.value if item.high is None else item.high
        if not low <= item.value <= high:
            yield BadDistribution(f"`{item.id}`: the value lies outside low to high", where=item.support.where)


def _range(what: str, support: kb.Support) -> BadDistribution:
    return BadDistribution(f"{what}: must be 0 <= low <= p <= high <= 1", where=support.where)
