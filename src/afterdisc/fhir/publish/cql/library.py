"""A CQL library: what it includes, parameters, and its statements, as text and as ELM."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field

from afterdisc.errors import UndeclaredName
from afterdisc.fhir.publish.cql.terms import Term, as_text, named_type
from afterdisc.fhir.write.shape import Json

FHIR = "4.0.1"
OBSERVATIONS, OBSERVATIONS_VERSION = "Observations", "1.0.0"
PATIENT: Json = {
    "name": "Patient",
    "context": "Patient",
    "expression": {
        "type": "SingletonFrom",
        "operand": {
            "type": "Retrieve",
            "dataType": "{http://hl7.org/fhir}Patient",
            "templateId": "http://hl7.org/fhir/StructureDefinition/Patient",
        },
    },
}


@dataclass(frozen=True)
class Statement:
    """One named expression, and what a reader is told of it."""

    name: str
    term: Term
    about: tuple[str, ...] = ()


@dataclass
class CqlLibrary:
    """Statements are added in order; a name may be given once."""

    name: str
    version: str
    about: str
    includes: tuple[tuple[str, str], ...] = ()  # (library, version)
    parameters: dict[str, str] = field(default_factory=dict)  # name -> what it is; all are Decimal
    statements: dict[str, Statement] = field(default_factory=dict)

    def add(self, name: str, term: Term, *about: str) -> Term:
        """Give the expression a name. Raises UndeclaredName for one that is taken or cannot be written in CQL."""
        if name in self.statements or '"' in name:
            raise UndeclaredName(
                f"`{name}` cannot be a name in the published library {self.name}",
                where="publish",
                mend="Give the rule, finding or definition another id.",
            )
        self.statements[name] = Statement(name, term, about)
        return term

    # ------------------------------------------------------------------------------------------------------------ text

    def cql(self) -> str:
        """The text of the library."""
        blocks = [
            "\n".join(_comment([self.about])),
            f"library {self.name} version '{self.version}'",
            f"using FHIR version '{FHIR}'",
            "\n".join(f"include {name} version '{version}' called {name}" for name, version in self.includes),
            "\n\n".join("\n".join([*_comment([say]), f'parameter "{name}" Decimal']) for name, say in self.parameters.items()),
            "context Patient",
            *(_statement(s) for s in self.statements.values()),
        ]
        return "\n\n".join(block for block in blocks if block) + "\n"

    def elm(self) -> Json:
        """The same for engines."""
        library: Json = {
            "identifier": {"id": self.name, "version": self.version},
            "schemaIdentifier": {"id": "urn:hl7-org:elm", "version": "r1"},
            "usings": {
                "def": [
                    {"localIdentifier": "System", "uri": "urn:hl7-org:elm-types:r1"},
                    {"localIdentifier": "FHIR", "uri": "http://hl7.org/fhir", "version": FHIR},
                ]
            },
        }
        parts = {
            "includes": [{"localIdentifier": name, "path": name, "version": v} for name, v in self.includes],
            "parameters": [_public(name) | {"parameterTypeSpecifier": named_type("Decimal")} for name in self.parameters],
            "contexts": [{"name": "Patient"}],
            "statements": [PATIENT, *(_statement_elm(s) for s in self.statements.values())],
        }
        return {"library": library | {part: {"def": listed} for part, listed in parts.items() if listed}}

    def elm_text(self) -> str:
        return as_text(self.elm())


def _comment(lines: Iterable[str]) -> list[str]:
    return [f"// {part}" for line in lines if line for part in textwrap.wrap(line, 116, break_long_words=False)]


def _public(name: str) -> Json:
    return {"name": name, "accessLevel": "Public"}


def _statement(s: Statement) -> str:
    body = s.term.laid_out().replace("\n", "\n  ")
    return "\n".join([*_comment(s.about), f'define "{s.name}":', f"  {body}"])


def _statement_elm(s: Statement) -> Json:
    return _public(s.name) | {"context": "Patient", "expression": s.term.elm}
