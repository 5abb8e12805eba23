"""Conditions as their author wrote them, before names are replaced by what they stand for."""

from __future__ import annotations

from pathlib import Path

from afterdisc.knowledge.conditions import All, Condition, parse_condition
from afterdisc.knowledge.tree import Map, Seq, read_tree


class Written:
    """The files of a knowledge folder, read again when somebody asks how a condition is written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._trees: dict[str, Map] = {}

    def condition(self, where: str) -> Condition:
        """The `when` of the item at file:line."""
        item = self._item(where)
        return parse_condition(item["when"], item.where("when"))

    def levels(self, where: str) -> tuple[Condition, ...]:
        """The `when` of each level of the red flag at file:line; the level of unanswered questions has none."""
        levels = self._item(where)["levels"]
        return tuple(parse_condition(x["when"], x.where("when")) if "when" in x else All(()) for x in levels)

    def _item(self, where: str) -> Map:
        file, _, line = where.partition(":")
        if file not in self._trees:
            self._trees[file] = read_tree(self.folder / file, file)
        found = _at(self._trees[file], int(line))
        if found is None:
            raise KeyError(where)
        return found


def _at(node: object, line: int) -> Map | None:
    """The outermost mapping that begins on this line and holds rules or levels."""
    if isinstance(node, Map):
        if node.line == line and ("when" in node or "levels" in node):
            return node
        parts = list(node.values())
    else:
        parts = list(node) if isinstance(node, Seq) else []
    return next((found for part in parts if (found := _at(part, line)) is not None), None)
