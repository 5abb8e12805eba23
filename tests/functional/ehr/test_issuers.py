"""The file that names record systems: what it says is taken as it is, and every mistake is told with its place and its mend."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from afterdisc.errors import NotPossible
from afterdisc.service.ehr.issuers import Backend, Caller, Issuer, Issuers, issuers_of
from afterdisc.service.ehr.own_keys import make_key_file

WHOLE = """\
issuers:
  - name: General Hospital
    fhir: https://ehr.example/fhir/
    client_id: afterdisc
    authentication: secret
    client_secret_file: secret.txt
    scopes: launch patient/*.rs
    roles: [clinician]
    hooks: {issuer: "https://ehr.example", jwks: "https://ehr.example/jwks.json"}
    backend: {client_id: afterdisc-backend, scopes: system/*.rs}
  - name: On this machine
    fhir: http://127.0.0.1:8090/fhir
    authentication: public
"""
SECRET = "the-secret-itself"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "secret.txt").write_text(f"{SECRET}\n")
    (tmp_path / "secret.txt").chmod(0o600)
    found = tmp_path / "ehr.yaml"
    found.write_text(WHOLE)
    return found


def told(file: Path, right: str, wrong: str) -> str:
    """What is said when this is written wrong."""
    assert right in WHOLE
    file.write_text(WHOLE.replace(right, wrong, 1))
    with pytest.raises(NotPossible) as error:
        issuers_of(str(file))
    said = str(error.value)
    assert SECRET not in said
    assert said.endswith((".", ")", "?", "txt"))
    return said


def test_a_whole_file(file: Path) -> None:
    one, two = issuers_of(str(file)).all
    assert one == Issuer(
        name="General Hospital",
        fhir="https://ehr.example/fhir",
        client_id="afterdisc",
        authentication="secret",
        client_secret=SECRET,
        scopes="launch patient/*.rs",
        roles=("clinician",),
        hooks=Caller("https://ehr.example", "https://ehr.example/jwks.json"),
        backend=Backend("afterdisc-backend", "system/*.rs"),
    )
    assert two == Issuer("On this machine", "http://127.0.0.1:8090/fhir")


def test_without_a_file_there_are_no_issuers() -> None:
    assert issuers_of("") == Issuers()


def test_a_secret_does_not_show(file: Path) -> None:
    found = issuers_of(str(file))
    assert SECRET not in f"{found!r} {found} {found.all[0]!r}"


def test_a_change_of_the_file_is_seen(file: Path) -> None:
    assert len(issuers_of(str(file)).all) == 2
    file.write_text(WHOLE.partition("  - name: On this")[0])
    os.utime(file, ns=(1, 1))
    assert len(issuers_of(str(file)).all) == 1


@pytest.mark.parametrize(
    ("address", "is_known"),
    [
        ("https://ehr.example/fhir", True),
        ("https://ehr.example/fhir/", True),
        ("https://EHR.example:443/fhir", True),
        ("http://ehr.example/fhir", False),
        ("https://ehr.example/FHIR", False),
        ("https://ehr.example/fhir/r4", False),
        ("https://ehr.example:8443/fhir", False),
        ("https://ehr.example@evil.example/fhir", False),
        ("https://evil.example/fhir?https://ehr.example/fhir", False),
        ("https://ehr.example.evil.example/fhir", False),
        ("", False),
        ("https://[", False),
    ],
)
def test_a_server_is_known_by_its_address_alone(file: Path, address: str, is_known: bool) -> None:
    found = issuers_of(str(file)).of_fhir(address)
    assert (found is not None) is is_known


MISTAKES = {  # what is written right, what wrong -> what the message holds
    "plain http": ("https://ehr.example/fhir/", "http://ehr.example/fhir", ["ehr.yaml:3", "`fhir`", "https address"]),
    "a name in the address": ("https://ehr.example/fhir/", "https://a:b@ehr.example/fhir", ["ehr.yaml:3", "`fhir`"]),
    "a question in the address": ("https://ehr.example/fhir/", "https://ehr.example/fhir?x=1", ["ehr.yaml:3", "`?`"]),
    "no address": ("    fhir: https://ehr.example/fhir/\n", "", ["ehr.yaml:2", "`fhir` is missing", "Add `fhir:`"]),
    "keys over plain http": ("https://ehr.example/jwks.json", "http://ehr.example/jwks.json", ["ehr.yaml:9", "`jwks`"]),
    "no keys": (', jwks: "https://ehr.example/jwks.json"', "", ["ehr.yaml:9", "`jwks` is missing"]),
    "a slip": ("    scopes: launch", "    scope: launch", ["ehr.yaml:7", "nobody reads `scope`", "Did you mean `scopes`?"]),
    "the secret in the file": (
        "client_secret_file: secret.txt",
        f"client_secret: {SECRET}",
        ["ehr.yaml:6", "nobody reads `client_secret`", "`client_secret_file`"],
    ),
    "another authentication": ("authentication: secret", "authentication: basic", ["ehr.yaml:5", "public, secret, key"]),
    "a secret that is nowhere": ("secret.txt", "nowhere.txt", ["ehr.yaml:6", "`client_secret_file`", "Check its name"]),
    "no secret": ("    client_secret_file: secret.txt\n", "", ["ehr.yaml:2", "needs `client_secret_file:`"]),
    "a role that is none": ("[clinician]", "[doctor]", ["ehr.yaml:8", "clinician, reviewer, administrator"]),
    "roles as one word": ("[clinician]", "clinician", ["ehr.yaml:8", "`roles` must be a list"]),
    "twice the name": ("name: On this machine", "name: General Hospital", ["ehr.yaml", "the same `name`"]),
    "twice the server": ("http://127.0.0.1:8090/fhir", "https://ehr.example/fhir", ["ehr.yaml", "the same `fhir`"]),
    "no list": ("issuers:\n", "issuers: here\nrest:\n", ["ehr.yaml:1", "`issuers` must be a list"]),
    "another key": ("issuers:\n", "issuer:\n", ["ehr.yaml:1", "nobody reads `issuer`"]),
    "no YAML": ("name: General Hospital", "name: [General", ["ehr.yaml:", "not YAML"]),
    "nothing": (WHOLE, "", ["ehr.yaml:1", "must hold a mapping"]),
    "nobody": (WHOLE, "issuers: []\n", ["ehr.yaml", "holds no `issuers:`", "unset AFTERDISC_EHR"]),
    "a key file that is nowhere": ("authentication: public", "key_file: k.json", ["ehr.yaml:13", "`key_file`", "ehr keys"]),
    "a key without a client": ("authentication: public", "authentication: key", ["ehr.yaml:11", "needs `client_id:`"]),
}


@pytest.mark.parametrize(("right", "wrong", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_place_and_its_mend(file: Path, right: str, wrong: str, words: list[str]) -> None:
    said = told(file, right, wrong)
    for word in words:
        assert word in said, said


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotPossible, match="AFTERDISC_EHR cannot be read"):
        issuers_of(str(tmp_path / "nowhere.yaml"))


@pytest.mark.skipif(os.name != "posix", reason="rights as POSIX has them")
def test_secrets_that_others_may_read_are_refused(file: Path) -> None:
    (file.parent / "secret.txt").chmod(0o644)
    with pytest.raises(NotPossible, match=r"chmod 600 secret\.txt"):
        issuers_of(str(file))


def test_a_key_file_of_its_own(file: Path) -> None:
    make_key_file(file.parent / "own.json")
    file.write_text(WHOLE.replace("authentication: public", "key_file: own.json"))
    assert issuers_of(str(file)).key_files == (str(file.parent / "own.json"),)
