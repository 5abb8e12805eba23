"""What the knowledge base says about whole registries, from the YAML of the folder `registry`."""

from __future__ import annotations

from afterdisc.knowledge.conditions import parse_condition
from afterdisc.knowledge.fields import Fields
from afterdisc.knowledge.read_care import read_vignettes
from afterdisc.knowledge.reading import Files, named
from afterdisc.knowledge.registry import (
    Benchmark,
    EventBenchmark,
    Hold,
    Indicator,
    RegistryKnowledge,
    Score,
    Synthetic,
    SyntheticEvent,
)


def read_registry(files: Files) -> RegistryKnowledge:
    follow_up, indicators, report = (files.one(f"registry/{name}.yaml") for name in ("follow_up", "indicators", "report"))
    few = report.part("suppress_below")
    made = RegistryKnowledge(
        max_age=named(follow_up.parts("max_age_days", "age limit"), _hold),
        indicators=named(indicators.parts("indicators", "indicator"), _indicator),
        findings=report.names("findings"),
        suppress_below=Hold(few.number("count"), few.support()),
        benchmarks=tuple(named(report.parts("benchmarks", "benchmark"), _benchmark).values()),
        event_benchmarks=tuple(named(report.parts("event_benchmarks", "benchmark"), _event).values()),
        synthetic=_synthetic(files.one("registry/synthetic.yaml")),
    )
    for file in (follow_up, indicators, few, report):
        file.done()
    return made


def _hold(name: str, f: Fields) -> Hold:
    return Hold(f.maybe_number("days"), f.support())


def _indicator(name: str, f: Fields) -> Indicator:
    return Indicator(
        id=name,
        title=f.text("title"),
        why=f.text("why"),
        applies=parse_condition(f.raw("applies"), f.where("applies")),
        met=parse_condition(f.raw("met"), f.where("met")),
        support=f.support(),
        vignettes=tuple(read_vignettes(f, "expect")),
        where=f.where(),
    )


def _benchmark(name: str, f: Fields) -> Benchmark:
    return Benchmark(
        id=name,
        title=f.text("title"),
        before=f.text("before"),
        after=f.text("after"),
        measure=f.text("measure"),
        at_least=f.maybe_number("at_least"),
        weeks=f.pair("weeks"),
        value=f.number("value"),
        low=f.maybe_number("low"),
        high=f.maybe_number("high"),
        unit=f.text("unit"),
        support=f.support(),
    )


def _event(name: str, f: Fields) -> EventBenchmark:
    return EventBenchmark(name, f.text("event"), f.number("years"), f.number("value"), f.support())


def _synthetic(f: Fields) -> Synthetic | None:
    if not f.tree:
        return None
    sites = f.part("sites")
    events = named(f.parts("events", "synthetic event"), _synthetic_event)
    scores = named(f.parts("before_index", "score"), _score)
    own = (sites.support(), f.support(), *(e.support for e in events.values()), *(s.support for s in scores.values()))
    n, largest = int(sites.number("count")), sites.number("largest_share")
    made = Synthetic(n, largest, events, scores, f.number("earlier_visit_share"), own)
    sites.done()
    f.done()
    return made


def _synthetic_event(name: str, f: Fields) -> SyntheticEvent:
    inside = f.part("with_cause")
    return SyntheticEvent(f.number("per_year"), {cause: inside.number(cause) for cause in inside.tree}, f.support())


def _score(name: str, f: Fields) -> Score:
    return Score(f.number("mean"), f.number("sd"), f.number("low"), f.number("high"), f.support())
