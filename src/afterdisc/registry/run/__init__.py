"""From a source to a folder of answers: read in pieces, assess, write, note it down; a run cut short goes on where it was.

Comes in: files or folders. Goes out: `people/*.parquet`, `refused.csv`, `receipt.json`. Refuses to know: what an answer
is made of, and the terminal it is started from.
"""

from afterdisc.registry.run.run import Settings, run_registry

__all__ = ["Settings", "run_registry"]
