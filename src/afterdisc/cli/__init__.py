"""The command line: the same verbs as the library, for a terminal.

Comes in: arguments and files. Goes out: text, JSON, HTML, an exit code. Refuses to know: any medicine, and how an
answer is computed.
"""

from afterdisc.cli.main import cli, main

__all__ = ["cli", "main"]
