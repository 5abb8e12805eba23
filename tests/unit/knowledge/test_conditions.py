"""Lines and mappings to conditions: every form, and every slip with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings

from afterdisc.errors import BadCondition, UnreadableKnowledge
from afterdisc.knowledge.conditions import (
    All,
    Any_,
    AtLeast,
    Compare,
    Condition,
    EntryCompare,
    Includes,
    Is,
    Known,
    Name,
    Not,
    Probability,
    children,
    findings_in,
    parse_condition,
    rebuilt,
    said,
    walk,
)
from afterdisc.knowledge.tree import read_tree
from small_bases import ATOM_FINDINGS, as_yaml, conditions

FORMS = {
    "new_weakness": Name("new_weakness"),
    "not new_weakness": Not(Name("new_weakness")),
    "egfr_ml_min < 30": Compare("egfr_ml_min", "<", 30),
    "egfr_ml_min <= 30.5": Compare("egfr_ml_min", "<=", 30.5),
    "bone_t_score > -2.5": Compare("bone_t_score", ">", -2.5),
    "n_operations >= 2": Compare("n_operations", ">=", 2),
    "n_operations == 2": Compare("n_operations", "==", 2),
    "n_operations != 2": Compare("n_operations", "!=", 2),
    "onset is sudden": Is("onset", ("sudden",)),
    "onset is not sudden": Not(Is("onset", ("sudden",))),
    "index_level is L4-L5": Is("index_level", ("L4-L5",)),
    "index_level in [L4-L5, L5-S1]": Is("index_level", ("L4-L5", "L5-S1")),
    "index_level not in [L4-L5,L5-S1]": Not(Is("index_level", ("L4-L5", "L5-S1"))),
    "egfr_ml_min known": Known("egfr_ml_min"),
    "egfr_ml_min unknown": Not(Known("egfr_ml_min")),
    "takes includes ssri": Includes("takes", ("ssri",)),
    "not takes includes ssri": Not(Includes("takes", ("ssri",))),
    "dose_mg_per_day[gabapentin] > 1800": EntryCompare("dose_mg_per_day", ("gabapentin",), ">", 1800),
    "P(a) >= 0.5": Probability(("a",), ">=", 0.5),
    "P(a or b) < 0.25": Probability(("a", "b"), "<", 0.25),
    "  new_weakness  ": Name("new_weakness"),
}


@pytest.mark.parametrize("line", FORMS, ids=str.strip)
def test_every_form_of_a_line(line: str) -> None:
    assert parse_condition(line, "file.yaml:1") == FORMS[line]


def tree_of(text: str, tmp_path: Path) -> Any:
    path = tmp_path / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return read_tree(path, "rules.yaml")


def test_every_form_of_a_mapping(tmp_path: Path) -> None:
    text = """
when:
  all:
    - a
    - any: [b, not c]
    - not: {all: [d, e]}
    - at_least: {n: 2, of: [f, g, h > 1]}
"""
    assert parse_condition(tree_of(text, tmp_path)["when"], "rules.yaml:2") == All(
        (
            Name("a"),
            Any_((Name("b"), Not(Name("c")))),
            Not(All((Name("d"), Name("e")))),
            AtLeast(2, (Name("f"), Name("g"), Compare("h", ">", 1))),
        )
    )


SLIPS = [
    "new weakness",
    "egfr_ml_min <",
    "egfr_ml_min < high",
    "egfr_ml_min =< 30",
    "30 < egfr_ml_min",
    "onset is",
    "onset in sudden",
    "a and b",
    "not not a",
    "P() >= 0.5",
    "takes includes",
    "dose[gabapentin] is 3",
    "",
]


@pytest.mark.parametrize("line", SLIPS)
def test_a_line_that_is_no_condition_is_refused_with_its_place_and_examples(line: str) -> None:
    with pytest.raises(BadCondition) as raised:
        parse_condition(line, "treatments/rest.yaml:14")
    assert str(raised.value).startswith(f"treatments/rest.yaml:14  BadCondition: `{line}` is no condition")
    assert "Examples: " in str(raised.value)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("when:\n  all: []\n", 1),
        ("when:\n  all: a\n", 1),
        ("when:\n  every: [a]\n", 1),
        ("when:\n  all: [a]\n  any: [b]\n", 1),
        ("when:\n  at_least: {n: 2}\n", 1),
        ("when:\n  at_least: [a, b]\n", 1),
        ("when:\n  all:\n    - a\n    - no condition at all\n", 4),
        ("when:\n  any:\n    - a\n    - not: {all: [b, c d]}\n", 4),
        ("when:\n  any:\n    - a\n    - 3\n", 4),
    ],
)
def test_a_mapping_that_is_no_condition_names_its_line(text: str, line: int, tmp_path: Path) -> None:
    tree = tree_of(text, tmp_path)
    with pytest.raises(BadCondition) as raised:
        parse_condition(tree["when"], tree.where("when"))
    assert raised.value.where == f"rules.yaml:{line}"


@pytest.mark.parametrize("n", ["two", "", "1.5", "true"])
def test_a_number_of_lines_that_is_none_is_refused(n: str, tmp_path: Path) -> None:
    tree = tree_of(f"when:\n  at_least: {{n: {n}, of: [a, b]}}\n", tmp_path)
    with pytest.raises(BadCondition):
        parse_condition(tree["when"], tree.where("when"))


@settings(max_examples=200)
@given(conditions(late=True).filter(lambda c: not any(_is_spread(n) for n in walk(c))))
def test_what_is_written_is_read_back(condition: Condition) -> None:
    """Any condition written as YAML reads back as itself, but for yes/no findings, which are written as bare names."""
    text = yaml.safe_dump({"when": as_yaml(condition)})
    read = parse_condition(tree_from(text)["when"], "rules.yaml:1")
    assert rebuilt(read, _looked_up) == condition


def _is_spread(node: Condition) -> bool:
    """Several ingredients stand in a condition only after a group was looked up."""
    return isinstance(node, Includes | EntryCompare) and len(node.ingredients) > 1


def _looked_up(node: Condition) -> Condition:
    return Is(node.name, ("true",)) if isinstance(node, Name) and node.name in ATOM_FINDINGS else node


def tree_from(text: str) -> Any:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        return tree_of(text, Path(folder))


NESTED = All((Any_((Is("a", ("true",)), Compare("b", ">", 1))), Not(Known("a")), AtLeast(1, (Includes("c", ("x",)),))))


def test_walk_passes_every_part_once() -> None:
    assert [type(n).__name__ for n in walk(NESTED)] == ["All", "Any_", "Is", "Compare", "Not", "Known", "AtLeast", "Includes"]
    assert children(Known("a")) == ()


def test_findings_are_listed_once_in_order_of_appearance() -> None:
    assert findings_in(NESTED) == ("a", "b", "c")


def test_rebuilding_without_a_change_gives_the_same() -> None:
    assert rebuilt(NESTED, lambda leaf: leaf) == NESTED


def test_a_condition_is_said_in_words() -> None:
    labels = {"a": "fever", "b": "pain", "c": "medicines"}
    assert said(NESTED, labels) == "(fever or pain > 1) and not (fever is recorded) and at least 1 of (medicines include x)"
    assert said(Not(Is("a", ("true",))), labels) == "no fever"
    assert said(Is("d", ("L4-L5", "L5-S1"))) == "d: L4-L5 or L5-S1"


def test_a_key_that_stands_twice_names_both_lines(tmp_path: Path) -> None:
    with pytest.raises(UnreadableKnowledge) as raised:
        tree_of("when: a\nthen: avoid\nwhen: b\n", tmp_path)
    assert raised.value.where == "rules.yaml:3"
    assert "line 1" in raised.value.mend
