"""Expressions, each as CQL for people and as ELM for engines.

Both are made together, so neither can say anything the other does not. The ELM is, element by element, what the reference
translator makes of the CQL; a test compares them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from afterdisc.fhir.write.shape import Json

TYPES = "urn:hl7-org:elm-types:r1"
COMPARE = {"<": "Less", "<=": "LessOrEqual", ">": "Greater", ">=": "GreaterOrEqual", "==": "Equal", "!=": "Equal"}
WIDTH = 110


@dataclass(frozen=True)
class Term:
    """One expression. `parts` are what a long one is broken into: (opening, separator, closing), and the terms between."""

    cql: str
    elm: Json
    is_primary: bool = True  # needs no parentheses wherever it stands
    frame: tuple[str, str, str] = ("", "", "")
    parts: tuple[Term, ...] = ()

    @property
    def inside(self) -> str:
        """As it stands within a larger expression."""
        return self.cql if self.is_primary else f"({self.cql})"

    def laid_out(self, width: int = WIDTH) -> str:
        """The CQL over as many lines as it needs."""
        if len(self.cql) <= width or not self.parts:
            return self.cql
        opening, separator, closing = self.frame
        shown = [_indented(part.as_part(width - 2)) for part in self.parts]
        if separator == ",":
            return f"{opening}\n  {(',' + chr(10) + '  ').join(shown)}\n{closing}"
        return f"\n{separator} ".join(shown)

    def as_part(self, width: int) -> str:
        if self.is_primary or len(self.inside) <= width:
            return self.inside if len(self.inside) <= width else self.laid_out(width)
        return f"(\n  {_indented(self.laid_out(width - 2))}\n)"


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")


# --------------------------------------------------------------------------------------------------------------- literals


def text(value: str) -> Term:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return Term(f"'{escaped}'", _literal("String", value))


def number(value: float) -> Term:
    """A Decimal, written as the shortest one that means the same float."""
    shown = format(Decimal(repr(float(abs(value)))), "f")
    shown = shown if "." in shown else f"{shown}.0"
    literal = _literal("Decimal", shown)
    if value >= 0:
        return Term(shown, literal)
    return Term(f"-{shown}", {"type": "Negate", "signature": _signature("Decimal", 1), "operand": literal}, is_primary=False)


def whole(value: int) -> Term:
    return Term(str(value), _literal("Integer", str(value)))


def truth(value: bool) -> Term:
    shown = "true" if value else "false"
    return Term(shown, _literal("Boolean", shown))


NULL = Term("null", {"type": "Null"})
NO_NUMBER = Term("null", {"type": "As", "asType": f"{{{TYPES}}}Decimal", "operand": {"type": "Null"}})
NO_DAYS = Term("null", {"type": "As", "asType": f"{{{TYPES}}}Integer", "operand": {"type": "Null"}})
LARGEST = Term("maximum Decimal", {"type": "MaxValue", "valueType": f"{{{TYPES}}}Decimal"})


def _literal(kind: str, value: str) -> Json:
    return {"type": "Literal", "valueType": f"{{{TYPES}}}{kind}", "value": value}


def named_type(kind: str) -> Json:
    return {"type": "NamedTypeSpecifier", "name": f"{{{TYPES}}}{kind}"}


def _signature(kind: str, n: int) -> list[Json]:
    return [named_type(kind)] * n


# ------------------------------------------------------------------------------------------------------------- references


def ref(name: str, library: str = "") -> Term:
    """An expression by its name, of another library if one is given."""
    where = f"{library}." if library else ""
    elm: Json = {"type": "ExpressionRef", "name": name} | ({"libraryName": library} if library else {})
    return Term(f'{where}"{name}"', elm)


def parameter(name: str) -> Term:
    return Term(f'"{name}"', {"type": "ParameterRef", "name": name})


def observations(code: str) -> Term:
    """Every Observation of the person with this code, which the library names."""
    elm = {
        "type": "Retrieve",
        "dataType": "{http://hl7.org/fhir}Observation",
        "templateId": "http://hl7.org/fhir/StructureDefinition/Observation",
        "codeProperty": "code",
        "codeComparator": "~",
        "codes": {"type": "ToList", "operand": {"type": "CodeRef", "name": code}},
    }
    return Term(f'[Observation: "{code}"]', elm)


def call(library: str, name: str, *operands: Term) -> Term:
    opening, inner = f'{library}."{name}"(', ", ".join(o.cql for o in operands)
    elm = {"type": "FunctionRef", "name": name, "libraryName": library, "operand": [o.elm for o in operands]}
    return Term(f"{opening}{inner})", elm, frame=(opening, ",", ")"), parts=operands)


# ---------------------------------------------------------------------------------------------------------------- several


def listed(terms: Iterable[Term]) -> Term:
    items = tuple(terms)
    elm = {"type": "List", "element": [t.elm for t in items]}
    return Term(f"{{ {', '.join(t.cql for t in items)} }}", elm, frame=("{", ",", "}"), parts=items)


def tuple_of(**elements: Term) -> Term:
    shown = ", ".join(f"{name}: {t.cql}" for name, t in elements.items())
    elm = {"type": "Tuple", "element": [{"name": name, "value": t.elm} for name, t in elements.items()]}
    return Term(f"Tuple {{ {shown} }}", elm)


def union(terms: Sequence[Term], element: Json | None = None) -> Term:
    """element  type of the elements, which ELM wants to be told of tuples"""
    signature = [{"type": "ListTypeSpecifier", "elementType": element}] * 2 if element else []
    elm = _folded("Union", [t.elm for t in terms], signature)
    shown = " union ".join(t.inside for t in terms)
    return Term(shown, elm, is_primary=False, frame=("", "union", ""), parts=tuple(terms))


def every(terms: Sequence[Term]) -> Term:
    """All of them; true for none."""
    return _joined("and", "And", terms) if terms else truth(True)


def some(terms: Sequence[Term]) -> Term:
    """Any of them; false for none."""
    return _joined("or", "Or", terms) if terms else truth(False)


def _joined(word: str, kind: str, terms: Sequence[Term]) -> Term:
    if len(terms) == 1:
        return terms[0]
    shown = f" {word} ".join(t.inside for t in terms)
    elm = _folded(kind, [t.elm for t in terms])
    return Term(shown, elm, is_primary=False, frame=("", word, ""), parts=tuple(terms))


def _folded(kind: str, operands: list[Json], signature: list[Json] | None = None) -> Json:
    """Two at a time, from the left."""
    elm, shape = operands[0], {"type": kind} | ({"signature": signature} if signature else {})
    for operand in operands[1:]:
        elm = shape | {"operand": [elm, operand]}
    return elm


# ------------------------------------------------------------------------------------------------------------- one or two


def no(term: Term) -> Term:
    return Term(f"not {term.inside}", {"type": "Not", "operand": term.elm}, is_primary=False)


def is_known(term: Term) -> Term:
    missing = {"type": "IsNull", "operand": term.elm}
    return Term(f"{term.inside} is not null", {"type": "Not", "operand": missing}, is_primary=False)


def is_unknown(term: Term) -> Term:
    return Term(f"{term.inside} is null", {"type": "IsNull", "operand": term.elm}, is_primary=False)


def is_true(term: Term) -> Term:
    """True or false, never null."""
    return Term(f"{term.inside} is true", {"type": "IsTrue", "operand": term.elm}, is_primary=False)


def is_false(term: Term) -> Term:
    return Term(f"{term.inside} is false", {"type": "IsFalse", "operand": term.elm}, is_primary=False)


def compare(left: Term, op: str, right: Term, kind: str) -> Term:
    """kind  Decimal or String"""
    elm: Json = {"type": COMPARE[op], "signature": _signature(kind, 2), "operand": [left.elm, right.elm]}
    if op == "!=":
        elm = {"type": "Not", "operand": elm}
    return Term(f"{left.inside} {'=' if op == '==' else op} {right.cql}", elm, is_primary=False)


def case(choices: Sequence[tuple[Term, Term]], otherwise: Term) -> Term:
    """The first whose condition is true."""
    items = [{"when": when.elm, "then": then.elm} for when, then in choices]
    lines = [f"  when {_indented(when.laid_out(WIDTH - 10))} then {then.cql}" for when, then in choices]
    shown = "\n".join(["case", *lines, f"  else {otherwise.cql}", "end"])
    return Term(shown, {"type": "Case", "caseItem": items, "else": otherwise.elm})


def as_text(elm: Any) -> str:
    """ELM as JSON in ASCII: some engines decode it byte by byte."""
    import json

    return json.dumps(elm, ensure_ascii=True, separators=(",", ":"))
