"""How probable is each set of causes after what was found?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from afterdisc.knowledge.base import NO_CAUSE, KnowledgeBase
from oracle.conditions import Case
from oracle.likelihood import given
from oracle.prior import CauseSet, LogOdds, fitted, pair_odds, sets_of, weights
from oracle.states import states_of

TIME = "weeks_since_surgery"
Priors = Callable[[int], LogOdds]  # slice -> log odds


@dataclass(frozen=True)
class Moment:
    """A point in time: so much of one slice's numbers, the rest of the next one's."""

    before: int
    after: int
    share: float


def posterior(base: KnowledgeBase, case: Case, cap: int, priors: Priors | None = None) -> dict[CauseSet, float]:
    """The probability of every set of at most `cap` causes. `priors` spares fitting them here."""
    prior_of = priors or (lambda slice_: fitted(base, slice_, cap))
    seen, weeks = states_of(base, case), case.get(TIME)
    if weeks is not None:
        total = weighed(base, seen, moment(base, min(weeks, base.latest_weeks)), cap, prior_of)
    else:
        total = dict.fromkeys(sets_of(base, cap), 0.0)
        for s, piece in enumerate(base.slices):
            now = Moment(s, s, 0.0)
            before_findings = math.fsum(prior(base, seen, now, cap, prior_of).values())
            for causes, w in weighed(base, seen, now, cap, prior_of).items():
                total[causes] += piece.share * w / before_findings
    whole = math.fsum(total.values())
    return {causes: w / whole for causes, w in total.items()}


def moment(base: KnowledgeBase, weeks: float) -> Moment:
    """Between two centres the share rises as 3t² - 2t³, t linear in log weeks; beyond the outer ones nothing changes."""
    centres = [s.centre_weeks for s in base.slices]
    for s, (low, high) in enumerate(pairwise(centres)):
        if low < weeks < high:
            t = math.log(weeks / low) / math.log(high / low)
            return Moment(s, s + 1, 3 * t**2 - 2 * t**3)
    nearest = max((s for s, c in enumerate(centres) if c <= weeks), default=0)
    return Moment(nearest, nearest, 0.0)


def prior(base: KnowledgeBase, seen: dict[str, str], now: Moment, cap: int, prior_of: Priors) -> dict[CauseSet, float]:
    """Prior weights: log odds mixed in time, then multiplied by the odds ratio of every known risk factor."""
    early, late = prior_of(now.before), prior_of(now.after)
    odds = {name: math.exp((1 - now.share) * early[name] + now.share * late[name]) for name in early}
    for cause in base.cause_names:
        for risk in base.causes[cause].risk_factors:
            state = seen.get(risk.finding)
            if state in risk.odds_ratios:
                odds[cause] *= risk.odds_ratios[state][0]
    return weights({s: pair_odds(base, s) for s in sets_of(base, cap)}, odds)


def weighed(base: KnowledgeBase, seen: dict[str, str], now: Moment, cap: int, prior_of: Priors) -> dict[CauseSet, float]:
    """Prior weights times the discounted likelihood of every known finding."""
    total = prior(base, seen, now, cap, prior_of)
    early, late = base.slices[now.before].weeks[0], base.slices[now.after].weeks[0]
    for finding, state in seen.items():
        if not base.model_findings[finding].background:
            continue
        kept = share_of_weight(base, seen, finding)
        for causes in total:
            p = given(base, finding, causes, early)[state] ** kept
            q = given(base, finding, causes, late)[state] ** kept
            total[causes] *= (1 - now.share) * p + now.share * q
    return total


def share_of_weight(base: KnowledgeBase, seen: dict[str, str], finding: str) -> float:
    """Members of a group say the same thing in part: with k of them known each keeps 1 / (1 + (k - 1) rho).

    Only members on the same side count: a normal answer does not dilute an abnormal one. A mixture has no sides, it
    counts with everybody.
    """
    group = next((g for g in base.dependence if finding in g.members), None)
    if group is None:
        return 1.0
    k = 0
    for mate in group.members:
        if mate in seen and base.model_findings[mate].background:
            sides = {side(base, finding, seen[finding]), side(base, mate, seen[mate])}
            k += "none" in sides or len(sides) == 1
    return 1 / (1 + (k - 1) * group.rho)


def side(base: KnowledgeBase, finding: str, state: str) -> str:
    if base.model_findings[finding].combine == "mixture":
        return "none"
    return "normal" if state == base.model_findings[finding].states[0] else "abnormal"


def by_cause(base: KnowledgeBase, sets: dict[CauseSet, float]) -> dict[str, float]:
    """The probability of each cause to be at work, alone or with others; NO_CAUSE: none of them."""
    return {c: math.fsum(p for s, p in sets.items() if c in (s or {NO_CAUSE})) for c in (*base.cause_names, NO_CAUSE)}


def at_size(sets: dict[CauseSet, float], size: int) -> float:
    return math.fsum(p for s, p in sets.items() if len(s) == size)


def with_rechecks(
    base: KnowledgeBase, case: Case, priors: Callable[[int], Priors] | None = None
) -> tuple[int, dict[CauseSet, float]]:
    """(cap, sets): up to three causes, and one more, twice at most, while too much sits on the largest sets."""
    cap = base.concurrency.max_causes
    sets = posterior(base, case, cap, priors and priors(cap))
    while at_size(sets, cap) > base.concurrency.recheck_above and cap < base.concurrency.max_causes + 2:
        cap += 1
        sets = posterior(base, case, cap, priors and priors(cap))
    return cap, sets
