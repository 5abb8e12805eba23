"""The steps of the re-evaluation, from YAML: red flags, imaging, stages, the expected course, definitions."""

from __future__ import annotations

from afterdisc.errors import UnreadableKnowledge
from afterdisc.knowledge import base as kb
from afterdisc.knowledge.conditions import All, Condition, parse_condition
from afterdisc.knowledge.fields import Fields
from afterdisc.knowledge.read_care import read_vignettes


def read_red_flag(name: str, f: Fields) -> kb.RedFlag:
    levels = []
    for level in f.items("levels", "level"):
        when = level.raw("when")
        condition = parse_condition(when, level.where("when")) if when is not None else _unanswered(level)
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
        vignettes=tuple(read_vignettes(f, "expect")),
        where=f.where(),
    )


def _unanswered(level: Fields) -> Condition:
    """The level `mandatory: unanswered`; its meaning is put in when all mandatory items are read."""
    if level.text("mandatory", "") != "unanswered":
        raise UnreadableKnowledge(f"{level.what}: `when` is missing", where=level.where())
    return All(())


def read_mandatory(f: Fields) -> kb.Mandatory:
    return kb.Mandatory(f.text("id"), f.text("label"), f.names("any_of"), f.text("question"))


def read_imaging(name: str, f: Fields) -> kb.ImagingRule:
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
        vignettes=tuple(read_vignettes(f, "fires")),
        where=f.where(),
    )


def read_course_point(f: Fields) -> kb.CoursePoint:
    seen, not_normal = f.text("normally_seen"), f.text("not_normal")
    return kb.CoursePoint(f.text("time"), f.number("from_weeks"), seen, not_normal, f.support())


def read_stage(f: Fields) -> kb.Stage:
    return kb.Stage(
        id=f.text("id"),
        label=f.text("label"),
        when=parse_condition(f.raw("when"), f.where("when")),
        say=f.text("say"),
        support=f.support(),
        vignettes=tuple(read_vignettes(f, "fires")),
        where=f.where(),
    )


def read_definition(name: str, f: Fields) -> kb.Definition:
    return kb.Definition(name, f.text("means"), parse_condition(f.raw("when"), f.where("when")), f.support(), f.where())
