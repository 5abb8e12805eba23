"""Papers as PDF: tagged, PDF/UA-1, set by Typst. Text goes in as data, never as markup."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from afterdisc.documents.drawable import drawable
from afterdisc.documents.letter import Letter
from afterdisc.documents.letter_paper import paper_of
from afterdisc.documents.paper import Banner, Pairs, Points, Table, Text
from afterdisc.documents.sheet import Sheet
from afterdisc.documents.sheet_paper import data_of, pictures_of

HERE = Path(str(files("afterdisc.documents")))
NARROW = 22  # so long a word fits a column of the sheet
KINDS = {Text: "text", Points: "points", Pairs: "pairs", Banner: "banner", Table: "table"}


def letter_pdf(letter: Letter) -> bytes:
    """The letter as a tagged PDF. The same letter gives the same bytes."""
    paper = paper_of(letter)
    return _set("letter.typ", drawable(plain(paper)), paper.made_on)


def sheet_pdf(sheet: Sheet) -> bytes:
    """The plain-language sheet as a tagged PDF of one page. The same sheet gives the same bytes."""
    return _set("sheet.typ", drawable(data_of(sheet), NARROW), sheet.made_on or sheet.visit_on, pictures_of(sheet))


def plain(value: Any) -> Any:
    """Dataclasses as dictionaries that say of which kind they are."""
    if is_dataclass(value) and not isinstance(value, type):
        fields = {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
        return fields | ({"kind": KINDS[type(value)]} if type(value) in KINDS else {})
    return [plain(v) for v in value] if isinstance(value, tuple | list) else value


def _set(template: str, data: dict[str, Any], made_on: str, pictures: Mapping[str, str] | None = None) -> bytes:
    import typst

    moment = datetime.fromisoformat(made_on[:10]).replace(tzinfo=UTC)
    made: bytes = typst.compile(
        str(HERE / "templates" / template),
        root=str(HERE / "templates"),
        font_paths=[str(HERE / "fonts")],
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards=["ua-1"],
        sys_inputs={"data": json.dumps(data, ensure_ascii=False), "pictures": json.dumps(pictures or {})},
        timestamp=int(moment.timestamp()),
    )
    return made
