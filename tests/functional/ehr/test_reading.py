"""Reading from FHIR servers: a real one, and one that means ill. Nothing of a person stands in what goes wrong."""

from __future__ import annotations

import json
import ssl
import time
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import NameOID

from afterdisc.errors import RecordUnreachable
from afterdisc.fhir import read_record, record_of
from afterdisc.program import Program
from afterdisc.service.ehr.fhir_client import MOST_PAGES, FhirClient
from afterdisc.service.ehr.issuers import Issuer, Issuers
from afterdisc.service.ehr.reading import everything_of, read_missing
from afterdisc.service.ehr.scopes import types_read
from functional.ehr.answering import Answer, server
from functional.ehr.sekmet import Sekmet
from functional.fhir.records import CPT, LOINC, RXNORM, UCUM, concept

Json = dict[str, Any]
PERSON = "reading-1"
SUBJECT = {"reference": f"Patient/{PERSON}"}
SECRET = "Erin-Example"


def resource(kind: str, own: str, **more: Any) -> Json:
    return {"resourceType": kind, "id": f"{PERSON}-{own}", "subject": SUBJECT, **more}


def crp(own: str, on: str, value: float) -> Json:
    quantity = {"value": value, "unit": "mg/L", "system": UCUM, "code": "mg/L"}
    code = concept(LOINC, "1988-5")
    return resource("Observation", own, status="final", code=code, effectiveDateTime=on, valueQuantity=quantity)


@pytest.fixture(scope="module")
def person(sekmet: Sekmet) -> str:
    """Somebody with an operation, results on more than one page, and a medicine that is only pointed to."""
    medicine = {"resourceType": "Medication", "id": f"{PERSON}-drug", "code": concept(RXNORM, "25480")}
    pointer = {"reference": f"Medication/{medicine['id']}"}
    asked = resource("MedicationRequest", "m", status="active", intent="order", medicationReference=pointer)
    done = resource("Procedure", "op", status="completed", code=concept(CPT, "63030"), performedDateTime="2026-03-01")
    sekmet.put(
        {"resourceType": "Patient", "id": PERSON, "gender": "female", "birthDate": "1968-05-02"},
        {"resourceType": "Patient", "id": "reading-2", "gender": "male"},
        medicine,
        asked,
        done,
        *(crp(f"crp{i}", f"2026-10-{i + 1:02d}", 5 + i) for i in range(25)),
    )
    return PERSON


# -- a real server -------------------------------------------------------------------------------------------------------


def test_everything_of_one_person(sekmet: Sekmet, person: str, program: Program) -> None:
    with FhirClient(sekmet.base, sekmet.token) as client:
        found = everything_of(client, program, person)
    assert client.unread == ["`QuestionnaireResponse`: the FHIR server answered 400."]  # sekmet keeps them, but finds none
    record = record_of(found)
    assert record.patient == f"Patient/{person}"
    assert (record.failed, record.foreign) == (1, ())
    assert {k: len(v) for k, v in record.of_type.items()} == {
        "Patient": 1,
        "Procedure": 1,
        "Observation": 25,
        "MedicationRequest": 1,
        "Medication": 1,
    }
    findings = read_record(program, record, at="2026-10-26").findings
    assert findings["takes"][0] == "gabapentin"
    assert findings["crp_mg_l"] == 29


def test_all_pages_of_a_search_are_read_in_order(sekmet: Sekmet, person: str) -> None:
    with FhirClient(sekmet.base, sekmet.token) as client:
        query = f"Observation?patient={person}&_sort=date&_count=10"
        pages = list(client.search(query))
        assert [len(p["entry"]) for p in pages] == [10, 10, 5]
        values = [e["resource"]["valueQuantity"]["value"] for e in client.whole(query)["entry"]]
    assert values == [5 + i for i in range(25)]


def test_a_missing_prefetch_is_read_query_by_query(sekmet: Sekmet, person: str) -> None:
    good = [f"Patient/{person}", f"Observation?patient={person}&_count=7"]
    bad = [f"Nonsense?patient={person}", "Patient/nobody-here"]
    token = {"access_token": sekmet.token, "token_type": "Bearer"}
    one, results, *failed = read_missing(Issuers(), sekmet.base, token, [*good, *bad])
    assert one["id"] == person
    assert len(results["entry"]) == 25
    assert [f["resourceType"] for f in failed] == ["OperationOutcome"] * 2
    assert failed[1]["issue"][0]["code"] == "not-found"
    assert person not in json.dumps(failed)


def test_without_the_right_token_nothing_is_read_and_the_reason_is_told(sekmet: Sekmet, person: str) -> None:
    (failed,) = read_missing(Issuers(), sekmet.base, {"access_token": "wrong"}, [f"Patient/{person}"])
    assert failed["issue"][0]["code"] == "login"
    assert "does not know the token" in failed["issue"][0]["diagnostics"]


def test_a_resource_is_created_and_a_transaction_is_whole(sekmet: Sekmet, person: str) -> None:
    with FhirClient(sekmet.base, sekmet.token) as client:
        made = client.create({k: v for k, v in crp("x", "2026-11-01", 3).items() if k != "id"})
        assert made["id"]
        assert sekmet.get(f"Observation/{made['id']}")["valueQuantity"]["value"] == 3
        new = crp("in-a-bundle", "2026-11-02", 4)
        request = {"method": "PUT", "url": f"Observation/{new['id']}"}
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": new, "request": request}]}
        assert client.create(bundle)["type"] == "transaction-response"
        with pytest.raises(RecordUnreachable, match="`Observation`: the FHIR server answered 4"):
            client.create({"resourceType": "Observation", "subject": SUBJECT, "valueString": SECRET})


def test_somebody_who_is_not_there_is_told_without_the_id(sekmet: Sekmet, program: Program) -> None:
    with pytest.raises(RecordUnreachable, match="`Patient`: the FHIR server has no such thing") as error:
        everything_of(FhirClient(sekmet.base, sekmet.token), program, "nobody-here")
    assert "nobody" not in str(error.value)
    assert error.value.status == 404


# -- whose server may be called -----------------------------------------------------------------------------------------

HOSPITAL = Issuers((Issuer("General Hospital", "https://ehr.example/fhir"),))
ELSEWHERE = (
    "http://169.254.169.254/latest/meta-data",
    "https://evil.example/fhir",
    "http://127.0.0.1.evil.example/fhir",
    "http://user@127.0.0.1:9/fhir",
    "http://127.0.0.1@evil.example/fhir",
    "file:///etc/passwd",
    "gopher://127.0.0.1:9/",
    "http://[::ffff:169.254.169.254]/",
    "http://2130706433/fhir",
    "http://0.0.0.0:9/fhir",
    "//127.0.0.1/fhir",
    "localhost/fhir",
    "http://127.0.0.1:99999/fhir",
    "",
)


@pytest.mark.parametrize("server", ELSEWHERE)
def test_no_other_server_is_called(server: str) -> None:
    for issuers in (Issuers(), HOSPITAL):
        with pytest.raises(RecordUnreachable, match="does not read from that FHIR server"):
            read_missing(issuers, server, {"access_token": "x"}, ["Patient/1"])


def test_with_a_file_this_machine_is_called_only_if_it_is_named(sekmet: Sekmet, person: str) -> None:
    query, token = [f"Patient/{person}"], {"access_token": sekmet.token}
    with pytest.raises(RecordUnreachable):
        read_missing(HOSPITAL, sekmet.base, token, query)
    named = Issuers((*HOSPITAL.all, Issuer("Here", sekmet.base)))
    assert read_missing(named, sekmet.base, token, query)[0]["id"] == person


PATHS = ("../admin", "Patient/../../x", "http://evil.example/x", "//evil.example", "/etc", "Patient/1#x", "a\\b", "x:y")


@pytest.mark.parametrize("path", PATHS)
def test_no_path_leads_out_of_the_server(path: str) -> None:
    with pytest.raises(RecordUnreachable, match="outside of the FHIR server"):
        FhirClient("http://127.0.0.1:9/fhir").read(path)


@pytest.mark.parametrize("own", ["1&_include=*", "1/../2", "", "a" * 65, "x?y", "1 2", "é"])
def test_an_id_that_is_none_is_not_asked_for(program: Program, own: str) -> None:
    with pytest.raises(RecordUnreachable, match="letters, digits"):
        everything_of(FhirClient("http://127.0.0.1:9/fhir"), program, own)


# -- a server that means ill ----------------------------------------------------------------------------------------------

PAGE = {"resourceType": "Bundle", "type": "searchset", "entry": []}


def page(following: str = "") -> Answer:
    links = {"link": [{"relation": "next", "url": following}]} if following else {}
    return 200, {}, json.dumps(PAGE | links).encode()


def test_a_token_goes_to_no_other_server() -> None:
    seen: list[str] = []

    def other(path: str, headers: dict[str, str]) -> Answer:
        seen.append(headers.get("authorization", ""))
        return page()

    with server(other) as elsewhere:
        ways: list[Answer] = [
            page(f"{elsewhere}/Condition?page=2"),
            page(f"//{elsewhere.partition('//')[2]}/x"),
            *((status, {"Location": f"{elsewhere}/x"}, b"{}") for status in (301, 302, 307, 308)),
        ]
        for way in ways:
            with server(lambda _, __, way=way: way) as base, pytest.raises(RecordUnreachable):  # type: ignore[misc]
                FhirClient(base, "secret").whole("Condition?patient=1")
    assert seen == []


@pytest.mark.smart(267, 268)
def test_a_reference_to_another_server_is_not_followed(program: Program) -> None:
    seen: list[str] = []

    def answer(path: str, _: dict[str, str]) -> Answer:
        seen.append(path)
        if path.startswith("/fhir/Patient/"):
            return 200, {}, b'{"resourceType": "Patient", "id": "1"}'
        if path.startswith("/fhir/MedicationRequest"):
            places = ("https://elsewhere.example/fhir/Medication/2", f"{elsewhere}/Medication/3", "Medication/4", "urn:uuid:5")
            listed = [{"resourceType": "MedicationRequest", "medicationReference": {"reference": p}} for p in places]
            return 200, {}, json.dumps(PAGE | {"entry": [{"resource": r} for r in listed]}).encode()
        return page() if "?" in path else (200, {}, b'{"resourceType": "Medication", "id": "4"}')

    other: list[str] = []

    def foreign(path: str, _: dict[str, str]) -> Answer:
        other.append(path)
        return page()

    with server(foreign) as elsewhere, server(answer) as base, FhirClient(base, "secret") as client:
        everything_of(client, program, "1")
    assert [path for path in seen if "/Medication/" in path] == ["/fhir/Medication/4"]
    assert other == []


def test_a_redirect_on_the_same_server_is_not_followed_either() -> None:
    moved = (302, {"Location": "/fhir/other"}, b"{}")
    with server(lambda _, __: moved) as base, pytest.raises(RecordUnreachable, match="answered 302"):
        FhirClient(base).read("metadata")


def test_pages_that_go_round_in_a_circle_end() -> None:
    with server(lambda _, __: page("Condition?page=2")) as base, pytest.raises(RecordUnreachable, match="has no end"):
        FhirClient(base).whole("Condition?patient=1")


def test_pages_without_end_end() -> None:
    asked: list[str] = []

    def more(path: str, _: dict[str, str]) -> Answer:
        asked.append(path)
        return page(f"Condition?page={len(asked) + 1}")

    with server(more) as base, pytest.raises(RecordUnreachable, match="more than"):
        FhirClient(base).whole("Condition?patient=1")
    assert len(asked) == MOST_PAGES


def test_bytes_without_end_end() -> None:
    big = (200, {}, b'{"x": "' + b"y" * 3_000_000 + b'"}')
    with server(lambda _, __: big) as base:
        client = FhirClient(base, left=2_000_000)
        with pytest.raises(RecordUnreachable, match="more than 2 MB"):
            client.read("metadata")
        several = FhirClient(base, left=7_000_000)
        several.read("a")
        several.read("b")
        with pytest.raises(RecordUnreachable, match="more than"):
            several.read("c")


def test_seconds_without_end_end() -> None:
    with server(lambda _, __: None) as base:
        begun = time.monotonic()
        client = FhirClient(base, seconds=0.5)
        with pytest.raises(RecordUnreachable, match="took too long"):
            client.read("metadata")
        with pytest.raises(RecordUnreachable, match="took longer than"):
            client.read("metadata")
        assert time.monotonic() - begun < 3


WRONG: dict[str, Answer] = {
    "a page of the web": (200, {}, f"<html>{SECRET}</html>".encode()),
    "a list": (200, {}, b"[]"),
    "deep": (200, {}, b"[" * 100_000),
    "packed": (200, {"Content-Encoding": "gzip"}, b"\x1f\x8b"),
    "an error with a name in it": (500, {}, json.dumps({"resourceType": "OperationOutcome", "text": SECRET}).encode()),
    "no search": (200, {}, json.dumps({"resourceType": "Patient", "name": SECRET}).encode()),
}


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG)
def test_what_is_no_answer_is_told_without_what_it_holds(answer: Answer) -> None:
    with server(lambda _, __: answer) as base, pytest.raises(RecordUnreachable, match="`Condition`") as error:
        FhirClient(base).whole(f"Condition?patient={SECRET}")
    assert SECRET not in str(error.value)


def test_a_packed_answer_is_not_unpacked() -> None:
    """A few bytes may unfold to any number of them."""
    with server(lambda _, __: WRONG["packed"]) as base, pytest.raises(RecordUnreachable, match="sent a packed answer"):
        FhirClient(base).read("metadata")


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(RecordUnreachable, match="it cannot be reached"):
        FhirClient("http://127.0.0.1:9/fhir").read("metadata")


def self_signed(folder: Path, host: str) -> ssl.SSLContext:
    """TLS with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(datetime(2020, 1, 1)).not_valid_after(datetime(2100, 1, 1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "pem").write_bytes(pem + made.sign(key, SHA256()).public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "pem")
    return context


def test_a_server_whose_certificate_nobody_vouches_for_is_told_nothing(tmp_path: Path) -> None:
    asked: list[str] = []

    def seen(path: str, _: dict[str, str]) -> Answer:
        asked.append(path)
        return page()

    with server(seen, self_signed(tmp_path, "127.0.0.1")) as base:
        with pytest.raises(RecordUnreachable, match="its certificate is not one that this machine trusts"):
            FhirClient(base, "secret").read("metadata")
        assert asked == []
        careless = httpx2.get(f"{base}/metadata", verify=False, trust_env=False)  # so it is the certificate, not the server
        assert (careless.status_code, asked) == (200, ["/fhir/metadata"])


@pytest.mark.parametrize("token", ["a\r\nX-Evil: 1", "é", "\x00"])
def test_a_token_that_is_none_is_not_sent(token: str) -> None:
    asked: list[str] = []

    def seen(path: str, _: dict[str, str]) -> Answer:
        asked.append(path)
        return 200, {}, b"{}"

    with server(seen) as base:
        (failed,) = read_missing(Issuers(), base, {"access_token": token}, ["Patient/1"])
    assert failed["resourceType"] == "OperationOutcome"
    assert asked == []


def everybody(kind: str, used: str = "") -> Answer:
    """What a server says that leaves `patient` out of a search: everybody's."""
    listed = [{"resource": {"resourceType": kind, "id": own, "subject": {"reference": f"Patient/{own}"}}} for own in ("1", "2")]
    links = [{"relation": "self", "url": f"/fhir/{kind}?{used}"}] if used else []
    return 200, {}, json.dumps(PAGE | {"entry": listed, "link": links}).encode()


@pytest.mark.parametrize("used", ["", "patient=1", "_count=200", "_count=200&status=active"])
def test_nothing_of_other_people_is_kept(program: Program, used: str) -> None:
    def answer(path: str, _: dict[str, str]) -> Answer:
        if "/Patient/1" in path:
            return 200, {}, b'{"resourceType": "Patient", "id": "1"}'
        return everybody(path.partition("/fhir/")[2].partition("?")[0], used)

    with server(answer) as base, FhirClient(base) as client:
        found = everything_of(client, program, "1")
    assert "Patient/2" not in json.dumps(found)
    left_out = bool(used) and "patient" not in used
    assert ["does not search by" in why for why in client.unread] == [True] * len(client.unread)
    assert bool(client.unread) is left_out
    assert bool(record_of(found).of_type.get("Condition")) is not left_out


def test_a_search_is_asked_to_leave_nothing_out() -> None:
    asked: list[str] = []

    def answer(_: str, headers: dict[str, str]) -> Answer:
        asked.append(headers["prefer"])
        return page()

    with server(answer) as base:
        read_missing(Issuers(), base, {}, ["Condition?patient=1"])
    assert asked == ["handling=strict"]


def test_a_remark_of_the_server_is_no_failure() -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "informational"}]}
    said = PAGE | {"entry": [{"resource": outcome, "search": {"mode": "outcome"}}]}
    with server(lambda _, __: (200, {}, json.dumps(said).encode())) as base:
        assert FhirClient(base).whole("Condition?patient=1")["entry"] == []


def test_observations_by_category_where_a_server_wants_it_so(program: Program) -> None:
    """As large systems do: a search of all observations of a person is refused there."""

    def answer(path: str, _: dict[str, str]) -> Answer:
        if "/Patient/1" in path:
            return 200, {}, b'{"resourceType": "Patient", "id": "1"}'
        if "/Observation?" in path and "category=" not in path:
            return 400, {}, b"{}"
        if "category=survey" in path:
            return 403, {}, b"{}"
        if "/Observation?" in path:
            return 200, {}, json.dumps(PAGE | {"entry": [{"resource": {"resourceType": "Observation", "id": "same"}}]}).encode()
        return page()

    with server(answer) as base, FhirClient(base) as client:
        found = everything_of(client, program, "1")
    record = record_of(found)
    assert [o["id"] for o in record.of_type["Observation"]] == ["same"]
    assert record.failed == len(client.unread) == 1
    assert len(found) == 1 + len(types_read(program)) - 2
