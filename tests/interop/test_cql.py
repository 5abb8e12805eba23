"""The CQL is what the reference translator understands, and the ELM we write is the ELM it makes."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from afterdisc.errors import UndeclaredName
from afterdisc.fhir.publish.cql import CqlLibrary, libraries_of, terms, written_by_hand
from afterdisc.fhir.publish.cql.logic import needs_probability
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.program import Program
from interop.node import needs, node

Json = dict[str, Any]
LEFT_OUT = ("annotation", "signature")  # what ELM may hold and no engine needs


def shortened(elm: Any) -> Any:
    """Without empty lists, and without what is left out."""
    if isinstance(elm, dict):
        return {k: shortened(v) for k, v in elm.items() if k not in LEFT_OUT and v != []}
    return [shortened(v) for v in elm] if isinstance(elm, list) else elm


def translated(folder: Path) -> dict[str, Json]:
    needs("@cqframework/cql", "cql-exec-fhir")
    found = (json.loads(line) for line in node("translate.mjs", str(folder)).splitlines() if line.startswith("{"))
    return {each["library"]: each for each in found}


@pytest.fixture(scope="module")
def theirs(folder: Path) -> dict[str, Json]:
    return translated(folder / "input" / "cql")


def attached(resources: list[Json], kind: str) -> dict[str, str]:
    """{library: text} of one kind of attachment."""
    libraries = [r for r in resources if r["resourceType"] == "Library"]
    found = {r["name"]: [c for c in r["content"] if c["contentType"] == kind] for r in libraries}
    return {name: b64decode(content["data"]).decode() for name, (content,) in found.items()}


def test_every_library_translates_without_an_error(theirs: dict[str, Json], resources: list[Json]) -> None:
    assert set(theirs) == {r["name"] for r in resources if r["resourceType"] == "Library"}
    for name, each in theirs.items():
        assert not [m for m in each["messages"] if m["severity"] != "Warning"], name
        about_literals = re.compile("String literal '.*' matches the identifier")
        assert all(about_literals.match(m["message"]) for m in each["messages"]), name


def test_the_elm_that_is_published_is_that_of_the_reference_translator(
    theirs: dict[str, Json], resources: list[Json]
) -> None:
    ours = {name: json.loads(text) for name, text in attached(resources, "application/elm+json").items()}
    for name, each in theirs.items():
        made, expected = ours[name]["library"], shortened(each["elm"])["library"]
        statements = [{s["name"]: s for s in elm.pop("statements")["def"]} for elm in (made, expected)]
        assert made == expected
        assert statements[0] == statements[1]


def test_a_tiny_base_is_published_as_well_as_the_installed_one(tiny_folder: Path) -> None:
    theirs = translated(tiny_folder / "input" / "cql")
    package = [json.loads(p.read_text(encoding="utf-8")) for p in (tiny_folder / "package").glob("Library-*.json")]
    for name, text in attached(package, "application/elm+json").items():
        assert not [m for m in theirs[name]["messages"] if m["severity"] != "Warning"]
        statements = (json.loads(text), shortened(theirs[name]["elm"]))
        ours, expected = ({s["name"]: s for s in elm["library"]["statements"]["def"]} for elm in statements)
        assert ours == expected


# ------------------------------------------------------------------------------------------------------ what needs no Node


def test_text_and_elm_hold_the_same_names(resources: list[Json]) -> None:
    cql, elm = (attached(resources, kind) for kind in ("text/cql", "application/elm+json"))
    for name, text in cql.items():
        defined = re.findall(r'^define (?:function )?"(.+?)"', text, re.MULTILINE)
        library = json.loads(elm[name])["library"]
        assert defined == [s["name"] for s in library["statements"]["def"] if s["name"] != "Patient"]
        assert f"library {name} version '{library['identifier']['version']}'" in text


def test_elm_is_ascii_because_some_engines_decode_it_byte_by_byte(resources: list[Json]) -> None:
    assert all(text.isascii() for text in attached(resources, "application/elm+json").values())
    assert written_by_hand()[1].isascii()


def test_every_condition_has_its_expression(knowledge: KnowledgeBase, program: Program) -> None:
    made = {library.name: library.statements for library in libraries_of(knowledge, program.book)}
    for flag in knowledge.red_flags.values():
        assert {f"{flag.id}_{level.urgency}" for level in flag.levels} <= set(made["RedFlags"])
        assert f"{flag.id}_status" in made["RedFlags"]
    assert set(knowledge.imaging) <= set(made["ImagingChoice"])
    for treatment in knowledge.treatments.values():
        assert {rule.id.replace(".", "__") for rule in treatment.rules} <= set(made["TreatmentGates"])
    assert set(knowledge.findings) <= set(made["Findings"])
    defined = {d.id for d in knowledge.definitions.values() if not needs_probability(d.when)}
    assert defined <= set(made["Findings"])


def test_what_has_a_name_is_referred_to_and_not_repeated(knowledge: KnowledgeBase, program: Program) -> None:
    made = {library.name: library.statements for library in libraries_of(knowledge, program.book)}
    assert made["RedFlags"]["R02_E0"].term.cql.startswith('Findings."bilateral_leg_pain" and ')
    assert '"R01_raised"' in made["RedFlags"]["R03_E0"].term.cql


def test_a_name_that_is_taken_is_refused() -> None:
    library = CqlLibrary("X", "1", "")
    library.add("a", terms.truth(True))
    for name in ("a", 'b"c'):
        with pytest.raises(UndeclaredName, match="cannot be a name"):
            library.add(name, terms.truth(True))


@pytest.mark.parametrize(
    ("term", "cql"),
    [
        (terms.text("it's \\ here"), "'it\\'s \\\\ here'"),
        (terms.number(0.1), "0.1"),
        (terms.number(1e-7), "0.0000001"),
        (terms.number(3), "3.0"),
        (terms.number(-2.5), "-2.5"),
        (terms.no(terms.every([terms.ref("a"), terms.ref("b")])), 'not ("a" and "b")'),
        (terms.some([terms.every([terms.ref("a"), terms.ref("b")]), terms.ref("c", "L")]), '("a" and "b") or L."c"'),
        (terms.no(terms.compare(terms.ref("a"), ">=", terms.number(3))), 'not ("a" >= 3.0)'),
        (terms.every([]), "true"),
        (terms.some([]), "false"),
    ],
)
def test_terms_are_written_with_the_parentheses_they_need(term: terms.Term, cql: str) -> None:
    assert term.cql == cql


def test_what_is_too_long_for_a_line_is_broken(folder: Path) -> None:
    for path in (folder / "input" / "cql").glob("*.cql"):
        for line in path.read_text(encoding="utf-8").splitlines():
            longest = 128 if '"probability of' not in line else 250  # a name cannot be broken
            assert len(line) <= longest, f"{path.name}: {line}"
