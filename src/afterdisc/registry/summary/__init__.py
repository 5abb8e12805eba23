"""The report of a registry: from a folder of answers to one page, and the rows of every figure.

Comes in: the folder that `registry run` wrote. Goes out: figures, each a picture with its table; a page; CSV files. Refuses
to know: how an answer was reached. Counts that could point to a person are suppressed before anything is drawn.
"""

from afterdisc.registry.summary.figure import Figure, Table
from afterdisc.registry.summary.page import render_report
from afterdisc.registry.summary.rows import write_rows
from afterdisc.registry.summary.summary import Summary, summary_of

__all__ = ["Figure", "Summary", "Table", "render_report", "summary_of", "write_rows"]
