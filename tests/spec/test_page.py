"""The chapter in the manual is the one these tests make, and every paragraph has its text."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_spec", ROOT / "docs" / "build_spec.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date(builder: ModuleType) -> None:
    assert builder.PAGE.read_text(encoding="utf-8") == builder.page(), "run `python docs/build_spec.py`"


def test_every_test_of_meaning_says_what_it_means(builder: ModuleType) -> None:
    for path in sorted((ROOT / "tests" / "spec").glob("test_[0-9]*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert "\n\n" in (ast.get_docstring(tree) or ""), f"{path.name} has no introduction"
        for name, text in builder.paragraphs(tree):
            assert len(text) > 40, f"{path.name}: {name} has no paragraph"


def test_chapters_are_numbered_without_a_gap() -> None:
    numbers = [path.name.split("_")[1] for path in sorted((ROOT / "tests" / "spec").glob("test_[0-9]*.py"))]
    assert numbers == [f"{i:02d}" for i in range(1, len(numbers) + 1)]
