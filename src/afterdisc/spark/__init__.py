"""The same answers on Spark: rows of a DataFrame by `mapInArrow`, or whole files scheduled to the workers.

Comes in: a Spark DataFrame of findings, or paths that the workers see. Goes out: a DataFrame of answers, or folders of
answers with their receipts. Refuses to know: how an answer is reached, and how work is spread: Spark does that.
"""

from afterdisc.spark.files import assess_files
from afterdisc.spark.frame import assess, findings_frame

__all__ = ["assess", "assess_files", "findings_frame"]
