"""A figure: what it says, its picture, and the table that holds every number of the picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup


@dataclass(frozen=True)
class Table:
    """Columns with their names, and rows of plain values; None is not known or not to be shown."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Figure:
    """`name` is the file that its rows are written to; `say` what to see in it, in words."""

    name: str
    title: str
    say: str
    table: Table
    picture: Markup = field(default=Markup(""))
    facts: tuple[str, ...] = ()
