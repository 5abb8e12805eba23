"""A real server on the loopback for clients that others wrote."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from afterdisc.clinic.database import migrate, open_database
from afterdisc.program import Program
from afterdisc.service.app import create_app
from afterdisc.service.desk import Desk
from afterdisc.service.rates import Rates
from afterdisc.service.settings import Settings
from functional.workspace.house import Clock


@contextmanager
def served(folder: Path, program: Program, *, port: int = 0, **settings: Any) -> Iterator[str]:
    """The address of a workspace that runs as long as the block does; its clock stands still."""
    url = f"sqlite:///{folder / 'served.sqlite'}"
    database = open_database(url)
    migrate(database)
    desk = Desk(Settings(database_url=url, **settings), database, program, Clock(), rates=Rates("100000/minute"))
    config = uvicorn.Config(create_app(desk), host="127.0.0.1", port=port, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{_port(server)}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        database.close()


def _port(server: uvicorn.Server) -> int:
    for _ in range(1000):
        if server.started:
            return int(server.servers[0].sockets[0].getsockname()[1])
        time.sleep(0.01)
    raise AssertionError("the server did not come up")
