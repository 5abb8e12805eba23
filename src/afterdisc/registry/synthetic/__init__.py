"""A synthetic registry: people drawn from the model, with sites, dates and events, and their true causes kept apart.

Comes in: a Program, a number, a seed, a condition. Goes out: findings tables or a FHIR bulk export, and `truth.parquet`.
Refuses to know: real people, and how anybody is assessed.
"""

from afterdisc.registry.synthetic.registry import Asked, draw_registry
from afterdisc.registry.synthetic.write import write_registry

__all__ = ["Asked", "draw_registry", "write_registry"]
