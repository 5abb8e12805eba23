"""YAML with line numbers: every mapping and list remembers where it was written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from afterdisc.errors import UnreadableKnowledge

try:
    from yaml import CSafeLoader as Loader
except ImportError:  # PyYAML built without libyaml: the same result, slower
    from yaml import SafeLoader as Loader  # type: ignore[assignment]


class Map(dict[str, Any]):
    """A YAML mapping whose keys are always text; `lines` holds the line of each key."""

    def __init__(self, file: str, line: int) -> None:
        super().__init__()
        self.file, self.line = file, line
        self.lines: dict[str, int] = {}

    def where(self, key: str | None = None) -> str:
        return f"{self.file}:{self.lines.get(key, self.line) if key else self.line}"


class Seq(list[Any]):
    """A YAML list; `lines` holds the line of each item."""

    def __init__(self, file: str, line: int) -> None:
        super().__init__()
        self.file, self.line = file, line
        self.lines: list[int] = []

    def where(self, index: int | None = None) -> str:
        return f"{self.file}:{self.line if index is None else self.lines[index]}"


def read_tree(path: Path, name: str) -> Map:
    """The content of one YAML file. `name` is how messages call the file."""
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=Loader)
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableKnowledge(f"the file cannot be read ({error})", where=name) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or "not YAML"
        raise UnreadableKnowledge(
            f"not YAML: {problem}", where=f"{name}:{line}", mend="Quote text that holds `: `, `#` or starts with a bracket."
        ) from None
    if not isinstance(node, yaml.MappingNode):
        raise UnreadableKnowledge("the file must hold a mapping (`key: value`)", where=f"{name}:1")
    tree = tree_of(node, name)
    assert isinstance(tree, Map)
    return tree


def tree_of(node: yaml.Node | None, name: str) -> Any:
    """A composed node as plain values, maps and lists with their lines. `name` is how messages call the text."""
    return None if node is None else _built(node, name, yaml.SafeLoader(""))


def _built(node: yaml.Node, file: str, scalars: yaml.SafeLoader) -> Any:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        out = Map(file, line)
        for key, value in node.value:
            name = str(key.value)
            if name in out:
                raise UnreadableKnowledge(
                    f"`{name}` stands twice in one mapping",
                    where=f"{file}:{key.start_mark.line + 1}",
                    mend=f"The first is on line {out.lines[name]}; keep one.",
                )
            out[name] = _built(value, file, scalars)
            out.lines[name] = key.start_mark.line + 1
        return out
    if isinstance(node, yaml.SequenceNode):
        items = Seq(file, line)
        for item in node.value:
            items.append(_built(item, file, scalars))
            items.lines.append(item.start_mark.line + 1)
        return items
    if node.tag == "tag:yaml.org,2002:timestamp":
        return node.value
    return scalars.construct_object(node)
