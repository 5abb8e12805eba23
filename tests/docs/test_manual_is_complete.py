"""Nothing a reader may meet is left out of the manual: errors, public names, keys of an assessment, cited methods."""

import inspect
import json
import re

import pytest
from fenced_blocks import ROOT

import afterdisc as ad
from afterdisc import errors
from afterdisc.report.schema import assessment_schema

DOCS = ROOT / "docs"
KEY = re.compile(r"\[((?:[a-z]+[12]\d{3}[a-z]?)(?:, [a-z]+[12]\d{3}[a-z]?)*)\](?!\()")  # [pearl1988], [pearl1988, diez1993]


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def keys_in(text: str) -> set[str]:
    return {key for found in KEY.findall(text) for key in found.split(", ")}


def keys_of_the_code() -> set[str]:
    sources = sorted((ROOT / "src/afterdisc").rglob("*.py"))
    return {key for source in sources for key in keys_in(source.read_text(encoding="utf-8"))}


REFERENCES = set(re.findall(r"^## (\w+)$", page("references.md"), re.MULTILINE))


def test_every_work_a_docstring_names_is_in_the_references() -> None:
    assert keys_of_the_code(), "the pattern finds no key at all"
    assert not keys_of_the_code() - REFERENCES


def test_every_work_a_page_names_is_in_the_references() -> None:
    assert not {key for path in DOCS.glob("*.md") for key in keys_in(path.read_text(encoding="utf-8"))} - REFERENCES


def test_no_reference_stands_without_a_use() -> None:
    used = keys_of_the_code() | {k for path in DOCS.glob("*.md") for k in keys_in(path.read_text(encoding="utf-8"))}
    assert not REFERENCES - used


ERRORS = [
    name
    for name, thing in vars(errors).items()
    if inspect.isclass(thing) and issubclass(thing, errors.AfterdiscError) and not thing.__subclasses__()
]


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_is_explained(name: str) -> None:
    shown = page("how-to/errors.md")
    assert f"### {name}\n" in shown or (name == "Problems" and "Problems" in shown)


@pytest.mark.parametrize("name", ad.__all__)
def test_every_public_function_is_explained(name: str) -> None:
    assert f"`{name}`" in page("how-to/python.md")


@pytest.mark.parametrize("name", assessment_schema()["properties"])
def test_every_key_of_an_assessment_is_explained(name: str) -> None:
    assert f"`{name}`" in page("schema.md")


def test_the_published_schema_is_the_one_in_force() -> None:
    """After a change: ./run schema > docs/schema/assessment-1.json"""
    assert json.loads(page("schema/assessment-1.json")) == assessment_schema()
