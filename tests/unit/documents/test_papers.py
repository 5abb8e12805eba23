"""What nobody may miss on any paper, in the file itself; that it holds nothing else; and that it does not hang on the hour."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import docx
import pytest
from pypdf import PdfReader

from afterdisc.documents import Letter, Person, letter_docx, letter_pdf, sheet_pdf
from afterdisc.documents.letter_paper import paper_of
from afterdisc.documents.paper import Pairs
from afterdisc.documents.sheet_paper import data_of
from afterdisc.program import Program
from unit.documents.made import DECIDED, EMPTY, EXAMPLES, case_of, letter_of, reader, sheet_of, squeezed, words_of

CASES: list[Mapping[str, Any]] = [EMPTY, *(json.loads(p.read_text(encoding="utf-8")) for p in EXAMPLES)]
NAMES = ["empty", *(p.stem for p in EXAMPLES)]
every_case = pytest.mark.parametrize("case", CASES, ids=NAMES)
FORMATS: dict[str, Callable[[Letter], str]] = {
    "pdf": lambda letter: words_of(letter_pdf(letter)),
    "docx": lambda letter: squeezed(" ".join(docx_lines(letter_docx(letter)))),
}
every_format = pytest.mark.parametrize("said_in", FORMATS.values(), ids=FORMATS)


def docx_lines(made: bytes) -> Iterator[str]:
    opened = docx.Document(io.BytesIO(made))
    for part in opened.iter_inner_content():
        if isinstance(part, docx.table.Table):
            yield from (cell.text for row in part.rows for cell in row.cells)
        else:
            yield part.text


# --------------------------------------------------------------------------------------------------------- what is said


@every_format
@every_case
def test_every_red_flag_open_question_and_decision_stands_in_the_file(
    case: Mapping[str, Any], said_in: Callable[[Letter], str], program: Program
) -> None:
    letter = letter_of(program, case, decisions=DECIDED)
    said, a = said_in(letter), letter.assessment
    raised = [f for f in a["red_flags"] if f["status"] == "fired" and f["urgency"] != "ask"]
    wanted = [text for f in raised for text in (f["title"], f["action"])]
    wanted += [q["question"] for q in a["questions"] if q["mandatory"]]
    wanted += [text for d in DECIDED for text in (d.label, d.reason, d.text)]
    wanted += [a["urgency_meaning"], a["intended_use"], a["knowledge"]["fingerprint"], *letter.come_back]
    assert [text for text in wanted if squeezed(text) not in said] == []


@every_case
def test_no_answer_that_nobody_gave_is_told_as_absent(case: Mapping[str, Any], program: Program) -> None:
    known = {program.book["findings"][f]["label"] for f, value in case["findings"].items() if value is False}
    paper = paper_of(letter_of(program, case))
    rows = [
        row for s in paper.sections if s.title == "What was found" for p in s.parts if isinstance(p, Pairs) for row in p.rows
    ]
    absent = [text.partition("Asked and not present: ")[2] for _, text in rows if "Asked and not present: " in text]
    told = {label for line in absent for label in line.removesuffix(".").split("; ")}
    assert told == known


@every_case
def test_what_is_not_known_never_stands_beside_a_no(case: Mapping[str, Any], program: Program) -> None:
    said = FORMATS["docx"](letter_of(program, case))
    for finding, text in program.book["findings"].items():
        if case["findings"].get(finding) is None and text["kind"] == "bool":
            assert f"{squeezed(text['label'])}:no" not in said


def test_a_flag_tells_the_answer_to_its_own_question_and_not_to_one_that_begins_alike(program: Program) -> None:
    a = letter_of(program, case_of("returning-leg-pain")).assessment
    flag = next(f for f in a["red_flags"] if f["status"] == "fired")
    labels = {f: program.book["findings"][f]["label"] for f in ("leg_pain_nrs", "leg_pain_present")}
    assert labels["leg_pain_present"].startswith(labels["leg_pain_nrs"])
    decided_by = [f"{labels['leg_pain_present']} is not recorded", f"{labels['leg_pain_nrs']} >= 1 points"]
    odd = {**a, "red_flags": [{**flag, "decided_by": decided_by}]}
    groups = (("Pain", ((labels["leg_pain_nrs"], "7 points"),)),)
    said = FORMATS["docx"](replace(letter_of(program, EMPTY), assessment=odd, findings=groups))
    raised_by = f"Raised by: {labels['leg_pain_nrs']}: 7 points; {labels['leg_pain_present']} is not known."
    assert squeezed(raised_by) in said


@every_case
def test_what_cannot_wait_stands_on_the_sheet_to_its_last_word(case: Mapping[str, Any], program: Program) -> None:
    text = program.book["follow_up"]["safety_net"]["sheet"]
    longest = "112, and the number of the ward, which is answered day and night, " * 4
    for number in (program.book["follow_up"]["site"]["local_emergency_number"], longest[:300]):
        warning = text.replace("{local_emergency_number}", number)
        shown = data_of(sheet_of(program, case, warning=warning))["warning"]
        assert shown == " ".join(warning.split())


def test_the_longest_warning_leaves_the_sheet_one_page_and_readable(program: Program) -> None:
    warning = "a leg that gets weaker " * 30
    made = sheet_pdf(sheet_of(program, case_of("first-recurrence-on-mri"), warning=warning[:700]))
    assert len(reader(made).pages) == 1
    assert squeezed(warning[:600]) in words_of(made)


# ------------------------------------------------------------------------------------------------------ and nothing else

ACTIVE = {
    "/JS",
    "/JavaScript",
    "/OpenAction",
    "/AA",
    "/Launch",
    "/EmbeddedFiles",
    "/EmbeddedFile",
    "/SubmitForm",
    "/GoToR",
    "/AcroForm",
}
LINKS = "https://example.org/x file:///etc/passwd javascript:alert(1) \\\\host\\share <a href='http://example.org'>x</a>"


def names_in(pdf: PdfReader) -> set[str]:
    """Every key and every name anywhere in the file."""
    seen: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                seen.add(str(key))
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)
        elif isinstance(value, str) and value.startswith("/"):
            seen.add(value)

    for number in range(1, int(pdf.trailer["/Size"])):
        walk(pdf.get_object(number))
    return seen


def test_a_pdf_runs_nothing_opens_nothing_and_leads_nowhere(program: Program) -> None:
    letter = replace(letter_of(program, EMPTY, note=LINKS, addressee=(LINKS,)), person=Person(LINKS, LINKS))
    sheet = sheet_of(program, EMPTY, matters=LINKS, person=Person(LINKS, LINKS))
    for made in (letter_pdf(letter), sheet_pdf(sheet)):
        assert names_in(reader(made)) & (ACTIVE | {"/URI"}) == set()


def test_every_font_of_a_pdf_is_within_it_and_can_be_read_out(program: Program) -> None:
    name = Person("Müller Παπαδόπουλος Иванова כהן محمد", "1")
    for made in (letter_pdf(letter_of(program, EMPTY, person=name)), sheet_pdf(sheet_of(program, EMPTY, person=name))):
        fonts = [f.get_object() for page in reader(made).pages for f in page["/Resources"]["/Font"].values()]
        assert fonts
        for font in fonts:
            [inner] = font["/DescendantFonts"]
            assert {"/FontFile2", "/FontFile3"} & set(inner.get_object()["/FontDescriptor"])
            assert "/ToUnicode" in font


def test_a_docx_holds_no_macro_and_no_link_to_elsewhere(program: Program) -> None:
    made = letter_docx(letter_of(program, EMPTY, note=LINKS, addressee=(LINKS,)))
    with zipfile.ZipFile(io.BytesIO(made)) as packed:
        assert not [n for n in packed.namelist() if n.endswith((".bin", ".vml", ".exe")) or "embeddings" in n]
        relations = [packed.read(n) for n in packed.namelist() if n.endswith(".rels")]
    assert not any(b'TargetMode="External"' in r for r in relations)


def test_the_first_row_of_every_table_repeats_and_only_that(program: Program) -> None:
    opened = docx.Document(io.BytesIO(letter_docx(letter_of(program, case_of("returning-leg-pain"), decisions=DECIDED))))
    assert opened.tables
    for table in opened.tables:
        repeats = ["w:tblHeader" in row._tr.xml for row in table.rows]
        assert repeats == [True] + [False] * (len(table.rows) - 1)
        assert len(repeats) > 1


# ------------------------------------------------------------------------------------------------------------ the same file

MAKE = """
import hashlib, json, sys
sys.path.insert(0, "tests")
from afterdisc.door import load_program
from afterdisc.documents import letter_docx, letter_pdf, sheet_pdf
from unit.documents.made import case_of, letter_of, sheet_of, DECIDED
p, case = load_program(), case_of("returning-leg-pain")
letter = letter_of(p, case, decisions=DECIDED)
made = letter_pdf(letter), letter_docx(letter), sheet_pdf(sheet_of(p, case))
print(json.dumps([hashlib.sha256(m).hexdigest() for m in made]))
"""


def made_now(program: Program) -> list[str]:
    case = case_of("returning-leg-pain")
    letter = letter_of(program, case, decisions=DECIDED)
    made = letter_pdf(letter), letter_docx(letter), sheet_pdf(sheet_of(program, case))
    return [hashlib.sha256(m).hexdigest() for m in made]


def test_another_process_on_the_other_side_of_the_world_makes_the_same_bytes(program: Program) -> None:
    root = Path(__file__).parents[3]
    elsewhere = {**os.environ, "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "77", "LC_ALL": "C"}
    told = subprocess.run([sys.executable, "-c", MAKE], cwd=root, env=elsewhere, capture_output=True, text=True, check=True)
    assert json.loads(told.stdout) == made_now(program)


def test_a_second_later_the_bytes_are_the_same(program: Program) -> None:
    letter = letter_of(program, EMPTY)
    before = letter_pdf(letter), letter_docx(letter)
    time.sleep(1.1)
    assert (letter_pdf(letter), letter_docx(letter)) == before


def test_a_pdf_says_the_day_it_was_made_and_no_other(program: Program) -> None:
    for made in (letter_pdf(letter_of(program, EMPTY)), sheet_pdf(sheet_of(program, EMPTY))):
        said = reader(made).metadata
        assert said is not None
        assert said.creation_date is not None
        assert said.creation_date.date().isoformat() == "2026-05-14"
