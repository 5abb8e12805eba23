"""From a registry's own columns to findings, by a map that the registry's people write and read.

Comes in: MAP.yaml and record batches of any columns. Goes out: findings tables, row for row, and which rows are refused.
Refuses to know: files, and what a finding means.
"""

from afterdisc.registry.mapping.map import Map
from afterdisc.registry.mapping.mapped import mapped
from afterdisc.registry.mapping.read import read_map
from afterdisc.registry.mapping.suggest import Suggestion, suggest

__all__ = ["Map", "Suggestion", "mapped", "read_map", "suggest"]
