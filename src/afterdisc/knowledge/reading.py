"""The files of a knowledge folder, and reading item after item: a wrong one is noted and the rest go on."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from afterdisc.errors import KnowledgeError, UnreadableKnowledge
from afterdisc.knowledge.fields import Fields
from afterdisc.knowledge.tree import read_tree

T = TypeVar("T")
WRONG_SHAPE = (TypeError, ValueError, KeyError, IndexError, AttributeError)
SHAPE = "a value has another shape than its key asks for"


class Files:
    """The files of one folder; what is wrong with them goes into `problems`."""

    def __init__(self, folder: Path, problems: list[KnowledgeError]) -> None:
        self.folder, self.problems = folder, problems

    def one(self, name: str) -> Fields:
        return Fields(read_tree(self.folder / name, name), name, self.problems)

    def all_of(self, part: str) -> Iterator[Fields]:
        """Every file of a part, in the order of their names."""
        for path in sorted((self.folder / part).glob("*.yaml")):
            yield self.one(f"{part}/{path.name}")

    def rows(self, pattern: str) -> Iterator[dict[str, str]]:
        """The rows of the tables `sources/<pattern>`."""
        for path in sorted((self.folder / "sources").glob(pattern)):
            with path.open(newline="", encoding="utf-8") as handle:
                yield from csv.DictReader(handle)


def each(items: Iterable[Fields], make: Callable[[Fields], T]) -> tuple[T, ...]:
    """What `make` makes of each item."""
    return tuple(made for fields in items for made in _made(fields, partial(make, fields)))


def named(items: Iterable[tuple[str, Fields]], make: Callable[[str, Fields], T]) -> dict[str, T]:
    """What `make` makes of each entry of a mapping, under its name."""
    return {name: made for name, fields in items for made in _made(fields, partial(make, name, fields))}


def _made(fields: Fields, make: Callable[[], T]) -> Iterator[T]:
    """The item, or nothing and a note of what is wrong with it."""
    try:
        made = make()
        fields.done()
    except KnowledgeError as error:
        fields.problems.append(error)
    except WRONG_SHAPE:
        fields.problems.append(UnreadableKnowledge(f"{fields.what}: {SHAPE}", where=fields.where()))
    else:
        yield made
