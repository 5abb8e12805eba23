"""A small record system on the loopback: SMART App Launch 2.2 as a server, one person's record, and a memory of what was asked.

What it answers is modelled on the SMART launcher. A test changes one thing of it and looks at what the app does.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from functional.smart.signing import in_base64, public_keys, signed

Json = dict[str, Any]
CLIENT, SECRET = "afterdisc-at-the-clinic", "a secret, of course: 100 %"
PATIENT = "pat-1"


@dataclass
class Ehr:
    """What a test puts into `claims`, `token_says` or `configuration` stands instead of what is right; None leaves it out."""

    address: str = ""
    now: float = 0.0
    authentication: str = "public"
    client_keys: Json = field(default_factory=dict)
    records: dict[str, list[Json]] = field(default_factory=dict)
    configuration: Json = field(default_factory=dict)
    claims: Json = field(default_factory=dict)
    token_says: Json = field(default_factory=dict)
    signed_with: str = "RS256"
    names_keys: bool = True  # by `kid`, in the set and in what is signed
    more_keys: list[Json] = field(default_factory=list)
    signs_falsely: str = ""  # as `signing.signed` has it
    openid: Json | None = field(default_factory=dict)  # None: it has no OpenID configuration
    refuses: str = ""  # an OAuth error code for the authorization
    lives: int = 300
    granted: str = ""  # scopes, if others than asked
    codes: dict[str, Json] = field(default_factory=dict)
    refresh: str = ""
    access: str = ""
    assertions: set[str] = field(default_factory=set)
    asked: list[Json] = field(default_factory=list)  # authorization requests
    exchanged: list[Json] = field(default_factory=list)  # token requests: form and headers
    read: list[tuple[str, str]] = field(default_factory=list)  # (path, Authorization)
    sent: list[Json] = field(default_factory=list)
    takes: int = 201
    requests: int = 0

    @property
    def fhir(self) -> str:
        return f"{self.address}/fhir"

    def issuer(self, **more: Any) -> Json:
        """Its entry in the site's file."""
        return {"name": "General Hospital", "fhir": self.fhir, "client_id": CLIENT, "roles": ["clinician"]} | more

    # ------------------------------------------------------------------------------------------------- answers

    def smart_configuration(self) -> Json:
        right = {
            "issuer": self.address,
            "jwks_uri": f"{self.address}/jwks",
            "authorization_endpoint": f"{self.address}/authorize?tenant=7",
            "token_endpoint": f"{self.address}/token",
            "token_endpoint_auth_signing_alg_values_supported": ["ES384", "RS384"],
            "grant_types_supported": ["authorization_code"],
            "capabilities": ["launch-ehr", "launch-standalone", "client-public", "sso-openid-connect", "context-ehr-patient"],
            "code_challenge_methods_supported": ["S256"],
        } | self.configuration
        return {k: v for k, v in right.items() if v is not None}

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser goes: straight back, as if the clinician had agreed."""
        self.asked.append(query)
        if self.refuses:
            return f"{query['redirect_uri']}?{urlencode({'error': self.refuses, 'state': query['state']})}"
        code = token_urlsafe(16)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, Json]:
        self.exchanged.append({"form": form, "authorization": authorization})
        refused = self._refuse_client(form, authorization)
        if refused:
            return 401, {"error": refused}
        if form.get("grant_type") == "refresh_token":
            if form.get("refresh_token") != self.refresh or not self.refresh:
                return 400, {"error": "invalid_grant"}
            return 200, self._tokens(self.asked[-1])
        asked = self.codes.pop(form.get("code", ""), None)  # once
        if asked is None or form.get("redirect_uri") != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if in_base64(digest) != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        return 200, self._tokens(asked)

    def _refuse_client(self, form: dict[str, str], authorization: str) -> str:
        if self.authentication == "public":
            return "" if form.get("client_id", CLIENT) == CLIENT and not authorization else "invalid_client"
        if self.authentication == "secret":
            given = base64.b64decode(authorization.removeprefix("Basic ")).decode() if authorization else ":"
            name, _, secret = given.partition(":")
            fits = (unquote_plus(name), unquote_plus(secret)) == (CLIENT, SECRET) and "client_id" not in form
            return "" if fits else "invalid_client"
        try:
            found = jwt.decode(form["client_assertion"], KeySet.import_key_set(self.client_keys), algorithms=["ES384", "RS384"])  # type: ignore[arg-type]
        except (JoseError, KeyError, ValueError):  # not signed by this client
            return "invalid_client"
        c = found.claims
        fits = c["iss"] == c["sub"] == CLIENT and c["aud"] == f"{self.address}/token" and 0 < c["exp"] - self.now <= 300
        fits = fits and c["jti"] not in self.assertions and "client_id" not in form
        self.assertions.add(c["jti"])
        return "" if fits else "invalid_client"

    def _tokens(self, asked: dict[str, str]) -> Json:
        self.access, self.refresh = token_urlsafe(16), token_urlsafe(16)
        right = {
            "access_token": self.access,
            "token_type": "Bearer",
            "expires_in": self.lives,
            "scope": self.granted or asked["scope"],
            "patient": PATIENT,
            "encounter": "enc-1",
            "need_patient_banner": True,
            "refresh_token": self.refresh,
            "id_token": self.id_token(asked.get("nonce", "")),
        } | self.token_says
        return {k: v for k, v in right.items() if v is not None}

    def id_token(self, nonce: str) -> str:
        right = {
            "iss": self.address,
            "sub": "clinician-7",
            "aud": CLIENT,
            "iat": int(self.now),
            "exp": int(self.now) + 300,
            "nonce": nonce,
            "name": "Dr Ada Launch",
            "fhirUser": f"{self.fhir}/Practitioner/prac-1",
        } | self.claims
        claims = {k: v for k, v in right.items() if v is not None}
        return signed(claims, self.signed_with, falsely=self.signs_falsely, with_names=self.names_keys)

    def jwks(self) -> Json:
        return {"keys": [*self.more_keys, *public_keys(with_names=self.names_keys)]}

    def resource(self, path: str, query: dict[str, str], authorization: str) -> tuple[int, Json]:
        self.read.append((path, authorization))
        if authorization != f"Bearer {self.access}" or not self.access:
            return 401, {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "login"}]}
        kind, _, own = path.partition("/")
        if own:
            found = next((r for r in self.records.get(kind, []) if r["id"] == own), None)
            return (200, found) if found else (404, {"resourceType": "OperationOutcome"})
        entries = [
            {"resource": r, "search": {"mode": "match"}} for r in self.records.get(kind, []) if query.get("patient") == PATIENT
        ]
        return 200, {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}

    def transaction(self, bundle: Json, authorization: str) -> tuple[int, Json]:
        if authorization != f"Bearer {self.access}":
            return 401, {}
        if self.takes != 201:
            return self.takes, {"resourceType": "OperationOutcome"}
        self.sent.append(bundle)
        entries = [
            {"response": {"status": "201 Created", "location": f"{e['resource']['resourceType']}/{i}"}}
            for i, e in enumerate(bundle["entry"])
        ]
        return 200, {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}


@contextmanager
def ehr_server(now: float) -> Iterator[Ehr]:
    ehr = Ehr(now=now)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            ehr.requests += 1
            parts = urlsplit(self.path)
            query = {k: v[0] for k, v in parse_qs(parts.query).items()}
            if parts.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", ehr.authorize(query))
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif parts.path == "/chart":
                self._send(200, "text/html", b'<!DOCTYPE html><title>A chart</title><link rel="icon" href="data:,">')
            elif parts.path == "/fhir/.well-known/smart-configuration":
                self._say(200, ehr.smart_configuration())
            elif parts.path == "/.well-known/openid-configuration":
                said = {"issuer": ehr.address, "jwks_uri": f"{ehr.address}/jwks"}
                self._say(404 if ehr.openid is None else 200, said | (ehr.openid or {}))
            elif parts.path == "/jwks":
                self._say(200, ehr.jwks())
            elif parts.path.startswith("/fhir/"):
                self._say(*ehr.resource(parts.path.removeprefix("/fhir/"), query, self.headers.get("Authorization", "")))
            else:
                self._say(404, {})

        def do_POST(self) -> None:
            ehr.requests += 1
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path == "/token":
                form = {k: v[0] for k, v in parse_qs(body.decode()).items()}
                self._say(*ehr.token(form, self.headers.get("Authorization", "")))
            else:
                self._say(*ehr.transaction(json.loads(body), self.headers.get("Authorization", "")))

        def _say(self, status: int, body: Json) -> None:
            self._send(status, "application/json", json.dumps(body).encode())

        def _send(self, status: int, kind: str, data: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ehr.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield ehr
    finally:
        server.shutdown()
        server.server_close()
