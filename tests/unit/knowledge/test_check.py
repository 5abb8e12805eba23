"""Each mistake a writer can make in a knowledge file is told with its kind, its line and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import yaml

from afterdisc import errors as kinds
from afterdisc.errors import BadDistribution, KnowledgeError, UndeclaredName, UnreadableKnowledge
from afterdisc.review.vignettes import check_everything
from tiny_base import Folder

HERNIA, SCAR, NSAID = "causes/hernia.yaml", "causes/scar.yaml", "treatments/nsaid.yaml"
HISTORY, TIME, FACTS = "findings/01_history.yaml", "model/time.yaml", "sources/facts-test.csv"


@dataclass(frozen=True)
class Slip:
    """One entry of slips.yaml, which says what the keys mean."""

    name: str
    file: str
    old: str
    new: str
    error: str
    says: str
    at: str = ""
    alone: bool = True


SLIPS = [Slip(**s) for s in yaml.safe_load((Path(__file__).parent / "slips.yaml").read_text(encoding="utf-8"))]


@pytest.fixture
def tiny(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "base")


def test_the_tiny_base_is_sound(tiny: Folder) -> None:
    report = tiny.report()
    assert report.errors == ()
    assert "24 of 24 vignettes" in report.summary


@pytest.mark.parametrize("slip", SLIPS, ids=lambda s: s.name)
def test_a_slip_is_told_with_its_kind_its_line_and_its_reason(tiny: Folder, slip: Slip) -> None:
    tiny.edit(slip.file, slip.old, slip.new)
    where = tiny.where(slip.file, slip.at or slip.new.strip().splitlines()[0])
    errors = tiny.errors()
    told = [(type(e).__name__, e.where) for e in errors]
    wanted = slip.error, where
    assert told == [wanted] if slip.alone else wanted in told, "\n".join(map(str, errors))
    assert any(slip.says in str(e) for e, pair in zip(errors, told, strict=True) if pair == wanted)


def test_every_kind_of_knowledge_error_has_a_slip() -> None:
    every = {name for name, kind in vars(kinds).items() if isinstance(kind, type) and issubclass(kind, KnowledgeError)}
    assert {s.error for s in SLIPS} == every - {"KnowledgeError", "Problems"}


# -- what one edit cannot show -----------------------------------------------------------------------------------


def test_a_second_file_for_one_cause_is_told(tiny: Folder) -> None:
    text = (tiny.path / HERNIA).read_text(encoding="utf-8")
    (tiny.path / "causes/hernia_old.yaml").write_text(text, encoding="utf-8")
    errors = {(type(e), e.where) for e in tiny.errors()}
    assert (UnreadableKnowledge, "causes/hernia_old.yaml:1") in errors


def test_a_finding_that_two_files_declare_is_told_at_the_second(tiny: Folder) -> None:
    second = "title: Examination\nfindings:\n  spinal_headache:\n    label: Headache\n    kind: bool\n    asked_at: exam\n"
    (tiny.path / "findings/02_exam.yaml").write_text(second, encoding="utf-8")
    assert (UnreadableKnowledge, "findings/02_exam.yaml:3") in {(type(e), e.where) for e in tiny.errors()}


def test_a_missing_file_is_told_by_name(tiny: Folder) -> None:
    (tiny.path / TIME).unlink()
    [error] = tiny.errors()
    assert (type(error), error.where) == (UnreadableKnowledge, TIME)


def test_a_folder_without_a_base_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    [error] = check_everything(tmp_path / "empty", today=date(2026, 1, 1)).errors
    assert "no base.yaml" in str(error)
    assert "Name a folder" in str(error)


def test_every_slip_of_a_file_is_told_at_once(tiny: Folder) -> None:
    tiny.edit(HISTORY, "{sudden: 0.3, gradual: 0.7}", "{sudden: 0.3, gradual: 0.8}")
    tiny.edit(SCAR, "next_test: mri", "next_test: mir")
    tiny.edit(NSAID, "stability: keeps", "stability: keep")
    assert [type(e) for e in tiny.errors()] == [BadDistribution, UndeclaredName, UndeclaredName]


def test_vignettes_are_not_run_on_a_base_that_cannot_be_compiled(tiny: Folder) -> None:
    tiny.edit(SCAR, "next_test: mri", "next_test: mir")
    tiny.edit(NSAID, "dose_mg_per_day[ibuprofen] > 2400", "dose_mg_per_day[ibuprofen] >= 2400")
    report = tiny.report()
    assert [type(e) for e in report.errors] == [UndeclaredName]
    assert any("vignettes were not run" in w for w in report.warnings)


def test_an_unsure_code_may_be_missing_from_the_table(tiny: Folder) -> None:
    tiny.edit(HISTORY, '"386661006", display: Fever', '"1", display: Fever, unsure: true')
    assert tiny.errors() == ()


def test_a_passed_review_date_warns_and_is_no_error(tiny: Folder) -> None:
    tiny.edit(SCAR, 'review_by: "2027-01-31"', 'review_by: "2026-01-31"')
    report = tiny.report(today=date(2026, 2, 1))
    assert report.errors == ()
    assert [w for w in report.warnings if "reviewed by 2026-01-31" in w] == [
        f"{tiny.where(SCAR, 'review_by')}  was to be reviewed by 2026-01-31. Review it, then set the next `review_by`."
    ]


def test_on_the_day_itself_the_review_is_not_late(tiny: Folder) -> None:
    assert not any("reviewed by" in w for w in tiny.report(today=date(2027, 1, 31)).warnings)
    assert sum("reviewed by" in w for w in tiny.report(today=date(2027, 2, 1)).warnings) == 5


def test_unconfirmed_facts_that_are_cited_are_counted(tiny: Folder) -> None:
    assert "1 of 2 cited facts are unconfirmed: f2." in tiny.report().warnings
    tiny.edit(FACTS, ",w1,,unconfirmed,", ",w1,page 3,yes,")
    assert not any("unconfirmed" in w for w in tiny.report().warnings)


def test_a_name_is_found_at_the_line_where_it_stands_and_not_where_its_rule_begins(tiny: Folder) -> None:
    tiny.edit(NSAID, "high: 0.05, window: 8 weeks, facts: [f1]", "high: 0.05, window: 8 weeks, facts: [f1,\n      f99]")
    [error] = tiny.errors()
    assert error.where == tiny.where(NSAID, "f99]")
