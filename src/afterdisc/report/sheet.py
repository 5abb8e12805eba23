"""A sheet of terminal text: headings, hanging lines, bars and columns, wrapped to a width.

The only file that imports rich; it is itself imported when a terminal page is asked for, never for JSON.
"""

from __future__ import annotations

import io
import re

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from afterdisc.report.phrases import plain

Part = str | tuple[str, str]  # words, or words with a style
NARROWEST = 60
GLUE = "\ue000"  # stands for a space at which no line may break; rich knows no such space


class Sheet:
    """Takes lines from top to bottom; `text` is what they came to."""

    def __init__(self, width: int, *, colour: bool) -> None:
        self.width = max(width, NARROWEST)
        self._out = io.StringIO()
        self._console = Console(
            file=self._out,
            width=self.width,
            color_system="standard" if colour else None,
            force_terminal=colour,
            legacy_windows=False,
            highlight=False,
            markup=False,
            emoji=False,
        )

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._out.getvalue().replace(GLUE, " ").split("\n"))

    def heading(self, words: str, note: str = "") -> None:
        """A section begins."""
        self.gap()
        title = Text.assemble((words.upper(), "bold"), (f"  {note}" if note else "", "dim"))
        self._console.print(Rule(title, align="left", style="dim", characters="─"))

    def ends(self, left: Part, right: Part) -> None:
        """Words at both margins of one line; below each other where they do not fit."""
        a, b = _text(left), _text(right)
        room = self.width - cell_len(a.plain) - cell_len(b.plain)
        self._console.print(Text.assemble(a, " " * room, b) if room > 1 else Text.assemble(a, "\n", b))

    def line(self, *parts: Part, indent: int = 0) -> None:
        """A paragraph."""
        self._console.print(Padding(_text(*parts), (0, 0, 0, indent)))

    def item(self, mark: Part, *parts: Part, indent: int = 0, hang: int = 2) -> None:
        """A line that hangs on a mark: what wraps stays right of it."""
        self.row([(mark, hang)], *parts, indent=indent)

    def row(self, cells: list[tuple[Part, int]], *parts: Part, indent: int = 0) -> None:
        """Cells, each with its width, then words that wrap in what is left of the line."""
        grid = Table.grid(padding=0)
        for _, width in cells:
            grid.add_column(width=width, no_wrap=True)
        grid.add_column(ratio=1, overflow="fold")
        grid.add_row(*(_text(words) for words, _ in cells), _text(*parts))
        self._console.print(Padding(grid, (0, 0, 0, indent)))

    def columns(self, heads: list[str], rows: list[list[str]]) -> None:
        """Cells side by side under their heads; a row of one cell is a title across."""
        grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
        for _ in heads:
            grid.add_column(ratio=1, overflow="fold")
        grid.add_row(*(_text((head, "dim")) for head in heads))
        for row in rows:
            grid.add_row(*(_text(cell) for cell in row))
        self._console.print(grid)

    def gap(self) -> None:
        self._console.print()


def bar(p: float, band: list[float] | None, cells: int) -> str:
    """A chance as a bar: full up to the lower end of the interval, lighter up to its upper end."""
    low, high = band or (p, p)
    full = round(low * cells)
    middle, end = max(round(p * cells), full), max(round(high * cells), full)
    shown = "█" * full + "▓" * (middle - full) + "░" * (end - middle)
    return shown.ljust(cells, "·")


def _text(*parts: Part) -> Text:
    return Text.assemble(*((_kept(p), "") if isinstance(p, str) else (_kept(p[0]), p[1]) for p in parts))


def _kept(words: str) -> str:
    """A number stays with its per cent sign, and whatever a no-break space joins stays together."""
    return re.sub(r"\u00a0|(?<=\d) (?=%)", GLUE, plain(words))
