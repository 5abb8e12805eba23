"""Every official case of SQL on FHIR v2, over typed columns and over JSON. Skipped where ../shared is absent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from functional.views.official import cases, passed, report

ROOT = Path(__file__).parents[3]
SUITE = ROOT.parent / "shared" / "external" / "sql-on-fhir-v2"
REPORT = ROOT / "docs" / "reference" / "sql-on-fhir-report.json"
EVERY = list(cases(SUITE)) if SUITE.is_dir() else []
needs_suite = pytest.mark.skipif(not EVERY, reason="needs the official cases in ../shared/external/sql-on-fhir-v2")


@needs_suite
def test_there_are_134_official_cases() -> None:
    assert len(EVERY) == 134


@needs_suite
@pytest.mark.parametrize("typed", [True, False], ids=["typed", "json"])
@pytest.mark.parametrize("case", EVERY, ids=lambda c: f"{c.file}: {c.title}")
def test_an_official_case_comes_out_as_its_suite_expects(case: object, typed: bool, tmp_path: Path) -> None:
    assert passed(case, tmp_path, typed=typed)  # type: ignore[arg-type]


@needs_suite
def test_the_published_report_is_what_the_cases_give(tmp_path: Path) -> None:
    assert json.loads(REPORT.read_text(encoding="utf-8")) == report(SUITE, tmp_path)
