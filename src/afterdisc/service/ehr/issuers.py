"""The record systems that this site trusts, from one YAML file (AFTERDISC_EHR)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from afterdisc.clinic.people import ROLES
from afterdisc.errors import KnowledgeError, NotPossible
from afterdisc.knowledge.fields import Fields
from afterdisc.knowledge.tree import read_tree

LOOPBACK = ("localhost", "127.0.0.1", "::1")
AUTHENTICATIONS = ("public", "secret", "key")
MEND = "See docs/how-to/connect-an-ehr.md for the whole file."


@dataclass(frozen=True)
class Caller:
    """Whose machines may call us: the `iss` of their tokens, and where their public keys are."""

    issuer: str
    jwks: str


@dataclass(frozen=True)
class Backend:
    """How we read without a person: SMART backend services."""

    client_id: str
    scopes: str


@dataclass(frozen=True)
class Issuer:
    """One record system. `fhir` is its FHIR base, without a slash at the end; a secret never shows in a text of it."""

    name: str
    fhir: str
    client_id: str = ""
    authentication: str = "public"  # public | secret | key
    client_secret: str = field(default="", repr=False)
    key_file: str = field(default="", repr=False)
    scopes: str = ""  # empty: what the readings of the knowledge base need
    roles: tuple[str, ...] = ()
    hooks: Caller | None = None
    backend: Backend | None = None


@dataclass(frozen=True)
class Issuers:
    """All record systems, in the order of the file."""

    all: tuple[Issuer, ...] = ()

    def of_fhir(self, base: str) -> Issuer | None:
        """By its FHIR base; exact but for a slash at the end."""
        return next((i for i in self.all if i.fhir == base.rstrip("/")), None)

    def named(self, name: str) -> Issuer | None:
        return next((i for i in self.all if i.name == name), None)

    @property
    def callers(self) -> Mapping[str, tuple[Issuer, Caller]]:
        """By the `iss` of a machine's token."""
        return {i.hooks.issuer: (i, i.hooks) for i in self.all if i.hooks}


def issuers_of(path: str) -> Issuers:
    """The record systems of a file; none for "". Raises NotPossible that names line and key and repeats no secret."""
    if not path:
        return Issuers()
    try:
        stamp = Path(path).stat().st_mtime_ns
    except OSError as error:
        raise NotPossible(f"the file named by AFTERDISC_EHR cannot be read ({error.strerror}). Check the path.") from None
    return _read(path, stamp)


@lru_cache(maxsize=8)
def _read(path: str, _: int) -> Issuers:
    name, problems = Path(path).name, list[KnowledgeError]()
    try:
        file = Fields(read_tree(Path(path), name), name, problems)
        found = tuple(_issuer(f, Path(path).parent) for f in file.items("issuers", "issuer"))
        file.done()
    except KnowledgeError as error:
        problems.insert(0, error)
        found = ()
    if problems:
        worst = problems[0]
        raise NotPossible(f"{worst.where}  {worst.what}. {worst.mend or MEND}")
    _refuse_twice(found, name)
    return Issuers(found)


def _issuer(f: Fields, folder: Path) -> Issuer:
    authentication = f.text("authentication", "public")
    if authentication not in AUTHENTICATIONS:
        raise NotPossible(f"{f.where('authentication')}  `authentication` is one of {', '.join(AUTHENTICATIONS)}.")
    roles = f.names("roles")
    unknown = [r for r in roles if r not in ROLES]
    if unknown:
        raise NotPossible(f"{f.where('roles')}  `roles` may hold {', '.join(ROLES)}. Mend the word.")
    secret, key = f.text("client_secret_file", ""), f.text("key_file", "")
    hooks = f.part("hooks") if "hooks" in f.tree else None
    backend = f.part("backend") if "backend" in f.tree else None
    made = Issuer(
        name=f.text("name"),
        fhir=_address(f, "fhir").rstrip("/"),
        client_id=f.text("client_id", ""),
        authentication=authentication,
        client_secret=_content(f, "client_secret_file", folder, secret) if secret else "",
        key_file=str(folder / key) if key else "",
        scopes=f.text("scopes", ""),
        roles=roles,
        hooks=Caller(hooks.text("issuer"), _address(hooks, "jwks")) if hooks else None,
        backend=Backend(backend.text("client_id"), backend.text("scopes")) if backend else None,
    )
    for part in (f, hooks, backend):
        if part:
            part.done()
    needed = {"secret": "client_secret_file", "key": "key_file"}.get(authentication, "")
    if needed and not (secret if authentication == "secret" else key):
        raise NotPossible(f"{f.where()}  `authentication: {authentication}` needs `{needed}:`, a file beside this one.")
    return made


def _address(f: Fields, key: str) -> str:
    """An https address; http only on this very machine."""
    text = f.text(key)
    parts = urlsplit(text)
    if parts.scheme == "https" and parts.hostname:
        return text
    if parts.scheme == "http" and parts.hostname in LOOPBACK:
        return text
    raise NotPossible(f"{f.where(key)}  `{key}` must be an https address (http only on this machine itself).")


def _content(f: Fields, key: str, folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise NotPossible(f"{f.where(key)}  the file of `{key}` cannot be read. It is looked for beside this one.") from None


def _refuse_twice(found: tuple[Issuer, ...], file: str) -> None:
    for what, listed in (("name", [i.name for i in found]), ("fhir", [i.fhir for i in found])):
        if len(set(listed)) != len(listed):
            raise NotPossible(f"{file}  two issuers have the same `{what}`. Give each its own.")
    callers = [i.hooks.issuer for i in found if i.hooks]
    if len(set(callers)) != len(callers):
        raise NotPossible(f"{file}  two issuers have the same `hooks: issuer`. Give each its own.")
