"""Text that only the browser it was made for can open again, as a JWE (RFC 7516): the database alone cannot."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

HEADER = {"alg": "dir", "enc": "A256GCM"}
ALGORITHMS = ["dir", "A256GCM"]
PURPOSE = b"afterdisc ehr\x00"


def sealed(data: dict[str, Any], secret: str) -> bytes:
    """The data as a JWE under a key made from a secret that is kept in the browser."""
    plain = json.dumps(data, ensure_ascii=False).encode()
    return jwe.encrypt_compact(HEADER, plain, _key(secret), algorithms=ALGORITHMS).encode()


def opened(text: bytes, secret: str) -> dict[str, Any] | None:
    """What was sealed; None if it was for another browser, or was changed."""
    try:
        found = json.loads(jwe.decrypt_compact(text, _key(secret), algorithms=ALGORITHMS).plaintext or b"")
    except (JoseError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _key(secret: str) -> OctKey:
    return OctKey.import_key(hashlib.sha256(PURPOSE + secret.encode()).digest())
