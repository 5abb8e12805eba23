"""Commands on record systems: this site's keys, a check of the connection, one person's record. They need the extra `web`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from afterdisc.cli import write
from afterdisc.cli.workspace import NEEDS
from afterdisc.errors import ClinicError, NotPossible
from afterdisc.words.printable import printable

if TYPE_CHECKING:
    from afterdisc.service.ehr.backend import BackendService
    from afterdisc.service.ehr.issuers import Issuer, Issuers
    from afterdisc.service.settings import Settings

UNSET = "no record system is set. Name the file that holds them in AFTERDISC_EHR (docs/how-to/connect-an-ehr.md)."


@click.group("ehr")
def ehr_group() -> None:
    """Connect to record systems (FHIR, SMART, CDS Hooks)."""


def _settings() -> Settings:
    try:
        from afterdisc.service.settings import settings_of_the_site
    except ModuleNotFoundError as error:
        raise ClinicError(NEEDS) from error
    return settings_of_the_site()


def _issuers(settings: Settings) -> Issuers:
    from afterdisc.service.ehr.issuers import issuers_of

    if not settings.ehr:
        raise NotPossible(UNSET)
    return issuers_of(settings.ehr)


def _named(issuers: Issuers, name: str | None) -> Issuer:
    found = issuers.named(name) if name else issuers.all[0] if len(issuers.all) == 1 else None
    if found is None:
        known = ", ".join(printable(i.name) for i in issuers.all)
        raise NotPossible(f"which record system? Name it with --issuer; the file holds: {known}.")
    return found


def _backend(settings: Settings, issuer: Issuer) -> BackendService:
    from afterdisc.door import load_program
    from afterdisc.service.ehr.backend import BackendService
    from afterdisc.service.ehr.scopes import scopes_read

    return BackendService(issuer, settings.ehr_key_file, scopes_read(load_program(), "system"), time.time)


@ehr_group.command("keys")
@click.option("--rotate", is_flag=True, help="Put new keys in front; the old ones stay published until you remove them.")
def keys(rotate: bool) -> None:
    """Make this site's keys (ES384 and RS384) if there are none, and print the public ones as a JWK set.

    The private ones stay in the file of AFTERDISC_EHR_KEYS, which only its owner can read.
    """
    file = _settings().ehr_key_file
    from afterdisc.service.ehr.own_keys import make_key_file, public_keys

    is_new = rotate or not file.exists()
    if is_new:
        make_key_file(file, rotate=rotate)
    click.echo(write.as_json(public_keys([file])))
    click.echo(f"{'Made' if is_new else 'Kept'} {file.name}. The workspace serves these at /.well-known/jwks.json.", err=True)


@ehr_group.command("check")
@click.option("--issuer", "name", metavar="NAME", help="Only this record system.")
def check(name: str | None) -> None:
    """Try the connection to each record system, step by step; exit code 7 if anything fails."""
    settings = _settings()
    issuers = _issuers(settings)
    from afterdisc.service.ehr.check import steps

    n_failed = 0
    for issuer in [_named(issuers, name)] if name else issuers.all:
        click.echo(f"{printable(issuer.name)}")
        for step in steps(issuer, _backend(settings, issuer), now=time.time()):
            n_failed += not step.is_good
            click.echo(f"  {'ok' if step.is_good else 'FAILED':<7} {step.name}: {printable(step.say)}")
    if n_failed:
        raise ClinicError(f"{n_failed} of these steps failed. Mend what they name, then check again.")


@ehr_group.command("read")
@click.argument("patient_id", metavar="PATIENT_ID")
@click.option("--issuer", "name", metavar="NAME", help="From this record system; needed if there are several.")
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Write the Bundle here instead of standard output.")
def read(patient_id: str, name: str | None, output: str | None) -> None:
    """Read one person's record from a record system as a Bundle; PATIENT_ID is their id there.

    For `afterdisc fhir assess` and `fhir explain`. It needs `backend:` in the file of AFTERDISC_EHR.
    """
    settings = _settings()
    issuer = _named(_issuers(settings), name)
    from afterdisc.door import load_program
    from afterdisc.service.ehr.reading import everything_of

    with _backend(settings, issuer).client() as client:
        entries = list(_entries(everything_of(client, load_program(), patient_id), issuer.fhir))
    text = write.as_json({"resourceType": "Bundle", "type": "collection", "entry": entries})
    if output:
        with write.replaced(output) as handle:
            handle.write(text + "\n")
    else:
        click.echo(text)
    where = f"Wrote {output}: " if output else ""
    click.echo(f"{where}{len(entries)} entries, {len(client.unread)} searches failed.", err=True)
    for why in client.unread:
        click.echo(f"Not read: {printable(why)}", err=True)


def _entries(found: Sequence[dict[str, Any]], base: str) -> Iterator[dict[str, Any]]:
    """What was read as the entries of one Bundle, each under its full address."""
    for one in found:
        listed = one.get("entry", []) if one.get("resourceType") == "Bundle" else [{"resource": one}]
        for entry in listed:
            resource = entry.get("resource") if isinstance(entry, dict) else None
            if isinstance(resource, dict):
                own = resource.get("id")
                address = {"fullUrl": f"{base}/{resource.get('resourceType')}/{own}"} if own else {}
                yield address | {"resource": resource}


COMMANDS = (ehr_group,)
