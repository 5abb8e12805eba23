"""`afterdisc knowledge`: check, show, diff and coverage, as a reviewer of the medicine meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from afterdisc.program import Program
from functional.terminal import ROOT, afterdisc
from tiny_base import TINY, Folder


@pytest.fixture
def tiny(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "base")


def words_of(text: str) -> str:
    return " ".join(text.split())


# -- check -------------------------------------------------------------------------------------------------------


def test_the_installed_knowledge_is_sound() -> None:
    said = afterdisc("knowledge", "check")
    assert said.status == 0
    assert "206 findings, 22 causes, 33 investigations, 37 treatments" in said.out
    done, _, all_ = said.out.partition(" vignettes")[0].split()[-3:]
    assert done == all_
    assert int(done) > 1000


SLIPS = {
    "an uncited number": ("causes/hernia.yaml", "facts: [f1]", "", "UncitedNumber"),
    "a name nobody declared": ("stages/2_red_flags.yaml", "when: fever", "when: fevver", "UndeclaredName"),
    "a distribution that does not sum to 1": (
        "causes/infection.yaml",
        "{false: 0.4, true: 0.6}",
        "{false: 0.4, true: 0.7}",
        "BadDistribution",
    ),
    "a rule that comes out otherwise": (
        "stages/2_red_flags.yaml",
        "crp_mg_l >= 10]",
        "crp_mg_l >= 11]",
        "VignetteFailed",
    ),
    "a rule without a silent vignette": (
        "stages/2_red_flags.yaml",
        "      - {name: fever answered, given: {fever: true}, expect: cleared}\n",
        "",
        "MissingVignette",
    ),
}


@pytest.mark.parametrize(("file", "old", "new", "kind"), SLIPS.values(), ids=SLIPS)
def test_a_slip_is_told_with_its_place_and_mend_and_ends_with_3(tiny: Folder, file: str, old: str, new: str, kind: str) -> None:
    path = tiny.path / file
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    said = afterdisc("knowledge", "check", tiny.path)
    assert (said.status, said.out) == (3, "")
    errors = said.err.splitlines()
    (first,) = [i for i, line in enumerate(errors) if f"{kind}:" in line][:1]
    assert errors[first].startswith(f"{file}:")
    assert errors[first + 1].startswith("    ")
    assert errors[-1].partition(" error")[0].isdecimal()


def test_a_sound_folder_ends_with_0(tiny: Folder) -> None:
    said = afterdisc("knowledge", "check", tiny.path)
    assert said.status == 0
    assert "24 of 24 vignettes" in said.out


def test_a_review_date_that_has_passed_is_a_warning(tiny: Folder) -> None:
    tiny.edit("causes/hernia.yaml", '"2027-01-31"', '"2020-01-31"')
    said = afterdisc("knowledge", "check", tiny.path)
    assert said.status == 0
    (warning,) = [line for line in said.err.splitlines() if "hernia" in line]
    assert warning.startswith("warning: ")
    assert "2020-01-31" in warning


@pytest.mark.parametrize("where", ["absent", "."])
def test_a_folder_without_knowledge_is_one_error(tmp_path: Path, where: str) -> None:
    said = afterdisc("knowledge", "check", tmp_path / where)
    assert said.status == 3
    assert "Traceback" not in said.err


# -- show --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("recurrent_herniation", ["Recurrent disc herniation", "causes/recurrent_herniation.yaml:"]),
        ("saddle_numbness", ["findings/", "R01"]),
        ("R01", ["E0 when", "Vignettes", "stages/2_red_flags.yaml:"]),
        ("repeat_microdiscectomy", ["What the guidelines say", "Its rules", "NASS"]),
        ("repeat_microdiscectomy.scar_alone", ["rule_out", "treatments/repeat_microdiscectomy.yaml:"]),
        ("mri_with_without_contrast", ["investigations/imaging.yaml:"]),
        ("trt316", ["Cited in", "treatments/repeat_microdiscectomy.yaml:"]),
    ],
)
def test_everything_known_about_a_thing_is_shown(name: str, holds: list[str]) -> None:
    said = afterdisc("knowledge", "show", name)
    assert said.status == 0
    assert not [words for words in holds if words not in words_of(said.out)]


@pytest.mark.parametrize("kind", ["findings", "causes", "investigations", "treatments"])
def test_a_list_shows_all_of_them(program: Program, kind: str) -> None:
    said = afterdisc("knowledge", "show", kind)
    assert said.status == 0
    assert set(program.book[kind]) <= set(said.out.split())


def test_a_name_that_is_nothing_gets_the_nearest_one() -> None:
    said = afterdisc("knowledge", "show", "saddle_numbnes")
    assert (said.status, said.out) == (3, "")
    assert "Did you mean `saddle_numbness`?" in said.err


def test_another_folder_may_be_shown() -> None:
    assert "A work" in afterdisc("knowledge", "show", "hernia", "--knowledge", TINY).out


# -- diff --------------------------------------------------------------------------------------------------------


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    folder = tmp_path / "cases"
    folder.mkdir()
    fever = {"id": "warm", "findings": {"weeks_since_surgery": 3, "fever": True, "crp_mg_l": 12}}
    (folder / "warm.json").write_text(json.dumps(fever), encoding="utf-8")
    return folder


def test_a_changed_limit_is_told_with_the_case_it_changes(tiny: Folder, cases: Path) -> None:
    tiny.edit("stages/2_red_flags.yaml", "crp_mg_l >= 10]", "crp_mg_l >= 20]")
    words = ["knowledge", "diff", TINY, tiny.path, "--cases", cases, "--cohort", "20"]
    said, told = afterdisc(*words), json.loads(afterdisc(*words, "--json").out)
    assert said.status == 0
    assert "1 of 1 cases are answered otherwise" in said.out
    assert "urgency: E1 -> E2" in said.out
    assert "stages/2_red_flags.yaml:" in said.out
    (changed,) = [c for c in told["answers"] if not c["synthetic"]]
    assert (changed["case"], changed["urgency"]) == ("warm", ["E1", "E2"])


def test_the_same_knowledge_differs_in_nothing(tiny: Folder, cases: Path) -> None:
    said = afterdisc("knowledge", "diff", TINY, tiny.path, "--cases", cases, "--cohort", "20")
    assert "0 of 1 cases" in said.out
    assert "0 of 20 synthetic people" in said.out
    assert "0 numbers and rules differ" in said.out


def test_new_is_the_installed_one_unless_named(program: Program) -> None:
    told = json.loads(afterdisc("knowledge", "diff", TINY, "--cohort", "0", "--json").out)
    assert told["new"].startswith(f"{program.version} (")
    assert told["old"] != told["new"]
    assert len(told["knowledge"]) > 1000


def test_a_folder_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    assert afterdisc("knowledge", "diff", tmp_path / "absent").status == 2


# -- coverage ----------------------------------------------------------------------------------------------------


def test_coverage_gives_shares_that_sum_to_one() -> None:
    said = afterdisc("knowledge", "coverage")
    assert said.status == 0
    (whole,) = [line.split() for line in said.out.splitlines() if line.startswith("all ")]
    numbers, *shares = (int(word.rstrip("%")) for word in whole[1:5])
    assert numbers > 2000
    assert 99 <= sum(shares) <= 101
    assert said.out.startswith("part")


# -- another folder for every command ----------------------------------------------------------------------------


def test_a_command_may_use_another_folder(tiny: Folder) -> None:
    said = afterdisc("assess", "-", "--json", "--knowledge", tiny.path, stdin='{"fever": true, "crp_mg_l": 12}')
    assert said.status == 0
    assert json.loads(said.out)["urgency"] == "E1"
    assert len(json.loads(said.out)["causes"]) == 4


def test_another_folder_that_holds_none_is_one_error(tmp_path: Path) -> None:
    for words in (["assess", "-"], ["compile"], ["cohort", "draw", "2"], ["knowledge", "show", "x"]):
        said = afterdisc(*words, "--knowledge", ROOT / "examples", stdin="{}")
        assert said.status == 3
        assert "Traceback" not in said.err
