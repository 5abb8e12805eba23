"""How much does one finding weigh for each cause? Take it away, leave everything else as it is, and look."""

from __future__ import annotations

import math

from afterdisc.knowledge.base import KnowledgeBase
from oracle.conditions import Case
from oracle.likelihood import given
from oracle.posterior import TIME, Moment, Priors, by_cause, moment, share_of_weight, weighed
from oracle.prior import CauseSet
from oracle.states import states_of


def weights_of_evidence(base: KnowledgeBase, case: Case, cap: int, priors: Priors) -> dict[str, dict[str, float]]:
    """{finding: {cause: log odds with it minus log odds without it}}, at a known time. Discounts of others are held."""
    seen, now = states_of(base, case), moment(base, min(case[TIME], base.latest_weeks))
    total = weighed(base, seen, now, cap, priors)
    out = {}
    for finding in seen:
        without = {causes: w / factor(base, seen, finding, causes, now) for causes, w in total.items()}
        here, there = by_cause(base, normalised(total)), by_cause(base, normalised(without))
        out[finding] = {cause: log_odds(here[cause]) - log_odds(there[cause]) for cause in here}
    return out


def factor(base: KnowledgeBase, seen: dict[str, str], finding: str, causes: CauseSet, now: Moment) -> float:
    """What one finding multiplies the weight of a set by: its odds ratios and its discounted likelihood."""
    product = 1.0
    for cause in sorted(causes):
        for risk in base.causes[cause].risk_factors:
            if risk.finding == finding:
                product *= risk.odds_ratios.get(seen[finding], (1.0,))[0]
    if base.model_findings[finding].background:
        kept = share_of_weight(base, seen, finding)
        early = given(base, finding, causes, base.slices[now.before].weeks[0])[seen[finding]] ** kept
        late = given(base, finding, causes, base.slices[now.after].weeks[0])[seen[finding]] ** kept
        product *= (1 - now.share) * early + now.share * late
    return product


def normalised(weights: dict[CauseSet, float]) -> dict[CauseSet, float]:
    whole = math.fsum(weights.values())
    return {causes: w / whole for causes, w in weights.items()}


def log_odds(p: float) -> float:
    return math.log(p / (1 - p))
