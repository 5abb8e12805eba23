"""How the record system of the tests signs an id_token: rightly, or in each of the ways that must not count."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

Json = dict[str, Any]
KEYS: dict[str, Any] = {
    "RS256": RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig"}),
    "ES384": ECKey.generate_key("P-384", {"kid": "ec-1", "use": "sig"}),
}
STRANGER = RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig"})


def in_base64(data: bytes) -> str:
    """As JWTs have it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def public_keys(*, with_names: bool) -> list[Json]:
    """The keys as they are shown, with or without `kid`."""
    left_out = () if with_names else ("kid",)
    return [{n: v for n, v in key.as_dict(private=False).items() if n not in left_out} for key in KEYS.values()]


def signed(claims: Json, algorithm: str, *, falsely: str = "", with_names: bool = True) -> str:
    """A JWT.

    falsely  "none": not at all; "stranger": with somebody else's key; "brought": with one that is in the header;
             "secret": with the public key, which everybody has, as if it were a secret
    """
    body = json.dumps(claims).encode()
    head: Json = {"alg": algorithm, "typ": "JWT"} | ({"kid": KEYS[algorithm].kid} if with_names else {})
    if falsely == "none":
        return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{in_base64(body)}."
    if falsely == "secret":
        said = f"{_part(head | {'alg': 'HS256'})}.{in_base64(body)}"
        return f"{said}.{in_base64(hmac.digest(KEYS[algorithm].as_pem(private=False), said.encode(), hashlib.sha256))}"
    if falsely == "brought":
        head |= {"jwk": STRANGER.as_dict(private=False), "jku": "https://evil.example/jwks"}
    registry = JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    return jws.serialize_compact(head, body, STRANGER if falsely else KEYS[algorithm], registry=registry)


def _part(head: Json) -> str:
    return in_base64(json.dumps(head).encode())
