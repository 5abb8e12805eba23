"""The table of SMART requirements is what the tests show now, and leaves no requirement out."""

import pytest

from functional.smart.requirements import SMART


@pytest.fixture(autouse=True)
def _there() -> None:
    if not SMART.listed_in.is_file():
        pytest.skip("needs the folder ../shared")


def test_every_requirement_is_on_a_test_or_has_a_reason() -> None:
    """SHALL and SHALL NOT too."""
    assert [row.id for row in SMART.rows() if row.id not in SMART.shown() and row.id not in SMART.reasons()] == []


def test_a_requirement_on_a_test_has_no_reason_why_it_is_on_none() -> None:
    assert not SMART.shown().keys() & SMART.reasons().keys()


def test_no_test_and_no_reason_names_a_row_that_does_not_exist() -> None:
    assert not (SMART.shown().keys() | SMART.reasons().keys()) - {row.id for row in SMART.rows()}


def test_the_page_is_up_to_date() -> None:
    """After a change: python tests/functional/smart/requirements.py"""
    assert SMART.page_in.read_text(encoding="utf-8") == SMART.page()
