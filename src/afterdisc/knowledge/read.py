"""From a folder of YAML files to a KnowledgeBase."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from afterdisc.errors import KnowledgeError, Problems, UnreadableKnowledge
from afterdisc.knowledge import base as kb
from afterdisc.knowledge.conditions import All, Condition, parse_condition
from afterdisc.knowledge.fields import Fields
from afterdisc.knowledge.names import with_names_resolved
from afterdisc.knowledge.tree import Map, Seq, read_tree
from afterdisc.words.files import INSTALLED

T = TypeVar("T")
WRONG_SHAPE = (TypeError, ValueError, KeyError, IndexError, AttributeError)
SHAPE = "a value has another shape than its key asks for"
BOOL_STATES = ("false", "true")


def read_knowledge(folder: Path | str = INSTALLED) -> kb.KnowledgeBase:
    """Read every file of a knowledge base, names resolved, numbers with their support.

    Raises Problems with everything that is wrong, each with file and line. Whether the numbers and rules make sense
    together is `check_knowledge`'s question.
    """
    folder = Path(folder)
    if not (folder / "base.yaml").is_file():
        raise UnreadableKnowledge(
            "there is no base.yaml in this folder", where=folder.name, mend="Name a folder that holds a knowledge base."
        )
    problems: list[KnowledgeError] = []
    reader = _Reader(folder, problems)
    try:
        base = reader.base()
    except KnowledgeError as error:
        raise Problems([*problems, error]) from None
    except WRONG_SHAPE as error:
        where = problems[-1].where if problems else folder.name
        raise Problems([*problems, UnreadableKnowledge(f"{SHAPE} ({error})", where=f"near {where}")]) from None
    if problems:
        raise Problems(problems)
    return base


class _Reader:
    def __init__(self, folder: Path, problems: list[KnowledgeError]) -> None:
        self.folder, self.problems = folder, problems
        self.other: list[kb.Support] = []

    # -- files ---------------------------------------------------------------------------------------------------

    def _files(self, part: str) -> Iterator[Fields]:
        for path in sorted((self.folder / part).glob("*.yaml")):
            name = f"{part}/{path.name}"
            yield Fields(read_tree(path, name), name, self.problems)

    def _file(self, name: str) -> Fields:
        return Fields(read_tree(self.folder / name, name), name, self.problems)

    def _each(self, items: Iterator[Fields], make: Callable[[Fields], T]) -> Iterator[T]:
        """Read one item after the other; a wrong one is noted and the rest go on."""
        for fields in items:
            try:
                yield make(fields)
                fields.done()
            except KnowledgeError as error:
                self.problems.append(error)
            except WRONG_SHAPE:
                self.problems.append(UnreadableKnowledge(f"{fields.what}: {SHAPE}", where=fields.where()))

    def _named(self, items: Iterator[tuple[str, Fields]], make: Callable[[str, Fields], T]) -> dict[str, T]:
        out: dict[str, T] = {}
        for name, fields in items:
            try:
                out[name] = make(name, fields)
                fields.done()
            except KnowledgeError as error:
                self.problems.append(error)
            except WRONG_SHAPE:
                self.problems.append(UnreadableKnowledge(f"{fields.what}: {SHAPE}", where=fields.where()))
        return out

    # -- the whole -----------------------------------------------------------------------------------------------

    def base(self) -> kb.KnowledgeBase:
        top = self._file("base.yaml")
        self.findings: dict[str, kb.Finding] = {}
        raw_models: dict[str, tuple[Fields, tuple[str, ...], dict[str, Condition] | None, str]] = {}
        for file in self._files("findings"):
            group = Path(file.what).stem.partition("_")[2]
            file.text("title", "")
            for name, fields in file.parts("findings", "finding"):
                try:
                    finding = self._finding(name, group, fields)
                    self.findings[name] = finding
                    states = tuple(b.id for b in finding.bins) or _states_of(finding)
                    raw_models[name] = (fields, states, None, name)
                except KnowledgeError as error:
                    self.problems.append(error)
            file.done()
        derived = self._file("model/derived.yaml")
        for name, fields in derived.parts("derived", "derived finding"):
            fields.text("means", "")
            self.other.append(fields.support())
            conditions = {
                state: parse_condition(raw, fields.where("states")) for state, raw in fields.raw("states", {}).items()
            }
            raw_models[name] = (fields, tuple(conditions), conditions, fields.text("asks"))
        silent = {n: parse_condition(f.raw("when"), f.where("when")) for n, f in derived.parts("silent", "silent finding")}
        model_findings = {
            name: self._model_finding(name, fields, states, conditions, asks, silent.get(name))
            for name, (fields, states, conditions, asks) in raw_models.items()
        }
        for fields, _, _, _ in raw_models.values():
            fields.done()
        groups_file = self._file("drugs/groups.yaml")
        groups = self._named(groups_file.parts("groups", "group"), self._group)
        definitions = self._named(self._file("stages/0_definitions.yaml").parts("definitions", "definition"), self._definition)
        flags_file = self._file("stages/2_red_flags.yaml")
        course_file = self._file("stages/1_expected_course.yaml")
        time, links = self._file("model/time.yaml"), self._file("model/concurrency.yaml")
        refusals = self._file("model/contradictions.yaml")
        facts, sources = self._facts(), self._sources()
        base = kb.KnowledgeBase(
            folder=self.folder,
            version=top.text("version"),
            title=top.text("title"),
            intended_use=top.text("intended_use"),
            review_by=top.text("review_by"),
            findings=self.findings,
            model_findings=model_findings,
            causes={c.id: c for c in self._each(self._files("causes"), self._cause)},
            investigations=self._investigations(),
            gates=tuple(r for f in self._gate_files() for r in self._each(f.items("rules", "rule"), self._rule)),
            treatments={t.id: t for t in self._each(self._files("treatments"), self._treatment)},
            red_flags=self._named(flags_file.parts("red_flags", "red flag"), self._red_flag),
            mandatory=tuple(self._each(flags_file.items("mandatory", "mandatory item"), self._mandatory)),
            imaging=self._named(self._file("stages/3_imaging.yaml").parts("imaging", "imaging rule"), self._imaging),
            course=tuple(self._each(course_file.items("expected_course", "time point"), self._course_point)),
            course_rules=tuple(self._each(course_file.items("post_operative_change", "rule"), self._rule)),
            stages=tuple(self._each(course_file.items("stages", "stage"), self._stage)),
            definitions=definitions,
            groups=groups,
            slices=tuple(self._slices(time)),
            latest_weeks=time.number("latest_weeks"),
            dependence=tuple(
                self._named(self._file("model/dependence.yaml").parts("groups", "group"), self._dependence).values()
            ),
            concurrency=self._concurrency(links),
            first_questions=top.names("first_questions"),
            orders=tuple(self._each(refusals.items("orders", "order"), self._order)),
            contradictions=tuple(self._named(refusals.parts("contradictions", "contradiction"), self._refusal).values()),
            out_of_scope=tuple(self._named(refusals.parts("out_of_scope", "scope"), self._refusal).values()),
            settings=self._named(top.parts("settings", "setting"), self._setting),
            economics=tuple(
                self._named(self._file("economics/utilities_and_costs.yaml").parts("items", "item"), self._economic).values()
            ),
            other_supports=(),
            facts=facts,
            sources=sources,
        )
        top.done()
        return with_names_resolved(replace(base, other_supports=tuple(self.other)), self.problems)

    # -- findings ------------------------------------------------------------------------------------------------

    def _finding(self, name: str, group: str, f: Fields) -> kb.Finding:
        kind = f.text("kind")
        if kind not in ("bool", "number", "count", "ordinal", "category", "set", "map"):
            raise UnreadableKnowledge(f"{f.what}: `{kind}` is no kind of finding", where=f.where("kind"))
        limits = f.raw("range")
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
            patient_can_answer=f.flag("patient_can_answer", False),
            complete=f.flag("complete", kind == "set"),
            codes=f.codes(),
            bins=bins,
            where=f.where(),
        )

    def _model_finding(
        self,
        name: str,
        f: Fields,
        states: tuple[str, ...],
        derived: dict[str, Condition] | None,
        asks: str,
        silent: Condition | None,
    ) -> kb.ModelFinding:
        f.raw("combine_note")
        return kb.ModelFinding(
            id=name,
            label=f.text("label"),
            asks=asks,
            states=f.names("state_order") or states,
            combine=f.text("combine", ""),
            background=tuple(self._distributions(f, "background")),
            derived_from=derived,
            silent_when=silent,
            where=f.where(),
        )

    def _distributions(self, f: Fields, key: str) -> Iterator[kb.Distribution]:
        for row in f.items(key, f"{f.what}, {key}"):
            weeks = row.raw("weeks")
            raw = row.raw("p")
            if not isinstance(raw, Map):
                raise UnreadableKnowledge(f"{row.what}: `p` must give a probability for each state", where=row.where())
            p = {str(state): float(value) for state, value in raw.items()}
            yield kb.Distribution((float(weeks[0]), float(weeks[1])) if weeks else None, p, row.support())
            row.done()

    # -- causes --------------------------------------------------------------------------------------------------

    def _cause(self, f: Fields) -> kb.Cause:
        rows = f.raw("findings") or Map(f.tree.file, f.tree.line)
        likelihoods = Fields(rows, f"{f.what}, findings", self.problems)
        f.raw("treatment_first"), f.raw("note")
        return kb.Cause(
            id=f.text("id"),
            label=f.text("label"),
            kind=f.text("class"),
            seed=f.flag("seed", False),
            summary=f.text("summary", ""),
            story=f.text("story", ""),
            patient=f.text("patient", ""),
            tells_it_apart=f.remarks("tells_it_apart"),
            pitfalls=f.remarks("pitfalls"),
            next_test=f.text("next_test", ""),
            codes=f.codes(),
            priors=tuple(
                kb.Prior((float(p.raw("weeks")[0]), float(p.raw("weeks")[1])), p.number("p"), p.support())
                for p in f.items("prior", f"{f.what}, prior")
            ),
            risk_factors=tuple(self._each(f.items("risk_factors", f"{f.what}, risk factor"), self._risk_factor)),
            findings={name: tuple(self._distributions(likelihoods, name)) for name in rows},
            review_by=f.text("review_by", ""),
            where=f.where(),
        )

    def _risk_factor(self, f: Fields) -> kb.RiskFactor:
        ratios, prevalence = {}, {}
        for state, body in f.parts("states", "state"):
            ratios[state] = (body.number("odds_ratio"), body.number("low"), body.number("high"))
            body.maybe_number("raw_odds_ratio")
            share = body.maybe_number("prevalence")
            if share is not None:
                prevalence[state] = share
            body.done()
        return kb.RiskFactor(f.text("finding"), ratios, prevalence, f.support())

    # -- investigations, treatments, rules -----------------------------------------------------------------------

    def _investigations(self) -> dict[str, kb.Investigation]:
        out: dict[str, kb.Investigation] = {}
        for file in self._files("investigations"):
            out |= self._named(file.parts("investigations", "investigation"), self._investigation)
        return out

    def _investigation(self, name: str, f: Fields) -> kb.Investigation:
        return kb.Investigation(
            name, f.text("label"), f.text("kind"), f.names("gives"), f.text("burden"), f.codes(), f.where()
        )

    def _gate_files(self) -> Iterator[Fields]:
        return (f for f in self._files("investigations") if "rules" in f.tree)

    def _rule(self, f: Fields) -> kb.Rule:
        dose = None
        if isinstance(f.raw("dose"), Map):
            d = Fields(f.raw("dose"), "dose", self.problems)
            dose = kb.Dose(d.number("max_mg_per_day"), d.maybe_number("times_per_day"), d.text("text", ""))
            d.done()
        unknown = f.text("unknown", "")
        if unknown not in ("", "withhold"):
            raise UnreadableKnowledge(f"{f.what}: `unknown` can only be `withhold`", where=f.where("unknown"))
        return kb.Rule(
            id=f.text("id"),
            then=f.text("then"),
            when=parse_condition(f.raw("when"), f.where("when")),
            say=f.text("say"),
            dose=dose,
            unknown_withholds=unknown == "withhold",
            support=f.support(),
            vignettes=tuple(self._vignettes(f, "fires")),
            where=f.where(),
        )

    def _vignettes(self, f: Fields, answer: str) -> Iterator[kb.Vignette]:
        for v in f.items("vignettes", f"{f.what}, vignette"):
            given = dict(v.raw("given") or {})
            probabilities = {str(k): float(p) for k, p in (given.pop("P", None) or {}).items()}
            expect = v.raw(answer)
            if expect is None:
                raise UnreadableKnowledge(f"{v.what}: `{answer}` is missing", where=v.where())
            yield kb.Vignette(v.text("name"), _plain(given), probabilities, expect, v.where())
            v.done()

    def _treatment(self, f: Fields) -> kb.Treatment:
        return kb.Treatment(
            id=f.text("id"),
            label=f.text("label"),
            rung=int(f.number("rung")),
            elective=f.flag("elective"),
            seed=f.flag("seed", False),
            invasiveness=int(f.number("invasiveness", 0)),
            stability=f.text("stability", "none"),
            summary=f.text("summary"),
            patient=f.text("patient", ""),
            guidelines=tuple(self._each(f.items("guidelines", "guideline"), self._guideline)),
            rules=tuple(self._each(f.items("rules", f"{f.what}, rule"), self._rule)),
            benefit=self._named(f.parts("benefit", "benefit"), self._benefit),
            shifts=tuple(self._each(f.items("shifts", "shift"), self._shift)),
            harms=tuple(self._each(f.items("harms", "harm"), self._harm)),
            codes=f.codes(),
            review_by=f.text("review_by", ""),
            where=f.where(),
        )

    def _guideline(self, f: Fields) -> kb.Guideline:
        stance = f.text("stance")
        if stance not in ("for", "against", "conditional", "open"):
            raise UnreadableKnowledge(f"{f.what}: `{stance}` is no stance", where=f.where("stance"))
        return kb.Guideline(
            f.text("body"), int(f.number("year")), stance, f.text("for_whom", ""), f.text("says"), f.names("facts")
        )

    def _benefit(self, name: str, f: Fields) -> kb.Benefit:
        return kb.Benefit(f.number("p"), f.number("low"), f.number("high"), f.support())

    def _shift(self, f: Fields) -> kb.Shift:
        return kb.Shift(
            finding=f.text("finding", "") or None,
            state=_state_text(f.raw("state")),
            concurrent_cause=f.text("concurrent_cause", "") or None,
            odds_ratio=f.number("odds_ratio"),
            low=f.number("low"),
            high=f.number("high"),
            support=f.support(),
        )

    def _harm(self, f: Fields) -> kb.Harm:
        return kb.Harm(f.text("harm"), f.number("p"), f.number("low"), f.number("high"), f.text("window", ""), f.support())

    # -- stages --------------------------------------------------------------------------------------------------

    def _red_flag(self, name: str, f: Fields) -> kb.RedFlag:
        levels = []
        for level in f.items("levels", "level"):
            when = level.raw("when")
            condition = parse_condition(when, level.where("when")) if when is not None else self._unanswered(level)
            levels.append(kb.Level(level.text("urgency"), condition))
            level.done()
        return kb.RedFlag(
            id=name,
            title=f.text("title"),
            levels=tuple(levels),
            because=f.text("because"),
            action=f.text("action"),
            investigations=f.names("investigations"),
            treatments=f.names("treatments"),
            support=f.support(),
            vignettes=tuple(self._vignettes(f, "expect")),
            where=f.where(),
        )

    def _unanswered(self, level: Fields) -> Condition:
        """The level `mandatory: unanswered`; its meaning is put in when all mandatory items are read."""
        if level.text("mandatory", "") != "unanswered":
            raise UnreadableKnowledge(f"{level.what}: `when` is missing", where=level.where())
        return All(())

    def _mandatory(self, f: Fields) -> kb.Mandatory:
        return kb.Mandatory(f.text("id"), f.text("label"), f.names("any_of"), f.text("question"))

    def _imaging(self, name: str, f: Fields) -> kb.ImagingRule:
        return kb.ImagingRule(
            id=name,
            title=f.text("title"),
            when=parse_condition(f.raw("when"), f.where("when")),
            first=f.names("first"),
            next=f.names("next"),
            withhold=f.names("withhold"),
            say=f.text("say"),
            check=f.names("check"),
            overridden_by=f.names("overridden_by"),
            support=f.support(),
            vignettes=tuple(self._vignettes(f, "fires")),
            where=f.where(),
        )

    def _course_point(self, f: Fields) -> kb.CoursePoint:
        seen, not_normal = f.text("normally_seen"), f.text("not_normal")
        return kb.CoursePoint(f.text("time"), f.number("from_weeks"), seen, not_normal, f.support())

    def _stage(self, f: Fields) -> kb.Stage:
        return kb.Stage(
            id=f.text("id"),
            label=f.text("label"),
            when=parse_condition(f.raw("when"), f.where("when")),
            say=f.text("say"),
            support=f.support(),
            vignettes=tuple(self._vignettes(f, "fires")),
            where=f.where(),
        )

    def _definition(self, name: str, f: Fields) -> kb.Definition:
        return kb.Definition(name, f.text("means"), parse_condition(f.raw("when"), f.where("when")), f.support(), f.where())

    def _group(self, name: str, f: Fields) -> tuple[str, ...]:
        f.text("means", "")
        self.other.append(f.support())
        return f.names("ingredients")

    # -- arithmetic ----------------------------------------------------------------------------------------------

    def _slices(self, f: Fields) -> Iterator[kb.Slice]:
        self.other.append(f.support())
        for s in f.items("slices", "slice"):
            weeks = s.raw("weeks")
            yield kb.Slice((float(weeks[0]), float(weeks[1])), s.number("centre_weeks"), s.number("share"))
            s.done()
        f.number("latest_weeks")
        f.done()

    def _dependence(self, name: str, f: Fields) -> kb.DependenceGroup:
        return kb.DependenceGroup(name, f.number("rho"), f.names("members"), f.support())

    def _concurrency(self, f: Fields) -> kb.Concurrency:
        supports: list[kb.Support] = []

        def number(key: str) -> float:
            part = Fields(f.raw(key), key, self.problems, f.where())
            supports.append(part.support())
            return part.number("value")

        weights = {}
        for cause, part in f.parts("mixture_weight", "mixture weight"):
            weights[cause] = part.number("value")
            supports.append(part.support())
        excludes = []
        for part in f.items("excludes", "exclusion"):
            first, second = part.names("causes")
            excludes.append((first, second))
            supports.append(part.support())
        odds = {}
        for part in f.items("odds_multipliers", "odds multiplier"):
            value = part.number("value")
            supports.append(part.support())
            for pair in part.raw("pairs"):
                odds[(str(pair[0]), str(pair[1]))] = value
        return kb.Concurrency(
            int(number("max_causes")), number("recheck_above"), weights, tuple(excludes), odds, tuple(supports)
        )

    def _order(self, f: Fields) -> kb.Order:
        return kb.Order(f.text("first"), f.text("not_above"), f.number("slack", 0), f.text("say"))

    def _refusal(self, name: str, f: Fields) -> kb.Refusal:
        return kb.Refusal(name, parse_condition(f.raw("when"), f.where("when")), f.text("say"), f.where())

    def _setting(self, name: str, f: Fields) -> kb.Setting:
        return kb.Setting(f.number("value"), f.support())

    def _economic(self, name: str, f: Fields) -> kb.EconomicItem:
        return kb.EconomicItem(
            name,
            f.text("item"),
            f.text("kind"),
            f.number("value"),
            f.maybe_number("low"),
            f.maybe_number("high"),
            f.text("currency", ""),
            f.text("year", ""),
            f.support(),
        )

    # -- sources -------------------------------------------------------------------------------------------------

    def _rows(self, pattern: str) -> Iterator[dict[str, str]]:
        for path in sorted((self.folder / "sources").glob(pattern)):
            with path.open(newline="", encoding="utf-8") as handle:
                yield from csv.DictReader(handle)

    def _facts(self) -> dict[str, kb.Fact]:
        return {
            r["fact_id"]: kb.Fact(
                r["fact_id"],
                r["item"],
                r["value"],
                r["unit"],
                r["low"],
                r["high"],
                r["n"],
                r["population"],
                r["source_id"],
                r["locator"],
                r["verified"] == "yes",
                r["note"],
            )
            for r in self._rows("facts-*.csv")
        }

    def _sources(self) -> dict[str, kb.Source]:
        return {
            r["source_id"]: kb.Source(
                r["source_id"],
                r["first_author"],
                r["year"],
                r["title"],
                r["journal"],
                r["doi"],
                r["pmid"],
                r["url"],
                r["design"],
            )
            for r in self._rows("sources-*.csv")
        }


def _states_of(finding: kb.Finding) -> tuple[str, ...]:
    return BOOL_STATES if finding.kind == "bool" else tuple(finding.values)


def _state_text(raw: Any) -> str | None:
    if raw is None:
        return None
    return str(raw).lower() if isinstance(raw, bool) else str(raw)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, Seq | list) else value
