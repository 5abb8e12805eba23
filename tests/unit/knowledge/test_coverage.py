"""`coverage` counts what the numbers and rules stand on."""

from __future__ import annotations

from pathlib import Path

from afterdisc.knowledge import read_knowledge
from afterdisc.knowledge.coverage import Share, coverage, text
from tiny_base import TINY, Folder


def test_each_number_is_counted_once_under_its_part() -> None:
    parts = {p.part: p for p in coverage(read_knowledge(TINY)).parts}
    assert parts["benefits"] == Share("benefits", measured=1, derived=0, judgement=1, cites_facts=1, median_worth=5)
    assert parts["priors"] == Share("priors", measured=0, derived=0, judgement=8, cites_facts=0, median_worth=10)
    assert parts["likelihoods"] == Share("likelihoods", measured=0, derived=2, judgement=2, cites_facts=2, median_worth=12.5)
    assert parts["harms"].median_worth is None


def test_the_whole_is_the_sum_of_its_parts() -> None:
    found = coverage(read_knowledge(TINY))
    assert found.whole.total == sum(p.total for p in found.parts)
    assert found.whole.measured == 1


def test_facts_and_works_are_counted() -> None:
    found = coverage(read_knowledge(TINY))
    assert (found.facts_shipped, found.facts_cited, found.facts_cited_unconfirmed) == (2, 2, 1)
    assert (found.works, found.works_cited) == (1, 1)


def test_a_number_that_turns_from_opinion_to_measurement_moves_the_shares(tmp_path: Path) -> None:
    tiny = Folder(tmp_path / "base")
    tiny.edit("treatments/nsaid.yaml", "support: judgement", "support: measured\n    facts: [f1]")
    parts = {p.part: p for p in coverage(read_knowledge(tiny.path)).parts}
    assert (parts["benefits"].measured, parts["benefits"].judgement) == (2, 0)


def test_the_table_shows_shares_in_per_cent() -> None:
    lines = text(coverage(read_knowledge(TINY))).splitlines()
    [line] = [line for line in lines if line.startswith("benefits")]
    assert line.split() == ["benefits", "2", "50%", "0%", "50%", "50%", "5"]
