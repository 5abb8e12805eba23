"""The papers as files: tagged PDF, editable DOCX, one page for deciding together; the same bytes each time."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import docx
import pytest
from pypdf import PdfReader

from afterdisc.documents import Chance, Decided, Letter, Person, Sheet, letter_docx, letter_pdf, sheet_pdf
from afterdisc.program import Program
from unit.documents.made import ADA, DECIDED, EMPTY, EXAMPLES, case_of, letter_of, reader, sheet_of, squeezed, words_of

HOSTILE = {
    "markup": '#set page(width: 1cm) $x$ *b* _i_ `c` <lab> @ref [x] // c /* */ \\ #eval("1") #panic()',
    "html": "<script>alert(1)</script> &amp; <b>",
    "quotes": "\"double\" 'single' {json: \"x\"} \\u0000 %s {0}",
    "emoji": "王小明 🙂👩\u200d⚕️",
    "arabic": "محمد عبد الله",
    "hebrew": "שרה כהן",
    "turning": "abc\u202edef\u2066",
    "control": "a\x00b\x1bc\ud800",
    "long word": "x" * 3000,
    "long text": "many words " * 1800,
    "citation": "][1, J][ [1, 2]",
    "accents": "Z\u0301\u0301\u0301" * 60,
    "nothing": "",
    "line ends": "\n\n\n",
}
WRITES: tuple[Callable[[Letter], bytes], ...] = (letter_pdf, letter_docx)


def case_at(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.read_text())
    return read


def hostile_letter(letter: Letter, text: str) -> Letter:
    return replace(
        letter,
        site=text,
        person=Person(text, text, None),
        operation=text,
        note=f"{text}\n{text}",
        addressee=(text, text),
        site_lines=(text,),
        clinician=text,
        signed_by=text,
        come_back=(text,),
        unknown=(text,),
        findings=((text, ((text, text),)),),
        decisions=(Decided(text, "decline", text, text),),
    )


def hostile_sheet(sheet: Sheet, text: str) -> Sheet:
    person, several = Person(text, text, None), (text,) * 9
    texts = {"site": text, "cause": text, "matters": text, "warning": text, "stamp": text}
    return replace(sheet, person=person, wishes=several, unknown=several, others=several, not_yet=several, **texts)


def assert_tagged(pdf: PdfReader, title: str) -> None:
    root = pdf.root_object
    assert "/StructTreeRoot" in root
    assert root["/MarkInfo"]["/Marked"].value is True
    assert root["/Lang"] == "en-GB"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"].value is True
    assert pdf.metadata is not None
    assert pdf.metadata.title is not None
    assert pdf.metadata.title.startswith(title)
    xmp = root["/Metadata"].get_data().decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp


def tags_of(pdf: PdfReader) -> list[str]:
    """Every structure element in reading order."""

    def walk(node: Any) -> list[str]:
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            return [tag for child in node for tag in walk(child)]
        if not isinstance(node, dict):
            return []
        own = [str(node["/S"])] if "/S" in node else []
        return own + (walk(node["/K"]) if "/K" in node else [])

    return walk(pdf.root_object["/StructTreeRoot"])


# ------------------------------------------------------------------------------------------------------------ the letter


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_the_letter_of_every_example_is_tagged_and_tells_every_red_flag(program: Program, path: Path) -> None:
    letter = letter_of(program, case_at(path), decisions=DECIDED)
    made = letter_pdf(letter)
    assert_tagged(reader(made), "Re-evaluation after lumbar disc surgery: Example, Ada Marie")
    said = words_of(made)
    flags = [f for f in letter.assessment["red_flags"] if f["status"] == "fired" and f["urgency"] != "ask"]
    for flag in flags:
        assert squeezed(flag["title"]) in said
        assert squeezed(flag["action"])[:80] in said
    assert squeezed(letter.assessment["causes"][0]["label"]) in said or letter.assessment["causes"][0].get("set_aside")
    assert squeezed(program.book["intended_use"]) in said
    assert len(reader(made).pages) <= 3


def test_the_letter_has_headings_tables_with_headers_and_lists(program: Program) -> None:
    tags = tags_of(reader(letter_pdf(letter_of(program, case_of("returning-leg-pain"), decisions=DECIDED))))
    assert tags.count("/H1") == 1
    assert tags.count("/H2") >= 7
    assert tags.count("/Table") == 3
    assert tags.count("/TH") == 9
    assert {"/L", "/LI", "/P"} <= set(tags)


def test_every_page_of_the_letter_says_which_it_is_and_whose(program: Program) -> None:
    pages = reader(letter_pdf(letter_of(program, case_of("second-recurrence-unstable"), decisions=DECIDED))).pages
    assert len(pages) > 1
    for i, page in enumerate(pages, 1):
        text = page.extract_text()
        assert f"Page {i} of {len(pages)}" in text
        assert ADA.name in text
        assert program.fingerprint in text


def test_the_empty_case_gives_a_letter_full_of_questions(program: Program) -> None:
    said = words_of(letter_pdf(letter_of(program, EMPTY)))
    assert squeezed("Not answered yet, so danger is not ruled out") in said
    assert squeezed("Not known does not mean no") in said


@pytest.mark.parametrize("write", [*WRITES], ids=["pdf", "docx"])
def test_the_same_letter_gives_the_same_bytes(program: Program, write: Callable[[Letter], bytes]) -> None:
    letter = letter_of(program, case_of("returning-leg-pain"), decisions=DECIDED)
    assert write(letter) == write(letter)
    assert write(letter) != write(replace(letter, note="Something else."))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_whatever_is_typed_is_shown_as_text_in_the_letter(program: Program, text: str) -> None:
    letter = hostile_letter(letter_of(program, case_of("expected-course")), text)
    made = letter_pdf(letter)
    assert_tagged(reader(made), "Re-evaluation after lumbar disc surgery")
    assert float(reader(made).pages[0].mediabox.width) == pytest.approx(595, abs=1)
    opened = docx.Document(io.BytesIO(letter_docx(letter)))
    assert opened.core_properties.language == "en-GB"


@pytest.mark.parametrize("name", ["markup", "html", "quotes"])
def test_nothing_typed_is_lost_on_paper(program: Program, name: str) -> None:
    letter = letter_of(program, EMPTY, note=HOSTILE[name])
    assert squeezed(HOSTILE[name]) in words_of(letter_pdf(letter))
    assert HOSTILE[name] in [p.text for p in docx.Document(io.BytesIO(letter_docx(letter))).paragraphs]


# --------------------------------------------------------------------------------------------------------------- to edit


def test_the_docx_has_real_headings_a_title_a_language_and_table_headers(program: Program) -> None:
    letter = letter_of(program, case_of("returning-leg-pain"), decisions=DECIDED)
    opened = docx.Document(io.BytesIO(letter_docx(letter)))
    styles = [p.style.name for p in opened.paragraphs if p.style is not None]
    assert styles.count("Title") == 1
    assert styles.count("Heading 1") >= 7
    assert opened.core_properties.title.startswith("Re-evaluation after lumbar disc surgery: Example")
    assert 'w:lang w:val="en-GB"' in opened.styles.element.xml
    assert len(opened.tables) == 3
    for table in opened.tables:
        xml = table._tbl.xml
        assert "w:tblHeader" in xml
        assert "w:tblDescription" in xml
        assert "w:tblCaption" in xml


def test_pdf_and_docx_say_the_same(program: Program) -> None:
    letter = letter_of(program, case_of("cannot-pass-urine"), decisions=DECIDED, note="Talked it through.")
    on_paper = words_of(letter_pdf(letter))
    opened = docx.Document(io.BytesIO(letter_docx(letter)))
    cells = [cell.text for table in opened.tables for row in table.rows for cell in row.cells]
    headings = [p.text for p in opened.paragraphs if p.style is not None and p.style.name.startswith(("Heading", "Title"))]
    for text in (*headings, *cells):
        assert squeezed(text) in on_paper


def test_no_time_of_day_hides_in_the_docx(program: Program) -> None:
    with zipfile.ZipFile(io.BytesIO(letter_docx(letter_of(program, EMPTY)))) as packed:
        assert {info.date_time for info in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert packed.read("docProps/core.xml").count(b"2026-05-14T00:00:00Z") == 2


# ------------------------------------------------------------------------------------------------------------- the sheet


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_the_sheet_of_every_example_is_one_tagged_page_with_every_number(program: Program, path: Path) -> None:
    sheet = sheet_of(program, case_at(path))
    made = sheet_pdf(sheet)
    pdf = reader(made)
    assert len(pdf.pages) == 1
    assert_tagged(pdf, "Deciding together: Example, Ada Marie")
    said = words_of(made)
    for option in sheet.options:
        assert squeezed(option.label) in said
        for chance in (option.benefit, *option.harms):
            assert chance is not None
            assert squeezed(f"{chance.n} of 100") in said or chance.n in (0, 100)
        for other in option.also:
            assert squeezed(other) in said
    assert squeezed(sheet.matters) in said
    assert squeezed(sheet.warning) in said
    assert tags_of(pdf).count("/Figure") == sum(1 + len(o.harms) for o in sheet.options)


def test_every_picture_on_the_sheet_says_what_it_shows(program: Program) -> None:
    sheet = sheet_of(program, case_of("first-recurrence-on-mri"))
    made = sheet_pdf(sheet)
    pdf = reader(made)
    alts = [str(o["/Alt"]) for o in objects_of(pdf) if isinstance(o, dict) and "/Alt" in o]
    assert any(alt.startswith("No operation now. clearly better after a year: 28 of 100, could be 17 to 40") for alt in alts)
    assert len(alts) == tags_of(pdf).count("/Figure")


def objects_of(pdf: PdfReader) -> list[Any]:
    return [pdf.get_object(i) for i in range(1, len(pdf.xref_objStm) + sum(map(len, pdf.xref.values())))]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_whatever_is_typed_the_sheet_stays_one_page(program: Program, text: str) -> None:
    sheet = hostile_sheet(sheet_of(program, case_of("first-recurrence-on-mri")), text)
    pdf = reader(sheet_pdf(sheet))
    assert len(pdf.pages) == 1
    assert_tagged(pdf, "Deciding together")


def test_with_nothing_known_there_is_room_to_write_and_no_promise(program: Program) -> None:
    sheet = sheet_of(program, EMPTY, wishes=(), matters="")
    made = sheet_pdf(sheet)
    assert len(reader(made).pages) == 1
    said = words_of(made)
    assert squeezed("nothing to choose on paper today") in said
    assert squeezed("of 100 people") not in said


def test_a_best_guess_outside_its_interval_is_drawn_all_the_same(program: Program) -> None:
    sheet = sheet_of(program, case_of("returning-leg-pain"))
    odd = replace(sheet.options[0], benefit=Chance("clearly better after a year", 40, 41, 60))
    assert squeezed("40 of 100, could be up to 60") in words_of(sheet_pdf(replace(sheet, options=(odd,))))


def test_an_option_nobody_counted_says_so(program: Program) -> None:
    sheet = sheet_of(program, case_of("returning-leg-pain"))
    odd = replace(sheet.options[0], benefit=None, harms=(), also=())
    said = words_of(sheet_pdf(replace(sheet, options=(odd, sheet.options[1]))))
    assert squeezed("Nobody has counted this.") in said
    assert squeezed("Not counted. That does not mean that there is none.") in said


def test_the_same_sheet_gives_the_same_bytes(program: Program) -> None:
    sheet = sheet_of(program, case_of("second-recurrence-unstable"))
    assert sheet_pdf(sheet) == sheet_pdf(sheet)
    assert sheet_pdf(sheet) != sheet_pdf(replace(sheet, matters="Something else."))
