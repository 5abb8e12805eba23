"""The same answer by every door

A person may be assessed in the workspace, by a command, by a program, or out of an electronic record. All of these ask one
function, and a record is first read into the findings that anybody could have typed.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from afterdisc.cohort import draw_cases
from afterdisc.fhir import read_record, record_of
from afterdisc.fhir.write import response_of
from afterdisc.program import Program
from agreement.people import examples
from functional.fhir.own_codes import patient_alone
from functional.fhir.records import bundle
from spec.doors import AT, Doors, Findings, open_doors

DOORS = (
    "command",
    "fhir_command",
    "assess_operation",
    "assess_operation_on_answers",
    "apply_operation",
    "patient_view_hook",
    "workspace",
    "smart_prefill",
)


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory, program: Program) -> Iterator[Doors]:
    with open_doors(program, tmp_path_factory.mktemp("doors")) as opened:
        yield opened


@pytest.fixture(scope="module")
def people(program: Program) -> list[Findings]:
    """The examples, and people drawn at random; all of them operated on."""
    drawn = [case["findings"] for case in draw_cases(program, 20, seed=14)]
    return [p for p in [*examples().values(), *drawn] if p.get("weeks_since_surgery") is not None]


@pytest.mark.parametrize("name", DOORS)
def test_the_same_facts_give_the_same_probabilities_to_the_bit(doors: Doors, people: list[Findings], name: str) -> None:
    """The library, `afterdisc assess --json`, `afterdisc fhir assess`, the operations `$assess` and `$apply`, the CDS Hook
    `patient-view`, and the live panel of the workspace, whether its answers were typed in or read from the record at a SMART
    launch: all give every cause the same probability, to the last bit, for the same facts."""
    assert len(people) > 20
    for findings in people:
        assert getattr(doors, name)(findings) == doors.library(findings)


def test_a_record_is_no_other_question_than_its_findings(program: Program, people: list[Findings], doors: Doors) -> None:
    """Findings written as Observations in our own codes, or as answers to our questionnaire, are read back as they were.
    What was unknown stays unknown, and an empty list of medicines stays the knowledge that there are none."""
    for findings in people:
        known = {name: value for name, value in findings.items() if value is not None}
        answers = response_of(program, findings, subject="Patient/p1", at=AT)
        for record in (doors.record(findings), bundle(patient_alone(), answers)):
            assert read_record(program, record_of(record), at=AT).findings == known


def test_the_order_of_a_record_does_not_matter(program: Program, people: list[Findings], doors: Doors) -> None:
    """Resources may come in any order, in one Bundle or in several; twice the same resource is once."""
    for findings in people[:5]:
        record = doors.record(findings)
        entries = record["entry"]
        turned = {**record, "entry": entries[::-1]}
        parts = [{**record, "entry": entries[::2]}, {**record, "entry": entries[1::2]}]
        expected = read_record(program, record_of(record), at=AT).findings
        for other in (turned, parts, [record, record]):
            assert read_record(program, record_of(other), at=AT).findings == expected
