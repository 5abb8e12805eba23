"""People who may sign in, their roles, their passwords and their sign-ins."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from afterdisc.clinic import audit
from afterdisc.clinic.moments import moment_of, new_id, stamp
from afterdisc.clinic.tables import Account, LoginAttempt, SignIn
from afterdisc.errors import NotFound, NotPossible

CLINICIAN, REVIEWER, ADMINISTRATOR = ROLES = ("clinician", "reviewer", "administrator")
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 1000
MOST_FAILURES = 8  # for one name or one address, within the window
FAILURE_WINDOW = timedelta(minutes=15)
TOUCH_EVERY = timedelta(seconds=30)


@dataclass(frozen=True)
class Limits:
    """How long a sign-in lasts: locked after so long without a request, ended after so long in all."""

    idle: timedelta = timedelta(minutes=15)
    whole: timedelta = timedelta(hours=12)


@dataclass(frozen=True)
class Visitor:
    """Whoever is signed in: what a request may know of them."""

    account_id: str
    name: str
    roles: frozenset[str]
    csrf: str
    token_hash: str
    is_locked: bool
    has_password: bool

    def may(self, roles: Iterable[str]) -> bool:
        return bool(self.roles & set(roles))


# ------------------------------------------------------------------------------------------------------------ accounts


@lru_cache(maxsize=1)
def hasher() -> Any:
    """argon2id with the library's own cost."""
    from argon2 import PasswordHasher

    return PasswordHasher()


def add_account(
    session: Session, *, login: str, name: str, roles: Iterable[str], password: str | None, at: str, by: str | None
) -> Account:
    """Raises NotPossible for a login that is taken, a role that is none, or a password that is too short."""
    login, roles = login.strip().lower(), sorted(set(roles))
    if not login or len(login) > 100 or not name.strip() or len(name) > 200:
        raise NotPossible("an account needs a sign-in name (up to 100 characters) and a name (up to 200). Fill in both.")
    if not roles or not set(roles) <= set(ROLES):
        raise NotPossible(f"an account needs a role: one or more of {', '.join(ROLES)}.")
    if session.scalar(select(Account.id).where(Account.login == login)):
        raise NotPossible("this sign-in name is taken. Choose another one.")
    row = Account(
        id=new_id(),
        login=login,
        name=name.strip(),
        password_hash=hashed(password) if password is not None else None,
        oidc_issuer=None,
        oidc_subject=None,
        roles=list(roles),
        is_active=True,
        created_at=at,
    )
    session.add(row)
    session.flush()
    audit.record(session, at=at, by=by, action="account.added", kind="account", subject=row.id, roles=list(roles))
    return row


def hashed(password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise NotPossible(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters. Choose another one.")
    return str(hasher().hash(password))


def account(session: Session, account_id: str) -> Account:
    found = session.get(Account, account_id)
    if found is None:
        raise NotFound("no such account.")
    return found


def has_accounts(session: Session) -> bool:
    return bool(session.scalar(select(func.count()).select_from(Account)))


def account_with_password(session: Session, login: str, password: str) -> Account | None:
    """The active account with this name and password. Takes as long for a name that nobody has."""
    from argon2.exceptions import InvalidHashError, VerificationError

    found = session.scalar(select(Account).where(Account.login == login.strip().lower()))
    try:
        hasher().verify(found.password_hash if found and found.password_hash else _nobody(), password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return None
    return found if found and found.is_active and found.password_hash else None


@lru_cache(maxsize=1)
def _nobody() -> str:
    return str(hasher().hash(secrets.token_hex(16)))


# ------------------------------------------------------------------------------------------------------- failed tries


def is_barred(session: Session, keys: Iterable[str], now: datetime) -> bool:
    """Have there been too many failed tries for one of these names or addresses of late?"""
    since = stamp(now - FAILURE_WINDOW)
    for key in keys:
        tries = select(func.count()).select_from(LoginAttempt)
        if (session.scalar(tries.where(LoginAttempt.key_hash == _digest(key), LoginAttempt.at > since)) or 0) >= MOST_FAILURES:
            return True
    return False


def note_failure(session: Session, keys: Iterable[str], now: datetime) -> None:
    session.execute(delete(LoginAttempt).where(LoginAttempt.at <= stamp(now - FAILURE_WINDOW)))
    session.add_all(LoginAttempt(key_hash=_digest(key), at=stamp(now)) for key in keys)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# ------------------------------------------------------------------------------------------------------------ sign-ins


def sign_in(session: Session, who: Account, now: datetime, *, how: str) -> str:
    """Begin a sign-in; returns its token, which is kept nowhere else."""
    token = secrets.token_urlsafe(32)
    at = stamp(now)
    session.add(
        SignIn(
            token_hash=_digest(token),
            account_id=who.id,
            csrf=secrets.token_urlsafe(24),
            created_at=at,
            seen_at=at,
            locked_at=None,
        )
    )
    audit.record(session, at=at, by=who.id, action="signed.in", kind="account", subject=who.id, how=how)
    return token


def visitor_of(session: Session, token: str, now: datetime, limits: Limits) -> Visitor | None:
    """Whoever holds this token, locked if they were idle too long; None if it is unknown, ended or the account is closed."""
    row = session.get(SignIn, _digest(token))
    if row is None or not row.account.is_active or now - moment_of(row.created_at) > limits.whole:
        return None
    return Visitor(
        account_id=row.account_id,
        name=row.account.name,
        roles=frozenset(row.account.roles),
        csrf=row.csrf,
        token_hash=row.token_hash,
        is_locked=row.locked_at is not None or now - moment_of(row.seen_at) > limits.idle,
        has_password=row.account.password_hash is not None,
    )


def is_stale(session: Session, visitor: Visitor, now: datetime) -> bool:
    """Is it time to note that they are still here?"""
    row = session.get(SignIn, visitor.token_hash)
    return row is not None and now - moment_of(row.seen_at) > TOUCH_EVERY


def touch(session: Session, visitor: Visitor, now: datetime) -> None:
    row = session.get(SignIn, visitor.token_hash)
    if row is not None and row.locked_at is None:
        row.seen_at = stamp(now)


def lock(session: Session, visitor: Visitor, now: datetime) -> None:
    row = session.get(SignIn, visitor.token_hash)
    if row is not None and row.locked_at is None:
        row.locked_at = stamp(now)


def unlock(session: Session, visitor: Visitor, now: datetime) -> None:
    row = session.get(SignIn, visitor.token_hash)
    if row is not None:
        row.locked_at, row.seen_at = None, stamp(now)


def sign_out(session: Session, visitor: Visitor, now: datetime) -> None:
    session.execute(delete(SignIn).where(SignIn.token_hash == visitor.token_hash))
    audit.record(
        session, at=stamp(now), by=visitor.account_id, action="signed.out", kind="account", subject=visitor.account_id
    )


def sign_out_everywhere(session: Session, account_id: str) -> None:
    session.execute(delete(SignIn).where(SignIn.account_id == account_id))


# --------------------------------------------------------------------------------------------------- changing an account


def accounts(session: Session) -> list[Account]:
    return list(session.scalars(select(Account).order_by(Account.name)))


def change_roles(session: Session, account_id: str, roles: Iterable[str], *, at: str, by: str | None) -> None:
    """Give an account these roles. Raises NotPossible if nobody who may administer would be left."""
    row, new = account(session, account_id), sorted(set(roles))
    if not set(new) <= set(ROLES):
        raise NotPossible(f"a role is one of {', '.join(ROLES)}.")
    row.roles = new
    session.flush()
    _somebody_administers(session)
    audit.record(session, at=at, by=by, action="account.roles", kind="account", subject=account_id, roles=new)


def change_password(session: Session, account_id: str, password: str, *, at: str, by: str | None) -> None:
    """Set a password; every sign-in of the account ends."""
    account(session, account_id).password_hash = hashed(password)
    sign_out_everywhere(session, account_id)
    audit.record(session, at=at, by=by, action="account.password", kind="account", subject=account_id)


def close_account(session: Session, account_id: str, *, at: str, by: str | None, is_open: bool = False) -> None:
    """Close an account, or open it again; what its person did stays under their name."""
    account(session, account_id).is_active = is_open
    session.flush()
    _somebody_administers(session)
    if not is_open:
        sign_out_everywhere(session, account_id)
    action = "account.opened" if is_open else "account.closed"
    audit.record(session, at=at, by=by, action=action, kind="account", subject=account_id)


def _somebody_administers(session: Session) -> None:
    if not any(a.is_active and ADMINISTRATOR in a.roles for a in accounts(session)):
        raise NotPossible("somebody has to administer this site. Give another account that role first.")


def account_of_provider(session: Session, who: Vouched, *, at: str) -> Account:
    """The account of somebody whom the identity provider vouches for; a new one, without a role, if they are new here."""
    same = select(Account).where(Account.oidc_issuer == who.issuer, Account.oidc_subject == who.subject)
    row = session.scalar(same)
    if row is None:
        row = Account(
            id=new_id(),
            login=f"{who.subject}@{who.issuer}".lower(),
            name=who.name or who.subject,
            password_hash=None,
            oidc_issuer=who.issuer,
            oidc_subject=who.subject,
            roles=[],
            is_active=True,
            created_at=at,
        )
        session.add(row)
        session.flush()
        audit.record(session, at=at, by=None, action="account.added", kind="account", subject=row.id, how="provider")
    if who.roles is not None and sorted(who.roles) != row.roles:
        row.roles = sorted(who.roles)
        audit.record(session, at=at, by=None, action="account.roles", kind="account", subject=row.id, roles=row.roles)
    return row


@dataclass(frozen=True)
class Vouched:
    """Whom an identity provider vouches for. `roles` None: it says nothing of roles, and they are given here."""

    issuer: str
    subject: str
    name: str
    roles: tuple[str, ...] | None
