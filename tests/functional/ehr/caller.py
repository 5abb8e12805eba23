"""A record system's machine: it has keys, shows the public ones on the loopback, and signs tokens as CDS Hooks asks."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import yaml
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

Json = dict[str, Any]
ISSUER = "https://ehr.example"
NUMBERS = count(1)


@dataclass
class KeyServer:
    """An address that shows a JWK set. `body` is what it answers, `asked` how often it was."""

    address: str = ""
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    asked: int = 0

    def show(self, *keys: Mapping[str, Any]) -> None:
        self.body = json.dumps({"keys": keys}).encode()


@contextmanager
def key_server() -> Iterator[KeyServer]:
    made = KeyServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked += 1
            self.send_response(made.status)
            for name, value in {"Content-Length": str(len(made.body)), **made.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(made.body)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    made.address = f"http://127.0.0.1:{server.server_port}/jwks.json"
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Signing:
    """One machine with a key for each algorithm. Whatever a test gives takes the place of what is right; None leaves it out."""

    jwks: str
    issuer: str = ISSUER
    keys: dict[str, Any] = field(
        default_factory=lambda: {
            "ES384": ECKey.generate_key("P-384", {"kid": "ec-1"}),
            "RS384": RSAKey.generate_key(2048, {"kid": "rsa-1"}),
        }
    )

    def public(self) -> list[Json]:
        return [dict(key.as_dict(private=False)) for key in self.keys.values()]

    def claims(self, audience: str, now: datetime, **other: Any) -> Json:
        seconds = int(now.timestamp())
        right = {"iss": self.issuer, "aud": audience, "iat": seconds, "exp": seconds + 240, "jti": f"token-{next(NUMBERS)}"}
        return {name: value for name, value in (right | other).items() if value is not None}

    def header(self, algorithm: str, **other: Any) -> Json:
        right = {"alg": algorithm, "typ": "JWT", "kid": self.keys[algorithm].kid, "jku": self.jwks}
        return {name: value for name, value in (right | other).items() if value is not None}

    def token(
        self, audience: str, now: datetime, *, algorithm: str = "ES384", header: Json | None = None, **claims: Any
    ) -> str:
        head = self.header(algorithm, **(header or {}))
        signed = self.claims(audience, now, **claims)
        registry = JWSRegistry(algorithms=[algorithm], strict_check_header=False)
        return jws.serialize_compact(head, json.dumps(signed).encode(), self.keys[algorithm], registry=registry)


def issuers_file(folder: Path, *issuers: Json) -> Path:
    file = folder / "ehr.yaml"
    file.write_text(yaml.safe_dump({"issuers": list(issuers)}), encoding="utf-8")
    return file


def trusted(signing: Signing, **more: Any) -> Json:
    """The entry that lets this machine call."""
    hooks = {"issuer": signing.issuer, "jwks": signing.jwks}
    return {"name": "General Hospital", "fhir": "https://ehr.example/fhir", "hooks": hooks} | more
