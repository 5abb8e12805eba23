"""Over the wire: nothing older than TLS 1.2 is spoken, whatever the other side would take."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx2
import pytest

from afterdisc.errors import RecordUnreachable
from afterdisc.service.ehr.discovery import smart_configuration
from afterdisc.service.ehr.token_endpoint import ask_token
from functional.ehr.answering import Answer, server
from functional.ehr.test_reading import self_signed

pytestmark = [
    pytest.mark.skipif(not ssl.HAS_TLSv1_1, reason="needs an OpenSSL that can still speak TLS 1.1"),
    pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning"),
]


def old_server(folder: Path) -> ssl.SSLContext:
    """Speaks TLS 1.1 and nothing else."""
    made = self_signed(folder, "127.0.0.1")
    made.set_ciphers("ALL:@SECLEVEL=0")
    made.minimum_version = made.maximum_version = ssl.TLSVersion.TLSv1_1
    return made


def careless() -> ssl.SSLContext:
    """A client that would take it."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.set_ciphers("ALL:@SECLEVEL=0")
    made.minimum_version = ssl.TLSVersion.TLSv1
    return made


@pytest.mark.smart(1, 230, 232, 318)
def test_a_server_that_speaks_an_older_tls_is_told_nothing(tmp_path: Path) -> None:
    asked: list[str] = []

    def seen(path: str, _: dict[str, str]) -> Answer:
        asked.append(path)
        return 200, {}, b"{}"

    with server(seen, old_server(tmp_path)) as base:
        with pytest.raises(RecordUnreachable, match="cannot be reached"):
            smart_configuration(base)
        with pytest.raises(RecordUnreachable, match="cannot be reached"):
            ask_token(f"{base}/token", {"grant_type": "client_credentials"}, now=0)
        assert asked == []
        assert httpx2.get(f"{base}/token", verify=careless(), trust_env=False).status_code == 200
        assert asked == ["/fhir/token"]
