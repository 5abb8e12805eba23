"""From a folder of YAML files to a KnowledgeBase."""

from __future__ import annotations

from pathlib import Path

from afterdisc.errors import KnowledgeError, Problems, UnreadableKnowledge
from afterdisc.knowledge import base as kb
from afterdisc.knowledge import read_arithmetic as arithmetic
from afterdisc.knowledge import read_steps as steps
from afterdisc.knowledge.fields import Fields
from afterdisc.knowledge.names import with_names_resolved
from afterdisc.knowledge.read_care import read_gates, read_investigations, read_rule, read_treatment
from afterdisc.knowledge.read_fhir import read_fhir
from afterdisc.knowledge.read_follow_up import read_follow_up
from afterdisc.knowledge.read_registry import read_registry
from afterdisc.knowledge.read_signs import read_cause, read_vocabulary
from afterdisc.knowledge.read_sources import read_facts, read_sources
from afterdisc.knowledge.reading import SHAPE, WRONG_SHAPE, Files, each, named
from afterdisc.words.files import INSTALLED


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
    try:
        base = with_names_resolved(_base(Files(folder, problems)), problems)
    except KnowledgeError as error:
        raise Problems([*problems, error]) from None
    except WRONG_SHAPE as error:
        where = problems[-1].where if problems else folder.name
        raise Problems([*problems, UnreadableKnowledge(f"{SHAPE} ({error})", where=f"near {where}")]) from None
    if problems:
        raise Problems(problems)
    return base


def _base(files: Files) -> kb.KnowledgeBase:
    """The whole base as written: the names in its conditions still stand for themselves."""
    top, vocabulary = files.one("base.yaml"), read_vocabulary(files)
    groups = named(files.one("drugs/groups.yaml").parts("groups", "group"), _group)
    flags, course = files.one("stages/2_red_flags.yaml"), files.one("stages/1_expected_course.yaml")
    definitions, imaging = files.one("stages/0_definitions.yaml"), files.one("stages/3_imaging.yaml")
    time, dependence = files.one("model/time.yaml"), files.one("model/dependence.yaml")
    links, refusals = files.one("model/concurrency.yaml"), files.one("model/contradictions.yaml")
    economics = files.one("economics/utilities_and_costs.yaml")
    base = kb.KnowledgeBase(
        folder=files.folder,
        version=top.text("version"),
        title=top.text("title"),
        intended_use=top.text("intended_use"),
        review_by=top.text("review_by"),
        findings=vocabulary.findings,
        form=vocabulary.form,
        model_findings=vocabulary.model_findings,
        causes={c.id: c for c in each(files.all_of("causes"), read_cause)},
        investigations=read_investigations(files),
        gates=read_gates(files),
        treatments={t.id: t for t in each(files.all_of("treatments"), read_treatment)},
        red_flags=named(flags.parts("red_flags", "red flag"), steps.read_red_flag),
        mandatory=each(flags.items("mandatory", "mandatory item"), steps.read_mandatory),
        imaging=named(imaging.parts("imaging", "imaging rule"), steps.read_imaging),
        course=each(course.items("expected_course", "time point"), steps.read_course_point),
        course_rules=each(course.items("post_operative_change", "rule"), read_rule),
        stages=each(course.items("stages", "stage"), steps.read_stage),
        definitions=named(definitions.parts("definitions", "definition"), steps.read_definition),
        groups={name: ingredients for name, (ingredients, _) in groups.items()},
        slices=tuple(arithmetic.read_slices(time)),
        latest_weeks=time.number("latest_weeks"),
        dependence=tuple(named(dependence.parts("groups", "group"), arithmetic.read_dependence).values()),
        concurrency=arithmetic.read_concurrency(links),
        first_questions=top.names("first_questions"),
        orders=each(refusals.items("orders", "order"), arithmetic.read_order),
        contradictions=tuple(named(refusals.parts("contradictions", "contradiction"), arithmetic.read_refusal).values()),
        out_of_scope=tuple(named(refusals.parts("out_of_scope", "scope"), arithmetic.read_refusal).values()),
        settings=named(top.parts("settings", "setting"), arithmetic.read_setting),
        economics=tuple(named(economics.parts("items", "item"), arithmetic.read_economic).values()),
        other_supports=(*vocabulary.supports, *(support for _, support in groups.values()), time.support()),
        follow_up=read_follow_up(files),
        fhir=read_fhir(files),
        registry=read_registry(files),
        facts=read_facts(files),
        sources=read_sources(files),
    )
    top.done()
    return base


def _group(name: str, f: Fields) -> tuple[tuple[str, ...], kb.Support]:
    f.text("means", "")
    return f.names("ingredients"), f.support()
