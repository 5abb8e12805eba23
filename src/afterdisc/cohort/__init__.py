"""Synthetic people with known causes, drawn from a Program.

Comes in: a `Program`, a number, a seed. Goes out: cases as dictionaries, or rows of numbers, each with the causes that are
truly at work. Refuses to know: real people, and how a case is assessed.
"""

from afterdisc.cohort.draw import Drawn, draw_cases, draw_rows
from afterdisc.cohort.where import Wanted, wanted

__all__ = ["Drawn", "Wanted", "draw_cases", "draw_rows", "wanted"]
