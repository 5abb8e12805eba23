"""Commands of the clinic's workspace: serving it, and looking after its record. They need the extra `web`."""

from __future__ import annotations

from typing import Any

import click

from afterdisc.cli import write
from afterdisc.errors import ClinicError, NotFound
from afterdisc.words.printable import printable

NEEDS = "the workspace needs more libraries than are installed. Install `afterdisc[web]`, or start it with ./run."
ROLES = ["clinician", "reviewer", "administrator"]


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Listen on this address; others only behind a TLS proxy.")
@click.option("--port", type=click.IntRange(1, 65535), default=8765, show_default=True, help="Listen on this port.")
def serve(host: str, port: int) -> None:
    """Serve the clinic's workspace on this machine, with its database in the user's data folder.

    Settings are environment variables: AFTERDISC_DATABASE_URL, AFTERDISC_DATA, AFTERDISC_ORIGIN … (docs/how-to).
    """
    try:
        from afterdisc.service.serve import serve as start
        from afterdisc.service.settings import settings_of_the_site
    except ModuleNotFoundError as error:
        raise ClinicError(NEEDS) from error
    start(settings_of_the_site(), host=host, port=port, say=lambda line: click.echo(line, err=True))


# ------------------------------------------------------------------------------------------------- looking after the record


def open_site() -> Any:
    """The site's database, brought to this version."""
    try:
        from afterdisc.clinic.database import migrate, open_database
        from afterdisc.service.settings import settings_of_the_site
    except ModuleNotFoundError as error:
        raise ClinicError(NEEDS) from error
    database = open_database(settings_of_the_site().database)
    migrate(database)
    return database


def _now() -> str:
    from afterdisc.clinic.moments import stamp, system_clock

    return stamp(system_clock())


@click.command()
@click.argument("file", type=click.Path(dir_okay=False))
def backup(file: str) -> None:
    """Write the clinic's whole record to FILE (a zip), checked by sums; it can be restored into SQLite or PostgreSQL."""
    database = open_site()
    from afterdisc.clinic import audit
    from afterdisc.clinic.backup import backup as write_backup

    with database.writing() as session:
        audit.record(session, at=_now(), by=None, action="backup.made", kind="site", subject="site", how="command")
    with write.replaced(file, "wb") as handle:
        receipt = write_backup(database, handle)
    click.echo(f"Wrote {file}: {receipt.n_all} rows. The audit chain ends in {receipt.audit_head}.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
def restore(file: str) -> None:
    """Read a backup FILE into an empty database; all of it or nothing."""
    try:
        from afterdisc.clinic.backup import restore as read_backup
        from afterdisc.clinic.database import open_database
        from afterdisc.service.settings import settings_of_the_site
    except ModuleNotFoundError as error:
        raise ClinicError(NEEDS) from error
    with open(file, "rb") as handle:
        receipt = read_backup(open_database(settings_of_the_site().database), handle)
    click.echo(f"Restored {receipt.n_all} rows. The audit chain holds and ends in {receipt.audit_head}.")


@click.command("export-person")
@click.argument("number")
@click.argument("file", type=click.Path(dir_okay=False))
def export_person(number: str, file: str) -> None:
    """Write everything that is kept of the person with this patient NUMBER to FILE (JSON)."""
    database = open_site()
    from afterdisc.clinic import audit
    from afterdisc.clinic.backup import export_person as everything

    with database.writing() as session:
        patient_id = _patient_id(session, number)
        data = everything(session, patient_id)
        audit.record(session, at=_now(), by=None, action="patient.exported", kind="patient", subject=patient_id, how="command")
    with write.replaced(file) as handle:
        handle.write(write.as_json(data, indent=1))
    click.echo(f"Wrote {file}")


@click.command("erase-person")
@click.argument("number")
@click.option("--yes", is_flag=True, help="Do not ask again.")
def erase_person(number: str, yes: bool) -> None:
    """Erase the person with this patient NUMBER for good; the audit keeps that it was done."""
    database = open_site()
    from afterdisc.clinic.erasure import erase

    if not yes:
        click.confirm("Every row of this person is deleted for good. Go on?", abort=True)
    with database.writing() as session:
        n_rows = erase(session, _patient_id(session, number), at=_now(), by=None)
    click.echo(f"Erased {sum(n_rows.values())} rows.")


def _patient_id(session: Any, number: str) -> str:
    from sqlalchemy import select

    from afterdisc.clinic.tables import Patient

    found = session.scalar(select(Patient.id).where(Patient.number == number))
    if found is None:
        raise NotFound("nobody here has this number. Look it up in the worklist.")
    return str(found)


@click.group("audit")
def audit_group() -> None:
    """Who did what in the clinic's record."""


@audit_group.command("verify")
def audit_verify() -> None:
    """Check the audit chain from the first row to the last; exit code 7 if it is broken."""
    database = open_site()
    from afterdisc.clinic import audit

    with database.reading() as session:
        verdict = audit.verify(session)
    if not verdict.holds:
        raise ClinicError(f"the audit chain is broken at row {verdict.broken_at}: it was changed behind the database's back.")
    click.echo(f"The chain holds: {verdict.n_rows} rows, ending in {verdict.head}.")


@click.group("account")
def account_group() -> None:
    """People who may sign in to the workspace."""


@account_group.command("add")
@click.argument("login")
@click.option("--name", required=True, help="The person's name, as it stands under a note.")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(ROLES), help="May be given more than once.")
@click.password_option(help="At least 10 characters; asked for if it is not given.")
def account_add(login: str, name: str, roles: tuple[str, ...], password: str) -> None:
    """Add an account that signs in with LOGIN and a password."""
    database = open_site()
    from afterdisc.clinic import people

    with database.writing() as session:
        people.add_account(session, login=login, name=name, roles=roles, password=password, at=_now(), by=None)
    click.echo(f"Added {printable(login)}.")


@account_group.command("password")
@click.argument("login")
@click.password_option(help="At least 10 characters; asked for if it is not given.")
def account_password(login: str, password: str) -> None:
    """Set the password of the account LOGIN; every sign-in of it ends."""
    database = open_site()
    from sqlalchemy import select

    from afterdisc.clinic import people
    from afterdisc.clinic.tables import Account

    with database.writing() as session:
        found = session.scalar(select(Account).where(Account.login == login.strip().lower()))
        if found is None:
            raise NotFound("there is no such account.")
        people.change_password(session, found.id, password, at=_now(), by=None)
    click.echo("Done.")


COMMANDS = (serve, backup, restore, export_person, erase_person, audit_group, account_group)
