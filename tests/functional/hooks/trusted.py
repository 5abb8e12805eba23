"""A record system with keys of its own: it signs tokens as CDS Hooks asks, and can sign wrong ones."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from functional.workspace.house import START

ISSUER = "https://ehr.example"
NOW = int(START.timestamp())


@dataclass
class System:
    """Its keys, and the address at which the public ones are."""

    jwks: str
    keys: dict[str, Any] = field(default_factory=dict)

    def token(self, audience: str, algorithm: str = "ES384", *, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token for one call; `None` leaves a claim out."""
        said = {"iss": ISSUER, "aud": audience, "iat": NOW, "exp": NOW + 240, "jti": uuid4().hex} | claims
        head = {"alg": algorithm, "typ": "JWT", "kid": algorithm} | (header or {})
        key = self.keys[algorithm]
        return jwt.encode(head, {k: v for k, v in said.items() if v is not None}, key, algorithms=[algorithm])

    def file(self, folder: Path) -> str:
        """The file of AFTERDISC_EHR that trusts this system."""
        path = folder / "ehr.yaml"
        path.write_text(
            "issuers:\n  - name: General Hospital\n    fhir: https://ehr.example/fhir\n"
            f"    hooks: {{issuer: {ISSUER}, jwks: {self.jwks}}}\n",
            encoding="utf-8",
        )
        return str(path)


@contextmanager
def running() -> Iterator[System]:
    """A system whose public keys can be fetched on the loopback."""
    keys = {
        "ES384": ECKey.generate_key("P-384", {"kid": "ES384", "use": "sig"}),
        "RS384": RSAKey.generate_key(2048, {"kid": "RS384", "use": "sig"}),
        "HS384": OctKey.import_key("a secret that both would have to know, and long enough"),
    }
    public = {"keys": [keys[name].as_dict(private=False) for name in ("ES384", "RS384")]}

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(public).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield System(f"http://127.0.0.1:{server.server_port}/jwks.json", keys)
    finally:
        server.shutdown()
        server.server_close()
