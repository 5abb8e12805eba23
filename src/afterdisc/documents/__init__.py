"""Papers: the letter as PDF and as DOCX, and the plain-language sheet.

Comes in: an assessment and what was decided, as plain values. Goes out: bytes of a file. Refuses to know: HTTP, databases,
and how anything was computed.
"""

from afterdisc.documents.docx import letter_docx
from afterdisc.documents.letter import Decided, Letter, Person, Scored
from afterdisc.documents.options import cause_in_plain, not_yet_of, options_of, others_of
from afterdisc.documents.pdf import letter_pdf, sheet_pdf
from afterdisc.documents.sheet import Chance, Option, Sheet

__all__ = [
    "Chance",
    "Decided",
    "Letter",
    "Option",
    "Person",
    "Scored",
    "Sheet",
    "cause_in_plain",
    "letter_docx",
    "letter_pdf",
    "not_yet_of",
    "options_of",
    "others_of",
    "sheet_pdf",
]
