"""From outcomes to what a person reads: the assessment as plain data, a terminal page, one HTML page.

Comes in: a Program, a Batch and its Outcome. Goes out: assessments (JSON-able), text, HTML. Refuses to know: how a
probability was computed, and how an answer travels.
"""

from afterdisc.report.assessment import SCHEMA_ID, assessments_of
from afterdisc.report.page import render_html
from afterdisc.report.terminal import render_terminal

__all__ = ["SCHEMA_ID", "assessments_of", "render_html", "render_terminal"]
