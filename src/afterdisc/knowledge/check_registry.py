"""Does what is said about registries fit the rest of the base?"""

from __future__ import annotations

from collections.abc import Iterator

from afterdisc.errors import KnowledgeError, MissingVignette, UnreadableKnowledge
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.knowledge.places import Places
from afterdisc.knowledge.registry import EVENTS, INDICATOR_ANSWERS, MEASURES, Indicator


def registry_errors(base: KnowledgeBase, places: Places) -> Iterator[KnowledgeError]:
    made = base.registry
    if not made.indicators and not made.findings:
        return
    asked = {finding.asked_at for finding in base.findings.values()}
    for name in sorted(asked - set(made.max_age)):
        yield UnreadableKnowledge(
            f"registry/follow_up.yaml does not say how long what is asked at `{name}` holds",
            where="registry/follow_up.yaml:1",
            mend=f"Add `{name}: {{days: …, judgement: …}}` under `max_age_days`.",
        )
    for name, hold in made.max_age.items():
        if name not in asked:
            yield places.undeclared(name, "an age limit", sorted(asked), hold.support.where)
    for name in made.findings:
        if name not in base.findings:
            yield places.undeclared(name, "what the registry report describes", base.findings, "registry/report.yaml:1")
    for indicator in made.indicators.values():
        yield from _indicator(indicator, places)
    for mark in made.benchmarks:
        if mark.measure not in MEASURES:
            yield places.undeclared(mark.measure, f"`measure` of `{mark.id}`", MEASURES, mark.support.where)
        if mark.after not in base.findings or mark.after not in made.findings:
            yield places.undeclared(mark.after, f"`after` of `{mark.id}`", made.findings, mark.support.where)
        if (mark.measure == "share_improved") != (mark.at_least is not None):
            yield UnreadableKnowledge(f"`{mark.id}`: `at_least` belongs to share_improved", where=mark.support.where)
    for event in made.event_benchmarks:
        if event.event not in EVENTS:
            yield places.undeclared(event.event, f"`event` of `{event.id}`", EVENTS, event.support.where)


    for name, event_drawn in (made.synthetic.events if made.synthetic else {}).items():
        if name not in EVENTS:
            yield places.undeclared(name, "a synthetic event", EVENTS, event_drawn.support.where)
        for cause in event_drawn.with_cause:
            if cause not in base.causes:
                yield places.undeclared(cause, f"`with_cause` of `{name}`", base.causes, event_drawn.support.where)


def _indicator(indicator: Indicator, places: Places) -> Iterator[KnowledgeError]:
    answers = [v.expect for v in indicator.vignettes]
    for vignette in indicator.vignettes:
        if vignette.expect not in INDICATOR_ANSWERS:
            yield places.undeclared(str(vignette.expect), f"`expect` of `{vignette.name}`", INDICATOR_ANSWERS, vignette.where)
    for wanted in ("met", "not_met"):
        if wanted not in answers:
            yield MissingVignette(
                f"`{indicator.id}` has no vignette in which it is {wanted}",
                where=indicator.where,
                mend=f"Add `{{name: …, given: {{…}}, expect: {wanted}}}` under `vignettes`.",
            )
