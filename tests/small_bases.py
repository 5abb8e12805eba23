"""Small knowledge bases: written by hand in a few lines, drawn at random by Hypothesis, or written out as YAML.

`small_base` makes one from a short description. `bases`, `cases` and `conditions` are Hypothesis strategies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml
from hypothesis import assume
from hypothesis import strategies as st

from afterdisc.knowledge import base as kb
from afterdisc.knowledge import conditions as c
from afterdisc.knowledge.base import NO_CAUSE, KnowledgeBase

TIME = "weeks_since_surgery"
ALWAYS = (((0.0, 5200.0), 10.0, 1.0),)  # one slice: weeks, centre, share
BOOL = ("false", "true")
Probabilities = tuple[float, ...]
Rows = Probabilities | Mapping[tuple[float, float] | None, Probabilities]  # untimed, or by weeks (None: all others)
Numbers = float | tuple[float, ...]  # one for all slices, or one a slice


_MAPPINGS = ("investigations", "imaging", "definitions", "groups", "facts", "sources")
_PARTS_MADE_HERE = (
    *("folder", "fhir", "version", "title", "intended_use", "review_by", "findings", "model_findings", "causes", "gates"),
    *("registry", "follow_up", "treatments", "red_flags", "slices", "latest_weeks", "dependence", "concurrency", "settings"),
)
# All parts of a knowledge base that a small one leaves empty
NOTHING_ELSE: dict[str, Any] = {"follow_up": kb.FollowUp(), "fhir": kb.FhirMap(), "registry": kb.RegistryKnowledge()} | {
    part.name: {} if part.name in _MAPPINGS else () for part in fields(KnowledgeBase) if part.name not in _PARTS_MADE_HERE
}


# -- by hand ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sign:
    """A finding that carries weight: its states from least to most abnormal, and P(state) by cause."""

    combine: str  # noisy_or | noisy_max | mixture
    background: Rows
    given: Mapping[str, Rows]  # by cause; NO_CAUSE: the empty set
    states: tuple[str, ...] = BOOL
    listed: tuple[str, ...] = ()  # the states in the order of the vocabulary, if it is another one
    bins: tuple[float, ...] = ()  # edges between the states, if the finding is a number
    derived_from: Mapping[str, c.Condition] | None = None
    silent_when: c.Condition | None = None
    worth: float = 10.0


def small_base(
    *,
    causes: Mapping[str, Numbers],
    nothing: Numbers,
    signs: Mapping[str, Sign],
    slices: Iterable[tuple[tuple[float, float], float, float]] = ALWAYS,
    groups: Mapping[str, tuple[float, tuple[str, ...]]] | None = None,  # rho, members
    risk_factors: Mapping[str, Mapping[str, Mapping[str, float]]] | None = None,  # cause, finding, state: odds ratio
    excludes: Iterable[tuple[str, str]] = (),
    odds_multipliers: Mapping[tuple[str, str], float] | None = None,
    mixture_weight: Mapping[str, float] | None = None,
    others: Iterable[kb.Finding] = (),  # findings without weight
    rules: Mapping[str, c.Condition] | None = None,
    red_flags: Mapping[str, Mapping[str, c.Condition]] | None = None,  # urgency: condition
    treatments: Iterable[kb.Treatment] = (),
    recheck_above: float = 0.2,
    worth: float = 10.0,
    n_draws: int = 2,
) -> KnowledgeBase:
    """A whole knowledge base about these causes and findings, and nothing else."""
    periods = tuple(kb.Slice(*s) for s in slices)
    risks = risk_factors or {}
    others = tuple(others)
    derived = {name: sign for name, sign in signs.items() if sign.derived_from is not None}
    seen = {name: sign for name, sign in signs.items() if sign.derived_from is None}
    named = {**causes, NO_CAUSE: nothing}
    return KnowledgeBase(
        **NOTHING_ELSE,
        folder=Path("small"),
        version="small",
        title="A small base",
        intended_use="Tests.",
        review_by="2100-01-01",
        findings={f.id: f for f in (finding(TIME, "number", range_=(0, 5200)), *map(_vocabulary, signs.items()), *others)},
        model_findings={name: _weighed(name, sign) for name, sign in seen.items()}
        | {f.id: weightless(f) for f in others}
        | {name: _weighed(name, sign) for name, sign in derived.items()},
        causes={name: _cause(name, p, periods, signs, risks.get(name, {}), worth) for name, p in named.items()},
        gates=tuple(rule(name, "offer", when) for name, when in (rules or {}).items()),
        treatments={t.id: t for t in treatments},
        red_flags={name: _red_flag(name, levels) for name, levels in (red_flags or {}).items()},
        slices=periods,
        latest_weeks=519.0,
        dependence=tuple(kb.DependenceGroup(g, rho, names, support()) for g, (rho, names) in (groups or {}).items()),
        concurrency=kb.Concurrency(
            3, recheck_above, mixture_weight or {}, tuple(excludes), odds_multipliers or {}, (support(),)
        ),
        settings={
            name: kb.Setting(value, support())
            for name, value in {
                "n_draws": n_draws,
                "credible_interval": 0.9,
                "benefit_of_an_unlisted_pair": 0.03,
                "cost_per_step_of_invasiveness": 0.04,
            }.items()
        },
    )


def support(worth: float = 10.0) -> kb.Support:
    return kb.Support("judgement", (), "Made for a test.", worth, "small")


def finding(
    name: str,
    kind: str = "bool",
    *,
    states: tuple[str, ...] = (),
    range_: tuple[float, float] | None = None,
    bins: tuple[kb.StateBin, ...] = (),
    complete: bool = False,
) -> kb.Finding:
    return kb.Finding(
        id=name,
        label=name.replace("_", " "),
        group="history",
        kind=kind,
        asked_at="history",
        unit="",
        range=range_,
        values={s: s for s in states},
        question="",
        help="",
        why="",
        note="",
        patient_can_answer=True,
        ask_patient="",
        patient_help="",
        patient_values={},
        complete=complete,
        codes=(),
        bins=bins,
        where="small",
    )


def weightless(f: kb.Finding) -> kb.ModelFinding:
    states = tuple(b.id for b in f.bins) or (BOOL if f.kind == "bool" else tuple(f.values))
    return kb.ModelFinding(f.id, f.label, f.id, states, "", (), None, None, "small")


def rule(name: str, then: str, when: c.Condition, *, unknown_withholds: bool = False) -> kb.Rule:
    return kb.Rule(name, then, when, "say", None, unknown_withholds, support(), (), "small")


def treatment(name: str, rules: Iterable[kb.Rule], *, elective: bool = True) -> kb.Treatment:
    return kb.Treatment(
        id=name,
        label=name,
        rung=1,
        elective=elective,
        seed=False,
        invasiveness=1,
        stability="none",
        summary="summary",
        plain=kb.Plain("what", "good", "bad", "life"),
        guidelines=(),
        rules=tuple(rules),
        benefit={},
        shifts=(),
        harms=(),
        codes=(),
        review_by="",
        where="small",
    )


def _vocabulary(named: tuple[str, Sign]) -> kb.Finding:
    name, sign = named
    if sign.bins:
        edges = [None, *sign.bins, None]
        bins = tuple(kb.StateBin(s, edges[i], edges[i + 1], s) for i, s in enumerate(sign.states))
        return finding(name, "number", range_=(-100, 100), bins=bins)
    if sign.derived_from is not None:
        return finding(f"{name}_asked")
    if sign.states == BOOL:
        return finding(name)
    return finding(name, "category", states=sign.listed or sign.states)


def _weighed(name: str, sign: Sign) -> kb.ModelFinding:
    asks = f"{name}_asked" if sign.derived_from is not None else name
    background = _rows(sign.background, sign.states, sign.worth)
    return kb.ModelFinding(
        name, name, asks, sign.states, sign.combine, background, sign.derived_from, sign.silent_when, "small"
    )


def _rows(rows: Rows, states: tuple[str, ...], worth: float) -> tuple[kb.Distribution, ...]:
    timed = rows if isinstance(rows, Mapping) else {None: rows}
    return tuple(kb.Distribution(w, dict(zip(states, p, strict=True)), support(worth)) for w, p in timed.items())


def _cause(
    name: str,
    p: Numbers,
    periods: tuple[kb.Slice, ...],
    signs: Mapping[str, Sign],
    risks: Mapping[str, Mapping[str, float]],
    worth: float,
) -> kb.Cause:
    each = p if isinstance(p, tuple) else (p,) * len(periods)
    return kb.Cause(
        id=name,
        label=name,
        kind="other",
        seed=False,
        summary="",
        story="",
        plain="",
        tells_it_apart=(),
        pitfalls=(),
        next_test="",
        codes=(),
        priors=tuple(kb.Prior(s.weeks, x, support(worth)) for s, x in zip(periods, each, strict=True)),
        risk_factors=tuple(
            kb.RiskFactor(f, {s: (x, x / 2, x * 2) for s, x in ratios.items()}, {}, support()) for f, ratios in risks.items()
        ),
        findings={f: _rows(sign.given[name], sign.states, sign.worth) for f, sign in signs.items() if name in sign.given},
        review_by="",
        where="small",
    )


def _red_flag(name: str, levels: Mapping[str, c.Condition]) -> kb.RedFlag:
    made = tuple(kb.Level(urgency, when) for urgency, when in levels.items())
    return kb.RedFlag(name, name, made, "because", "action", (), (), support(), (), "small")


# -- at random ----------------------------------------------------------------------------------------------------


@st.composite
def bases(draw: st.DrawFn, *, max_causes: int = 5, n_draws: int = 2) -> KnowledgeBase:
    """Two to five causes, two to six findings of all kinds, groups, timed rows, risk factors, pair odds, an exclusion."""
    causes = list("abcde"[: draw(st.integers(2, max_causes))])
    slices = draw(_slices())
    names = [f"f{i}" for i in range(draw(st.integers(2, 6)))]
    signs = {name: draw(_signs(causes, slices)) for name in names}
    signs |= draw(_special_signs(names, causes, slices))
    pairs = list(combinations(causes, 2))
    excludes = [draw(st.sampled_from(pairs))] if len(causes) > 2 and draw(st.booleans()) else []
    odds = draw(st.dictionaries(st.sampled_from(pairs), st.sampled_from([0.5, 1.5, 2.0, 3.5]), max_size=3))
    odds = {pair: x for pair, x in odds.items() if pair not in excludes}
    priors = [draw(_marginals(causes, excludes)) for _ in slices]
    return small_base(
        causes={name: tuple(p[name] for p in priors) for name in causes},
        nothing=tuple(p[NO_CAUSE] for p in priors),
        signs=signs,
        slices=slices,
        groups=draw(_groups(list(signs))),
        risk_factors=draw(_risk_factors(causes, signs)),
        excludes=excludes,
        odds_multipliers=odds,
        mixture_weight=draw(st.dictionaries(st.sampled_from(causes), st.sampled_from([0.1, 0.5]), max_size=1)),
        others=(finding("other_yes_no"), finding("other_number", "number", range_=(0, 10))),
        n_draws=n_draws,
    )


@st.composite
def cases(draw: st.DrawFn, base: KnowledgeBase) -> dict[str, Any]:
    """A case: about a third of the findings unknown, any time or none."""
    out = {}
    for name, f in base.findings.items():
        if draw(st.integers(0, 2)):
            out[name] = draw(times(base)) if name == TIME else draw(values(f))
    return out


def times(base: KnowledgeBase) -> st.SearchStrategy[float]:
    """Centres, edges, and anything between and beyond them."""
    marks = [s.centre_weeks for s in base.slices] + [s.weeks[0] for s in base.slices] + [519.0, 520.0, 5200.0]
    return st.sampled_from(marks) | st.floats(0.01, 600)


def values(f: kb.Finding) -> st.SearchStrategy[Any]:
    """What may be recorded of a finding."""
    low, high = f.range or (0, 10)
    match f.kind:
        case "bool":
            return st.booleans()
        case "number":
            edges = [b.low for b in f.bins if b.low is not None]
            return st.sampled_from([low, high, *edges]) | st.integers(int(low), int(high)).map(float)
        case "count":
            return st.integers(int(low), int(high))
        case "set":
            return st.lists(st.sampled_from(DRUGS), unique=True, max_size=3)
        case "map":
            return st.dictionaries(st.sampled_from(DRUGS), st.integers(0, 10), max_size=3)
        case _:
            return st.sampled_from(list(f.values))


@st.composite
def _slices(draw: st.DrawFn) -> tuple[tuple[tuple[float, float], float, float], ...]:
    whole = draw(st.sampled_from([1, 2, 3]))
    edges, centres = [*[0.0, 6.0, 26.0][:whole], 5200.0], [3.0, 12.0, 80.0][:whole]
    share = draw(_probabilities(whole))
    return tuple(((edges[i], edges[i + 1]), centres[i], share[i]) for i in range(whole))


def _probabilities(n: int, least: int = 1) -> st.SearchStrategy[Probabilities]:
    """n numbers that sum to one, none of them tiny; with `least` 0 some may be zero, never the first."""
    parts = st.tuples(st.integers(1, 20), *[st.integers(least, 20)] * (n - 1))
    return parts.map(lambda xs: tuple(x / sum(xs) for x in xs))


@st.composite
def _rows_by_time(draw: st.DrawFn, n: int, slices: tuple[Any, ...], *, must_be_whole: bool) -> Rows:
    """Untimed; or with a row of its own for one slice."""
    if len(slices) == 1 or not draw(st.booleans()):
        return draw(_probabilities(n, 0))
    weeks = draw(st.sampled_from(slices))[0]
    rows: dict[tuple[float, float] | None, Probabilities] = {weeks: draw(_probabilities(n, 0))}
    if must_be_whole or draw(st.booleans()):
        rows[None] = draw(_probabilities(n, 0))
    return rows


@st.composite
def _signs(draw: st.DrawFn, causes: list[str], slices: tuple[Any, ...]) -> Sign:
    combine = draw(st.sampled_from(["noisy_or", "noisy_max", "mixture"]))
    n = 2 if combine == "noisy_or" else draw(st.integers(2, 4))
    states = BOOL if n == 2 else tuple(f"s{i}" for i in range(n))
    told = [name for name in (*causes, NO_CAUSE) if draw(st.integers(0, 3))]
    is_number = n > 2 and draw(st.booleans())
    return Sign(
        combine=combine,
        background=draw(_rows_by_time(n, slices, must_be_whole=True)),
        given={name: draw(_rows_by_time(n, slices, must_be_whole=False)) for name in told},
        states=states,
        listed=() if n == 2 or is_number else tuple(draw(st.permutations(states))),
        bins=tuple(float(x) for x in range(-5, 5 * (n - 2), 5))[: n - 1] if is_number else (),
    )


@st.composite
def _special_signs(draw: st.DrawFn, names: list[str], causes: list[str], slices: tuple[Any, ...]) -> dict[str, Sign]:
    """Now and then a finding worked out from others, and one that falls silent."""
    out = {}
    if draw(st.booleans()):
        asked = c.Is("worked_out_asked", ("true",))
        gate = c.Any_((c.Compare("other_number", ">=", 5.0), c.Not(c.Known("other_number"))))
        derived = {"false": c.All((gate, c.Not(asked))), "true": c.All((gate, asked))}
        out["worked_out"] = replace(_two_state(draw(_signs(causes, slices)), draw), derived_from=derived)
    if draw(st.booleans()):
        sign = _two_state(draw(_signs(causes, slices)), draw)
        out["hushed"] = replace(sign, silent_when=c.Is("other_yes_no", ("true",)))
    return out


def _two_state(sign: Sign, draw: st.DrawFn) -> Sign:
    """The same with two states only."""
    rows = {name: draw(_probabilities(2)) for name in sign.given}
    return Sign(sign.combine, draw(_probabilities(2)), rows)


@st.composite
def _marginals(draw: st.DrawFn, causes: list[str], excludes: list[tuple[str, str]]) -> dict[str, float]:
    """Probabilities that some prior over sets of up to three causes has: those of one that is drawn. Few people have many."""
    sets = [s for n in range(4) for s in combinations(causes, n) if not any(set(x) <= set(s) for x in excludes)]
    parts = [p / (1 + len(s)) ** 2 for s, p in zip(sets, draw(_probabilities(len(sets))), strict=True)]
    shares = [p / sum(parts) for p in parts]
    out = {name: sum(p for s, p in zip(sets, shares, strict=True) if name in s) for name in causes}
    assume(sum(out.values()) < 0.75 * len(causes) * (1 - shares[0]))  # nobody writes a base in which all have everything
    return out | {NO_CAUSE: shares[0]}


@st.composite
def _groups(draw: st.DrawFn, names: list[str]) -> dict[str, tuple[float, tuple[str, ...]]]:
    out = {}
    free = list(draw(st.permutations(names)))
    for i in range(draw(st.integers(0, 2))):
        size = draw(st.integers(2, 3))
        members, free = tuple(sorted(free[:size])), free[size:]
        if len(members) > 1:
            out[f"g{i}"] = (draw(st.sampled_from([0.2, 0.4, 0.7])), members)
    return out


@st.composite
def _risk_factors(draw: st.DrawFn, causes: list[str], signs: dict[str, Sign]) -> dict[str, dict[str, dict[str, float]]]:
    """Of a finding without weight, and of one that has both."""
    ratios = st.sampled_from([0.3, 0.8, 1.7, 4.0])
    out: dict[str, dict[str, dict[str, float]]] = {}
    for name in causes:
        if draw(st.booleans()):
            out.setdefault(name, {})["other_yes_no"] = {"false": draw(ratios), "true": draw(ratios)}
        if not draw(st.integers(0, 3)):
            sign = draw(st.sampled_from(sorted(signs)))
            out.setdefault(name, {})[sign] = {signs[sign].states[-1]: draw(ratios)}
    return out


# -- conditions -----------------------------------------------------------------------------------------------------

DRUGS = ("aspirin", "gabapentin", "tramadol")
CONDITION_FINDINGS = (
    finding("fever"),
    finding("numb"),
    finding("age_years", "number", range_=(0, 10)),
    finding("n_operations", "count", range_=(0, 5)),
    finding("level", "category", states=("L4-L5", "L5-S1", "multiple")),
    finding("power", "ordinal", states=("none", "some", "full")),
    finding("takes", "set", complete=True),
    finding("dose", "map"),
    finding("stopped", "map", complete=True),
)
ATOM_FINDINGS = {f.id: f for f in CONDITION_FINDINGS}
SIGNS = ("<", "<=", ">", ">=", "==", "!=")


def atoms(*, late: bool = False, known: bool = True) -> st.SearchStrategy[c.Condition]:
    """All forms of a single line. `late`: also the urgency and probabilities of causes a, b; `known`: also `known`."""
    of = st.sampled_from
    limits = st.integers(0, 10).map(float)
    kinds = [
        st.builds(c.Compare, of(["age_years", "n_operations"]), of(SIGNS), limits),
        st.builds(lambda f: c.Is(f, ("true",)), of(["fever", "numb"])),
        st.builds(lambda s: c.Is("level", tuple(s)), st.lists(of(["L4-L5", "L5-S1", "multiple"]), min_size=1, unique=True)),
        st.builds(lambda s: c.Is("power", (s,)), of(["none", "some", "full"])),
        st.builds(lambda i: c.Includes("takes", tuple(i)), st.lists(of(DRUGS), min_size=1, unique=True)),
        st.builds(lambda f, i, s, x: c.EntryCompare(f, (i,), s, x), of(["dose", "stopped"]), of(DRUGS), of(SIGNS), limits),
        st.builds(
            lambda f, i, s, x: c.EntryCompare(f, tuple(i), s, x),
            of(["dose", "stopped"]), st.lists(of(DRUGS), min_size=2, unique=True), of(["<", "<=", ">", ">="]), limits,
        ),
    ]  # fmt: skip
    if known:
        kinds.append(st.builds(c.Known, of(list(ATOM_FINDINGS))))
    if late:
        kinds += [
            st.builds(lambda s: c.Is("urgency", tuple(s)), st.lists(of(["E0", "E1", "E3"]), min_size=1, unique=True)),
            st.builds(
                lambda a, s, x: c.Probability(tuple(a), s, x / 10),
                st.lists(of(["a", "b", NO_CAUSE]), min_size=1, unique=True), of(["<", ">="]), limits,
            ),
        ]  # fmt: skip
    return st.one_of(kinds)


def conditions(*, late: bool = False, known: bool = True) -> st.SearchStrategy[c.Condition]:
    """Conditions of any shape over CONDITION_FINDINGS."""

    def larger(inner: st.SearchStrategy[c.Condition]) -> st.SearchStrategy[c.Condition]:
        several = st.lists(inner, min_size=1, max_size=4).map(tuple)
        return st.one_of(
            several.map(c.All),
            several.map(c.Any_),
            inner.map(c.Not),
            st.builds(lambda args, n: c.AtLeast(min(n, len(args)), args), several, st.integers(1, 4)),
        )

    return st.recursive(atoms(late=late, known=known), larger, max_leaves=12)


@st.composite
def condition_cases(draw: st.DrawFn) -> dict[str, Any]:
    """What may be known of CONDITION_FINDINGS; each unknown every third time."""
    return {f.id: draw(values(f)) for f in CONDITION_FINDINGS if draw(st.integers(0, 2))}


# -- as YAML --------------------------------------------------------------------------------------------------------


def write_folder(base: KnowledgeBase, folder: Path) -> Path:
    """The small base as a folder of YAML files that `read_knowledge` reads back."""
    files: dict[str, Any] = {
        "base.yaml": {
            **{k: getattr(base, k) for k in ("title", "version", "review_by", "intended_use")},
            "settings": {n: {"value": s.value, **_said(s.support)} for n, s in base.settings.items()},
        },
        "findings/01_history.yaml": {
            "title": "History",
            "findings": {n: _finding_yaml(base, f) for n, f in base.findings.items()},
        },
        "model/derived.yaml": _derived_yaml(base),
        "model/time.yaml": {
            "latest_weeks": base.latest_weeks,
            **_said(support()),
            "slices": [{"weeks": list(s.weeks), "centre_weeks": s.centre_weeks, "share": s.share} for s in base.slices],
        },
        "model/dependence.yaml": {
            "groups": {g.id: {"rho": g.rho, "members": list(g.members), **_said(g.support)} for g in base.dependence}
        },
        "model/concurrency.yaml": _concurrency_yaml(base.concurrency),
        "model/contradictions.yaml": {},
        "drugs/groups.yaml": {"groups": {}},
        "stages/0_definitions.yaml": {"definitions": {}},
        "stages/1_expected_course.yaml": {},
        "stages/2_red_flags.yaml": {"red_flags": {n: _flag_yaml(f) for n, f in base.red_flags.items()}},
        "stages/3_imaging.yaml": {},
        "economics/utilities_and_costs.yaml": {},
        "investigations/gates.yaml": {"rules": [_rule_yaml(r) for r in base.gates]},
    }
    files |= {f"follow_up/{name}.yaml": {} for name in ("scores", "due", "reasons", "pre_visit", "emergency", "words")}
    judged = {"codes": [], "judgement": {"because": "no record is read here", "worth": 1}}
    files["fhir/base.yaml"] = {"canonical": "https://example.org/fhir", "systems": {}, "index_operation": judged}
    files |= {"fhir/medicines.yaml": {"ingredients": {}, "brands": {}}, "fhir/orders.yaml": {}}
    files |= {f"registry/{name}.yaml": {} for name in ("follow_up", "indicators", "synthetic")}
    files |= {"registry/report.yaml": {"suppress_below": {"count": 5, "judgement": judged["judgement"]}}}
    files |= {f"causes/{name}.yaml": _cause_yaml(cause) for name, cause in base.causes.items()}
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return folder


def as_yaml(condition: c.Condition) -> Any:
    """How a condition is written: one line, or lines under all, any, not, at_least."""
    match condition:
        case c.All(args):
            return {"all": [as_yaml(a) for a in args]}
        case c.Any_(args):
            return {"any": [as_yaml(a) for a in args]}
        case c.AtLeast(n, args):
            return {"at_least": {"n": n, "of": [as_yaml(a) for a in args]}}
        case c.Not(c.Known(name)):
            return f"{name} unknown"
        case c.Not(c.Is(name, ("true",))):
            return f"not {name}"
        case c.Not(c.Is(name, (state,))):
            return f"{name} is not {state}"
        case c.Not(c.Is(name, states)):
            return f"{name} not in [{', '.join(states)}]"
        case c.Not(arg):
            return {"not": as_yaml(arg)}
        case c.Is(name, ("true",)):
            return name
        case c.Is(name, (state,)):
            return f"{name} is {state}"
        case c.Is(name, states):
            return f"{name} in [{', '.join(states)}]"
        case c.Known(name):
            return f"{name} known"
        case c.Compare(name, sign, limit):
            return f"{name} {sign} {limit:g}"
        case c.Includes(name, (ingredient,)):
            return f"{name} includes {ingredient}"
        case c.EntryCompare(name, (ingredient,), sign, limit):
            return f"{name}[{ingredient}] {sign} {limit:g}"
        case c.Probability(causes, sign, limit):
            return f"P({' or '.join(causes)}) {sign} {limit:g}"
    raise TypeError(condition)


def _said(s: kb.Support) -> dict[str, Any]:
    return {"judgement": {"because": s.because, "worth": s.worth}}


def _rows_yaml(rows: Iterable[kb.Distribution]) -> list[dict[str, Any]]:
    return [({"weeks": list(r.weeks)} if r.weeks else {}) | {"p": dict(r.p), **_said(r.support)} for r in rows]


def _finding_yaml(base: KnowledgeBase, f: kb.Finding) -> dict[str, Any]:
    out: dict[str, Any] = {"label": f.label, "kind": f.kind, "asked_at": f.asked_at, "complete": f.complete}
    if f.range:
        out["range"] = list(f.range)
    if f.values:
        out["values"] = dict(f.values)
    if f.bins:
        out["states"] = {b.id: {k: v for k, v in {"from": b.low, "below": b.high}.items() if v is not None} for b in f.bins}
    model = base.model_findings.get(f.id)
    if model is not None and model.combine:
        out |= {"combine": model.combine, "state_order": list(model.states), "background": _rows_yaml(model.background)}
    return out


def _derived_yaml(base: KnowledgeBase) -> dict[str, Any]:
    derived = {
        name: {
            "label": m.label,
            "asks": m.asks,
            "states": {s: as_yaml(when) for s, when in m.derived_from.items()},
            **_said(support()),
            "combine": m.combine,
            "state_order": list(m.states),
            "background": _rows_yaml(m.background),
        }
        for name, m in base.model_findings.items()
        if m.derived_from is not None
    }
    silent = {n: {"when": as_yaml(m.silent_when)} for n, m in base.model_findings.items() if m.silent_when is not None}
    return {"derived": derived, "silent": silent}


def _concurrency_yaml(links: kb.Concurrency) -> dict[str, Any]:
    why = _said(support())
    return {
        "max_causes": {"value": links.max_causes, **why},
        "recheck_above": {"value": links.recheck_above, **why},
        "mixture_weight": {name: {"value": w, **why} for name, w in links.mixture_weight.items()},
        "excludes": [{"causes": list(pair), **why} for pair in links.excludes],
        "odds_multipliers": [{"value": x, "pairs": [list(pair)], **why} for pair, x in links.odds_multipliers.items()],
    }


def _cause_yaml(cause: kb.Cause) -> dict[str, Any]:
    return {
        "id": cause.id,
        "label": cause.label,
        "plain": "For the test.",
        "class": cause.kind,
        "prior": [{"weeks": list(p.weeks), "p": p.p, **_said(p.support)} for p in cause.priors],
        "risk_factors": [
            {
                "finding": r.finding,
                "states": {s: {"odds_ratio": v, "low": low, "high": high} for s, (v, low, high) in r.odds_ratios.items()},
                **_said(r.support),
            }
            for r in cause.risk_factors
        ],
        "findings": {name: _rows_yaml(rows) for name, rows in cause.findings.items()},
    }


def _flag_yaml(flag: kb.RedFlag) -> dict[str, Any]:
    return {
        "title": flag.title,
        "levels": [{"urgency": level.urgency, "when": as_yaml(level.when)} for level in flag.levels],
        "because": flag.because,
        "action": flag.action,
        **_said(flag.support),
    }


def _rule_yaml(r: kb.Rule) -> dict[str, Any]:
    return {"id": r.id, "then": r.then, "when": as_yaml(r.when), "say": r.say, **_said(r.support)}
