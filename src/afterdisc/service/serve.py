"""Starting the workspace: open and migrate the database, load the knowledge, listen."""

from __future__ import annotations

import gc
import logging
import secrets
import socket
import sys
from collections.abc import Callable

import structlog

from afterdisc.clinic import people
from afterdisc.clinic.database import Database, migrate, open_database
from afterdisc.clinic.moments import Clock, system_clock
from afterdisc.door import assess, load_program
from afterdisc.errors import NotPossible
from afterdisc.service.desk import Desk
from afterdisc.service.ehr.issuers import issuers_of
from afterdisc.service.ehr.own_keys import public_keys
from afterdisc.service.pages import environment
from afterdisc.service.settings import Settings

TEMPLATES = ("visit/visit.html", "visit/live.html", "visit/next.html", "worklist/worklist.html")


def open_desk(settings: Settings, *, clock: Clock = system_clock) -> Desk:
    """A desk with its database at this version; with a setup code as long as nobody has an account."""
    database = open_database(settings.database)
    migrate(database)
    return Desk(settings, database, load_program(), clock, _setup_code(database))


def _setup_code(database: Database) -> str:
    with database.reading() as session:
        return "" if people.has_accounts(session) else secrets.token_urlsafe(12)


def serve(settings: Settings, *, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve until interrupted. `say` is told where to go."""
    import uvicorn

    from afterdisc.service.app import create_app

    keep_log()
    refuse_taken(host, port)
    issuers_of(settings.ehr)  # a mistake in that file is told now
    desk = open_desk(settings)
    public_keys(desk.key_files)  # and keys that are open to others
    warm(desk)
    app = create_app(desk)
    settle()
    address = settings.origin or f"http://{'localhost' if host in ('127.0.0.1', '::1') else host}:{port}"
    if desk.setup_code:
        say(f"First start: make your account at  {address}/setup?code={desk.setup_code}")
    say(f"The workspace is at  {address}  (stop it with Ctrl+C)")
    behind_proxy = bool(settings.origin)
    config = uvicorn.Config(
        app, host=host, port=port, log_config=None, access_log=False, server_header=False, proxy_headers=behind_proxy
    )
    uvicorn.Server(config).run()


def refuse_taken(host: str, port: int) -> None:
    """Raises NotPossible if this address cannot be listened on, before anything else is begun."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise NotPossible(
                f"port {port} cannot be listened on ({error.strerror}). Another Afterdisc may run already; else give another "
                "one with --port."
            ) from None


def warm(desk: Desk) -> None:
    """Make what the first answer would otherwise wait for: the engine's tables, and the templates."""
    assess({}, program=desk.program)
    for template in TEMPLATES:
        environment().get_template(template)


def settle() -> None:
    """What has been loaded stays: the garbage collector need not look through it again in the middle of a request."""
    gc.collect()
    gc.freeze()


def keep_log() -> None:
    """One line of JSON an event on standard error: what failed and where, never who or what."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
