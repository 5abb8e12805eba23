"""afterdisc validate: who is compared, what is shown of few, and what the command writes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from afterdisc.cli import cli
from afterdisc.cohort import draw_cases
from afterdisc.errors import UnreadableSource
from afterdisc.program import Program
from afterdisc.registry import findings_schema
from afterdisc.validation import Settings, validate, validation_schema
from functional.registry.people import run
from functional.validation.made import FLOOR, NONE, answers, drawn, one_cause, truths

N = 400


def ranked(tmp_path: Path, causes: list[list[str]], p: list[list[float]], top: list[list[str]]) -> dict[str, Any]:
    """Ranks of people with these true causes; columns of p are a, b, c and none."""
    n = len(causes)
    ids = [str(k) for k in range(n)]
    columns = {f"top_{k + 1}": [row[k] for row in top] for k in range(3)}
    given = dict(zip(["a", "b", "c", NONE], np.array(p).T, strict=True))
    out = answers(tmp_path / "out", ids, given, **columns)
    return validate(out, truths(tmp_path / "t.parquet", ids, causes), Settings(1, n_draws=0))["ranking"]


def test_ranks_of_the_true_causes(tmp_path: Path) -> None:
    causes = [["a"], ["b", "a"], ["c"], [NONE]]
    p = [[0.9, 0.3, 0.2, 0.1], [0.5, 0.2, 0.6, 0.1], [0.4, 0.4, 0.4, 0.1], [0.3, 0.2, 0.1, 0.4]]
    top = [["a", "b", "a + b"], ["c", "a + c", "a + b"], ["a", "b", NONE], [NONE, "a", "b"]]
    said = ranked(tmp_path, causes, p, top)
    everybody, some = said["everybody"], said["with_a_cause"]
    assert (everybody["rows"], some["rows"]) == (4, 3)
    assert [everybody["any"][k]["value"] for k in "135"] == [0.5, 1.0, 1.0]  # three equal: the true one counts as the third
    assert [everybody["all"][k]["value"] for k in "135"] == [0.5, 1.0, 1.0]
    assert [everybody["combination"][k]["value"] for k in "123"] == [0.5, 0.5, 0.75]
    assert [some["any"][k]["value"] for k in "13"] == pytest.approx([1 / 3, 1.0], abs=1e-6)
    assert [some["combination"][k]["value"] for k in "123"] == pytest.approx([1 / 3, 1 / 3, 2 / 3], abs=1e-6)


def test_only_those_with_an_answer_and_a_known_truth_are_compared(tmp_path: Path) -> None:
    p, is_true = drawn(50)
    ids = [f"i{k}" for k in range(50)]
    out = answers(tmp_path / "out", [*ids[:-1], None], {"a": p, NONE: 1 - p})
    causes: list[list[str] | None] = [["a"] if yes else [NONE] for yes in is_true]
    causes[0], causes[1], causes[2] = None, [], ["a", NONE]
    truth = truths(tmp_path / "t.parquet", [*ids[:40], "i5", "i6", "x", "y"], [*causes[:40], causes[5], ["a"], ["a"], [NONE]])
    people = validate(out, truth, Settings(FLOOR, n_draws=0))["people"]
    is_six_contrary = not is_true[6]
    assert people == {
        "in_answers": 49, "in_truth": 42, "without_truth": 9, "without_answer": 2, "truth_unknown": 2,
        "truth_contrary": 1 + is_six_contrary, "compared": 37 - is_six_contrary, "rows_compared": 37 - is_six_contrary,
        "rows_without_id": 1,
    }  # fmt: skip


def test_the_order_of_rows_and_files_changes_nothing(tmp_path: Path) -> None:
    p, is_true = drawn(300)
    ids = np.array([f"i{k}" for k in range(300)])
    causes = [["a"] if yes else [NONE] for yes in is_true]
    said = []
    for n_parts, order in ((1, np.arange(300)), (3, np.random.default_rng(2).permutation(300))):
        folder = tmp_path / str(n_parts)
        site = np.where(order % 2, "x", "y")
        out = answers(folder / "out", ids[order], {"a": p[order], NONE: 1 - p[order]}, n_parts, site=site)
        truth = truths(folder / "t.parquet", ids[order[::-1]], [causes[k] for k in order[::-1]])
        said.append(validate(out, truth, Settings(FLOOR, by=("site",), n_draws=20)))
    assert said[0] == said[1]
    assert validate(out, truth, Settings(FLOOR, by=("site",), n_draws=20, seed=2))["causes"] != said[0]["causes"]


def test_a_truth_as_csv_says_the_same(tmp_path: Path) -> None:
    p, is_true = drawn(60)
    ids = [f"i{k}" for k in range(60)]
    out = answers(tmp_path / "out", ids, {"a": p, "b": p / 2, NONE: 1 - p})
    causes = [["a", "b"] if yes else [NONE] for yes in is_true]
    truths(tmp_path / "truth.parquet", [*ids, "more"], [*causes, None])
    text = "id,causes\n" + "".join(f"{i},{'; '.join(c)}\n" for i, c in zip(ids, causes, strict=True)) + "more,\n"
    (tmp_path / "t.csv").write_text(text)
    settings = Settings(FLOOR, n_draws=5)
    assert validate(out, tmp_path / "t.csv", settings) == validate(out, tmp_path, settings)  # a folder holds truth.parquet


def test_small_counts_are_not_shown_nor_to_be_worked_out(tmp_path: Path) -> None:
    p, is_true = np.tile([0.1, 0.4], N // 2), np.zeros(N, bool)
    site = np.array(["north"] * 200 + ["south"] * 150 + ["west"] * 47 + ["east"] * 3)
    is_true[[0, 1, 2, *range(200, 220), *range(350, 358)]] = True  # 3 in the north, 20 in the south, 8 in the west
    said = one_cause(tmp_path, p, is_true, site=site)
    groups = {g["group"]: g for g in said["groups"][0]["groups"]}
    assert {name: g["people"] for name, g in groups.items()} == {"north": 200, "south": 150, "west": None, "east": None}
    assert said["causes"][0]["with_cause"] == 31
    counts = {name: g["causes"][0]["with_cause"] for name, g in groups.items() if g["causes"]}
    assert counts["north"] is None  # itself too small
    assert "measures" not in groups["north"]["causes"][0]
    assert "measures" in groups["south"]["causes"][0]
    for group in groups.values():  # who has not the one cause has the other
        assert len({cause["with_cause"] is None for cause in group["causes"]}) < 2
    unseen = one_cause(tmp_path / "few", p, np.arange(N) < 3)["causes"][0]
    assert (unseen["with_cause"], "measures" in unseen) == (None, False)
    for group in said["causes"][0]["calibration"]:
        assert FLOOR <= round(group["rows"] * group["found"]["value"]) <= group["rows"] - FLOOR


def test_numbers_are_grouped_in_quarters_and_the_unknown_stand_apart(tmp_path: Path) -> None:
    p, is_true = drawn(N)
    age = np.linspace(20, 80, N)
    age[::10] = np.nan
    said = one_cause(tmp_path, p, is_true, finding_age_years=age)
    groups = said["groups"][0]["groups"]
    assert [g["group"] for g in groups][-1] == "unknown"
    assert len(groups) == 5
    assert sum(g["people"] for g in groups) == N
    assert groups[-1]["people"] == N / 10


@pytest.mark.parametrize(
    ("causes", "by", "words"),
    [
        ([["a"], ["secret"]], (), "row 2: a cause that these answers know nothing of. They know: a, expected_recovery"),
        ([["a"], [NONE]], ("sight",), "no column `sight` to group by. Did you mean `site`?"),
    ],
)
def test_what_cannot_be_compared_is_told(
    tmp_path: Path, causes: list[list[str] | None], by: tuple[str, ...], words: str
) -> None:
    out = answers(tmp_path / "out", ["1", "2"], {"a": [0.1, 0.2], NONE: [0.9, 0.8]}, site=["x", "y"])
    with pytest.raises(UnreadableSource, match=re.escape(words)) as told:
        validate(out, truths(tmp_path / "t.parquet", ["1", "2"], causes), Settings(FLOOR, by=by))
    assert "secret" not in str(told.value)


def test_other_ids_other_files_and_other_columns_are_told(tmp_path: Path) -> None:
    out = answers(tmp_path / "out", ["1", "2"], {"a": [0.1, 0.2], NONE: [0.9, 0.8]})
    with pytest.raises(UnreadableSource, match="Nobody can be compared"):
        validate(out, truths(tmp_path / "t.parquet", ["3"], [["a"]]), Settings(FLOOR))
    with pytest.raises(UnreadableSource, match=r"t\.txt is no file of true causes"):
        validate(out, tmp_path / "t.txt", Settings(FLOOR))
    pq.write_table(pa.table({"id": ["1"], "cause": ["a"]}), tmp_path / "other.parquet")
    with pytest.raises(UnreadableSource, match="lacks `id` or `causes`"):
        validate(out, tmp_path / "other.parquet", Settings(FLOOR))
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "other.parquet").read_bytes()[:50])
    with pytest.raises(UnreadableSource, match="cannot be read"):
        validate(out, tmp_path / "cut.parquet", Settings(FLOOR))
    with pytest.raises(UnreadableSource, match="holds no answers"):
        validate(tmp_path / "out" / "people", tmp_path / "t.parquet", Settings(FLOOR))


@pytest.fixture(scope="module")
def assessed(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic registry, assessed, with its truth beside it."""
    folder = tmp_path_factory.mktemp("assessed")
    cases = draw_cases(program, 1500, 3)
    rows = [{"id": c["id"], "site": f"s{k % 2}", **c["findings"]} for k, c in enumerate(cases)]
    names = ["id", "site", *sorted({name for row in rows for name in row} - {"id", "site"})]
    pq.write_table(pa.Table.from_pylist(rows, schema=findings_schema(program, names)), folder / "people.parquet")
    run(folder / "people.parquet", folder / "out", rows_a_part=1000)
    truths(folder / "truth.parquet", [c["id"] for c in cases], [c["truth"]["causes"] for c in cases])
    return folder


def test_the_command_writes_a_page_and_json_that_keeps_to_its_schema(assessed: Path, tmp_path: Path) -> None:
    words = ["validate", str(assessed / "out"), str(assessed), "--by", "site", "--bootstrap", "20"]
    files = ["--json", str(tmp_path / "v.json"), "--html", str(tmp_path / "v.html")]
    done = CliRunner().invoke(cli, [*words, *files])
    assert done.exit_code == 0, done.output
    said = json.loads((tmp_path / "v.json").read_text())
    schema = json.loads(CliRunner().invoke(cli, ["validate", "--schema"]).stdout)
    assert schema == json.loads(json.dumps(validation_schema()))
    jsonschema.Draft202012Validator(schema).validate(said)
    page = (tmp_path / "v.html").read_text()
    assert "<script" not in page
    assert not re.search(r"synthetic-\d", page + json.dumps(said))
    shown = [c for c in said["causes"] if not c["not_shown"]]
    assert page.count("<svg") == 2 + 2 * len(shown)
    assert page.count("<table") == 3 + 2 * len(shown) + 2
    again = CliRunner().invoke(cli, [*words, "--json", str(tmp_path / "again.json")])
    assert again.exit_code == 0
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "v.json").read_bytes()


def test_people_drawn_from_the_model_come_back_calibrated(assessed: Path) -> None:
    shown = CliRunner().invoke(cli, ["validate", str(assessed / "out"), str(assessed), "--bootstrap", "40"])
    assert shown.exit_code == 0, shown.output
    assert "1,500 people compared" in shown.stdout
    said = validate(assessed / "out", assessed, Settings(FLOOR, n_draws=0))
    common = [c for c in said["causes"] if (c["with_cause"] or 0) >= 100]
    assert len(common) >= 5
    for cause in common:
        assert cause["measures"]["auc"]["value"] > 0.85
        assert cause["measures"]["slope"]["value"] == pytest.approx(1, abs=0.3)
        assert cause["measures"]["observed_to_expected"]["value"] == pytest.approx(1, abs=0.25)
