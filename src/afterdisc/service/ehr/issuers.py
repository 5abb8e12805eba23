"""The record systems that this site is connected to, from one YAML file (AFTERDISC_EHR)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from afterdisc.clinic.people import ROLES
from afterdisc.errors import KnowledgeError, NotPossible
from afterdisc.knowledge.fields import Fields
from afterdisc.knowledge.tree import read_tree
from afterdisc.service.ehr.bounded import is_safe, origin_of
from afterdisc.service.ehr.own_keys import refuse_open, signers_of

AUTHENTICATIONS: Mapping[str, str] = {"public": "", "secret": "client_secret_file", "key": "client_id"}  # and what each needs
MEND = "docs/how-to/connect-an-ehr.md shows a whole file."
TLS = "an https address without `?` and `#` (http only on this machine itself)"


@dataclass(frozen=True)
class Caller:
    """Whose machines may call us: the `iss` of their tokens, and where their public keys are."""

    issuer: str
    jwks: str


@dataclass(frozen=True)
class Backend:
    """How we read without a person: SMART backend services. `scopes` "": what the readings of the knowledge base need."""

    client_id: str
    scopes: str = ""


@dataclass(frozen=True)
class Issuer:
    """One record system. `fhir` is its FHIR base, without a slash at the end; a secret never shows in a text of it."""

    name: str
    fhir: str
    client_id: str = ""
    authentication: str = "public"  # public | secret | key
    client_secret: str = field(default="", repr=False)
    key_file: str = field(default="", repr=False)  # empty: the site's own (AFTERDISC_EHR_KEYS)
    scopes: str = ""  # empty: what the readings of the knowledge base need
    roles: tuple[str, ...] = ()
    write_back: bool = False  # ask for the scopes to send an assessment there, on a clinician's word
    hooks: Caller | None = None
    backend: Backend | None = None


@dataclass(frozen=True)
class Issuers:
    """All record systems, in the order of the file. `is_readable` False: there is a file, and nothing is known from it."""

    all: tuple[Issuer, ...] = ()
    is_readable: bool = True

    def of_fhir(self, base: str) -> Issuer | None:
        """By its FHIR base; exact but for a slash at the end and how the host is written."""
        return next((i for i in self.all if _same(i.fhir, base)), None)

    def named(self, name: str) -> Issuer | None:
        return next((i for i in self.all if i.name == name), None)

    @property
    def callers(self) -> Mapping[str, tuple[Issuer, Caller]]:
        """By the `iss` of a machine's token."""
        return {i.hooks.issuer: (i, i.hooks) for i in self.all if i.hooks}

    @property
    def key_files(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(i.key_file for i in self.all if i.key_file))


UNREADABLE = Issuers(is_readable=False)


def _same(one: str, other: str) -> bool:
    return origin_of(one) == origin_of(other) and _path(one) == _path(other)


def _path(address: str) -> str:
    return address.partition("://")[2].partition("/")[2].rstrip("/")


# ------------------------------------------------------------------------------------------------------------- reading


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
        found = tuple(_issuer(f, Path(path).parent) for f in file.items("issuers", "an issuer"))
        file.done()
    except KnowledgeError as error:
        problems.insert(0, error)
        found = ()
    if problems:
        worst = problems[0]
        raise NotPossible(f"{worst.where}  {worst.what}. {worst.mend or MEND}")
    if not found:
        raise NotPossible(f"{name}  holds no `issuers:`. Name one, or unset AFTERDISC_EHR. {MEND}")
    _refuse_twice(found, name)
    return Issuers(found)


def _issuer(f: Fields, folder: Path) -> Issuer:
    hooks = f.part("hooks") if "hooks" in f.tree else None
    backend = f.part("backend") if "backend" in f.tree else None
    authentication = _one_of(f, "authentication", tuple(AUTHENTICATIONS), "public")
    made = Issuer(
        name=f.text("name"),
        fhir=_address(f, "fhir").rstrip("/"),
        client_id=f.text("client_id", ""),
        authentication=authentication,
        client_secret=_secret(f, folder),
        key_file=_key_file(f, folder),
        scopes=f.text("scopes", ""),
        roles=_roles(f),
        write_back=f.flag("write_back", False),
        hooks=Caller(hooks.text("issuer"), _address(hooks, "jwks")) if hooks else None,
        backend=Backend(backend.text("client_id"), backend.text("scopes", "")) if backend else None,
    )
    for part in (f, hooks, backend):
        if part:
            part.done()
    if not f.problems:  # a slip of the pen is the better explanation
        _refuse_without(f, AUTHENTICATIONS[authentication], f"`authentication: {authentication}`")
    return made


def _one_of(f: Fields, key: str, allowed: tuple[str, ...], default: str) -> str:
    found = f.text(key, default)
    if found not in allowed:
        raise NotPossible(f"{f.where(key)}  {f.what}: `{key}` must be one of {', '.join(allowed)}. Mend the word.")
    return found


def _roles(f: Fields) -> tuple[str, ...]:
    found = f.names("roles")
    if not set(found) <= set(ROLES):
        raise NotPossible(f"{f.where('roles')}  {f.what}: `roles` lists any of {', '.join(ROLES)}. Mend the word.")
    return found


def _address(f: Fields, key: str) -> str:
    """An https address; http only on this very machine."""
    found = f.text(key)
    if not is_safe(found) or "?" in found or "#" in found or any(c.isspace() for c in found):
        raise NotPossible(f"{f.where(key)}  {f.what}: `{key}` must be {TLS}. Mend the address.")
    return found


def _secret(f: Fields, folder: Path) -> str:
    name = f.text("client_secret_file", "")
    if not name:
        return ""
    refuse_open(folder / name, "the file of the client secret,")
    try:
        found = (folder / name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        found = ""
    if not found:
        where = f.where("client_secret_file")
        raise NotPossible(f"{where}  {f.what}: the file named by `client_secret_file` holds no text. Check its name.")
    return found


def _key_file(f: Fields, folder: Path) -> str:
    name = f.text("key_file", "")
    if not name:
        return ""
    try:
        signers_of(folder / name)
    except NotPossible as error:
        raise NotPossible(f"{f.where('key_file')}  {f.what}: `key_file`: {error}") from None
    return str(folder / name)


def _refuse_without(f: Fields, key: str, for_what: str) -> None:
    if key and not f.text(key, ""):
        raise NotPossible(f"{f.where()}  {f.what}: {for_what} needs `{key}:`. Add it. {MEND}")


def _refuse_twice(found: tuple[Issuer, ...], file: str) -> None:
    callers = [i.hooks.issuer for i in found if i.hooks]
    for what, listed in (("name", [i.name for i in found]), ("fhir", [i.fhir for i in found]), ("hooks: issuer", callers)):
        if len(set(listed)) != len(listed):
            raise NotPossible(f"{file}  two issuers have the same `{what}`. Give each its own.")
