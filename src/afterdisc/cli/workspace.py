"""Commands of the clinic's workspace: serving it, and looking after its record. They need the extra `web`."""

from __future__ import annotations

import click

from afterdisc.errors import ClinicError

NEEDS = "the workspace needs more libraries than are installed. Install `afterdisc[web]`, or start it with ./run."


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Listen on this address; others only behind a TLS proxy.")
@click.option("--port", type=click.IntRange(1, 65535), default=8765, show_default=True)
def serve(host: str, port: int) -> None:
    """Serve the clinic's workspace on this machine, with its database in the user's data folder.

    Settings are environment variables: AFTERDISC_DATABASE_URL, AFTERDISC_DATA, AFTERDISC_ORIGIN … (docs/how-to).
    """
    try:
        from afterdisc.service.serve import serve as start
        from afterdisc.service.settings import Settings
    except ModuleNotFoundError as error:
        raise ClinicError(NEEDS) from error
    start(Settings(), host=host, port=port, say=lambda line: click.echo(line, err=True))
