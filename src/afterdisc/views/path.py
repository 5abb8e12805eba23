"""The part of FHIRPath that views are written in, as a tree.

Grammar after FHIRPath N1 (normative) as restricted by SQL on FHIR v2: paths, indexers, functions, operators, literals,
`%constants` and `$this`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any


class PathError(ValueError):
    """The text is no path that views may hold. The message says where."""


@dataclass(frozen=True)
class Literal:
    value: str | float | bool
    kind: str  # string | number | boolean | date


@dataclass(frozen=True)
class Constant:
    name: str


@dataclass(frozen=True)
class This:
    """`$this`, and where a path begins."""


@dataclass(frozen=True)
class Step:
    """Children of this name; `of_type` is the choice of a `value[x]`."""

    base: Any
    name: str
    of_type: str = ""


@dataclass(frozen=True)
class Index:
    base: Any
    at: Any


@dataclass(frozen=True)
class Call:
    base: Any
    name: str
    args: tuple[Any, ...]


@dataclass(frozen=True)
class Operation:
    sign: str
    left: Any
    right: Any


Tree = Literal | Constant | This | Step | Index | Call | Operation

TOKEN = re.compile(
    r"""\s*(?:
    (?P<date>@T?[0-9][0-9T:.+\-Z]*) | (?P<number>\d+(?:\.\d+)?) | (?P<string>'(?:[^'\\]|\\.)*') |
    (?P<constant>%(?:[A-Za-z_][A-Za-z0-9_-]*|`[^`]+`)) | (?P<this>\$this) | (?P<name>[A-Za-z_][A-Za-z0-9_]*|`[^`]+`) |
    (?P<sign><=|>=|!=|[=<>+\-*/&|.,()\[\]])
    )""",
    re.VERBOSE,
)
ELEMENT = re.compile("[A-Za-z_][A-Za-z0-9_]*")
ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))")
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "f": "\f"}
# weakest first; operators of a level bind from the left
LEVELS = (("or", "xor"), ("and",), ("=", "!="), ("<", "<=", ">", ">="), ("+", "-", "&"), ("*", "/"))


def parse(text: str) -> Tree:
    """The tree of a path. Raises PathError."""
    if not isinstance(text, str):
        raise PathError("a path is text")
    tokens, at = [], 0
    while text[at:].strip():
        found = TOKEN.match(text, at)
        if found is None:
            raise PathError(f"`{text}`: nothing that is known begins at character {at + 1}")
        tokens.append((found.lastgroup or "", found[0].strip()))
        at = found.end()
    if not tokens:
        raise PathError("the path is empty")
    try:
        return _Parser(text, tokens).whole()
    except RecursionError:
        raise PathError("the path has too many brackets within brackets") from None


class _Parser:
    def __init__(self, text: str, tokens: list[tuple[str, str]]) -> None:
        self.text, self.tokens, self.at = text, tokens, 0

    def whole(self) -> Tree:
        tree = self.level(0)
        if self.at < len(self.tokens):
            raise PathError(f"`{self.text}`: `{self.tokens[self.at][1]}` was not expected")
        return tree

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> tuple[str, str]:
        if self.at >= len(self.tokens) or (wanted and self.peek() != wanted):
            before = " ".join(text for _, text in self.tokens[: self.at])
            raise PathError(f"`{self.text}`: `{wanted or 'more'}` was expected after `{before}`")
        self.at += 1
        return self.tokens[self.at - 1]

    def level(self, n: int) -> Tree:
        if n == len(LEVELS):
            return self.chain()
        left = self.level(n + 1)
        while self.peek() in LEVELS[n]:
            sign = self.take()[1]
            left = Operation(sign, left, self.level(n + 1))
        return left

    def chain(self) -> Tree:
        tree = self.term()
        while self.peek() in (".", "["):
            if self.take()[1] == "[":
                tree = Index(tree, self.level(0))
                self.take("]")
            else:
                tree = self.step(tree)
        return tree

    def term(self) -> Tree:
        kind, text = self.take()
        if kind == "string":
            return Literal(ESCAPE.sub(_unescaped, text[1:-1]), "string")
        if kind == "number":
            return Literal(self.number(text), "number")
        if kind == "date":
            return Literal(text[1:].removeprefix("T"), "date")
        if kind == "constant":
            return Constant(text[1:].strip("`"))
        if kind == "this":
            return This()
        if text == "(":
            tree = self.level(0)
            self.take(")")
            return tree
        if text == "-" and self.at < len(self.tokens) and self.tokens[self.at][0] == "number":
            return Literal(-self.number(self.take()[1]), "number")
        if kind == "name" and text in ("true", "false") and self.peek() != "(":
            return Literal(text == "true", "boolean")
        if kind == "name":
            self.at -= 1
            return self.step(This())
        raise PathError(f"`{self.text}`: `{text}` was not expected")

    def number(self, text: str) -> float:
        if not math.isfinite(float(text)):
            raise PathError(f"`{self.text}`: a number is too large")
        return float(text)

    def step(self, base: Tree) -> Tree:
        kind, text = self.take()
        if kind != "name":
            raise PathError(f"`{self.text}`: a name was expected, not `{text}`")
        name = text.strip("`")
        if not ELEMENT.fullmatch(name):
            raise PathError(f"`{self.text}`: no element of FHIR is called `{name}`")
        if self.peek() != "(":
            return Step(base, name)
        self.take("(")
        args: list[Tree] = []
        while self.peek() != ")":
            args.append(self.level(0))
            if self.peek() == ",":
                self.take()
        self.take(")")
        return _called(self.text, base, name, tuple(args))


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else ESCAPES.get(found[2], found[2])


def _called(text: str, base: Tree, name: str, args: tuple[Tree, ...]) -> Tree:
    if name != "ofType":
        return Call(base, name, args)
    if len(args) != 1 or not isinstance(args[0], Step) or not isinstance(base, Step) or base.of_type:
        raise PathError(f"`{text}`: ofType follows an element and names one type, as in value.ofType(Quantity)")
    return Step(base.base, base.name, args[0].name)
