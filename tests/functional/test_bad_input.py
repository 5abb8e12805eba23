"""Bad input: one clear error each, the exit code of its kind, no traceback, and never the patient's value."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
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
from afterdisc.intake import read_case
from afterdisc.program import Program
from functional.terminal import afterdisc

# -- what a case may not hold ------------------------------------------------------------------------------------
# name: findings, the error, words its message must hold, the value it must not hold

LONG = "x" * 1_000_000
DOSES = "dose_mg_per_day"
WRONG_FINDINGS: dict[str, tuple[dict[str, Any], type[CaseError], tuple[str, ...], str]] = {
    "a misspelt finding": ({"sadle_numbness": True}, UnknownFinding, ("sadle_numbness", "`saddle_numbness`"), "True"),
    "a name like nothing": ({"qqqq": 4711}, UnknownFinding, ("qqqq", "knowledge show findings"), "4711"),
    "a name in capitals": ({"FEVER": True}, UnknownFinding, ("FEVER", "knowledge show findings"), "True"),
    "an empty name": ({"": 4711}, UnknownFinding, ("is no finding",), "4711"),
    "a number above": ({"leg_pain_nrs": 77}, ImpossibleValue, ("leg_pain_nrs", "0 to 10", "unit"), "77"),
    "a number below": ({"leg_pain_nrs": -3.25}, ImpossibleValue, ("leg_pain_nrs", "0 to 10"), "3.25"),
    "weeks beyond a life": (
        {"weeks_since_surgery": 98765},
        ImpossibleValue,
        ("weeks_since_surgery",),
        "98765",
    ),
    "a time before the operation": ({"weeks_since_surgery": -4}, ImpossibleValue, ("weeks_since_surgery",), "-4"),
    "creatinine clearance in another unit": ({"egfr_ml_min": 98765}, ImpossibleValue, ("egfr_ml_min",), "98765"),
    "infinity": ({"crp_mg_l": float("inf")}, ImpossibleValue, ("crp_mg_l",), "inf"),
    "minus infinity": ({"crp_mg_l": float("-inf")}, ImpossibleValue, ("crp_mg_l",), "inf"),
    "a number beyond all floats": ({"crp_mg_l": 10**400}, ImpossibleValue, ("crp_mg_l",), "0000000"),
    "infinity operations": ({"n_lumbar_operations": float("inf")}, ImpossibleValue, ("n_lumbar_operations", "1 to 20"), "inf"),
    "half an operation": (
        {"n_lumbar_operations": 1.5},
        ImpossibleValue,
        ("n_lumbar_operations", "whole number"),
        "1.5",
    ),
    "text for a number": ({"leg_pain_nrs": "seven"}, ImpossibleValue, ("leg_pain_nrs", "this is text"), "seven"),
    "a number in quotes": ({"leg_pain_nrs": "7.5"}, ImpossibleValue, ("leg_pain_nrs", "no quotes"), "7.5"),
    "yes for a number": ({"leg_pain_nrs": True}, ImpossibleValue, ("leg_pain_nrs", "this is true or false"), "True"),
    "a list for a number": ({"leg_pain_nrs": [7.5]}, ImpossibleValue, ("leg_pain_nrs", "a list"), "7.5"),
    "a mapping for a number": ({"leg_pain_nrs": {"now": 7.5}}, ImpossibleValue, ("leg_pain_nrs", "a mapping"), "7.5"),
    "an unknown state": ({"onset": "swift"}, ImpossibleState, ("onset", "sudden", "gradual"), "swift"),
    "a state in capitals": ({"onset": "SUDDEN"}, ImpossibleState, ("onset", "sudden"), "SUDDEN"),
    "a state misspelt": ({"onset": "suden"}, ImpossibleState, ("onset", "Did you mean `sudden`?"), "suden"),
    "a number for a state": ({"onset": 4711}, ImpossibleState, ("onset", "sudden"), "4711"),
    "a list for a state": ({"onset": ["swift"]}, ImpossibleState, ("onset",), "swift"),
    "a book for a state": ({"onset": LONG}, ImpossibleState, ("onset", "sudden"), "xxxx"),
    "1 for yes": ({"fever": 1}, ImpossibleState, ("fever", "true or false"), "1"),
    "text for yes": ({"fever": "yes"}, ImpossibleState, ("fever", "true or false", "null if unknown"), "yes"),
    "text for a set": ({"takes": "warfarin"}, ImpossibleValue, ("takes", "list of names"), "warfarin"),
    "a mapping for a set": ({"takes": {"warfarin": 5}}, ImpossibleValue, ("takes", "list of names"), "warfarin"),
    "numbers in a set": ({"takes": ["warfarin", 4711]}, ImpossibleValue, ("takes", "list of names"), "4711"),
    "a list for doses": (
        {DOSES: ["warfarin"]},
        ImpossibleValue,
        (DOSES, "mapping"),
        "warfarin",
    ),
    "a negative dose": (
        {DOSES: {"warfarin": -4711}},
        ImpossibleValue,
        (DOSES, "entry 1"),
        "4711",
    ),
    "a dose with its unit": (
        {DOSES: {"a": 5, "b": "12 mg"}},
        ImpossibleValue,
        (DOSES, "entry 2"),
        "12",
    ),
    "yes for a dose": ({DOSES: {"warfarin": True}}, ImpossibleValue, (DOSES,), "warfarin"),
    "no number for a dose": (
        {DOSES: {"warfarin": float("nan")}},
        ImpossibleValue,
        (DOSES,),
        "nan",
    ),
    "a dose beyond all floats": (
        {DOSES: {"warfarin": 10**400}},
        ImpossibleValue,
        (DOSES,),
        "0000",
    ),
    "one medicine twice": (
        {DOSES: {"Warfarin": 4, "warfarin": 4711}},
        ImpossibleValue,
        ("entry 2",),
        "4711",
    ),
    "pain-free for longer than since the operation": (
        {"weeks_since_surgery": 30, "pain_free_interval_weeks": 47},
        ContradictoryFacts,
        ("weeks_since_surgery", "pain_free_interval_weeks", "Correct one of them"),
        "47",
    ),
    "physiotherapy for longer than since the operation": (
        {"weeks_since_surgery": 30, "physiotherapy_weeks": 47},
        ContradictoryFacts,
        ("weeks_since_surgery", "physiotherapy_weeks"),
        "47",
    ),
    "a pregnant man": (
        {"sex": "male", "pregnancy_weeks": 12},
        ContradictoryFacts,
        ("sex", "pregnancy_weeks", "Correct one of them"),
        "12",
    ),
    "a leg-pain score without leg pain": (
        {"leg_pain_nrs": 7, "leg_pain_present": False},
        ContradictoryFacts,
        ("leg_pain_nrs", "leg_pain_present"),
        "7",
    ),
    "a back-pain score without back pain": (
        {"back_pain_nrs": 7, "back_pain_present": False},
        ContradictoryFacts,
        ("back_pain_nrs", "back_pain_present"),
        "7",
    ),
    "a child": ({"age_years": 12}, OutOfScope, ("age_years", "adults", "paediatric"), "12"),
    "a baby": ({"age_years": 0}, OutOfScope, ("age_years", "adults"), " 0"),
    "an age below zero": ({"age_years": -7}, ImpossibleValue, ("age_years", "18 to 110"), "-7"),
}
STATUS = {OutOfScope: 5}


@pytest.mark.parametrize(("findings", "kind", "holds", "value"), WRONG_FINDINGS.values(), ids=WRONG_FINDINGS)
def test_a_wrong_finding_is_named_with_its_mend_and_without_its_value(
    findings: dict[str, Any], kind: type[CaseError], holds: tuple[str, ...], value: str
) -> None:
    with pytest.raises(CaseError) as raised:
        ad.assess(findings)
    assert type(raised.value) is kind
    message = str(raised.value)
    assert not [words for words in holds if words not in message]
    assert value not in message
    assert len(message) < 600


@pytest.mark.parametrize(("findings", "kind", "holds", "value"), WRONG_FINDINGS.values(), ids=WRONG_FINDINGS)
def test_the_command_says_it_once_and_ends_with_its_code(
    tmp_path: Path, findings: dict[str, Any], kind: type[CaseError], holds: tuple[str, ...], value: str
) -> None:
    said = assess_yaml(tmp_path, findings)
    assert said.status == STATUS.get(kind, 4)
    assert said.out == ""
    lines = said.err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("afterdisc: ")
    assert value not in lines[0]


def assess_yaml(folder: Path, findings: dict[str, Any]):
    """YAML can say what JSON cannot: infinity, and no number."""
    import yaml

    path = folder / "case.yaml"
    path.write_text(yaml.safe_dump({"id": "x", "findings": findings}), encoding="utf-8")
    return afterdisc("assess", path)


def test_nothing_is_named_that_is_not_near() -> None:
    with pytest.raises(UnknownFinding) as raised:
        ad.assess({"qqqq": True})
    assert "Did you mean" not in str(raised.value)


def test_nan_is_unknown_to_the_library() -> None:
    assert ad.assess({"leg_pain_nrs": float("nan"), "onset": "sudden"}) == ad.assess({"onset": "sudden"})
    assert ad.assess({"n_lumbar_operations": float("nan"), "onset": "sudden"}) == ad.assess({"onset": "sudden"})


def test_numpy_values_are_what_they_stand_for() -> None:
    plain = {"weeks_since_surgery": 30, "leg_pain_nrs": 7.0, "fever": True, "n_lumbar_operations": 2}
    scalars = {
        "weeks_since_surgery": np.int64(30),
        "leg_pain_nrs": np.float32(7),
        "fever": np.bool_(True),
        "n_lumbar_operations": np.uint8(2),
    }
    assert ad.assess(scalars) == ad.assess(plain)


def test_a_dose_that_nobody_knows_is_unknown_and_not_zero(program: Program) -> None:
    from afterdisc.intake import batch_from_cases

    places = {c.entry: i for i, c in enumerate(program.columns) if c.finding == "dose_mg_per_day" and c.entry}
    known = batch_from_cases(program, [{"dose_mg_per_day": {"gabapentin": 900}}]).rows[0]
    unknown = batch_from_cases(program, [{"dose_mg_per_day": {"gabapentin": None}}]).rows[0]
    place = places["gabapentin"]
    assert known[place] == 900
    assert np.isnan(unknown[place])
    assert np.array_equal(np.delete(known, place), np.delete(unknown, place), equal_nan=True)


# -- what is no case at all --------------------------------------------------------------------------------------

NO_CASE = {
    "an empty file": (b"", "is empty"),
    "blanks": (b" \n\t\n", "is empty"),
    "no JSON": (b'{"findings": {"fever": true', "not JSON"),
    "words": (b"fever and chills", "not JSON"),
    "two cases": (b"{}\n{}", "not JSON"),
    "a trailing comma": (b'{"findings": {"fever": true,}}', "not JSON"),
    "NaN": (b'{"leg_pain_nrs": NaN}', "NaN is no JSON number"),
    "Infinity": (b'{"leg_pain_nrs": -Infinity}', "Infinity is no JSON number"),
    "not UTF-8": (b'{"id": "M\xfcller"}', "UTF-8"),
    "UTF-16": ('{"id": "x"}'.encode("utf-16"), "UTF-8"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00", "UTF-8"),
    "a list": (b'[{"fever": true}]', "this is a list"),
    "text": (b'"fever"', "this is text"),
    "a number": (b"4711", "this is a number"),
    "true": (b"true", "this is true or false"),
    "null": (b"null", "this is nothing"),
    "findings as a list": (b'{"findings": ["fever"]}', "`findings` must be a mapping, this is a list"),
    "findings as text": (b'{"findings": "fever"}', "`findings` must be a mapping, this is text"),
    "findings as nothing": (b'{"findings": null}', "`findings` must be a mapping, this is nothing"),
    "a finding beside the findings": (b'{"findings": {}, "saddle_numbness": true}', "`saddle_numbness` stands beside"),
    "an id that is a mapping": (b'{"id": {"name": "Mary"}, "findings": {}}', "`id` must be text or a number"),
    "an id that is true": (b'{"id": true, "findings": {}}', "`id` must be text or a number"),
    "a finding twice": (b'{"fever": true, "fever": false}', "`fever` stands twice"),
    "findings twice": (b'{"findings": {"fever": true}, "findings": {}}', "`findings` stands twice"),
    "brackets in brackets": (b"[" * 200_000, "nested too deeply"),
    "mappings in mappings": (b'{"a":' * 200_000, "nested too deeply"),
    "a number of thousands of digits": (b'{"leg_pain_nrs": ' + b"7" * 5000 + b"}", "cannot be read"),
    "too much": (b" " * 21_000_000, "larger than 20 MB"),
}
NO_YAML = {
    "no YAML": (b"fever: [true", "not YAML"),
    "wrong indentation": (b"findings:\n  fever: true\n sex: male", "line 3: not YAML"),
    "an object": (b"!!python/object/apply:os.system ['true']", "not YAML"),
    "two documents": (b"fever: true\n---\nfever: false", "not YAML"),
    "a finding twice": (b"fever: true\nsex: male\nfever: false", "line 1: `fever` stands twice"),
    "only a remark": (b"# nothing", "this is nothing"),
    "a day that never was": (b"onset: 2024-13-45", "cannot be read"),
    "brackets in brackets": (b"[" * 20_000, "nested too deeply"),
    "not UTF-8": (b"id: M\xfcller", "UTF-8"),
}
CASES = [pytest.param(".json", *case, id=name) for name, case in NO_CASE.items()]
CASES += [pytest.param(".yaml", *case, id=f"{name} (YAML)") for name, case in NO_YAML.items()]


@pytest.mark.parametrize(("ending", "content", "says"), CASES)
def test_what_is_no_case_is_one_error(tmp_path: Path, ending: str, content: bytes, says: str) -> None:
    path = tmp_path / f"case{ending}"
    path.write_bytes(content)
    said = afterdisc("assess", path)
    assert (said.status, said.out) == (4, "")
    assert len(said.err.splitlines()) == 1
    assert says in said.err
    assert not [value for value in ("4711", "Mary", "7777") if value in said.err]


@pytest.mark.parametrize(("content", "says"), NO_CASE.values(), ids=NO_CASE)
def test_standard_input_is_read_as_carefully(content: bytes, says: str) -> None:
    said = afterdisc("assess", "-", stdin=content)
    assert (said.status, said.out) == (4, "")
    assert len(said.err.splitlines()) == 1
    if says not in ("not JSON", "is larger"):  # what does not begin like JSON is read as YAML
        assert says in said.err


@pytest.mark.parametrize("where", ["absent.json", ".", "absent/case.json"])
def test_what_is_no_file_is_one_error(tmp_path: Path, where: str) -> None:
    said = afterdisc("assess", tmp_path / where)
    assert said.status == 4
    assert len(said.err.splitlines()) == 1
    assert "cannot be read" in said.err
    with pytest.raises(UnreadableCase):
        read_case(str(tmp_path / where))


def test_a_place_in_the_file_is_given(tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_text('{"id": "x",\n "findings": {"fever" true}}')
    assert "case.json, line 2, column 23" in afterdisc("assess", path).err


@pytest.mark.parametrize("case", [None, [], "fever", 3, ("fever",), {"findings": 3}])
def test_the_library_refuses_what_is_no_case(case: Any) -> None:
    with pytest.raises(UnreadableCase):
        ad.assess(case)


def test_an_empty_case_is_no_error() -> None:
    assert ad.assess({})["urgency"] == "ask"
    assert ad.assess({"id": "x"})["id"] == "x"


# -- hostile strings ---------------------------------------------------------------------------------------------

HOSTILE = ["\x1b[2J\x1b[31m", "\x9b31m", "a\r\nb", "\u202egnp", "\ud800", "<b>" * 50_000, "`" * 3, "{0}%s"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_shown_and_never_obeyed(name: str) -> None:
    said = afterdisc("assess", "-", stdin=json.dumps({"findings": {name: True}}))
    assert said.status == 4
    assert len(said.err.splitlines()) == 1
    assert "is no finding" in said.err
    assert len(said.err) < 600
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", said.err)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_value_is_not_repeated(name: str) -> None:
    for finding in ("onset", "fever", "leg_pain_nrs", "takes"):
        said = afterdisc("assess", "-", stdin=json.dumps({finding: name}))
        assert said.status == 4
        assert finding in said.err
        assert name[:9] not in said.err


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_of_medicines_are_only_names(name: str) -> None:
    said = afterdisc("assess", "-", stdin=json.dumps({"takes": [name], "dose_mg_per_day": {name: 5}}))
    assert said.status == 0
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", said.out)


def test_a_file_name_is_shown_and_never_obeyed(tmp_path: Path) -> None:
    path = tmp_path / "\x1b[31mred.json"
    path.write_text("{")
    assert "\x1b" not in afterdisc("assess", path).err
