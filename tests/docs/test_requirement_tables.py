"""The tables of requirements are what the tests show now, and leave no requirement out."""

import pytest

from functional.hooks.requirements import CDS_HOOKS
from functional.requirement_table import Requirements
from functional.smart.requirements import SMART


@pytest.fixture(params=[CDS_HOOKS, SMART], ids=["cds-hooks", "smart"])
def table(request: pytest.FixtureRequest) -> Requirements:
    found: Requirements = request.param
    if not found.listed_in.is_file():
        pytest.skip("needs the folder ../shared")
    return found


def test_every_requirement_is_on_a_test_or_has_a_reason(table: Requirements) -> None:
    """Of what SHALL or SHALL NOT be, too."""
    assert [row.id for row in table.rows() if row.id not in table.shown() and row.id not in table.reasons()] == []


def test_a_requirement_on_a_test_has_no_reason_why_it_is_on_none(table: Requirements) -> None:
    assert not table.shown().keys() & table.reasons().keys()


def test_no_test_and_no_reason_names_a_row_that_does_not_exist(table: Requirements) -> None:
    assert not (table.shown().keys() | table.reasons().keys()) - {row.id for row in table.rows()}


def test_what_a_service_shall_do_is_shown_by_a_test_unless_it_is_an_agreement_between_people() -> None:
    if not CDS_HOOKS.listed_in.is_file():
        pytest.skip("needs the folder ../shared")
    bound = {row.id for row in CDS_HOOKS.rows() if row.conformance in ("SHALL", "SHALL NOT")}
    assert bound - CDS_HOOKS.shown().keys() == {213}


def test_the_page_is_up_to_date(table: Requirements) -> None:
    """After a change: python tests/functional/hooks/requirements.py, or the one of smart."""
    assert table.page_in.read_text(encoding="utf-8") == table.page()
