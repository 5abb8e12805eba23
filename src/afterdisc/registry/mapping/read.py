"""read_map: MAP.yaml, strictly; a slip is told with file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from afterdisc.errors import KnowledgeError, UnreadableKnowledge, UnreadableMap
from afterdisc.intake.batch import layout_of
from afterdisc.knowledge.fields import Fields
from afterdisc.knowledge.tree import Map as Tree
from afterdisc.knowledge.tree import read_tree
from afterdisc.program import Column, Program
from afterdisc.registry.columns import RECORD_COLUMNS
from afterdisc.registry.mapping.map import (
    MISSING,
    REFUSE,
    UNKNOWN,
    Amounts,
    Constant,
    Elapsed,
    FromColumn,
    Map,
    Way,
    YesColumns,
)
from afterdisc.words.nearest import did_you_mean

UNITS = ("days", "weeks", "months", "years")
WAYS = "column, from and to, yes_columns, amounts, or constant"


def read_map(path: Path, program: Program) -> Map:
    """The map of a registry, checked against the findings of this program.

    Raises UnreadableMap: file:line, what is wrong, how to mend it; all slips of the file at once.
    """
    problems: list[KnowledgeError] = []
    try:
        made = _Reader(Fields(read_tree(path, path.name), "the map", problems), program, problems).map(path.name)
    except UnreadableKnowledge as error:
        raise UnreadableMap(_text(error)) from None
    if problems:
        raise UnreadableMap("\n".join(_text(p) for p in problems))
    return made


def _text(error: KnowledgeError) -> str:
    mend = f" {error.mend}" if error.mend else ""
    return f"{error.where}  {error.what}.{mend}".replace("..", ".")


class _Reader:
    def __init__(self, top: Fields, program: Program, problems: list[KnowledgeError]) -> None:
        self.top, self.program, self.problems = top, program, problems
        self.missing = (*MISSING, *top.names("missing"))
        self.columns = {name: column for name, (_, column) in layout_of(program).simple.items()}

    def map(self, file: str) -> Map:
        top, lines = self.top, {}
        record: dict[str, Way] = {}
        findings: dict[str, Way] = {}
        for part, known, out in (("record", set(RECORD_COLUMNS), record), ("findings", set(self.columns), findings)):
            for name, entry in self._entries(part):
                lines[name] = top.tree[part].lines.get(name, 1)
                if name not in known:
                    mend = did_you_mean(name, known) or "See `afterdisc knowledge show findings`."
                    what = f"`{name}` is no {'finding' if part == 'findings' else 'record column'}"
                    self.problems.append(UnreadableKnowledge(what, where=top.tree[part].where(name), mend=mend))
                    continue
                way = self._way(name, entry)
                if way is not None:
                    out[name] = way
        made = Map(file, top.text("registry", ""), top.text("id"), record, findings, lines, top.texts("unplaced"))
        top.names("notes")
        top.done()
        return made

    def _entries(self, part: str) -> list[tuple[str, Fields]]:
        """The entries of a part; a bare text is a column."""
        given = self.top.raw(part)
        if given is None:
            return []
        if not isinstance(given, Tree):
            raise UnreadableKnowledge(f"`{part}` must be a mapping", where=self.top.where(part))
        out = []
        for name, body in given.items():
            if not isinstance(body, Tree):
                tree = Tree(given.file, given.lines[name])
                tree["column"] = body
                tree.lines["column"] = given.lines[name]
                body = tree
            out.append((name, Fields(body, f"`{name}`", self.problems, given.where(name))))
        return out

    def _way(self, name: str, f: Fields) -> Way | None:
        missing = (*self.missing, *f.names("missing"))
        otherwise = f.text("otherwise", REFUSE)
        if otherwise not in (REFUSE, UNKNOWN):
            self._slip(f, "otherwise", f"`otherwise` is {REFUSE} or {UNKNOWN}")
        made: Way | None = None
        if "column" in f.tree:
            made = self._column(name, f, missing, otherwise)
        elif "from" in f.tree:
            unit = f.text("unit", "weeks")
            if unit not in UNITS:
                self._slip(f, "unit", f"`unit` is one of {', '.join(UNITS)}")
            made = Elapsed(f.text("from"), f.text("to"), unit, f.text("format", ""), missing, otherwise)
        elif "yes_columns" in f.tree:
            yes, no = f.names("yes") or ("1", "true", "yes"), f.names("no") or ("0", "false", "no")
            made = YesColumns(f.texts("yes_columns"), yes, no, f.flag("complete", False), missing, otherwise)
        elif "amounts" in f.tree:
            made = Amounts(f.texts("amounts"), missing, otherwise)
        elif "constant" in f.tree:
            made = self._constant(name, f)
        else:
            self._slip(f, None, f"{f.what} says neither of {WAYS}")
        f.done()
        return made

    def _column(self, name: str, f: Fields, missing: tuple[str, ...], otherwise: str) -> FromColumn:
        column = self.columns.get(name)
        values = {}
        if f.raw("values") is not None:
            for word, meaning in f.part("values").tree.items():
                values[word] = self._meaning(f, column, word, meaning)
        decimal = f.text("decimal", ".")
        if decimal not in (".", ","):
            self._slip(f, "decimal", "`decimal` is `.` or `,`")
        return FromColumn(
            f.text("column"), f.number("factor", 1.0), f.number("offset", 0.0), decimal, f.text("format", ""), values, missing,
            otherwise,
        )  # fmt: skip

    def _meaning(self, f: Fields, column: Column | None, word: str, meaning: Any) -> Any:
        """What a word of the column stands for, checked against the finding; null is unknown."""
        if meaning is None or column is None:
            return meaning if meaning is None else str(meaning)
        if column.kind in ("category", "ordinal") and meaning not in column.states:
            self._slip(f, "values", f"{f.what} takes one of {', '.join(column.states)}, `{word}` stands for none of them")
        if column.kind == "bool" and not isinstance(meaning, bool):
            self._slip(f, "values", f"{f.what} takes true or false, `{word}` stands for neither")
        if column.kind in ("number", "count") and (isinstance(meaning, bool) or not isinstance(meaning, int | float)):
            self._slip(f, "values", f"{f.what} takes a number, `{word}` stands for none")
        return meaning

    def _constant(self, name: str, f: Fields) -> Constant:
        value = f.raw("constant")
        because = f.text("because", "")
        if not because:
            self._slip(f, "constant", f"{f.what} is the same for everybody: say why, with `because:`")
        return Constant(self._meaning(f, self.columns.get(name), str(value), value), because)

    def _slip(self, f: Fields, key: str | None, what: str) -> None:
        self.problems.append(UnreadableKnowledge(what, where=f.where(key)))

