"""Who we are, told to a token endpoint with a signature: the client assertion of SMART (client-confidential-asymmetric)."""

from __future__ import annotations

from secrets import token_urlsafe

from afterdisc.service.ehr.own_keys import Signer

SECONDS = 240  # SMART: no more than five minutes ahead, and their clock may be slow
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def client_assertion(signer: Signer, client_id: str, token_endpoint: str, *, now: float) -> dict[str, str]:
    """The form fields that say who asks. It is for one use, at this token endpoint.

    now  seconds since the epoch
    """
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": token_endpoint,
        "iat": int(now),
        "exp": int(now) + SECONDS,
        "jti": token_urlsafe(24),
    }
    return {"client_assertion_type": TYPE, "client_assertion": signer.sign(claims)}
