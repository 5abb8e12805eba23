"""What Afterdisc knows, published for other software: FHIR resources, CQL and ELM.

Comes in: a program, the knowledge base it was compiled from, a day. Goes out: files. Refuses to know: patients, the clock, and
any FHIR server.
"""

from afterdisc.fhir.publish.guide import rules_that_need_a_probability
from afterdisc.fhir.publish.package import files_of, publish

__all__ = ["files_of", "publish", "rules_that_need_a_probability"]
