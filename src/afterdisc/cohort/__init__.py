"""Synthetic people with known causes, drawn from a Program.

Comes in: a `Program`, a number, a seed. Goes out: cases as dictionaries, each with the causes that are truly at work.
Refuses to know: real people, and how a case is assessed.
"""

from afterdisc.cohort.draw import draw_cases

__all__ = ["draw_cases"]
