"""The table of CDS Hooks requirements is what the tests show now, and leaves no requirement out."""

import pytest

from functional.hooks.requirements import LISTED, PAGE, Row, listed, page, reasons, shown


@pytest.fixture(autouse=True)
def _there() -> None:
    if not LISTED.is_file():
        pytest.skip("needs the folder ../shared")


def rows() -> list[Row]:
    return listed()


def test_every_requirement_is_on_a_test_or_has_a_reason() -> None:
    """Of what SHALL or SHALL NOT be, too."""
    missing = [row.id for row in rows() if row.id not in shown() and row.id not in reasons()]
    assert not missing


def test_a_requirement_on_a_test_has_no_reason_why_it_is_on_none() -> None:
    assert not shown().keys() & reasons().keys()


def test_no_test_and_no_reason_names_a_row_that_does_not_exist() -> None:
    assert not (shown().keys() | reasons().keys()) - {row.id for row in rows()}


def test_what_shall_be_is_shown_by_a_test_unless_it_is_an_agreement_between_people() -> None:
    bound = {row.id for row in rows() if row.conformance in ("SHALL", "SHALL NOT")}
    assert bound - shown().keys() == {213}


def test_the_page_is_up_to_date() -> None:
    """After a change: python tests/functional/hooks/write_table.py"""
    assert PAGE.read_text(encoding="utf-8") == page()
