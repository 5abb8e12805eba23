"""The clinic's own record: people, patients, visits, answers, assessments, decisions, and who did what.

Comes in: plain values from whoever is signed in, and the time it is. Goes out: rows, and the case that a visit makes.
Refuses to know: HTTP, screens, and how a probability is computed.
"""
