"""Afterdisc in the words of FHIR R4: a record read into findings, an assessment written as resources.

Comes in: parsed JSON. Goes out: a `Reading`, or plain JSON resources. Refuses to know: HTTP, the database, the screen.
"""

from afterdisc.fhir.read.reading import Found, Missing, Pointer, Reading, Unread, read_record
from afterdisc.fhir.record import Record, record_of

__all__ = ["Found", "Missing", "Pointer", "Reading", "Record", "Unread", "read_record", "record_of"]
