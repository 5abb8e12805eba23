"""Signing in through an identity provider: OpenID Connect, authorisation code with PKCE."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import httpx2
from authlib.integrations.httpx_client import OAuth2Client
from joserfc import jwt
from joserfc.jwk import KeySet

from afterdisc.clinic.people import ROLES, Vouched
from afterdisc.errors import ClinicError
from afterdisc.service.settings import Settings

ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "EdDSA"]
SECONDS = 10
SLACK_SECONDS = 60


class ProviderError(ClinicError):
    """The identity provider cannot be used, or what it says does not hold."""


@dataclass(frozen=True)
class Begun:
    """A sign-in that was begun: kept in the caller's browser until they come back."""

    state: str
    nonce: str
    verifier: str


def begin(settings: Settings, redirect_uri: str) -> tuple[str, Begun]:
    """Where to send the caller, and what to keep until they come back."""
    begun = Begun(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))
    with _client(settings, redirect_uri) as client:
        url, _ = client.create_authorization_url(
            _provider(settings)["authorization_endpoint"],
            state=begun.state,
            nonce=begun.nonce,
            code_verifier=begun.verifier,
        )
    return str(url), begun


def finish(settings: Settings, redirect_uri: str, begun: Begun, code: str, *, now: float) -> Vouched:
    """Exchange the code and check the token. Raises ProviderError in words that repeat nothing of it."""
    provider = _provider(settings)
    try:
        with _client(settings, redirect_uri) as client:
            token = client.fetch_token(provider["token_endpoint"], code=code, code_verifier=begun.verifier)
            keys = KeySet.import_key_set(httpx2.get(provider["jwks_uri"], timeout=SECONDS).raise_for_status().json())
        claims = jwt.decode(token["id_token"], keys, algorithms=ALGORITHMS).claims
    except Exception as error:  # authlib, httpx2 and joserfc each raise their own; none of their texts is for the screen
        raise ProviderError(f"the identity provider refused, or its answer does not hold ({type(error).__name__}).") from None
    _check(settings, begun, claims, now)
    return Vouched(settings.oidc_issuer, str(claims["sub"]), str(claims.get("name") or ""), _roles(settings, claims))


def _client(settings: Settings, redirect_uri: str) -> Any:
    return OAuth2Client(
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret or None,
        scope="openid profile",
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
        timeout=SECONDS,
    )


def _provider(settings: Settings) -> dict[str, Any]:
    issuer = settings.oidc_issuer.rstrip("/")
    try:
        found: dict[str, Any] = (
            httpx2.get(f"{issuer}/.well-known/openid-configuration", timeout=SECONDS).raise_for_status().json()
        )
    except (httpx2.HTTPError, ValueError):
        raise ProviderError("the identity provider does not answer. Try again, or sign in with a password.") from None
    if str(found.get("issuer", "")).rstrip("/") != issuer:
        raise ProviderError("the identity provider names another issuer than the one set. Check AFTERDISC_OIDC_ISSUER.")
    return found


def _check(settings: Settings, begun: Begun, claims: dict[str, Any], now: float) -> None:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    holds = (
        str(claims.get("iss", "")).rstrip("/") == settings.oidc_issuer.rstrip("/")
        and settings.oidc_client_id in audiences
        and claims.get("nonce") == begun.nonce
        and float(claims.get("exp", 0)) > now - SLACK_SECONDS
        and float(claims.get("iat", now)) < now + SLACK_SECONDS
        and bool(claims.get("sub"))
    )
    if not holds:
        raise ProviderError("the token of the identity provider does not hold (issuer, audience, nonce, time). Sign in again.")


def _roles(settings: Settings, claims: dict[str, Any]) -> tuple[str, ...] | None:
    """Roles the provider gives, if the site trusts it with them."""
    if not settings.oidc_roles_claim:
        return None
    given = claims.get(settings.oidc_roles_claim) or []
    return tuple(r for r in ROLES if r in (given if isinstance(given, list) else str(given).split()))


