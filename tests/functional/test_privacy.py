"""No patient data leaves the machine, a value never stands in an error, and nothing is written that was not asked for."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import afterdisc as ad
from afterdisc.errors import CaseError
from afterdisc.intake import read_case
from afterdisc.program import Program
from functional.terminal import EXAMPLE, EXAMPLES, afterdisc

# -- nothing leaves the machine ----------------------------------------------------------------------------------


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("a connection was asked for")

    for name in ("socket", "create_connection", "getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, name, refuse)


@pytest.mark.usefixtures("no_network")
def test_no_command_asks_for_a_connection(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="a connection"):
        socket.create_connection(("localhost", 9))
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps({"id": "x"}) + "\n")
    for words in (
        ["assess", EXAMPLE],
        ["assess", EXAMPLE, "--json", "--html", tmp_path / "page.html"],
        ["assess-batch", source, tmp_path / "out.jsonl"],
        ["cohort", "draw", "2"],
        ["schema"],
    ):
        assert afterdisc(*words).status == 0
    assert afterdisc("interview", "--file", tmp_path / "session.json", stdin="30\ndone\n").status == 0


def test_assess_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    for path in EXAMPLES:
        ad.assess(json.loads(path.read_text(encoding="utf-8")))
    assert capfd.readouterr() == ("", "")


# -- nothing is written but what was named -----------------------------------------------------------------------

WATCHED = """
import json, os, sys

seen = []

def watch(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        if isinstance(path, (str, bytes)) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            seen.append(os.fsdecode(path))
    elif event in ("os.rename", "os.link", "os.symlink"):
        seen.append(os.fsdecode(arguments[1]))
    elif event in ("os.mkdir", "os.truncate"):
        seen.append(os.fsdecode(arguments[0]))
    elif event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.system"):
        seen.append(event)

sys.addaudithook(watch)
from afterdisc.cli import main
try:
    main()
finally:
    print(json.dumps(seen), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fresh")


@pytest.fixture(scope="module")
def written(place: Path) -> list[str]:
    """All that a fresh process with an empty cache and home opened for writing, made, moved or connected to."""
    findings = json.loads(EXAMPLE.read_text(encoding="utf-8"))["findings"]
    case = {"id": "Zacharias 4711", "findings": findings | {"takes": ["zachariasine"]}}
    home = {name: str(place / "home") for name in ("HOME", "USERPROFILE", "LOCALAPPDATA")}
    env = {**os.environ, **home, "AFTERDISC_CACHE": str(place / "cache"), "TMPDIR": str(place / "temporary")}
    for name in ("home", "cache", "temporary"):
        (place / name).mkdir()
    command = [sys.executable, "-c", WATCHED, "assess", "-", "--html", "page.html"]
    run = subprocess.run(command, input=json.dumps(case), capture_output=True, text=True, cwd=place, env=env, timeout=300)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stderr.splitlines()[-1])


def test_a_process_writes_its_cache_and_the_named_page_and_connects_to_nothing(place: Path, written: list[str]) -> None:
    allowed = (str(place / "cache"), str(place / "page.html"), os.devnull)
    others = [p for p in written if not p.startswith(allowed) and "__pycache__" not in p and not Path(p).is_dir()]
    assert others == []
    assert all(any(p.startswith(name) for p in written) for name in allowed[:2]), "the watch saw nothing"
    assert {p.name for p in place.iterdir()} == {"home", "cache", "temporary", "page.html"}
    assert list((place / "temporary").iterdir()) == []


@pytest.mark.usefixtures("written")
def test_the_cache_holds_knowledge_and_no_patient(place: Path) -> None:
    assert "Zacharias" in (place / "page.html").read_text(encoding="utf-8")
    kept = [path for path in (place / "cache").rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if b"zacharias" in path.read_bytes().lower()]


# -- a value never stands in an error ----------------------------------------------------------------------------

SECRET_TEXT = st.text(alphabet="ЖЩЮЯФЦЭ", min_size=3, max_size=30)
SECRET_NUMBER = (
    st.integers(10**5, 10**15) | st.integers(-(10**15), -(10**5)) | st.floats(10**5, 1e300).filter(lambda x: x > 1e5)
)
SECRET = SECRET_TEXT | SECRET_NUMBER
NESTED = st.recursive(
    SECRET | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SECRET_TEXT, inner, max_size=3),
    max_leaves=6,
)


def secrets_in(value: Any) -> list[str]:
    """Every text and number in a value, as somebody would print it."""
    if isinstance(value, dict):
        return [s for item in value.items() for part in item for s in secrets_in(part)]
    if isinstance(value, list):
        return [s for part in value for s in secrets_in(part)]
    if isinstance(value, bool) or value is None:
        return []
    return [str(value), f"{value:g}"] if isinstance(value, float) else [str(value)]


def refusal(act: Any) -> str:
    """The message of the refusal; empty if nothing is refused. Anything but a CaseError is a fault."""
    try:
        act()
    except CaseError as error:
        return str(error)
    return ""


@given(data=st.data())
@settings(max_examples=400)
def test_no_refusal_repeats_a_value(program: Program, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(list(program.book["findings"])), min_size=1, max_size=3, unique=True))
    findings = {name: data.draw(NESTED, label=name) for name in names}
    message = refusal(lambda: ad.assess({"id": "x", "findings": findings}, program=program, intervals=False))
    assert not [s for s in secrets_in(list(findings.values())) if s in message]
    assert "\n" not in message


@given(id_=NESTED, findings=NESTED)
def test_no_refusal_of_a_shape_repeats_what_it_holds(program: Program, id_: Any, findings: Any) -> None:
    case = {"id": id_, "findings": findings}
    message = refusal(lambda: ad.assess(case, program=program, intervals=False))
    named = list(findings) if isinstance(findings, dict) else []  # a name that is no finding may be repeated
    assert not [s for s in secrets_in([id_, findings]) if s in message and s not in named]


@given(data=st.data())
@settings(max_examples=200)
def test_no_refusal_of_a_table_repeats_a_value(program: Program, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(list(program.book["findings"])))
    values = data.draw(
        st.lists(SECRET, min_size=1, max_size=4) | st.lists(st.lists(SECRET_TEXT, max_size=2), min_size=1, max_size=3)
    )
    try:
        table = pa.table({name: values})
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):  # Arrow itself cannot hold them in one column
        return
    message = refusal(lambda: ad.evaluate(program, table))
    assert not [s for s in secrets_in(values) if s in message]


@given(text=st.text(max_size=200) | st.recursive(SECRET, lambda inner: st.lists(inner)).map(json.dumps))
def test_no_refusal_of_a_file_repeats_what_it_holds(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    for ending in (".json", ".yaml"):
        path = folder / f"fuzz{ending}"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        message = refusal(lambda path=path: read_case(str(path)))
        assert not [word for word in text.split() if len(word) > 8 and word in message]
