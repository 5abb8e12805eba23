"""The knowledge base as a whole: each number cited, each name declared, each rule tried from both sides."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import pytest

from afterdisc.knowledge import INSTALLED
from afterdisc.knowledge.base import NO_CAUSE, KnowledgeBase, Support
from afterdisc.knowledge.check import Report
from afterdisc.knowledge.coverage import coverage
from afterdisc.knowledge.parts import tried
from afterdisc.knowledge.supports import citations, supports_by_part
from afterdisc.program import Program
from afterdisc.review.vignettes import check_everything

RELEASED = date(2026, 11, 25)


@pytest.fixture(scope="module")
def report() -> Report:
    return check_everything(INSTALLED, today=RELEASED)


def test_the_base_is_sound(report: Report) -> None:
    assert report.is_sound, "\n".join(map(str, report.errors))


def test_no_review_date_had_passed_at_release(report: Report) -> None:
    assert not [w for w in report.warnings if "reviewed by" in w]


def test_the_base_is_complete(knowledge: KnowledgeBase) -> None:
    sizes = {"findings": 206, "causes": 22, "investigations": 33, "treatments": 37}
    assert {part: len(getattr(knowledge, part)) for part in sizes} == sizes
    assert {f"R{i:02}" for i in range(1, 31)} <= set(knowledge.red_flags)
    assert {f"I{i:02}" for i in range(1, 14)} <= set(knowledge.imaging)


def test_every_cause_and_every_treatment_has_a_file_of_its_own(knowledge: KnowledgeBase) -> None:
    for part in ("causes", "treatments"):
        assert {p.stem for p in Path(INSTALLED / part).glob("*.yaml")} == set(getattr(knowledge, part))


def supports_in(value: object) -> Iterator[Support]:
    """Every support anywhere inside, found without knowing where to look."""
    if isinstance(value, Support):
        yield value
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from supports_in(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from supports_in(part)
    elif isinstance(value, tuple | list):
        for part in value:
            yield from supports_in(part)


def test_every_number_and_every_rule_cites_facts_or_a_judgement_with_reason_and_worth(knowledge: KnowledgeBase) -> None:
    bare = [s.where for s in supports_in(knowledge) if not s.facts and not (s.because and s.worth)]
    assert bare == []


def test_what_is_called_measured_or_derived_cites_a_fact(knowledge: KnowledgeBase) -> None:
    assert [s.where for s in supports_in(knowledge) if s.kind != "judgement" and not s.facts] == []


def test_no_support_is_left_out_of_the_count(knowledge: KnowledgeBase) -> None:
    counted = {id(s) for supports in supports_by_part(knowledge).values() for s in supports}
    assert [s.where for s in supports_in(knowledge) if id(s) not in counted] == []


def test_every_confirmed_citation_leads_to_a_place_in_a_work_that_can_be_found(knowledge: KnowledgeBase) -> None:
    confirmed = [f for name, _ in citations(knowledge) if (f := knowledge.facts[name]).verified]
    assert [f.id for f in confirmed if not f.locator] == []
    works = {f.source: knowledge.sources[f.source] for f in confirmed}
    assert [w.id for w in works.values() if not w.title] == []
    assert [w.id for w in works.values() if not (w.doi or w.url or w.pmid or w.journal)] == []


def test_the_program_carries_every_fact_it_cites(knowledge: KnowledgeBase, program: Program) -> None:
    cited = {fact for fact, _ in citations(knowledge)}
    assert cited <= set(program.book["facts"])
    assert {knowledge.facts[f].source for f in cited} <= set(program.book["sources"])


def test_every_rule_is_tried_from_both_sides(knowledge: KnowledgeBase) -> None:
    for item in tried(knowledge):
        answers = {v.expect for v in item.vignettes}
        if item.id in knowledge.red_flags:
            urgencies = {level.urgency for level in knowledge.red_flags[item.id].levels}
            assert answers >= urgencies | {"cleared"}, item.id
        else:
            assert answers == {True, False}, item.id


def test_every_finding_says_where_it_is_asked_and_what_for(knowledge: KnowledgeBase) -> None:
    asked = [f for f in knowledge.findings.values() if f.asked_at in ("history", "exam")]
    assert [f.id for f in asked if not f.question] == []


def test_the_expected_course_has_a_prior_in_every_slice(knowledge: KnowledgeBase) -> None:
    assert len(knowledge.causes[NO_CAUSE].priors) == len(knowledge.slices)


def test_the_coverage_is_sane(knowledge: KnowledgeBase) -> None:
    found = coverage(knowledge)
    for part in (*found.parts, found.whole):
        assert part.total > 0, part.part
        assert 0 <= part.cites_facts <= part.total
        assert part.measured + part.derived <= part.cites_facts
    assert found.facts_cited_unconfirmed < found.facts_cited / 10
    assert found.whole.cites_facts > found.whole.total / 2
