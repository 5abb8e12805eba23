"""From a FHIR R4 bulk export to a findings table, by the same declarations that read one record.

Comes in: NDJSON of many people. Goes out: findings tables in pieces, and what could not be read. Refuses to know: what a
declaration says; views and SQL find the entries that the declarations are about, and the reader of one record reads them.
"""

from afterdisc.registry.bulk.ingest import Ingest, findings_of
from afterdisc.registry.bulk.views import views_of

__all__ = ["Ingest", "findings_of", "views_of"]
