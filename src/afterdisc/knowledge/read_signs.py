"""Findings and causes, from YAML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from afterdisc.errors import KnowledgeError, UnreadableKnowledge
from afterdisc.knowledge import base as kb
from afterdisc.knowledge.conditions import Condition, parse_condition
from afterdisc.knowledge.fields import Fields
from afterdisc.knowledge.reading import Files, each
from afterdisc.knowledge.tree import Map

BOOL_STATES = ("false", "true")


@dataclass(frozen=True)
class _Weighing:
    """A finding as far as read: what is missing is how it weighs."""

    fields: Fields
    states: tuple[str, ...]
    derived: dict[str, Condition] | None
    asks: str


@dataclass(frozen=True)
class Vocabulary:
    """All findings, what carries weight among them, and the support of those worked out from others."""

    findings: Mapping[str, kb.Finding]
    form: tuple[kb.Section, ...]
    model_findings: Mapping[str, kb.ModelFinding]
    supports: tuple[kb.Support, ...]


def read_vocabulary(files: Files) -> Vocabulary:
    findings: dict[str, kb.Finding] = {}
    weighing: dict[str, _Weighing] = {}
    form = []
    for file in files.all_of("findings"):
        group, before = Path(file.what).stem.partition("_")[2], len(findings)
        title = file.text("title")
        for name, fields, finding in _findings_of(file, group):
            findings[name] = finding
            states = tuple(b.id for b in finding.bins) or _states_of(finding)
            weighing[name] = _Weighing(fields, states, None, name)
        form.append(kb.Section(group, title, tuple(findings)[before:]))
    derived = files.one("model/derived.yaml")
    supports = []
    for name, fields in derived.parts("derived", "derived finding"):
        fields.text("means", "")
        supports.append(fields.support())
        weighing[name] = _worked_out(fields)
    silent = {n: parse_condition(f.raw("when"), f.where("when")) for n, f in derived.parts("silent", "silent finding")}
    models = {name: _model_finding(name, w, silent.get(name)) for name, w in weighing.items()}
    for w in weighing.values():
        w.fields.done()
    return Vocabulary(findings, tuple(form), models, tuple(supports))


def _findings_of(file: Fields, group: str) -> Iterator[tuple[str, Fields, kb.Finding]]:
    """The findings of one file; the weight of each is still to be read from its fields."""
    for name, fields in file.parts("findings", "finding"):
        try:
            yield name, fields, _finding(name, group, fields)
        except KnowledgeError as error:
            file.problems.append(error)
    file.done()


def _worked_out(f: Fields) -> _Weighing:
    conditions = {state: parse_condition(raw, f.where("states")) for state, raw in f.raw("states", {}).items()}
    return _Weighing(f, tuple(conditions), conditions, f.text("asks"))


def _finding(name: str, group: str, f: Fields) -> kb.Finding:
    kind = f.text("kind")
    if kind not in ("bool", "number", "count", "ordinal", "category", "set", "map"):
        raise UnreadableKnowledge(f"{f.what}: `{kind}` is no kind of finding", where=f.where("kind"))
    limits, for_patient = f.raw("range"), f.flag("patient_can_answer", False)
    values = f.raw("values") or {}
    bins = tuple(
        kb.StateBin(state, b.maybe_number("from"), b.maybe_number("below"), b.text("label", state))
        for state, b in f.parts("states", "state")
    )
    return kb.Finding(
        id=name,
        label=f.text("label"),
        group=group,
        kind=kind,
        asked_at=f.text("asked_at"),
        unit=f.text("unit", ""),
        range=(float(limits[0]), float(limits[1])) if limits else None,
        values={str(k): str(v) for k, v in values.items()} if isinstance(values, Map) else {str(v): str(v) for v in values},
        question=f.text("question", ""),
        help=f.text("help", ""),
        why=f.text("why", ""),
        note=f.text("note", ""),
        patient_can_answer=for_patient,
        ask_patient=f.text("ask_patient") if for_patient else "",
        patient_help=f.text("patient_help", "") if for_patient else "",
        patient_values=f.texts("patient_values") if for_patient else {},
        complete=f.flag("complete", kind == "set"),
        codes=f.codes(),
        bins=bins,
        where=f.where(),
    )


def _model_finding(name: str, weighing: _Weighing, silent: Condition | None) -> kb.ModelFinding:
    f = weighing.fields
    f.raw("combine_note")
    return kb.ModelFinding(
        id=name,
        label=f.text("label"),
        asks=weighing.asks,
        states=f.names("state_order") or weighing.states,
        combine=f.text("combine", ""),
        background=tuple(_distributions(f, "background")),
        derived_from=weighing.derived,
        silent_when=silent,
        where=f.where(),
    )


def _distributions(f: Fields, key: str) -> Iterator[kb.Distribution]:
    for row in f.items(key, f"{f.what}, {key}"):
        weeks = row.raw("weeks")
        raw = row.raw("p")
        if not isinstance(raw, Map):
            raise UnreadableKnowledge(f"{row.what}: `p` must give a probability for each state", where=row.where())
        p = {str(state): float(value) for state, value in raw.items()}
        yield kb.Distribution((float(weeks[0]), float(weeks[1])) if weeks else None, p, row.support())
        row.done()


def read_cause(f: Fields) -> kb.Cause:
    rows = f.raw("findings") or Map(f.tree.file, f.tree.line)
    likelihoods = Fields(rows, f"{f.what}, findings", f.problems)
    f.raw("treatment_first"), f.raw("note")
    return kb.Cause(
        id=f.text("id"),
        label=f.text("label"),
        kind=f.text("class"),
        seed=f.flag("seed", False),
        summary=f.text("summary", ""),
        story=f.text("story", ""),
        plain=f.text("plain"),
        tells_it_apart=f.remarks("tells_it_apart"),
        pitfalls=f.remarks("pitfalls"),
        next_test=f.text("next_test", ""),
        codes=f.codes(),
        priors=tuple(
            kb.Prior((float(p.raw("weeks")[0]), float(p.raw("weeks")[1])), p.number("p"), p.support())
            for p in f.items("prior", f"{f.what}, prior")
        ),
        risk_factors=each(f.items("risk_factors", f"{f.what}, risk factor"), _risk_factor),
        findings={name: tuple(_distributions(likelihoods, name)) for name in rows},
        review_by=f.text("review_by", ""),
        where=f.where(),
    )


def _risk_factor(f: Fields) -> kb.RiskFactor:
    ratios, prevalence = {}, {}
    for state, body in f.parts("states", "state"):
        ratios[state] = (body.number("odds_ratio"), body.number("low"), body.number("high"))
        body.maybe_number("raw_odds_ratio")
        share = body.maybe_number("prevalence")
        if share is not None:
            prevalence[state] = share
        body.done()
    return kb.RiskFactor(f.text("finding"), ratios, prevalence, f.support())


def _states_of(finding: kb.Finding) -> tuple[str, ...]:
    return BOOL_STATES if finding.kind == "bool" else tuple(finding.values)
