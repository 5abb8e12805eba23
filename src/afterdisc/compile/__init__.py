"""From a checked KnowledgeBase to a frozen Program: the only room that knows both words and arrays.

Comes in: a `KnowledgeBase`. Goes out: a `Program` with its fingerprint. Refuses to know: patients and doors.
"""

from afterdisc.compile.program import compile_program

__all__ = ["compile_program"]
