"""Who may call as a machine: good tokens, and every way to come in with a bad one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from afterdisc.program import Program
from functional.ehr.caller import key_server
from functional.ehr.conftest import ASSESS, SITE, Door
from functional.hooks.calls import VIEW

SERVICE = f"{SITE}/cds-services/{VIEW}"
GOOD = 200


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


# -- let in ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["ES384", "RS384"])
@pytest.mark.parametrize("audience", [ASSESS, f"{SITE}/fhir", [f"{SITE}/elsewhere", ASSESS]], ids=["own", "base", "among"])
def test_a_signed_token_lets_a_machine_in(door: Door, algorithm: str, audience: Any) -> None:
    answer = door.assess(door.token(audience, algorithm=algorithm))
    assert answer.status_code == GOOD, answer.text


def test_a_cds_hooks_service_is_called_with_a_token_for_its_own_address(door: Door, program: Program) -> None:
    answer = door.view(door.token(SERVICE), program)
    assert answer.status_code == GOOD, answer.text
    assert len(answer.json()["cards"]) == 1


def test_without_jku_the_keys_of_the_file_are_used(door: Door) -> None:
    assert door.assess(door.token(header={"jku": None})).status_code == GOOD


def test_header_fields_and_claims_of_others_do_no_harm(door: Door) -> None:
    token = door.token(header={"x-vendor": "1", "cty": "x"}, tenant="north", sub="somebody", nbf=0)
    assert door.assess(token).status_code == GOOD


# -- refused -----------------------------------------------------------------------------------------------------------

SECONDS_OFF = {
    "expired": {"exp": -31, "iat": -300},
    "issued in the future": {"iat": 31, "exp": 200},
    "valid only later": {"nbf": 31},
    "longer than five minutes": {"iat": 0, "exp": 301},
}


def off(door: Door, times: dict[str, int]) -> dict[str, float]:
    return {name: int(door.house.clock().timestamp()) + seconds for name, seconds in times.items()}


@pytest.mark.parametrize("times", SECONDS_OFF.values(), ids=SECONDS_OFF)
def test_times_that_do_not_hold_are_refused(door: Door, times: dict[str, int]) -> None:
    refused(door, door.token(**off(door, times)))


def test_a_clock_that_is_a_little_off_is_forgiven(door: Door) -> None:
    for times in ({"exp": -29, "iat": -200}, {"iat": 29, "exp": 200}):
        assert door.assess(door.token(**off(door, times))).status_code == GOOD


CLAIMS: dict[str, dict[str, Any]] = {
    "another audience": {"aud": "https://elsewhere.example/fhir/$assess"},
    "our site alone": {"aud": SITE},
    "a path that begins like ours": {"aud": f"{ASSESS}/more"},
    "our address with a slash": {"aud": f"{ASSESS}/"},
    "a foreign host with our path": {"aud": "https://testserver.evil.example/fhir/$assess"},
    "no audience": {"aud": None},
    "an audience that is no text": {"aud": [{"x": 1}, 7]},
    "a foreign issuer": {"iss": "https://evil.example"},
    "the issuer with a slash": {"iss": "https://ehr.example/"},
    "no issuer": {"iss": None},
    "an issuer that is no text": {"iss": ["https://ehr.example"]},
    "no expiry": {"exp": None},
    "no moment of issue": {"iat": None},
    "expiry as text": {"exp": "4102444800"},
    "expiry true": {"exp": True},
    "expiry never": {"exp": math.inf, "iat": math.inf},
    "expiry no number": {"exp": math.nan, "iat": math.nan},
    "expiry beyond any number": {"exp": 10**400, "iat": 10**400},
    "no id": {"jti": None},
    "an empty id": {"jti": ""},
    "an id that is no text": {"jti": 7},
    "an id without end": {"jti": "x" * 256},
}


@pytest.mark.parametrize("claims", CLAIMS.values(), ids=CLAIMS)
def test_a_claim_that_is_not_right_is_refused(door: Door, claims: dict[str, Any]) -> None:
    right = door.signing.claims(ASSESS, door.house.clock())
    wrong = {name: value for name, value in (right | claims).items() if value is not None}
    key = door.signing.keys["ES384"]
    refused(door, jwt.encode(door.signing.header("ES384"), wrong, key, algorithms=["ES384"]))


HEADERS: dict[str, dict[str, Any]] = {
    "another address of keys": {"jku": "https://evil.example/jwks.json"},
    "no key": {"kid": None},
    "an empty key": {"kid": ""},
    "a key that is unknown": {"kid": "another"},
    "the key of another algorithm": {"kid": "rsa-1"},
    "another type": {"typ": "at+jwt"},
    "no type": {"typ": None},
    "something critical": {"crit": ["exp"], "exp": 1},
    "a certificate brought along": {"x5u": "https://evil.example/cert"},
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_a_header_that_is_not_right_is_refused(door: Door, header: dict[str, Any]) -> None:
    refused(door, handmade(door, header=header))


def handmade(door: Door, *, header: dict[str, Any], claims: dict[str, Any] | None = None) -> str:
    """Signed by hand, since a library would not sign some of these."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    head = door.signing.header("ES384", **header)
    signed = f"{part(head)}.{part(claims or door.signing.claims(ASSESS, door.house.clock()))}"
    r, s = decode_dss_signature(door.signing.keys["ES384"].private_key.sign(signed.encode(), ECDSA(hashes.SHA384())))
    return f"{signed}.{part(r.to_bytes(48, 'big') + s.to_bytes(48, 'big'))}"


def test_signing_by_hand_works_so_that_the_refusals_above_mean_something(door: Door) -> None:
    assert door.assess(handmade(door, header={})).status_code == GOOD


def unsigned(door: Door) -> str:
    head = door.signing.header("ES384", alg="none")
    return f"{part(head)}.{part(door.signing.claims(ASSESS, door.house.clock()))}."


def with_public_key_as_secret(door: Door) -> str:
    pem = door.signing.keys["RS384"].as_pem(private=False)
    signed = f"{part(door.signing.header('RS384', alg='HS256'))}.{part(door.signing.claims(ASSESS, door.house.clock()))}"
    return f"{signed}.{part(hmac.new(pem, signed.encode(), hashlib.sha256).digest())}"


def weaker(algorithm: str, key: Callable[[], Any]) -> Callable[[Door], str]:
    def made(door: Door) -> str:
        head = door.signing.header("ES384", alg=algorithm)
        claims = door.signing.claims(ASSESS, door.house.clock())
        return jwt.encode(head, claims, key(), algorithms=[algorithm])

    return made


def by_a_strangers_key(door: Door) -> str:
    claims = door.signing.claims(ASSESS, door.house.clock())
    return jwt.encode(door.signing.header("ES384"), claims, ECKey.generate_key("P-384"), algorithms=["ES384"])


def with_its_own_key_along(door: Door) -> str:
    own = ECKey.generate_key("P-384", {"kid": "ec-1"})
    head = door.signing.header("ES384", jwk=own.as_dict(private=False))
    return jwt.encode(head, door.signing.claims(ASSESS, door.house.clock()), own, algorithms=["ES384"])


def changed_after_signing(door: Door) -> str:
    head, _, signature = door.token().split(".")
    return f"{head}.{part(door.signing.claims(ASSESS, door.house.clock(), sub='another'))}.{signature}"


FORGED: dict[str, Callable[[Door], str]] = {
    "alg none": unsigned,
    "HS256 with the public key": with_public_key_as_secret,
    "HS384": weaker("HS384", lambda: OctKey.generate_key(384)),
    "RS256": weaker("RS256", lambda: RSAKey.generate_key(2048)),
    "ES256": weaker("ES256", lambda: ECKey.generate_key("P-256")),
    "a stranger's key": by_a_strangers_key,
    "its own key along": with_its_own_key_along,
    "changed after signing": changed_after_signing,
    "its signature cut off": lambda door: door.token().rpartition(".")[0] + ".",
    "two parts": lambda door: door.token().rpartition(".")[0],
    "nothing": lambda door: "",
    "words": lambda door: "let me in",
    "dots": lambda door: "..",
    "far too long": lambda door: "x" * 9000,
    "no JSON inside": lambda door: f"{part(b'{')}.{part(b'x')}.x",
    "a list as claims": lambda door: f"{part(door.signing.header('ES384'))}.{part([1])}.x",
    "a list as header": lambda door: f"{part([1])}.{part({})}.x",
    "deep as a well": lambda door: f"{part(door.signing.header('ES384'))}.{part(b'[' * 5000)}.x",
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_forged_token_is_refused(door: Door, forge: Callable[[Door], str]) -> None:
    refused(door, forge(door))


@pytest.mark.parametrize("name", ["alg none", "HS256 with the public key", "HS384", "RS256", "ES256"])
def test_another_algorithm_is_refused_before_any_key_is_looked_at(door: Door, name: str) -> None:
    answer = door.assess(FORGED[name](door))
    assert "it is not signed with ES384 or RS384" in answer.headers["www-authenticate"]
    assert door.shown.asked == 0


def refused(door: Door, token: str) -> None:
    """401, with a challenge and a reason, and nothing of the token in it. The same machine gets in with a right one."""
    answer = door.assess(token)
    assert answer.status_code == 401, answer.text
    assert answer.headers["www-authenticate"].startswith('Bearer realm="afterdisc"')
    issue = answer.json()["issue"][0]
    assert issue["code"] == "login"
    assert issue["diagnostics"].startswith("This call is not let in: ")
    told = answer.text + str(answer.headers)
    for piece in ("evil.example", "ec-1", "token-", *(p for p in token.split(".") if len(p) > 8)):
        assert piece not in told
    assert door.assess(door.token()).status_code == GOOD


# -- once --------------------------------------------------------------------------------------------------------------


def test_a_token_is_good_for_one_call(door: Door) -> None:
    token = door.token()
    assert door.assess(token).status_code == GOOD
    refused(door, token)


def test_a_token_used_at_another_service_is_used(door: Door, program: Program) -> None:
    token = door.token([ASSESS, SERVICE])
    assert door.view(token, program).status_code == GOOD
    refused(door, token)


def test_an_id_may_be_any_text(door: Door) -> None:
    for strange in ("\ud800", "a\u0000b", "  ", "database is full", "é"):
        token = door.token(jti=strange)
        assert door.assess(token).status_code == GOOD, strange
        refused(door, token)


def test_a_refused_token_is_not_used_up(door: Door) -> None:
    right = door.signing.claims(ASSESS, door.house.clock())
    key = door.signing.keys["ES384"]
    wrong = jwt.encode(door.signing.header("ES384"), right | {"aud": "elsewhere"}, key, algorithms=["ES384"])
    refused(door, wrong)
    assert door.assess(jwt.encode(door.signing.header("ES384"), right, key, algorithms=["ES384"])).status_code == GOOD


# -- keys --------------------------------------------------------------------------------------------------------------


def test_keys_are_asked_for_once_and_again_after_ten_minutes(door: Door) -> None:
    for _ in range(3):
        assert door.assess(door.token()).status_code == GOOD
    assert door.shown.asked == 1
    door.house.clock.on(minutes=9, seconds=59)
    assert door.assess(door.token()).status_code == GOOD
    assert door.shown.asked == 1
    door.house.clock.on(seconds=2)
    assert door.assess(door.token()).status_code == GOOD
    assert door.shown.asked == 2


@pytest.mark.parametrize(("said", "kept_seconds"), [("max-age=60", 60), ("public, max-age=86400", 600), ("no-store", 10)])
def test_keys_are_kept_as_long_as_the_server_says_but_no_longer_than_ten_minutes(
    door: Door, said: str, kept_seconds: int
) -> None:
    door.shown.headers["Cache-Control"] = said
    door.assess(door.token())
    door.house.clock.on(seconds=kept_seconds - 1)
    door.assess(door.token())
    assert door.shown.asked == 1
    door.house.clock.on(seconds=2)
    door.assess(door.token())
    assert door.shown.asked == 2


def test_a_new_key_is_found_and_an_old_one_that_is_gone_lets_nobody_in(door: Door) -> None:
    assert door.assess(door.token()).status_code == GOOD
    old = dict(door.signing.keys)
    door.signing.keys["ES384"] = ECKey.generate_key("P-384", {"kid": "ec-2"})
    door.shown.show(*door.signing.public())
    door.house.clock.on(seconds=11)
    assert door.assess(door.token()).status_code == GOOD
    door.signing.keys = old
    assert door.assess(door.token()).status_code == 401


def test_unknown_keys_do_not_make_us_ask_all_the_time(door: Door) -> None:
    for i in range(20):
        assert door.assess(door.token(header={"kid": f"made-up-{i}"})).status_code == 401
    assert door.shown.asked == 1


def test_two_keys_of_one_id_let_nobody_in(door: Door) -> None:
    twin = ECKey.generate_key("P-384", {"kid": "ec-1"})
    door.shown.show(*door.signing.public(), dict(twin.as_dict(private=False)))
    assert door.assess(door.token()).status_code == 401


def test_a_set_may_hold_keys_that_we_do_not_know(door: Door) -> None:
    odd: list[Any] = [{"kty": "AKP", "kid": "new"}, {"kty": "oct", "kid": "s", "k": "AAAA"}, {"kty": "EC", "kid": "b"}, 7, {}]
    door.shown.show(*odd, *door.signing.public())
    assert door.assess(door.token()).status_code == GOOD


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"keys": 3}', b"<html>", b'{"keys": [' + b" " * 300_000 + b"]}"])
def test_keys_that_are_none_let_nobody_in(door: Door, body: bytes) -> None:
    right, door.shown.body = door.shown.body, body
    assert door.assess(door.token()).status_code == 401
    door.shown.body = right
    assert door.assess(door.token()).status_code == 401
    assert door.shown.asked == 1
    door.house.clock.on(seconds=11)
    assert door.assess(door.token()).status_code == GOOD


def test_a_redirect_of_the_keys_is_not_followed(door: Door) -> None:
    with key_server() as elsewhere:
        elsewhere.show(*door.signing.public())
        door.shown.status, door.shown.headers["Location"] = 302, elsewhere.address
        assert door.assess(door.token()).status_code == 401
        assert elsewhere.asked == 0


def test_packed_keys_are_not_unpacked(door: Door) -> None:
    import gzip

    door.shown.body, door.shown.headers["Content-Encoding"] = gzip.compress(door.shown.body), "gzip"
    assert door.assess(door.token()).status_code == 401
