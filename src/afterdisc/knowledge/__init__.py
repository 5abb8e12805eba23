"""The knowledge base as a clinician thinks of it.

Comes in: a folder of YAML files and CSV tables. Goes out: a checked `KnowledgeBase` of small frozen objects, each with
its support and the line it stands on. Refuses to know: patients, arrays and how anything is computed.
"""

from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.knowledge.check import check_knowledge
from afterdisc.knowledge.read import read_knowledge
from afterdisc.words.files import INSTALLED

__all__ = ["INSTALLED", "KnowledgeBase", "check_knowledge", "read_knowledge"]
