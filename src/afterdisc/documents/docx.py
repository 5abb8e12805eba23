"""The letter as DOCX, to be edited: real headings, real lists, tables with header rows, a language and a title."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime
from typing import Any

from afterdisc.documents.drawable import writable
from afterdisc.documents.letter import Letter
from afterdisc.documents.letter_paper import paper_of
from afterdisc.documents.paper import Banner, Pairs, Paper, Part, Points, Section, Table, Text

FONT = "Arial"
LANGUAGE = "en-GB"
BRAND, SOFT, LINE = "123F56", "52616B", "C9D4D8"
SMALL = "Small print"
SIZES = {"Normal": 10, "Title": 18, "Heading 1": 12.5, "Caption": 9}
LONGEST_PROPERTY = 255
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can say
CITED = re.compile(r"( ?\[[0-9J][0-9, \u00a0J]*\])")
WIDTHS = {"Chance": (52, 38, 76), "When": (52, 38, 76), "Decision": (56, 22, 88)}  # millimetres
FILL = {"now": "FBE9E7", "soon": "FDF3DE", "open": "FDF3DE", "calm": "E8F2F0"}


def letter_docx(letter: Letter) -> bytes:
    """The letter as an editable document. The same letter gives the same bytes."""
    from docx import Document

    paper = paper_of(letter)
    doc = Document()
    _prepare(doc, paper)
    _head(doc, paper)
    for section in paper.sections:
        if not section.is_small:
            _section(doc, section)
    _signature(doc, paper)
    for section in paper.sections:
        if section.is_small:
            _section(doc, section, style=SMALL)
    return _repacked(doc)


# ------------------------------------------------------------------------------------------------------------- the whole


def _prepare(doc: Any, paper: Paper) -> None:
    """Title, language, fonts, margins and the foot of the page."""
    from docx.shared import Mm

    core = doc.core_properties
    title = f"{paper.title}: {paper.facts[0][1]}"
    core.title, core.author, core.language = _property(title), _property(paper.sender), LANGUAGE
    core.comments, core.subject = "", "Clinical letter"
    core.created = core.modified = datetime.fromisoformat(paper.made_on)
    _styles(doc)
    page = doc.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(22)
    page.top_margin, page.bottom_margin = Mm(18), Mm(20)
    _foot(page.footer.paragraphs[0], f"{writable(paper.facts[0][1])} · {paper.stamp} · ")


def _property(text: str) -> str:
    """A property of the file holds no more than 255 characters."""
    return writable(text)[:LONGEST_PROPERTY]


def _styles(doc: Any) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    for name, size in SIZES.items():
        style = doc.styles[name]
        style.font.size, style.font.name = Pt(size), FONT
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for key in list(fonts.attrib):
            if "heme" in key:  # a theme's font would win over the one named here
                del fonts.attrib[key]
        for key in ("ascii", "hAnsi", "cs", "eastAsia"):
            fonts.set(qn(f"w:{key}"), FONT)
    for name in ("Title", "Heading 1"):
        doc.styles[name].font.color.rgb = RGBColor.from_string(BRAND)
        doc.styles[name].font.bold = True
    doc.styles["Title"].element.get_or_add_pPr().remove_all("w:pBdr")
    doc.styles["Caption"].font.color.rgb = RGBColor.from_string(SOFT)
    doc.styles["Caption"].font.bold = False
    small = doc.styles.add_style(SMALL, 1)  # of paragraphs
    small.base_style, small.font.size = doc.styles["Normal"], Pt(8.5)
    small.paragraph_format.space_after = Pt(3)
    doc.styles["Normal"].paragraph_format.space_after = Pt(5)
    doc.styles["Heading 1"].paragraph_format.space_before = Pt(12)
    for language in doc.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), LANGUAGE)


def _foot(paragraph: Any, words: str) -> None:
    """`… page 2 of 3`, kept up to date by the reader's program."""
    for part in (words + "page ", "PAGE", " of ", "NUMPAGES"):
        _field(paragraph, part) if part.isupper() else _small(paragraph.add_run(part))


def _field(paragraph: Any, name: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), name)
    shown = _small(paragraph.add_run("1"))
    field.append(shown._r)
    paragraph._p.append(field)


def _small(run: Any) -> Any:
    from docx.shared import Pt, RGBColor

    run.font.size, run.font.color.rgb = Pt(8), RGBColor.from_string(SOFT)
    return run


def _head(doc: Any, paper: Paper) -> None:
    """Who writes to whom, when, and about whom."""
    sender = doc.add_paragraph()
    sender.add_run(writable(paper.sender)).bold = True
    for line in (*paper.sender_lines, paper.written):
        sender.add_run("\n" + writable(line))
    if paper.addressee:
        doc.add_paragraph("\n".join(writable(line) for line in paper.addressee))
    doc.add_heading(writable(paper.title), 0)
    if paper.is_draft:
        doc.add_paragraph().add_run("Draft, not signed").bold = True
    for label, value in paper.facts:
        line = _pair(doc, f"{label}: ", value)
        line.paragraph_format.space_after = 0


def _signature(doc: Any, paper: Paper) -> None:
    doc.add_paragraph()
    doc.add_paragraph("\n".join(writable(line) for line in paper.signature))


# ------------------------------------------------------------------------------------------------------------- its parts


def _section(doc: Any, section: Section, *, style: str = "Normal") -> None:
    doc.add_heading(writable(section.title), 1)
    for part in section.parts:
        _add(doc, part, style)


def _add(doc: Any, part: Part, style: str) -> None:
    match part:
        case Text():
            _told(doc.add_paragraph(style=style), part.text, is_bold=part.is_strong)
        case Points():
            for item in part.items:
                _told(doc.add_paragraph(style=style if part.is_told_by_number else "List Bullet"), item)
        case Pairs():
            for name, text in part.rows:
                _pair(doc, f"{_phrased(name)} ", text, style)
        case Banner():
            _banner(doc, part)
        case Table():
            _table(doc, part)


def _phrased(name: str) -> str:
    return name if name.endswith((".", ":", "?")) else name + "."


def _told(paragraph: Any, text: str, *, is_bold: bool = False) -> Any:
    """The text in a paragraph, its citations small."""
    for piece in CITED.split(writable(text)):
        if CITED.fullmatch(piece):
            _small(paragraph.add_run(piece))
        elif piece:
            paragraph.add_run(piece).bold = is_bold or None
    return paragraph


def _pair(doc: Any, name: str, text: str, style: str = "Normal") -> Any:
    paragraph = doc.add_paragraph(style=style)
    paragraph.add_run(writable(name)).bold = True
    return _told(paragraph, text)


def _banner(doc: Any, banner: Banner) -> None:
    paragraph = doc.add_paragraph()
    _shade(paragraph, FILL[banner.tone])
    paragraph.add_run(writable(banner.title)).bold = True
    if banner.text:
        paragraph.add_run("\n" + writable(banner.text))


def _shade(paragraph: Any, fill: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", fill)):
        shade.set(qn(f"w:{name}"), value)
    paragraph._p.get_or_add_pPr().append(shade)


def _table(doc: Any, part: Table) -> None:
    from docx.shared import Mm

    if part.caption:
        doc.add_paragraph(writable(part.caption), style="Caption").paragraph_format.keep_with_next = True
    table = doc.add_table(rows=1, cols=len(part.header), style="Table Grid")
    table.autofit = False
    _describe(table, part)
    for cell, text in zip(table.rows[0].cells, part.header, strict=True):
        cell.paragraphs[0].add_run(writable(text)).bold = True
    for row in part.rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            _told(cell.paragraphs[0], text)
    for place, width in enumerate(WIDTHS.get(part.header[1], ())):
        table.columns[place].width = Mm(width)
        for cell in table.columns[place].cells:
            cell.width = Mm(width)
    doc.add_paragraph().paragraph_format.space_after = 0


def _describe(table: Any, part: Table) -> None:
    """A header row that repeats and is read out, and a description for those who do not see the table."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    head = table.rows[0]._tr.get_or_add_trPr()
    for name in ("w:cantSplit", "w:tblHeader"):
        mark = OxmlElement(name)
        mark.set(qn("w:val"), "true")
        head.append(mark)
    title = OxmlElement("w:tblCaption")
    title.set(qn("w:val"), ", ".join(part.header))
    words = OxmlElement("w:tblDescription")
    words.set(qn("w:val"), f"{len(part.rows)} rows under the headers {', '.join(part.header)}. {part.caption}".strip())
    table._tbl.tblPr.extend((_lines(), _room(), title, words))


def _lines() -> Any:
    """Thin lines between the rows alone."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    lines = OxmlElement("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        line = OxmlElement(f"w:{side}")
        kind = "single" if side in ("bottom", "insideH") else "nil"
        for name, value in (("val", kind), ("sz", "4"), ("space", "0"), ("color", LINE)):
            line.set(qn(f"w:{name}"), value)
        lines.append(line)
    return lines


def _room() -> Any:
    """Some room around the words of a cell."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    room = OxmlElement("w:tblCellMar")
    for side, twips in (("top", "50"), ("left", "0"), ("bottom", "20"), ("right", "140")):
        edge = OxmlElement(f"w:{side}")
        edge.set(qn("w:w"), twips)
        edge.set(qn("w:type"), "dxa")
        room.append(edge)
    return room


def _repacked(doc: Any) -> bytes:
    """The file with every time inside it set to the same, so that bytes do not depend on the hour."""
    made, out = io.BytesIO(), io.BytesIO()
    doc.save(made)
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            new.writestr(zipfile.ZipInfo(name, EPOCH), old.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()
