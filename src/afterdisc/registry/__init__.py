"""Whole registries: tables of findings in, one row of answers a person out.

Comes in: Parquet, Arrow, CSV and FHIR bulk export, read in pieces. Goes out: Parquet, a receipt, and what was refused.
Refuses to know: terminals, HTTP, the clinic's database, and how a single answer is reached: that is the door's one way.
"""

from afterdisc.registry.columns import RECORD_COLUMNS, findings_schema
from afterdisc.registry.outcomes import Refusal, outcome_schema, outcomes

__all__ = ["RECORD_COLUMNS", "Refusal", "findings_schema", "outcome_schema", "outcomes"]
