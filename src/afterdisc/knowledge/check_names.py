"""Is every name declared where it should be? Causes, findings, investigations, treatments, flags, ingredients."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from afterdisc.errors import KnowledgeError, UndeclaredName, UnreadableKnowledge
from afterdisc.knowledge.base import NO_CAUSE, KnowledgeBase
from afterdisc.knowledge.conditions import EntryCompare, Includes, walk
from afterdisc.knowledge.parts import conditions_of
from afterdisc.knowledge.places import Places
from afterdisc.knowledge.tree import Map, read_tree
from afterdisc.words.ingredient import ingredient

STABILITY = ("keeps", "lessens", "restores", "none")
SETTINGS = (  # what the program asks the base for
    "benefit_of_an_unlisted_pair",
    "cost_per_step_of_invasiveness",
    "credible_interval",
    "n_draws",
    "stop_asking_below_bits",
    "stop_asking_below_chance_of_change",
    "unrecorded_history",
    "weight_of_a_bit",
    "worth_a_test_bits",
)
ASKED_AT = ("intake", "history", "exam", "imaging", "lab", "test", "review", "safety", "preference")


def name_errors(base: KnowledgeBase, places: Places) -> Iterator[KnowledgeError]:
    yield from _twice(base)
    yield from _files(base)
    yield from _settings(base, places)
    yield from _findings(base, places)
    yield from _causes(base, places)
    yield from _investigations(base, places)
    yield from _stages(base, places)
    yield from _treatments(base, places)
    yield from _arithmetic(base, places)
    yield from _ingredients(base, places)


class _Named:
    """A list of names against what is declared."""

    def __init__(self, places: Places, where: str) -> None:
        self.places, self.where = places, where

    def unknown(
        self, names: Iterable[str], what: str, known: Mapping[str, object] | Collection[str], where: str = ""
    ) -> Iterator[UndeclaredName]:
        for name in names:
            if name not in known:
                yield self.places.undeclared(name, what, known, where or self.where)


def _twice(base: KnowledgeBase) -> Iterator[KnowledgeError]:
    """A name that two files of a folder declare: the later one would silently win."""
    for part in ("findings", "investigations"):
        first: dict[str, str] = {}
        for path in sorted((base.folder / part).glob("*.yaml")):
            tree = read_tree(path, f"{part}/{path.name}")
            items = tree.get(part)
            if not isinstance(items, Map):
                continue
            for name in items:
                if name in first:
                    yield UnreadableKnowledge(
                        f"`{name}` is declared twice",
                        where=items.where(name),
                        mend=f"The first is {first[name]}; keep one.",
                    )
                first[name] = items.where(name)


def _files(base: KnowledgeBase) -> Iterator[KnowledgeError]:
    """One file a cause, one a treatment, named for it."""
    named = {"causes": {n: c.where for n, c in base.causes.items()}}
    named["treatments"] = {n: t.where for n, t in base.treatments.items()}
    for part, items in named.items():
        files = {f"{part}/{path.name}" for path in (base.folder / part).glob("*.yaml")}
        for name, where in items.items():
            file = where.partition(":")[0]
            files.discard(file)
            if file != f"{part}/{name}.yaml":
                yield UnreadableKnowledge(
                    f"the file declares `{name}`", where=f"{file}:1", mend=f"Name the file {name}.yaml, or mend `id`."
                )
        for file in sorted(files):
            yield UnreadableKnowledge("another file declares the same id", where=f"{file}:1", mend="Mend `id`.")
    if NO_CAUSE not in base.causes:
        yield UndeclaredName(f"the cause `{NO_CAUSE}` is missing", where="causes", mend="It is the empty set.")


def _settings(base: KnowledgeBase, places: Places) -> Iterator[KnowledgeError]:
    for name in SETTINGS:
        if name not in base.settings:
            yield UndeclaredName(
                f"the setting `{name}` is missing",
                where=places.of("base.yaml:1", "settings:"),
                mend="Add it with a value and a judgement.",
            )


def _findings(base: KnowledgeBase, places: Places) -> Iterator[KnowledgeError]:
    for finding in base.findings.values():
        at = _Named(places, finding.where)
        yield from at.unknown([finding.asked_at], f"`asked_at` of `{finding.id}`", ASKED_AT)
        if finding.kind in ("ordinal", "category") and not finding.values:
            yield UnreadableKnowledge(f"`{finding.id}` lists no `values`", where=finding.where, mend="List its states.")
        if finding.kind in ("number", "count") and finding.range is None:
            yield UnreadableKnowledge(
                f"`{finding.id}` has no `range`", where=finding.where, mend="Give what is possible: `range: [0, 10]`."
            )
    for model in base.model_findings.values():
        yield from _Named(places, model.where).unknown([model.asks], f"finding that `{model.id}` can ask for", base.findings)
    yield from _Named(places, "base.yaml:1").unknown(base.first_questions, "finding", base.findings)


def _causes(base: KnowledgeBase, places: Places) -> Iterator[KnowledgeError]:
    for cause in base.causes.values():
        at = _Named(places, cause.where)
        for name, rows in cause.findings.items():
            yield from at.unknown([name], "finding", base.model_findings, _above(rows[0].support.where) if rows else "")
        for risk in cause.risk_factors:
            yield from at.unknown([risk.finding], "finding", base.model_findings, risk.support.where)
        yield from at.unknown([cause.next_test] if cause.next_test else [], "investigation", base.investigations)


def _investigations(base: KnowledgeBase, places: Places) -> Iterator[KnowledgeError]:
    burdens = {name.removeprefix("burden_") for name in base.settings if name.startswith("burden_")}
    for investigation in base.investigations.values():
        at = _Named(places, investigation.where)
        yield from at.unknown(investigation.gives, "finding", base.findings)
        yield from at.unknown([investigation.burden], "burden (base.yaml, settings)", sorted(burdens))


def _stages(base: KnowledgeBase, places: Places) -> Iterator[KnowledgeError]:
    for flag in base.red_flags.values():
        at = _Named(places, flag.where)
        yield from at.unknown(flag.investigations, "investigation", base.investigations)
        yield from at.unknown(flag.treatments, "treatment", base.treatments)
    for item in base.mandatory:
        yield from _Named(places, "stages/2_red_flags.yaml:1").unknown(item.any_of, "finding", base.findings)
    for rule in base.imaging.values():
        at = _Named(places, rule.where)
        yield from at.unknown((*rule.first, *rule.next, *rule.withhold), "investigation", base.investigations)
        yield from at.unknown(rule.overridden_by, "red flag", base.red_flags)


def _treatments(base: KnowledgeBase, places: Places) -> Iterator[KnowledgeError]:
    for treatment in base.treatments.values():
        at = _Named(places, treatment.where)
        yield from at.unknown([treatment.stability], "effect on stability", STABILITY)
        if not 0 <= treatment.invasiveness <= 5:
            yield UnreadableKnowledge(
                f"`{treatment.id}`: invasiveness is 0 to 5", where=places.of(treatment.where, "invasiveness")
            )
        for cause, benefit in treatment.benefit.items():
            yield from at.unknown([cause], "cause", base.causes, _above(benefit.support.where))
        for shift in treatment.shifts:
            where = shift.support.where
            if shift.concurrent_cause is not None:
                yield from at.unknown([shift.concurrent_cause], "cause", base.causes, where)
            if shift.finding is None:
                if shift.concurrent_cause is None:
                    yield UnreadableKnowledge("a shift of benefit names neither a finding nor a concurrent cause", where=where)
                continue
            model = base.model_findings.get(shift.finding)
            if model is None:
                yield places.undeclared(shift.finding, "finding", base.model_findings, where)
            elif shift.state not in model.states:
                yield places.undeclared(str(shift.state), f"state of `{shift.finding}`", model.states, where)


def _above(where: str) -> str:
    """One line up: the key of a mapping stands above it, or on the same line."""
    file, _, line = where.partition(":")
    return f"{file}:{max(1, int(line) - 1)}"


def _arithmetic(base: KnowledgeBase, places: Places) -> Iterator[KnowledgeError]:
    for group in base.dependence:
        yield from _Named(places, group.support.where).unknown(
            group.members, "finding that carries weight", [m.id for m in base.model_findings.values() if m.background]
        )
    links = base.concurrency
    at = _Named(places, "model/concurrency.yaml:1")
    pairs = (*links.excludes, *links.odds_multipliers)
    yield from at.unknown(links.mixture_weight, "cause", base.causes)
    yield from at.unknown(dict.fromkeys(c for pair in pairs for c in pair), "cause", base.cause_names)
    numbers = [f.id for f in base.findings.values() if f.kind in ("number", "count")]
    for order in base.orders:
        yield from _Named(places, "model/contradictions.yaml:1").unknown((order.first, order.not_above), "number", numbers)


# -- ingredients -------------------------------------------------------------------------------------------------


def _ingredients(base: KnowledgeBase, places: Places) -> Iterator[KnowledgeError]:
    """Every ingredient that a rule asks for stands in a group: a slip of the pen would otherwise never fire."""
    known = [*base.groups, *dict.fromkeys(ingredient(i) for members in base.groups.values() for i in members)]
    names = set(known)
    for where, condition in conditions_of(base):
        for node in walk(condition):
            if isinstance(node, Includes | EntryCompare):
                for name in node.ingredients:
                    if name not in names:
                        yield places.undeclared(name, "ingredient or group of drugs/groups.yaml", known, where)
