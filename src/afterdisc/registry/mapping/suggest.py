"""suggest: a draft of a map from the names of columns. A draft: somebody who knows the registry reads it before it is used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from afterdisc.intake.batch import layout_of
from afterdisc.program import Program
from afterdisc.registry.columns import ID, RECORD_COLUMNS

MOST_CODES = 8  # a column of more different values is not coded
WORD = re.compile(r"[a-zåäöæøé]+|\d+")
CAMEL = re.compile(r"(?<=[a-zåäöæø])(?=[A-ZÅÄÖÆØ])")


@dataclass(frozen=True)
class Suggestion:
    """A draft: which column may hold what, and the columns nothing was found for."""

    placed: Mapping[str, str]  # finding, record column or `id` -> column
    unplaced: tuple[str, ...]
    text: str  # the draft as MAP.yaml


def suggest(program: Program, names: Sequence[str], codes: Mapping[str, Sequence[str]], *, source: str) -> Suggestion:
    """Draft a map for columns of these names; `codes` holds the few different values of coded columns.

    A column is placed by the words of its name, in English, Swedish or Norwegian, against `names.yaml` and the ids of
    findings; each finding once, the closest name first. Nothing is guessed from values.
    """
    wanted = _wanted(program)
    rated = sorted(
        ((score, -len(name), name, target) for name in names for target, score in _scores(name, wanted)), reverse=True
    )
    placed: dict[str, str] = {}
    used: set[str] = set()
    for _, _, name, target in rated:
        if target not in placed and name not in used:
            placed[target] = name
            used.add(name)
    unplaced = tuple(name for name in names if name not in used)
    return Suggestion(placed, unplaced, _text(program, placed, unplaced, codes, source))


def words_of(name: str) -> tuple[str, ...]:
    """The words of a column's name: `PainLeg_NRS1` as pain, leg, nrs, 1."""
    return tuple(WORD.findall(CAMEL.sub(" ", name).lower().replace("_", " ")))


@lru_cache(maxsize=1)
def _stems() -> Mapping[str, tuple[tuple[str, ...], ...]]:
    given = yaml.safe_load(files("afterdisc.registry.mapping").joinpath("names.yaml").read_text(encoding="utf-8"))
    return {target: tuple(tuple(phrase.split()) for phrase in phrases) for target, phrases in given.items()}


def _wanted(program: Program) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Target -> phrases; each word of a phrase is the beginning of a word of the name."""
    known = [ID, *RECORD_COLUMNS, *layout_of(program).simple]
    own = {name: tuple(name.lower().split("_")) for name in known}
    return {name: (own[name], *_stems().get(name, ())) for name in known}


def _scores(name: str, wanted: Mapping[str, tuple[tuple[str, ...], ...]]) -> Iterable[tuple[str, float]]:
    words = words_of(name)
    for target, phrases in wanted.items():
        best = max((_fit(words, phrase) for phrase in phrases), default=0.0)
        if best > 0:
            yield target, best


def _fit(words: tuple[str, ...], phrase: tuple[str, ...]) -> float:
    """The share of the name that a phrase explains, if every word of the phrase is there; longer phrases weigh more."""
    if not words or not all(any(word.startswith(stem) for word in words) for stem in phrase):
        return 0.0
    explained = sum(any(word.startswith(stem) for stem in phrase) for word in words)
    return len(phrase) + explained / len(words)


def _text(
    program: Program, placed: Mapping[str, str], unplaced: Sequence[str], codes: Mapping[str, Sequence[str]], source: str
) -> str:
    simple = layout_of(program).simple
    lines = [f"# A draft for {source}, made from the names of its columns. Read every line before you use it.", "registry: ''"]
    lines += ["missing: []  # what stands for unknown everywhere, for example [NA, '99']"]
    lines.append(f"id: {_quoted(placed[ID])}" if ID in placed else "id: ''  # which column names the person?")
    for part, known in (("record", RECORD_COLUMNS), ("findings", simple)):
        names = [n for n in known if n in placed]
        lines.append(f"{part}:" if names else f"{part}: {{}}")
        for name in names:
            lines += _entry(name, placed[name], simple, codes)
    lines.append("unplaced:" if unplaced else "unplaced: {}")
    lines += [f"  {_quoted(name)}: ''" for name in unplaced]
    return "\n".join(lines) + "\n"


def _entry(name: str, column: str, simple: Mapping[str, Any], codes: Mapping[str, Sequence[str]]) -> list[str]:
    finding = simple[name][1] if name in simple else None
    if finding is not None and finding.kind in ("bool", "category", "ordinal") and codes.get(column):
        choices = ", ".join(finding.states)
        out = [f"  {name}:", f"    column: {_quoted(column)}", f"    values:  # each one of {choices}; null is unknown"]
        return out + [f"      {_quoted(code)}: null" for code in codes[column]]
    if finding is not None and finding.kind in ("number", "count"):
        limits = f"    factor: 1  # the finding takes {finding.low:g} to {finding.high:g}"
        return [f"  {name}:", f"    column: {_quoted(column)}", limits]
    return [f"  {name}: {_quoted(column)}"]


def _quoted(text: str) -> str:
    """A scalar that YAML reads back as this very text."""
    return yaml.safe_dump(str(text), default_style="'", allow_unicode=True, width=10_000).strip()
