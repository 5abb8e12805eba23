"""Odd views and odd values: never a traceback, never another column's values, never one bad date that ends a run."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from afterdisc.errors import ViewError
from afterdisc.views import read_view, run_view
from afterdisc.views.write import write_rows


def view(resource: str = "Patient", **paths: str) -> dict[str, Any]:
    return {"resource": resource, "select": [{"column": [{"name": name, "path": path} for name, path in paths.items()]}]}


def rows(definition: dict[str, Any], resources: list[dict[str, Any]], folder: Path, *, typed: bool) -> list[dict[str, Any]]:
    (folder / "a.ndjson").write_text("".join(json.dumps(r) + "\n" for r in resources))
    return [row for batch in run_view(read_view(definition), folder, typed=typed).batches for row in batch.to_pylist()]


both = pytest.mark.parametrize("typed", [True, False], ids=["typed", "json"])


@both
def test_a_day_that_never_was_has_no_boundary_and_spares_the_other_rows(tmp_path: Path, typed: bool) -> None:
    days = ["2026-02-30", "2026-13", "soon", "2024-02"]
    people = [{"resourceType": "Patient", "birthDate": d, "deceasedDateTime": f"{d}T10:00:00Z"} for d in days]
    died = "deceased.ofType(dateTime).lowBoundary()"
    asked = view(first="birthDate.lowBoundary()", last="birthDate.highBoundary()", died=died)
    none = {"first": None, "last": None, "died": None}
    assert rows(asked, people, tmp_path, typed=typed) == [
        none, none, none, {"first": "2024-02-01", "last": "2024-02-29", "died": None},
    ]  # fmt: skip


@both
@pytest.mark.parametrize(("value", "high"), [(1.1, "1.15"), (0.3, "0.35"), (2.675, "2.6755"), (-1.1, "-1.05"), (7, "7.5")])
def test_the_boundary_of_a_decimal_is_exact(tmp_path: Path, typed: bool, value: float, high: str) -> None:
    seen = [{"resourceType": "Observation", "valueQuantity": {"value": value}}]
    asked = view("Observation", x="value.ofType(Quantity).value.highBoundary()")
    assert rows(asked, seen, tmp_path, typed=typed) == [{"x": high}]


@both
def test_a_yes_or_no_is_one_in_either_shape(tmp_path: Path, typed: bool) -> None:
    orders = [{"resourceType": "MedicationRequest", "doNotPerform": yes} for yes in (True, False)] + [
        {"resourceType": "MedicationRequest"}
    ]
    got = rows(view("MedicationRequest", no="doNotPerform"), orders, tmp_path, typed=typed)
    assert [row["no"] for row in got] == [True, False, None]


@both
def test_division_by_nothing_is_empty_and_escapes_are_read(tmp_path: Path, typed: bool) -> None:
    asked = view(x="1 / 0", y=r"'caf\u00e9'", z="3 / 2")
    assert rows(asked, [{"resourceType": "Patient"}], tmp_path, typed=typed) == [{"x": None, "y": "café", "z": 1.5}]


WRONG = {
    "two names for SQL's eye": (view(id="id", Id="gender"), "stands there twice"),
    "no column": ({"resource": "Patient", "select": [{}]}, "gives no column"),
    "a resource with a quote": (view("Pat'ient", x="id"), r"ViewDefinition\.resource"),
    "an element with a quote": (view(x="subject.getReferenceKey(`a'b`)"), "no element of FHIR"),
    "a pattern to repeat": ({"resource": "Patient", "select": [{"repeat": ["`a.*`"]}]}, r"select\[0\]\.repeat.*no element"),
    "brackets without end": (view(x="(" * 5000 + "id" + ")" * 5000), r"column\[0\]\.path: .*brackets"),
    "a number without end": (view(x="9" * 400), "too large"),
    "a constant of another kind": ({**view(x="%c"), "constant": [{"name": "c", "valueInteger": "z"}]}, r"constant\[0\]"),
    "a constant with parts": ({**view(x="%c"), "constant": [{"name": "c", "valueString": {"a": 1}}]}, r"constant\[0\]"),
}


@pytest.mark.parametrize(("definition", "message"), WRONG.values(), ids=WRONG)
def test_an_odd_view_is_told_when_it_is_read(definition: dict[str, Any], message: str) -> None:
    with pytest.raises(ViewError, match=message):
        read_view(definition)


def test_lists_are_told_to_be_no_csv_and_leave_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text(json.dumps({"resourceType": "Patient", "name": [{"given": ["A", "B"]}]}))
    column = {"name": "given", "path": "name.given", "collection": True}
    made = run_view(read_view({"resource": "Patient", "select": [{"column": [column]}]}), tmp_path / "a.ndjson")
    with pytest.raises(ViewError, match=r"`given` holds lists.*\.parquet"):
        write_rows(made, tmp_path / "out.csv")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.ndjson"]


@pytest.mark.parametrize("ending", [".json", ".json.gz"])
def test_one_array_of_resources_is_told_and_not_read_as_nobody(tmp_path: Path, ending: str) -> None:
    text = json.dumps([{"resourceType": "Patient", "id": "a"}]).encode()
    (tmp_path / f"a{ending}").write_bytes(gzip.compress(text) if ending.endswith(".gz") else text)
    with pytest.raises(ViewError, match="one resource a line"):
        run_view(read_view(view(id="id")), tmp_path)
