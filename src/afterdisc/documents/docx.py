"""The letter as DOCX, to be edited: real headings, real lists, tables with header rows."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from typing import Any

from afterdisc.documents.letter import Letter, paper_of
from afterdisc.documents.paper import Paper, Part, Points, Table, Text

FONT = "Arial"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can say


def letter_docx(letter: Letter) -> bytes:
    """The letter as an editable document. The same letter gives the same bytes."""
    from docx import Document

    paper = paper_of(letter)
    doc = Document()
    _prepare(doc, paper)
    doc.add_heading(_clean(paper.title), 0)
    if paper.is_draft:
        doc.add_paragraph("Draft, not signed", style="Intense Quote")
    _facts(doc, paper)
    for section in paper.sections:
        doc.add_heading(_clean(section.title), 1)
        for part in section.parts:
            _add(doc, part)
    return _repacked(doc)


def _prepare(doc: Any, paper: Paper) -> None:
    from docx.oxml.ns import qn

    core = doc.core_properties
    core.title, core.author, core.language = _clean(paper.title), _clean(paper.sender), "en-GB"
    core.created = core.modified = datetime.fromisoformat(paper.made_on)
    style = doc.styles["Normal"]
    style.font.name = FONT
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    language = style.element.rPr.makeelement(qn("w:lang"), {qn("w:val"): "en-GB"})
    style.element.rPr.append(language)
    foot = doc.sections[0].footer.paragraphs[0]
    foot.text = f"{paper.stamp} · page "
    _page_number(foot)


def _page_number(paragraph: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)


def _facts(doc: Any, paper: Paper) -> None:
    for label, value in paper.facts:
        line = doc.add_paragraph()
        line.paragraph_format.space_after = 0
        line.add_run(f"{_clean(label)}: ").bold = True
        line.add_run(_clean(value))


def _add(doc: Any, part: Part) -> None:
    if isinstance(part, Text):
        doc.add_paragraph().add_run(_clean(part.text)).bold = part.is_strong
    elif isinstance(part, Points):
        for item in part.items:
            doc.add_paragraph(_clean(item), style="List Bullet")
    else:
        _table(doc, part)


def _table(doc: Any, part: Table) -> None:
    if part.caption:
        doc.add_paragraph(_clean(part.caption), style="Caption")
    table = doc.add_table(rows=1, cols=len(part.header), style="Light Grid Accent 1")
    _repeat_header(table.rows[0])
    for cell, text in zip(table.rows[0].cells, part.header, strict=True):
        cell.text = _clean(text)
    for row in part.rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = _clean(text)
    doc.add_paragraph()


def _repeat_header(row: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def _clean(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return "".join(c for c in text if c in "\n\t" or c.isprintable())


def _repacked(doc: Any) -> bytes:
    """The file with every time inside it set to the same, so that bytes do not depend on the hour."""
    made, out = io.BytesIO(), io.BytesIO()
    doc.save(made)
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            new.writestr(zipfile.ZipInfo(name, EPOCH), old.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()
