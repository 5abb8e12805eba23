"""Checks probabilities against what turned out to be true.

Comes in: a folder of answers that `registry run` wrote, and a table of true causes. Goes out: discrimination, calibration,
scores and decision curves, each with its interval, as plain data and as a page. Refuses to know: how an answer was reached,
and what any finding means.
"""

from afterdisc.validation.page import render_validation
from afterdisc.validation.schema import validation_schema
from afterdisc.validation.validate import Settings, validate

__all__ = ["Settings", "render_validation", "validate", "validation_schema"]
