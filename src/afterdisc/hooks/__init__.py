"""CDS Hooks: from a call and a person's record to cards, and back from what clinicians did with them.

Comes in: a call as parsed JSON, and the record of its person. Goes out: an `Answer` with cards, and a log without patient
values. Refuses to know: HTTP, the database, and how a record is fetched.
"""

from afterdisc.hooks.answer import Answer, Log, respond
from afterdisc.hooks.discovery import discovery
from afterdisc.hooks.feedback import Feedback, feedback_of
from afterdisc.hooks.gather import Fetch, Gathered, gather, must_fetch
from afterdisc.hooks.request import HookRequest, request_of
from afterdisc.hooks.services import SERVICES, service_of

__all__ = [
    "SERVICES",
    "Answer",
    "Feedback",
    "Fetch",
    "Gathered",
    "HookRequest",
    "Log",
    "discovery",
    "feedback_of",
    "gather",
    "must_fetch",
    "request_of",
    "respond",
    "service_of",
]
