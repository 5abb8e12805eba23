"""From a patient format to a batch: one row a case, one column a finding, NaN for unknown.

Comes in: JSON, YAML, dictionaries, Arrow. Goes out: a `Batch`. Refuses to know: what any finding means to a cause.
"""

from afterdisc.intake.batch import Batch, batch_from_cases
from afterdisc.intake.read import read_case, read_cases

__all__ = ["Batch", "batch_from_cases", "read_case", "read_cases"]
