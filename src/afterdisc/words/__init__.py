"""Words every room shares: three-valued truth, urgency, nearest names.

Comes in: plain values. Goes out: plain values. Refuses to know: findings, files, arrays of patients.
"""
