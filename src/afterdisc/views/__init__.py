"""SQL on FHIR v2: a ViewDefinition compiled to DuckDB SQL, run over files of FHIR R4 resources.

Comes in: a ViewDefinition, NDJSON files. Goes out: SQL, and a table in pieces. Refuses to know: findings, and anything else
of Afterdisc.
"""

from afterdisc.errors import ViewError
from afterdisc.views.run import Rows, run_view
from afterdisc.views.sql import Compiled, compile_view
from afterdisc.views.view import View, read_view

__all__ = ["Compiled", "Rows", "View", "ViewError", "compile_view", "read_view", "run_view"]
