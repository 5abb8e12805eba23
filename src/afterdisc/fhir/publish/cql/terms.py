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
JOINED, COMPARED, PRIMARY = range(3)  # and, or, union · comparisons and `not` · whatever stands by itself


@dataclass(frozen=True)
class Term:
    """One expression. A long one is broken into its parts: `frame` is what opens, divides and closes them."""

    cql: str
    elm: Json
    binds: int = PRIMARY  # how tightly
    frame: tuple[str, str, str] = ("", "", "")
    parts: tuple[Term, ...] = ()

    def within(self, binds: int) -> str:
        """As it stands in an expression that binds so tightly."""
        return self.cql if self.binds >= binds else f"({self.cql})"

    def laid_out(self, width: int = WIDTH) -> str:
        """The CQL over as many lines as it needs."""
        if len(self.cql) <= width or not self.parts:
            return self.cql
        opening, divider, closing = self.frame
        if opening:
            inner = f"{divider}\n".join(part.laid_out(width - 2) for part in self.parts)
            return f"{opening}\n  {_indented(inner)}\n{closing}"
        return f"\n{divider} ".join(part._joined(width - len(divider) - 1) for part in self.parts)

    def _joined(self, width: int) -> str:
        if self.binds > JOINED:
            return self.laid_out(width)
        shown = self.within(COMPARED)
        return shown if len(shown) <= width else f"(\n  {_indented(self.laid_out(width - 2))}\n)"


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
    return Term(f"-{shown}", {"type": "Negate", "operand": literal}, COMPARED)


def whole(value: int) -> Term:
    return Term(str(value), _literal("Integer", str(value)))


def truth(value: bool) -> Term:
    shown = "true" if value else "false"
    return Term(shown, _literal("Boolean", shown))


NULL = Term("null", {"type": "Null"})
NO_TEXT = Term("null", {"type": "As", "asType": f"{{{TYPES}}}String", "operand": {"type": "Null"}})
NO_NUMBER = Term("null", {"type": "As", "asType": f"{{{TYPES}}}Decimal", "operand": {"type": "Null"}})
NO_DAYS = Term("null", {"type": "As", "asType": f"{{{TYPES}}}Integer", "operand": {"type": "Null"}})
LARGEST = Term("maximum Decimal", {"type": "MaxValue", "valueType": f"{{{TYPES}}}Decimal"})


def _literal(kind: str, value: str) -> Json:
    return {"type": "Literal", "valueType": f"{{{TYPES}}}{kind}", "value": value}


def named_type(kind: str) -> Json:
    return {"type": "NamedTypeSpecifier", "name": f"{{{TYPES}}}{kind}"}


# ------------------------------------------------------------------------------------------------------------- references


def ref(name: str, library: str = "") -> Term:
    """An expression by its name, of another library if one is given."""
    where = f"{library}." if library else ""
    elm: Json = {"type": "ExpressionRef", "name": name} | ({"libraryName": library} if library else {})
    return Term(f'{where}"{name}"', elm)


def parameter(name: str) -> Term:
    return Term(f'"{name}"', {"type": "ParameterRef", "name": name})


def every_observation() -> Term:
    """Every Observation of the person."""
    profile = "http://hl7.org/fhir/StructureDefinition/Observation"
    return Term("[Observation]", {"type": "Retrieve", "dataType": "{http://hl7.org/fhir}Observation", "templateId": profile})


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


def flatten(lists: Sequence[Term]) -> Term:
    """One list of all that these hold; a single one is that already."""
    if len(lists) == 1:
        return lists[0]
    together = listed(lists)
    elm = {"type": "Flatten", "operand": together.elm}
    return Term(f"flatten {together.cql}", elm, COMPARED, ("flatten {", ",", "}"), tuple(lists))


def every(terms: Sequence[Term]) -> Term:
    """All of them; true for none."""
    return _joined("and", "And", terms) if terms else truth(True)


def some(terms: Sequence[Term]) -> Term:
    """Any of them; false for none."""
    return _joined("or", "Or", terms) if terms else truth(False)


def _joined(word: str, kind: str, terms: Sequence[Term]) -> Term:
    if len(terms) == 1:
        return terms[0]
    shown = f" {word} ".join(t.within(COMPARED) for t in terms)
    elm = terms[0].elm
    for term in terms[1:]:  # two at a time, from the left
        elm = {"type": kind, "operand": [elm, term.elm]}
    return Term(shown, elm, JOINED, ("", word, ""), tuple(terms))


# ------------------------------------------------------------------------------------------------------------- one or two


def no(term: Term) -> Term:
    return _wrapped(term, "not ", "", {"type": "Not", "operand": term.elm})


def is_known(term: Term) -> Term:
    missing = {"type": "IsNull", "operand": term.elm}
    return Term(f"{term.within(PRIMARY)} is not null", {"type": "Not", "operand": missing}, COMPARED)


def is_unknown(term: Term) -> Term:
    return _tested(term, "is null", "IsNull")


def is_true(term: Term) -> Term:
    """True or false, never null."""
    return _tested(term, "is true", "IsTrue")


def is_false(term: Term) -> Term:
    return _tested(term, "is false", "IsFalse")


def _tested(term: Term, words: str, kind: str) -> Term:
    return _wrapped(term, "", f" {words}", {"type": kind, "operand": term.elm})


def _wrapped(term: Term, before: str, after: str, elm: Json) -> Term:
    """With words before or after it; broken as the term is, or in parentheses."""
    shown = f"{before}{term.within(PRIMARY)}{after}"
    opening, divider, closing = term.frame if term.binds == PRIMARY else ("(", "", ")")
    parts = term.parts if term.binds == PRIMARY else (term,)
    return Term(shown, elm, COMPARED, (f"{before}{opening}", divider, f"{closing}{after}"), parts)


def compare(left: Term, op: str, right: Term) -> Term:
    elm: Json = {"type": COMPARE[op], "operand": [left.elm, right.elm]}
    if op == "!=":
        elm = {"type": "Not", "operand": elm}
    return Term(f"{left.within(PRIMARY)} {'=' if op == '==' else op} {right.within(PRIMARY)}", elm, COMPARED)


def plus(left: Term, right: Term) -> Term:
    elm = {"type": "Add", "operand": [left.elm, right.elm]}
    return Term(f"{left.within(PRIMARY)} + {right.cql}", elm, COMPARED)


def case(choices: Sequence[tuple[Term, Term]], otherwise: Term) -> Term:
    """The first whose condition is true."""
    items = [{"when": when.elm, "then": then.elm} for when, then in choices]
    lines = [_choice(when.laid_out(WIDTH - 10), then.cql) for when, then in choices]
    shown = "\n".join(["case", *lines, f"  else {otherwise.cql}", "end"])
    return Term(shown, {"type": "Case", "caseItem": items, "else": otherwise.elm})


def _choice(when: str, then: str) -> str:
    if "\n" not in when:
        return f"  when {when} then {then}"
    return f"  when\n    {_indented(_indented(when))}\n    then {then}"


def as_text(elm: Any) -> str:
    """ELM as JSON in ASCII: some engines decode it byte by byte."""
    import json

    return json.dumps(elm, ensure_ascii=True, separators=(",", ":"))
