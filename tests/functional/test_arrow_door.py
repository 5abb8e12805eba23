"""`evaluate` on Arrow: what a registry's columns may be, and what is said of those that may not."""

from __future__ import annotations

import decimal
import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import afterdisc as ad
from afterdisc.errors import (
    CaseError,
    ContradictoryFacts,
    ImpossibleState,
    ImpossibleValue,
    OutOfScope,
    UnknownFinding,
    UnreadableCase,
)
from afterdisc.intake import batch_from_cases
from afterdisc.intake.arrow import batches_from_arrow
from afterdisc.program import Program
from functional.arrow_tables import AMOUNTS, NAMES, table_of_cases
from functional.terminal import EXAMPLES

EVERYONE = [json.loads(path.read_text(encoding="utf-8")) for path in EXAMPLES]


def rows(program: Program, table: Any) -> np.ndarray[Any, Any]:
    """What the table comes to, as numbers; NaN is unknown."""
    return np.vstack([batch.rows for batch in batches_from_arrow(program, table)])


def column(program: Program, name: str, values: Any, kind: pa.DataType | None = None) -> list[Any]:
    found = rows(program, pa.table({name: pa.array(values, kind)}))
    place = next(i for i, c in enumerate(program.columns) if c.name == name)
    return [None if x != x else x for x in found[:, place].tolist()]


# -- what columns may be -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plain(program: Program) -> pa.Table:
    return table_of_cases(program, EVERYONE)


def as_dictionaries(table: pa.Table) -> pa.Table:
    fields = [f.with_type(pa.dictionary(pa.int8(), f.type)) if pa.types.is_string(f.type) else f for f in table.schema]
    return table.cast(pa.schema(fields))


def as_large_text(table: pa.Table) -> pa.Table:
    fields = [f.with_type(pa.large_string()) if pa.types.is_string(f.type) else f for f in table.schema]
    return table.cast(pa.schema(fields))


def as_text_views(table: pa.Table) -> pa.Table:
    fields = [f.with_type(pa.string_view()) if pa.types.is_string(f.type) else f for f in table.schema]
    return table.cast(pa.schema(fields))


def in_pieces(table: pa.Table) -> pa.Table:
    return pa.concat_tables([table.slice(i, 2) for i in range(0, table.num_rows, 2)])


def with_empty_columns(table: pa.Table) -> pa.Table:
    for name in ("crp_mg_l", "neck_stiffness_or_photophobia", "onset", "wants_to_stop", "recently_stopped"):
        if name not in table.column_names:
            table = table.append_column(name, pa.nulls(table.num_rows))
    return table


def through_polars(table: pa.Table) -> Any:
    import polars as pl

    maps = [f.name for f in table.schema if pa.types.is_map(f.type)]  # polars has no maps
    return pl.from_arrow(table.drop(maps))


SHAPES = [as_dictionaries, as_large_text, as_text_views, in_pieces, with_empty_columns]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda f: f.__name__)
def test_the_shape_of_a_table_changes_nothing(program: Program, plain: pa.Table, shape: Any) -> None:
    assert ad.evaluate(program, shape(plain)).equals(ad.evaluate(program, plain))


def test_a_record_batch_is_as_good_as_a_table(program: Program, plain: pa.Table) -> None:
    (batch,) = plain.to_batches()
    assert ad.evaluate(program, batch).equals(ad.evaluate(program, plain))


def test_a_frame_that_gives_an_arrow_stream_is_read(program: Program, plain: pa.Table) -> None:
    frame = through_polars(plain)
    assert ad.evaluate(program, frame).equals(ad.evaluate(program, frame.to_arrow()))


def test_no_rows_give_no_rows(program: Program, plain: pa.Table) -> None:
    assert ad.evaluate(program, plain.slice(0, 0)).num_rows == 0


def test_no_rows_have_the_columns_of_many(program: Program, plain: pa.Table) -> None:
    assert ad.evaluate(program, plain.slice(0, 0)).schema == ad.evaluate(program, plain).schema


def test_null_and_nan_are_unknown(program: Program) -> None:
    assert column(program, "crp_mg_l", [None, float("nan"), 5.0]) == [None, None, 5.0]
    assert column(program, "fever", [None, True, False]) == [None, 1.0, 0.0]
    assert column(program, "sex", [None, "male"])[0] is None


@pytest.mark.parametrize(
    "kind", [pa.int8(), pa.int64(), pa.uint16(), pa.float16(), pa.float32(), pa.float64(), pa.decimal128(5, 2)], ids=str
)
def test_a_number_may_be_of_any_numeric_type(program: Program, kind: pa.DataType) -> None:
    make = {"float16": np.float16, "int8": int, "int64": int, "uint16": int}.get(str(kind).replace("halffloat", "float16"))
    values = [make(7) if make else decimal.Decimal(7) if pa.types.is_decimal(kind) else 7.0, None]
    assert column(program, "crp_mg_l", values, kind) == [7.0, None]


def test_float32_converts_exactly(program: Program) -> None:
    given = np.array([0.1, 1 / 3, 7.3, 123.456], np.float32)
    assert column(program, "crp_mg_l", given) == given.astype(np.float64).tolist()
    assert column(program, "crp_mg_l", given) != [0.1, 1 / 3, 7.3, 123.456]


def test_float32_answers_are_those_of_the_same_number(program: Program) -> None:
    weeks = float(np.float32(13.3))
    narrow = pa.table({"weeks_since_surgery": pa.array([13.3], pa.float32()), "onset": ["sudden"]})
    wide = pa.table({"weeks_since_surgery": pa.array([weeks], pa.float64()), "onset": ["sudden"]})
    assert ad.evaluate(program, narrow).equals(ad.evaluate(program, wide))


def entries(program: Program, name: str, values: Any, kind: pa.DataType) -> list[dict[str, float]]:
    found = rows(program, pa.table({name: pa.array(values, kind)}))
    listed = [(i, c.entry) for i, c in enumerate(program.columns) if c.finding == name and c.entry]
    return [{entry: row[i] for i, entry in listed} for row in found.tolist()]


def test_medicines_are_a_list_of_text(program: Program) -> None:
    named, none, unknown = entries(program, "takes", [["Gabapentin", "Methylene Blue"], [], None], NAMES)
    assert named["gabapentin"] == 1.0
    assert none["gabapentin"] == 0.0
    assert unknown["gabapentin"] != unknown["gabapentin"]
    from_lists = entries(program, "takes", [["Gabapentin"]], pa.large_list(pa.large_string()))
    assert from_lists[0]["gabapentin"] == 1.0


def test_doses_are_a_map_or_a_struct(program: Program) -> None:
    given = [{"gabapentin": 900.0}, None]
    for kind in (AMOUNTS, pa.struct({"gabapentin": pa.float64(), "pregabalin": pa.float64()})):
        cells = [list(d.items()) if d and pa.types.is_map(kind) else d for d in given]
        known, unknown = entries(program, "dose_mg_per_day", cells, kind)
        assert known["gabapentin"] == 900.0
        assert unknown["gabapentin"] != unknown["gabapentin"]


def test_a_null_dose_is_unknown_and_not_none(program: Program) -> None:
    (row,) = entries(program, "dose_mg_per_day", [[("gabapentin", None)]], AMOUNTS)
    assert row["gabapentin"] != row["gabapentin"]


def test_a_null_in_a_list_is_a_medicine_nobody_could_read(program: Program) -> None:
    """What is not listed is then unknown, and not "not taken"; the single door agrees to the last number."""
    lists = [["warfarin", None], ["warfarin"], [None]]
    found = rows(program, pa.table({"takes": pa.array(lists, NAMES)}))
    alone = np.vstack([batch_from_cases(program, [{"takes": names}]).rows for names in lists])
    np.testing.assert_array_equal(found, alone)
    of = {c.entry: i for i, c in enumerate(program.columns) if c.finding == "takes" and c.entry}
    assert found[:, of["warfarin"]].tolist()[:2] == [1, 1]
    assert np.isnan(found[[0, 2]][:, of["ibuprofen"]]).all()
    assert found[1, of["ibuprofen"]] == 0


def test_rows_are_called_by_their_id_or_their_number(program: Program) -> None:
    weeks = pa.array([3.0, 4.0])
    assert ad.evaluate(program, pa.table({"weeks_since_surgery": weeks}))["id"].to_pylist() == ["0", "1"]
    named = pa.table({"id": pa.array([17, None]), "weeks_since_surgery": weeks})
    assert ad.evaluate(program, named)["id"].to_pylist() == ["17", "1"]


def test_the_answer_says_which_knowledge_gave_it(program: Program) -> None:
    table = ad.evaluate(program, pa.table({"weeks_since_surgery": [3.0]}))
    assert table.schema.metadata[b"afterdisc.knowledge.fingerprint"].decode() == program.fingerprint


# -- large tables ------------------------------------------------------------------------------------------------


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("afterdisc.intake.arrow.BLOCK_ROWS", 10)
    return 10


def test_rows_beyond_the_first_block_are_answered_and_counted(program: Program, plain: pa.Table, small_blocks: int) -> None:
    few = plain.drop(["id"])
    many = pa.concat_tables([few] * 3)
    assert few.num_rows < small_blocks < many.num_rows
    answer, alone = ad.evaluate(program, many), ad.evaluate(program, few).drop(["id"])
    assert answer["id"].to_pylist() == [str(i) for i in range(many.num_rows)]
    assert answer.drop(["id"]).to_pylist() == alone.to_pylist() * 3


def test_a_wrong_value_is_found_at_its_row_of_the_whole_table(program: Program, small_blocks: int) -> None:
    pain = [5.0] * 37 + [77.0] + [5.0] * 4
    with pytest.raises(ImpossibleValue, match="row 37: `leg_pain_nrs`"):
        ad.evaluate(program, pa.table({"leg_pain_nrs": pain}))


# -- what columns may not be -------------------------------------------------------------------------------------
# name: the column, the error, words its message must hold, what it must not hold

Columns = dict[str, Any]
WRONG: dict[str, tuple[Columns, type[CaseError], tuple[str, ...], str]] = {
    "a misspelt column": ({"sadle_numbness": [True]}, UnknownFinding, ("sadle_numbness", "`saddle_numbness`"), "rue"),
    "a hostile column": ({"\x1b[31m": [True]}, UnknownFinding, ("\\u001b[31m",), "\x1b"),
    "text for a number": ({"leg_pain_nrs": ["7.5"]}, ImpossibleValue, ("leg_pain_nrs", "string"), "7.5"),
    "yes for a number": ({"leg_pain_nrs": [True]}, ImpossibleValue, ("leg_pain_nrs", "bool"), "rue"),
    "numbers for yes": ({"fever": [1, 0]}, ImpossibleState, ("fever", "boolean", "int64"), "[1"),
    "text for yes": ({"fever": ["yes"]}, ImpossibleState, ("fever", "boolean"), "yes"),
    "numbers for states": ({"onset": [4711]}, ImpossibleState, ("onset", "text", "int64"), "4711"),
    "an unknown state": ({"onset": ["sudden", "swift"]}, ImpossibleState, ("row 1", "onset", "gradual"), "swift"),
    "a number above": ({"leg_pain_nrs": [3, None, 77]}, ImpossibleValue, ("row 2", "leg_pain_nrs", "0 to 10"), "77"),
    "infinity": ({"crp_mg_l": [1.0, float("inf")]}, ImpossibleValue, ("row 1", "crp_mg_l"), "inf"),
    "a number beyond float": ({"crp_mg_l": [2**62]}, ImpossibleValue, ("row 0", "crp_mg_l"), str(2**62)),
    "half an operation": ({"n_lumbar_operations": [1.0, 1.5]}, ImpossibleValue, ("row 1", "whole number"), "1.5"),
    "text for a set": ({"takes": ["warfarin"]}, ImpossibleValue, ("takes", "list of text"), "warfarin"),
    "numbers in a set": ({"takes": [[4711]]}, ImpossibleValue, ("takes", "list of text"), "4711"),
    "a list for doses": ({"dose_mg_per_day": [["warfarin"]]}, ImpossibleValue, ("dose_mg_per_day", "map"), "warfarin"),
    "a negative dose": (
        {"dose_mg_per_day": pa.array([[("warfarin", -4711.0)]], AMOUNTS)},
        ImpossibleValue,
        ("row 0", "dose_mg_per_day", "entry 1"),
        "4711",
    ),
    "a dose with its unit": (
        {"dose_mg_per_day": [{"warfarin": "5 mg"}]},
        ImpossibleValue,
        ("row 0", "entry 1"),
        "5 mg",
    ),
    "one medicine twice": (
        {"dose_mg_per_day": pa.array([[("warfarin", 4.0), ("Warfarin", 4711.0)]], AMOUNTS)},
        ImpossibleValue,
        ("row 0", "entry 2"),
        "4711",
    ),
    "contradictory facts": (
        {"weeks_since_surgery": [30.0, 30.0], "pain_free_interval_weeks": [20.0, 47.0]},
        ContradictoryFacts,
        ("row 1", "pain_free_interval_weeks", "weeks_since_surgery"),
        "47",
    ),
    "a pregnant man": (
        {"sex": ["female", "male"], "pregnancy_weeks": [12, 12]},
        ContradictoryFacts,
        ("row 1", "sex", "pregnancy_weeks"),
        "12",
    ),
    "a child": ({"age_years": [40, 12]}, OutOfScope, ("row 1", "age_years", "adults"), "12"),
}


@pytest.mark.parametrize(("columns", "kind", "holds", "value"), WRONG.values(), ids=WRONG)
def test_a_wrong_column_is_named_with_its_row_and_without_its_value(
    program: Program, columns: Columns, kind: type[CaseError], holds: tuple[str, ...], value: str
) -> None:
    with pytest.raises(CaseError) as raised:
        ad.evaluate(program, pa.table(columns))
    assert type(raised.value) is kind
    message = str(raised.value)
    assert not [words for words in holds if words not in message]
    assert value not in message


def test_a_column_that_stands_there_twice_is_refused(program: Program) -> None:
    table = pa.Table.from_arrays([pa.array([True]), pa.array([False])], ["fever", "fever"])
    with pytest.raises(UnreadableCase, match="`fever` stands there twice"):
        ad.evaluate(program, table)


@pytest.mark.parametrize("thing", [None, [], {"fever": [True]}, "table", 3])
def test_what_is_no_table_is_refused(program: Program, thing: Any) -> None:
    with pytest.raises(UnreadableCase):
        ad.evaluate(program, thing)
