"""`afterdisc ehr`: the keys, the check of a connection, and one person's record, against a real server."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from afterdisc.service.ehr.own_keys import public_keys
from functional.ehr.answering import server
from functional.ehr.caller import KeyServer, Signing, issuers_file
from functional.ehr.sekmet import CLIENT, Sekmet, free_port
from functional.terminal import afterdisc

PERSON = "command-1"
NAME = "Unmistakable"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site of its own, with nothing set."""
    for name in ("AFTERDISC_EHR", "AFTERDISC_EHR_KEYS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AFTERDISC_DATA", str(tmp_path))
    return tmp_path


def connect(site: Path, monkeypatch: pytest.MonkeyPatch, *issuers: dict[str, Any], keys: Path | None = None) -> None:
    monkeypatch.setenv("AFTERDISC_EHR", str(issuers_file(site, *issuers)))
    if keys:
        monkeypatch.setenv("AFTERDISC_EHR_KEYS", str(keys))


def entry(base: str, **more: Any) -> dict[str, Any]:
    return {"name": "General Hospital", "fhir": base, "backend": {"client_id": CLIENT}} | more


# -- keys ----------------------------------------------------------------------------------------------------------------


def test_keys_are_made_once_and_the_public_ones_are_printed(site: Path) -> None:
    said = afterdisc("ehr", "keys")
    assert said.status == 0
    assert "Made ehr-keys.json" in said.err
    file = site / "ehr-keys.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(said.out) == public_keys([file])
    again = afterdisc("ehr", "keys")
    assert again.out == said.out
    assert "Kept ehr-keys.json" in again.err
    turned = afterdisc("ehr", "keys", "--rotate")
    assert [k["kid"] for k in json.loads(turned.out)["keys"]][2:] == [k["kid"] for k in json.loads(said.out)["keys"]]


# -- check ---------------------------------------------------------------------------------------------------------------


def test_a_connection_that_works_is_told_step_by_step(
    site: Path, monkeypatch: pytest.MonkeyPatch, sekmet: Sekmet, shown: KeyServer, signing_keys: dict[str, Any]
) -> None:
    shown.show(*Signing("", keys=signing_keys).public())
    hooks = {"issuer": "https://ehr.example", "jwks": shown.address}
    connect(site, monkeypatch, entry(sekmet.base, hooks=hooks), keys=sekmet.key_file)
    said = afterdisc("ehr", "check")
    assert said.status == 0, said.err
    lines = said.out.splitlines()
    assert lines[0] == "General Hospital"
    assert [line.split(":")[0].split(maxsplit=1) for line in lines[1:]] == [
        ["ok", "FHIR server"],
        ["ok", "SMART configuration"],
        ["ok", "token without a person"],
        ["ok", "one search with it"],
        ["ok", "keys of its CDS Hooks client"],
    ]
    assert "2 can verify a token" in lines[5]


def test_each_step_that_fails_is_told_and_the_others_still_tried(
    site: Path, monkeypatch: pytest.MonkeyPatch, sekmet: Sekmet, shown: KeyServer
) -> None:
    shown.show({"kty": "oct", "kid": "a", "k": "AAAA"})
    nowhere = {"name": "Nowhere", "fhir": "http://127.0.0.1:9/fhir"}
    hooks = {"issuer": "https://ehr.example", "jwks": shown.address}
    connect(site, monkeypatch, entry(sekmet.base, client_id="app", hooks=hooks), nowhere)
    said = afterdisc("ehr", "check")
    assert said.status == 7
    told = [line.split()[0] for line in said.out.splitlines()]
    assert told == ["General", "ok", "FAILED", "FAILED", "FAILED", "Nowhere", "FAILED"]
    for words in ("lacks S256", "ehr keys", "none of them is for ES384", "cannot be reached"):
        assert words in said.out
    assert "4 of these steps failed" in said.err
    assert "Nowhere" not in afterdisc("ehr", "check", "--issuer", "General Hospital").out


def test_a_server_of_another_version_is_told(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with server(lambda _, __: (200, {}, b'{"resourceType": "CapabilityStatement", "fhirVersion": "5.0.0"}')) as base:
        connect(site, monkeypatch, {"name": "New", "fhir": base})
        said = afterdisc("ehr", "check")
    assert said.status == 7
    assert "does not say that it speaks FHIR R4" in said.out


# -- read ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def connected(site: Path, monkeypatch: pytest.MonkeyPatch, sekmet: Sekmet) -> Path:
    named = {"name": [{"family": NAME}], "gender": "female", "birthDate": "1968-05-02"}
    sekmet.put({"resourceType": "Patient", "id": PERSON, **named})
    connect(site, monkeypatch, entry(sekmet.base), keys=sekmet.key_file)
    return site


def test_one_persons_record_becomes_a_bundle_that_can_be_assessed(connected: Path, sekmet: Sekmet) -> None:
    file = connected / "bundle.json"
    said = afterdisc("ehr", "read", PERSON, "-o", file)
    assert said.status == 0, said.err
    assert said.out == ""
    assert NAME not in said.err + said.out
    assert PERSON not in said.err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    bundle = json.loads(file.read_text())
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "collection")
    assert bundle["entry"][0]["fullUrl"] == f"{sekmet.base}/Patient/{PERSON}"
    explained = json.loads(afterdisc("fhir", "explain", file, "--at", "2026-11-20", "--json").out)
    assert {"finding": "age_years", "value": 58} in [{k: f[k] for k in ("finding", "value")} for f in explained["found"]]


def test_without_a_file_the_bundle_goes_to_standard_output(connected: Path) -> None:
    said = afterdisc("ehr", "read", PERSON, "--issuer", "General Hospital")
    assert json.loads(said.out)["entry"][0]["resource"]["name"][0]["family"] == NAME
    assert "1 searches failed" in said.err
    assert "Not read: `QuestionnaireResponse`" in said.err


def test_somebody_who_is_not_there_leaves_no_file(connected: Path) -> None:
    said = afterdisc("ehr", "read", "nobody-here", "-o", connected / "b.json")
    assert said.status == 7
    assert "`Patient`: the FHIR server has no such thing" in said.err
    assert not (connected / "b.json").exists()


# -- what is missing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["check"], ["read", "1"]])
def test_without_a_file_of_issuers_the_setting_is_named(site: Path, words: list[str]) -> None:
    said = afterdisc("ehr", *words)
    assert said.status == 7
    assert "AFTERDISC_EHR" in said.err


def test_of_several_issuers_one_must_be_named(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = [{"name": name, "fhir": f"https://{name}.example/fhir"} for name in ("north", "south")]
    connect(site, monkeypatch, *both)
    for words in (["read", "1"], ["read", "1", "--issuer", "east"], ["check", "--issuer", "east"]):
        said = afterdisc("ehr", *words)
        assert said.status == 7
        assert "north, south" in said.err


def refused_to_serve() -> str:
    """What `serve` says when it does not start; a process of its own, since it sets up the log."""
    words = [sys.executable, "-m", "afterdisc.cli", "serve", "--port", str(free_port())]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 7, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_mistake_in_the_file_is_told_by_every_command(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(site, monkeypatch, {"name": "North", "fhir": "http://north.example/fhir"})
    for words in (["check"], ["read", "1"]):
        said = afterdisc("ehr", *words)
        assert said.status == 7
        assert "ehr.yaml:" in said.err
        assert "https" in said.err
    assert "ehr.yaml:" in refused_to_serve()


def test_serve_does_not_start_with_keys_that_others_may_read(site: Path) -> None:
    afterdisc("ehr", "keys")
    (site / "ehr-keys.json").chmod(0o644)
    assert "chmod 600 ehr-keys.json" in refused_to_serve()
