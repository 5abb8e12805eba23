"""YAML in which no name stands twice in one mapping: the standard forbids it, but its reader keeps the last one."""

from __future__ import annotations

from typing import Any

import yaml
from yaml import YAMLError

__all__ = ["Twice", "YAMLError", "load"]


class Twice(Exception):
    """The names of a mapping that holds one of them twice, and the line on which it begins."""

    def __init__(self, names: list[str], line: int) -> None:
        self.names, self.line = names, line


class Once(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [str(key.value) for key, _ in node.value]
        if len(set(names)) != len(names):
            raise Twice(names, node.start_mark.line + 1)
        return super().construct_mapping(node, deep)


def load(text: str) -> Any:
    return yaml.load(text, Once)
