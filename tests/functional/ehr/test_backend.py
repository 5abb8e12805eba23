"""Our own keys, and access without a person at the screen: with a real server, and one that answers as it likes."""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from joserfc import jws, jwt
from joserfc.jwk import KeySet

from afterdisc.errors import NotPossible, RecordUnreachable
from afterdisc.program import Program
from afterdisc.service.ehr.assertion import client_assertion
from afterdisc.service.ehr.backend import BackendService
from afterdisc.service.ehr.discovery import smart_configuration
from afterdisc.service.ehr.issuers import Backend, Issuer
from afterdisc.service.ehr.own_keys import make_key_file, public_keys, signer_of, signers_of
from functional.ehr.answering import Answer, server
from functional.ehr.sekmet import CLIENT, Sekmet, free_port, running
from functional.fhir.served import served
from functional.workspace.house import build

SECRET_PARTS = {"d", "p", "q", "dp", "dq", "qi"}
Json = dict[str, Any]


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("keys") / "deep" / "ehr-keys.json"
    make_key_file(file)
    return file


# -- keys ----------------------------------------------------------------------------------------------------------------


@pytest.mark.smart(290, 295)
def test_keys_are_for_their_owner_alone_and_two_in_kind(key_file: Path) -> None:
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert [s.algorithm for s in signers_of(key_file)] == ["ES384", "RS384"]


@pytest.mark.smart(294, 295, 313, 314, 315)
def test_public_keys_hold_nothing_private(key_file: Path) -> None:
    shown = public_keys([key_file, key_file])["keys"]
    assert [(k["kty"], k["alg"], k["use"]) for k in shown] == [("EC", "ES384", "sig"), ("RSA", "RS384", "sig")]
    for key in shown:
        assert not SECRET_PARTS & set(key)
        assert key["kid"]
    assert shown[0]["crv"] == "P-384"
    assert {"x", "y"} <= set(shown[0])
    assert {"n", "e"} <= set(shown[1])
    private = [value for k in json.loads(key_file.read_text())["keys"] for name, value in k.items() if name in SECRET_PARTS]
    assert not [value for value in private if value in json.dumps(shown) + repr(signers_of(key_file))]


def test_keys_that_are_there_are_not_overwritten(key_file: Path) -> None:
    before = key_file.read_bytes()
    with pytest.raises(NotPossible, match="exists already"):
        make_key_file(key_file)
    assert key_file.read_bytes() == before


def test_rotated_keys_sign_and_the_old_ones_stay_published(tmp_path: Path) -> None:
    file = tmp_path / "k.json"
    make_key_file(file)
    old = {s.kid for s in signers_of(file)}
    make_key_file(file, rotate=True)
    assert signer_of(file).kid not in old
    shown = {k["kid"] for k in public_keys([file])["keys"]}
    assert len(shown) == 4
    assert old < shown
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [f.name for f in tmp_path.iterdir()] == ["k.json"]


def test_there_is_nothing_to_rotate_without_keys(tmp_path: Path) -> None:
    with pytest.raises(NotPossible, match="cannot be read"):
        make_key_file(tmp_path / "k.json", rotate=True)


@pytest.mark.smart(295)
@pytest.mark.parametrize("mode", [0o644, 0o604, 0o620, 0o606])
@pytest.mark.skipif(os.name != "posix", reason="rights as POSIX has them")
def test_keys_that_others_may_read_are_not_used(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "k.json"
    make_key_file(file)
    file.chmod(mode)
    with pytest.raises(NotPossible, match="open to others"):
        signers_of(file)


def public_only(keys: Json) -> Json:
    return {"keys": [{n: v for n, v in k.items() if n not in SECRET_PARTS} for k in keys["keys"]]}


NO_KEYS = {
    "no JSON": lambda _: "{",
    "no set": lambda _: "[]",
    "empty": lambda _: '{"keys": []}',
    "public ones": lambda keys: json.dumps(public_only(keys)),
    "one twice": lambda keys: json.dumps({"keys": [keys["keys"][0]] * 2}),
    "without names": lambda keys: json.dumps({"keys": [k | {"kid": ""} for k in keys["keys"]]}),
    "of another algorithm": lambda keys: json.dumps({"keys": [keys["keys"][1] | {"alg": "RS256"}]}),
    "for another curve": lambda keys: json.dumps({"keys": [keys["keys"][0] | {"crv": "P-256"}]}),
}


@pytest.mark.parametrize("spoil", NO_KEYS.values(), ids=NO_KEYS)
def test_a_file_that_holds_no_keys_is_told_without_what_it_holds(key_file: Path, tmp_path: Path, spoil: Any) -> None:
    keys = json.loads(key_file.read_text())
    file = tmp_path / "k.json"
    file.write_text(spoil(keys))
    file.chmod(0o600)
    with pytest.raises(NotPossible, match=r"the key file k\.json") as error:
        signers_of(file)
    assert not [v for k in keys["keys"] for v in k.values() if len(v) > 10 and v in str(error.value)]


def test_the_key_that_signs_is_one_the_server_takes(key_file: Path) -> None:
    assert signer_of(key_file).algorithm == "ES384"
    assert signer_of(key_file, ("RS256", "RS384")).algorithm == "RS384"
    with pytest.raises(NotPossible, match="neither ES384 nor RS384"):
        signer_of(key_file, ("RS256",))


@pytest.mark.smart(301, 302, 303)
def test_our_public_keys_are_served_to_everybody(tmp_path: Path, program: Program, key_file: Path) -> None:
    house = build(f"sqlite:///{tmp_path / 'c.sqlite'}", program, ehr_keys=str(key_file))
    answer = house.visitor(None).get("/.well-known/jwks.json")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=600"
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == public_keys([key_file])
    house.database.close()


def test_without_keys_that_are_good_there_is_no_such_page(tmp_path: Path, program: Program) -> None:
    file = tmp_path / "k.json"
    house = build(f"sqlite:///{tmp_path / 'c.sqlite'}", program, ehr_keys=str(file))
    assert house.visitor(None).get("/.well-known/jwks.json").status_code == 404
    file.write_text("{}")
    answer = house.visitor(None).get("/.well-known/jwks.json")
    assert answer.status_code == 404
    assert "k.json" not in answer.text
    house.database.close()


# -- the assertion ---------------------------------------------------------------------------------------------------------


@pytest.mark.smart(233, 307, 308, 309, 317, 319, 320, 321, 322, 323, 327, 328, 329, 330, 331, 332, 333, 334)
@pytest.mark.parametrize("algorithm", ["ES384", "RS384"])
def test_the_assertion_is_as_smart_asks(key_file: Path, algorithm: str) -> None:
    now, address = 1_800_000_000.7, "https://ehr.example/token"
    signer = signer_of(key_file, (algorithm,))
    made = client_assertion(signer, "me", address, now=now)
    assert made["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    keys = KeySet.import_key_set(public_keys([key_file]))  # type: ignore[arg-type]
    token = jwt.decode(made["client_assertion"], keys, algorithms=[algorithm])
    assert token.header == {"alg": algorithm, "kid": signer.kid, "typ": "JWT"}
    claims = token.claims
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("me", "me", address)
    assert now < claims["exp"] <= now + 300
    again = client_assertion(signer, "me", address, now=now)["client_assertion"]
    assert json.loads(jws.extract_compact(again.encode()).payload)["jti"] != claims["jti"]


# -- a real server ---------------------------------------------------------------------------------------------------------


def backend_of(base: str, key_file: Path, scopes: str, *, now: Any = time.time, own: str = "", client: str = CLIENT) -> Any:
    """own: the scopes that the issuer sets itself."""
    return BackendService(Issuer("here", base, backend=Backend(client, own)), key_file, scopes, now)


@pytest.mark.smart(226, 229, 239, 264)
def test_a_real_server_gives_a_token_and_it_opens_the_record(sekmet: Sekmet) -> None:
    sekmet.put({"resourceType": "Patient", "id": "backend-1", "gender": "female"})
    backend = backend_of(sekmet.base, sekmet.key_file, "system/Patient.rs")
    access = backend.access()
    assert access.scopes == ("system/Patient.rs",)
    assert access.token not in repr(access) + repr(backend)
    with backend.client() as client:
        assert client.read("Patient/backend-1")["gender"] == "female"
        with pytest.raises(RecordUnreachable, match=r"`Observation`: .* scopes") as refused:
            client.read("Observation?_count=1")
        assert refused.value.status == 403
        with pytest.raises(RecordUnreachable, match="scopes"):
            client.create({"resourceType": "Patient"})


@pytest.mark.smart(263)
def test_a_token_is_used_until_shortly_before_it_ends(sekmet: Sekmet) -> None:
    moment = [time.time()]
    backend = backend_of(sekmet.base, sekmet.key_file, "system/Patient.rs", now=lambda: moment[0])
    first = backend.access()
    moment[0] = first.ends - 31
    assert backend.access() is first
    moment[0] = first.ends - 29
    with pytest.raises(RecordUnreachable, match="token endpoint"):  # a new one is asked for, by a clock an hour ahead
        backend.access()


def test_another_key_gets_nothing(sekmet: Sekmet, key_file: Path) -> None:
    with pytest.raises(RecordUnreachable, match="token endpoint"):  # sekmet stumbles over it with 500
        backend_of(sekmet.base, key_file, "system/Patient.rs").access()


def test_another_client_gets_nothing(sekmet: Sekmet) -> None:
    with pytest.raises(RecordUnreachable, match="invalid_client: it does not know this client id"):
        backend_of(sekmet.base, sekmet.key_file, "system/Patient.rs", client="somebody").access()


def test_scopes_that_are_not_granted_are_told(sekmet: Sekmet) -> None:
    with pytest.raises(RecordUnreachable, match="invalid_scope"):
        backend_of(sekmet.base, sekmet.key_file, "system/*.cruds").access()


def test_a_server_that_fetches_our_keys_from_our_address(tmp_path: Path, program: Program, key_file: Path) -> None:
    """As servers should: the address of our keys is registered, not the keys."""
    port = free_port()
    folder = tmp_path / "sekmet"
    folder.mkdir()
    with running(folder, jwks_url=f"http://127.0.0.1:{port}/.well-known/jwks.json", jwks=None) as peer:
        backend = backend_of(peer.base, key_file, "system/Patient.rs")
        with pytest.raises(RecordUnreachable):
            backend.access()
        with served(tmp_path, program, port=port, ehr_keys=str(key_file)):
            assert backend.access().scopes == ("system/Patient.rs",)


# -- a server that answers as it likes ---------------------------------------------------------------------------------------

GIVEN: Json = {"access_token": "t", "token_type": "bearer", "expires_in": 300}


@contextmanager
def token_server(body: Any, status: int = 200, said: Json | None = None) -> Iterator[str]:
    def answer(path: str, _: Json) -> Answer:
        if "smart-configuration" in path:
            return 200, {}, json.dumps({"token_endpoint": "token", "capabilities": []} if said is None else said).encode()
        return status, {}, body if isinstance(body, bytes) else json.dumps(body).encode()

    with server(answer) as base:
        yield base


def test_a_token_without_an_end_is_held_for_five_minutes_at_most(key_file: Path) -> None:
    for seconds in (None, "300", -1, 0, True, 1e300):
        with token_server(GIVEN | {"expires_in": seconds}) as base:
            assert backend_of(base, key_file, "s", now=lambda: 1000.0).access().ends == 1300


def test_a_server_that_does_not_say_what_it_granted_granted_what_was_asked(key_file: Path) -> None:
    with token_server(GIVEN) as base:
        assert backend_of(base, key_file, "a b").access().scopes == ("a", "b")


SECRET = "what-the-server-adds"
NO_TOKEN = {
    "no token": ({"token_type": "bearer"}, 200, "gave no bearer token"),
    "another kind": (GIVEN | {"token_type": "mac"}, 200, "gave no bearer token"),
    "no kind": ({"access_token": "t"}, 200, "gave no bearer token"),
    "a number": (GIVEN | {"access_token": 7}, 200, "gave no bearer token"),
    "a list": ([], 200, "no JSON object"),
    "a page": (f"<html>{SECRET}".encode(), 200, "not JSON"),
    "a refusal in words": ({"error": "invalid_client", "error_description": SECRET}, 400, "invalid_client"),
    "a refusal of its own": ({"error": SECRET}, 400, "it answered 400"),
    "a fault": (SECRET.encode(), 503, "it answered 503"),
    "elsewhere": (b"", 307, "it answered 307"),
}


@pytest.mark.parametrize(("body", "status", "words"), NO_TOKEN.values(), ids=NO_TOKEN)
def test_what_is_no_token_is_told_in_our_words(key_file: Path, body: Any, status: int, words: str) -> None:
    with token_server(body, status) as base, pytest.raises(RecordUnreachable, match=words) as error:
        backend_of(base, key_file, "s").access()
    assert SECRET not in str(error.value)


NO_CONFIGURATION: dict[str, tuple[Any, str]] = {
    "no token endpoint": ({}, "names no token endpoint"),
    "over plain http": ({"token_endpoint": "http://ehr.example/token"}, "`token_endpoint` is no https address"),
    "no address": ({"token_endpoint": "file:///etc/passwd"}, "`token_endpoint` is no https address"),
}


@pytest.mark.smart(232)
@pytest.mark.parametrize(("said", "words"), NO_CONFIGURATION.values(), ids=NO_CONFIGURATION)
def test_a_configuration_that_is_of_no_use_is_told(key_file: Path, said: Json, words: str) -> None:
    with token_server(GIVEN, said=said) as base, pytest.raises(RecordUnreachable, match=words):
        backend_of(base, key_file, "s").access()


def test_a_relative_address_counts_from_the_fhir_base() -> None:
    with token_server(GIVEN) as base:
        assert smart_configuration(base).token == f"{base}/token"


def test_without_backend_or_keys_our_own_part_is_told(key_file: Path, tmp_path: Path) -> None:
    with token_server(GIVEN) as base:
        with pytest.raises(NotPossible, match="has no `backend:`"):
            BackendService(Issuer("here", base), key_file, "s", time.time).access()
        with pytest.raises(NotPossible, match="ehr keys"):
            backend_of(base, tmp_path / "none.json", "s").access()


@pytest.mark.smart(226, 227, 234, 235, 236, 237, 238)
def test_the_request_is_a_form_with_the_scopes_of_the_issuer_first(key_file: Path) -> None:
    asked: list[str] = []

    def answer(path: str, headers: Json) -> Answer:
        if path == "/fhir/.well-known/smart-configuration":
            assert headers["accept"] == "application/json"
            return 200, {}, b'{"token_endpoint": "token"}'
        assert path == "/fhir/token"
        asked.append(headers["body"])
        assert headers["content-type"] == "application/x-www-form-urlencoded"
        return 200, {}, json.dumps(GIVEN).encode()

    with server(answer) as base:
        backend_of(base, key_file, "system/A.rs", own="system/B.rs").access()
    form = {name: values[0] for name, values in parse_qs(asked[0]).items()}
    assert form.pop("client_assertion")
    assert form == {
        "grant_type": "client_credentials",
        "scope": "system/B.rs",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }


