"""The evaluator in plain Python, by enumeration: slow and obvious, and written apart from the engine.

Comes in: a `KnowledgeBase` and a case as a person gives it, `{finding: value}`. Goes out: plain numbers in dictionaries.
Refuses to know: arrays, programs, tapes, and how the engine does it.
"""
