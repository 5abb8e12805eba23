"""Papers as PDF: tagged, PDF/UA-1, set by Typst. Text goes in as data, never as markup."""

from __future__ import annotations

import json
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from afterdisc.documents.letter import Letter, paper_of
from afterdisc.documents.paper import Points, Table, Text
from afterdisc.documents.sheet import MOST_OPTIONS, Sheet
from afterdisc.words.days import day

HERE = Path(str(files("afterdisc.documents")))
KINDS = {Text: "text", Points: "points", Table: "table"}


def letter_pdf(letter: Letter) -> bytes:
    """The letter as a tagged PDF. The same letter gives the same bytes."""
    paper = paper_of(letter)
    return _set("letter.typ", plain(paper), paper.made_on)


def sheet_pdf(sheet: Sheet) -> bytes:
    """The plain-language sheet as a tagged PDF of one page."""
    data = asdict(sheet) | {"options": [asdict(o) for o in sheet.options[:MOST_OPTIONS]], "visit_on": day(sheet.visit_on)}
    return _set("sheet.typ", data, sheet.made_on)


def plain(value: Any) -> Any:
    """Dataclasses as dictionaries that say of which kind they are."""
    if is_dataclass(value) and not isinstance(value, type):
        fields = {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
        return fields | ({"kind": KINDS[type(value)]} if type(value) in KINDS else {})
    return [plain(v) for v in value] if isinstance(value, tuple | list) else value


def _set(template: str, data: dict[str, Any], made_on: str) -> bytes:
    import typst

    moment = datetime.fromisoformat(made_on[:10]).replace(tzinfo=UTC)
    made: bytes = typst.compile(
        str(HERE / "templates" / template),
        root=str(HERE / "templates"),
        font_paths=[str(HERE / "fonts")],
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards=["ua-1"],
        sys_inputs={"data": json.dumps(_printable(data), ensure_ascii=False)},
        timestamp=int(moment.timestamp()),
    )
    return made


def _printable(value: Any) -> Any:
    """Without control characters, which no page can show."""
    if isinstance(value, str):
        return "".join(c for c in value if c in "\n\t" or c.isprintable())
    if isinstance(value, dict):
        return {k: _printable(v) for k, v in value.items()}
    return [_printable(v) for v in value] if isinstance(value, list | tuple) else value
