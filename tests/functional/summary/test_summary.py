"""The report of a registry: right numbers, nothing that points to a person, every figure with its rows, readable by all."""

from __future__ import annotations

import csv
import random
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from afterdisc.cli import cli
from afterdisc.errors import StaleProgram, UnreadableSource
from afterdisc.program import Program
from afterdisc.registry import findings_schema
from afterdisc.registry.summary import render_report, summary_of, write_rows
from afterdisc.registry.summary.intervals import control_limits, wilson
from afterdisc.registry.summary.summary import Summary
from afterdisc.registry.summary.suppress import hidden_rates, suppressed
from functional.registry.people import answers, run

N = 400
END = date(2026, 6, 1)


def registry() -> list[dict[str, Any]]:
    """People of three sites and one of a single person, with dated events and scores a year after surgery."""
    draw, rows = random.Random(2), []
    for i in range(N):
        index = date(2020, 1, 1) + timedelta(days=draw.randrange(1500))
        row: dict[str, Any] = {"id": f"p{i}", "site": draw.choice("ABC") if i else "tiny", "index_operation_date": index}
        row |= {"visit_date": index + timedelta(days=365), "weeks_since_surgery": 52.0, "last_seen_date": END}
        row |= {"leg_pain_nrs": float(draw.randrange(0, 11)), "leg_pain_nrs_before_index": 8.0, "age_years": 50.0 + i % 20}
        row |= {
            "odi_percent": float(draw.randrange(0, 60)),
            "odi_percent_before_index": 50.0,
            "sex": draw.choice(["female", "male"]),
        }
        row |= {
            "esi_count_12_months": draw.choice([None, 0.0, 2.0, 6.0]),
            "smoker": True if i < 3 else draw.choice([None, False]),
        }
        for event, p in (("recurrence", 0.15), ("reoperation", 0.2), ("death", 0.1), ("fusion", 0.05)):
            day = index + timedelta(days=int(draw.expovariate(1 / 600)))
            row[f"{event}_date"] = day if draw.random() < p and day < END else None
        rows.append(row)
    return rows


@pytest.fixture(scope="module")
def made(program: Program, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]], Summary]:
    folder, rows = tmp_path_factory.mktemp("registry"), registry()
    names = {name for row in rows for name in row}
    pq.write_table(pa.Table.from_pylist(rows, schema=findings_schema(program, names)), folder / "a.parquet")
    run(folder / "a.parquet", folder / "out", rows_a_part=150)
    return folder / "out", rows, summary_of(program, folder / "out")


def table(summary: Summary, name: str) -> list[dict[str, Any]]:
    found = next(f for f in summary.figures if f.name == name).table
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


def test_the_flow_counts_everybody_once_a_line(made: Any) -> None:
    out, _, summary = made
    want = Counter(answers(out).column("urgency").to_pylist())
    shown = {r["what"].split()[0]: r["people"] for r in table(summary, "flow") if r["part"] == "urgency"}
    assert all(shown[u] in (n, None) for u, n in want.items())
    assert sum(n or 0 for n in shown.values()) <= N


def test_the_cause_mix_is_the_mean_of_the_probabilities(made: Any, program: Program) -> None:
    out, _, summary = made
    people = answers(out)
    labels = {program.book["causes"][c]["label"]: c for c in program.book["causes"]}
    for row in table(summary, "cause_mix"):
        p = people.column(f"p_{labels[row['cause']]}").to_numpy()
        assert row["expected share"] == pytest.approx(p.mean(), abs=1e-4)
        half = 1.96 * (p * (1 - p)).sum() ** 0.5 / N
        assert row["low"] == pytest.approx(max(0, p.mean() - half), abs=2e-4)
        assert row["low"] <= row["expected share"] <= row["high"]


def test_the_curves_are_those_of_a_slow_and_obvious_reckoning(made: Any) -> None:
    _, rows, summary = made
    for event, rivals in (("recurrence", ("fusion", "death")), ("reoperation", ("death",))):
        km, aj = by_hand(rows, event, rivals)
        for row in table(summary, event):
            if row["at risk"] is not None and row["years"] > 0:
                assert row["Kaplan-Meier"] == pytest.approx(km(row["years"]), abs=0.01)
                assert row["Aalen-Johansen"] == pytest.approx(aj(row["years"]), abs=0.01)


def by_hand(rows: list[dict[str, Any]], event: str, rivals: tuple[str, ...]) -> tuple[Any, Any]:
    """Kaplan-Meier and Aalen-Johansen by their definitions: day by day over the people still there."""
    people = []
    for row in rows:
        own = row[f"{event}_date"]
        rival = min((row[f"{r}_date"] for r in rivals if row[f"{r}_date"]), default=None)
        kind = 1 if own and (rival is None or own <= rival) else 2 if rival else 0
        end = own if kind == 1 else rival if kind == 2 else row["last_seen_date"]
        people.append(((end - row["index_operation_date"]).days, kind))

    def curve(years: float, *, competing: bool) -> float:
        alive, incidence = 1.0, 0.0
        for day in sorted({d for d, k in people if k and d <= round(years * 365.25)}):
            at_risk = sum(d >= day for d, _ in people)
            own, other = (sum(d == day and k == kind for d, k in people) for kind in (1, 2))
            incidence += alive * own / at_risk
            alive *= 1 - (own + (other if competing else 0)) / at_risk
        return incidence if competing else 1 - alive

    return (lambda y: curve(y, competing=False)), (lambda y: curve(y, competing=True))


def test_indicators_are_rates_of_the_known_with_unknown_apart(made: Any) -> None:
    out, rows, summary = made
    row = next(r for r in table(summary, "indicators") if r["indicator"].startswith("No more than four epidural"))
    given = Counter(r["esi_count_12_months"] for r in rows)
    assert (row["met"], row["not met"], row["unknown"], row["not about them"]) == (
        given[2.0],
        given[6.0],
        given[None],
        given[0.0],
    )
    assert row["rate of the known"] == pytest.approx(given[2.0] / (given[2.0] + given[6.0]), abs=1e-4)
    assert set(answers(out).column("indicator_epidural_sessions_within_limit").to_pylist()) == {
        "met", "not_met", "unknown", "not_applicable",
    }  # fmt: skip


def test_results_stand_beside_published_ones_and_are_reckoned_from_both_scores(made: Any) -> None:
    _, rows, summary = made
    found = {r["result"]: r for r in table(summary, "benchmarks")}
    row = found["Mean improvement of the ODI a year after surgery"]
    assert row["here"] == pytest.approx(sum(50 - r["odi_percent"] for r in rows) / N, abs=1e-3)
    assert (row["people"], row["published"]) == (N, 28.7)
    share = found["Share whose leg pain improved by 3.5 points or more"]
    assert share["here"] == pytest.approx(sum(8 - r["leg_pain_nrs"] >= 3.5 for r in rows) / N, abs=1e-3)


def test_small_counts_stand_nowhere_in_page_or_rows(made: Any, tmp_path: Path) -> None:
    _, rows, summary = made
    assert sum(r["smoker"] is True for r in rows) == 3
    states = [r for r in table(summary, "case_mix_states") if r["finding"] == "Current smoker or nicotine user"]
    assert {r["state"]: r["people"] for r in states}["true"] is None
    assert sum(r["people"] is None for r in states) >= 2  # or subtraction would give it back
    tiny = [r for f in summary.figures if f.name.startswith("sites_") for r in f.table.rows if r[0] == "tiny"]
    assert tiny
    assert all(value is None for row in tiny for value in row[1:6])
    for f in summary.figures:
        if f.name.startswith("sites_") and any(r[0] == "tiny" for r in f.table.rows):
            assert sum(r[1] is None for r in f.table.rows) >= 2  # the sum over all sites stands in another table
    for path in write_rows(summary, tmp_path / "rows"):
        with path.open(newline="") as handle:
            for row in csv.DictReader(handle):
                assert not [
                    v for k, v in row.items() if k in ("people", "met", "not met", "unknown") and v in ("1", "2", "3", "4")
                ]


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ([10, 20, 30], [10, 20, 30]),
        ([3, 20, 30], [None, None, 30]),
        ([0, 20, 3], [0, None, None]),
        ([3, 4, 30], [None, None, 30]),
        ([1, 2, 30], [None, None, None]),
        ([3], [None]),
    ],
)
def test_what_is_hidden_cannot_be_worked_out_from_the_rest(counts: list[int], shown: list[int | None]) -> None:
    assert suppressed(counts, 5) == shown


@pytest.mark.parametrize(
    ("groups", "hidden"),
    [
        ([(10, 20), (8, 30)], set()),
        ([(1, 1), (10, 20), (8, 30)], {0, 1}),  # the sum of all is shown elsewhere: one alone would be given back
        ([(10, 12), (10, 20), (0, 0)], {0, 1}),
        ([(2, 40), (10, 20)], {0, 1}),
        ([(1, 1), (2, 2), (20, 40), (30, 60)], {0, 1, 2}),  # two hidden of three people together are still too few
        ([(0, 10), (0, 20)], set()),
    ],
)
def test_groups_that_add_up_hide_each_other(groups: list[tuple[int, int]], hidden: set[int]) -> None:
    assert hidden_rates(groups, 5) == hidden


def test_somebody_with_many_visits_is_one_person(made: Any, program: Program, tmp_path: Path) -> None:
    _, rows, _ = made
    seen = [row for row in rows if row["smoker"]]
    later = [{**row, "visit_date": row["visit_date"] + timedelta(days=30 * k)} for row in seen for k in range(1, 4)]
    names = {name for row in rows for name in row}
    pq.write_table(pa.Table.from_pylist(rows + later, schema=findings_schema(program, names)), tmp_path / "a.parquet")
    run(tmp_path / "a.parquet", tmp_path / "out", each_visit=True)
    again = summary_of(program, tmp_path / "out")
    assert again.n_people == N
    states = [r for r in table(again, "case_mix_states") if r["finding"] == "Current smoker or nicotine user"]
    assert {r["state"]: r["people"] for r in states}["true"] is None


def test_steps_of_few_people_are_joined(made: Any) -> None:
    _, _, summary = made
    for event in ("recurrence", "reoperation"):
        left = [r["at risk"] for r in table(summary, event) if r["at risk"] is not None]
        assert len(left) > 2
        assert not [a - b for a, b in pairwise(left) if 0 < a - b < summary.floor]


def test_a_damaged_file_of_answers_is_told(made: Any, program: Program, tmp_path: Path) -> None:
    (tmp_path / "people").mkdir()
    (tmp_path / "people" / "part-00000.parquet").write_bytes(b"PAR1 cut short")
    with pytest.raises(UnreadableSource, match="--restart"):
        summary_of(program, tmp_path)


def test_wilson_and_the_funnel_are_the_textbook_ones() -> None:
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)  # Newcombe 1998, table I
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert control_limits(0.5, 100, 2.0) == pytest.approx((0.4, 0.6))


def test_every_picture_has_its_table_and_a_name(made: Any) -> None:
    _, _, summary = made
    page = render_report(summary, made_on="2026-06-01")
    assert page.count("<svg") == sum(bool(f.picture) for f in summary.figures)
    assert page.count("<table>") == len(summary.figures)
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    for figure in summary.figures:
        assert figure.table.rows, figure.name
        assert all(len(row) == len(figure.table.columns) for row in figure.table.rows)


def test_answers_of_other_knowledge_and_an_empty_folder_are_told(made: Any, program: Program, tmp_path: Path) -> None:
    import dataclasses

    out, _, _ = made
    with pytest.raises(StaleProgram, match="Run the registry again"):
        summary_of(dataclasses.replace(program, fingerprint="other"), out)
    with pytest.raises(UnreadableSource, match="holds no answers"):
        summary_of(program, tmp_path)


def test_the_command_writes_page_and_rows(made: Any, tmp_path: Path) -> None:
    out, _, summary = made
    words = ["registry", "report", str(out), "--html", str(tmp_path / "r.html"), "--rows", str(tmp_path / "rows")]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    assert {p.stem for p in (tmp_path / "rows").iterdir()} == {f.name for f in summary.figures}
    assert "Registry report" in (tmp_path / "r.html").read_text()


def changed(program: Program, folder: Path, change: Any) -> Path:
    """The answers of the same registry, each row changed."""
    rows = [change(i, row) for i, row in enumerate(registry())]
    names = {name for row in rows for name in row}
    pq.write_table(pa.Table.from_pylist(rows, schema=findings_schema(program, names)), folder / "a.parquet")
    run(folder / "a.parquet", folder / "out")
    return folder / "out"


@pytest.mark.parametrize("n", [3, 12])
def test_who_was_operated_after_their_last_day_is_told_and_cannot_be_worked_out_if_few(
    program: Program, tmp_path: Path, n: int
) -> None:
    def early(i: int, row: dict[str, Any]) -> dict[str, Any]:
        is_odd = 0 < i <= n
        return row | ({"recurrence_date": row["index_operation_date"] - timedelta(days=9)} if is_odd else {})

    summary = summary_of(program, changed(program, tmp_path, early))
    figure = next(f for f in summary.figures if f.name == "recurrence")
    assert ("A few more are left out" if n < 5 else "12 more are left out") in figure.say
    is_shown = str(N - n) in figure.say or figure.table.rows[0][1] == N - n
    assert is_shown == (n >= 5)
    assert figure.table.rows[0][2] == 0


def test_an_interval_never_leaves_its_value_out(made: Any) -> None:
    for name in ("recurrence", "reoperation"):
        for row in next(f for f in made[2].figures if f.name == name).table.rows:
            if row[2] is not None:
                assert row[3] <= row[2] <= row[4]
                assert row[6] <= row[5] <= row[7]


def test_a_site_named_like_a_formula_is_text_to_a_spreadsheet(program: Program, tmp_path: Path) -> None:
    out = changed(program, tmp_path, lambda i, row: row | {"site": "=1+1" if i % 2 else "B"})
    write_rows(summary_of(program, out), tmp_path / "rows")
    held = "".join(path.read_text(encoding="utf-8") for path in sorted((tmp_path / "rows").glob("sites_*.csv")))
    assert "\n'=1+1," in held
    assert "\n=1+1" not in held


def test_a_run_that_is_not_whole_says_so(program: Program, tmp_path: Path) -> None:
    out = changed(program, tmp_path, lambda i, row: row)
    assert "not whole" not in render_report(summary_of(program, out), made_on="2026-11-25")
    (out / "receipt.json").unlink()
    assert "This run is not whole" in render_report(summary_of(program, out), made_on="2026-11-25")


def test_a_registry_of_few_people_does_not_tell_how_many(program: Program, tmp_path: Path) -> None:
    rows = registry()[:3]
    schema = findings_schema(program, {name for row in rows for name in row})
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), tmp_path / "a.parquet")
    run(tmp_path / "a.parquet", tmp_path / "out")
    summary = summary_of(program, tmp_path / "out")
    assert "Fewer than 5 people" in render_report(summary, made_on="2026-11-25")
    assert all(r["people"] in (None, 0) for r in table(summary, "flow"))
