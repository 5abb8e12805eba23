"""Several visits a person: what was known of each finding on a day, or at each visit.

Comes in: findings tables with `visit_date`. Goes out: one row a person or a visit. Refuses to know: files of other kinds,
and what a finding means; how long one holds is written in the knowledge base.
"""

from afterdisc.registry.follow_up.as_of import as_of, n_left_out

__all__ = ["as_of", "n_left_out"]
