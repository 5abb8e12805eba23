"""The commands that look after the record, and the server as it is started."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from functional.workspace.test_record import House, signed_visit


def run(folder: Path, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "AFTERDISC_DATABASE_URL": f"sqlite:///{folder / 'clinic.sqlite'}"}
    return subprocess.run([sys.executable, "-m", "afterdisc.cli", *words], env=env, input=given, capture_output=True, text=True)


def test_backup_restore_export_erase_and_verify(house: House, tmp_path: Path) -> None:
    signed_visit(house)
    assert "The chain holds" in run(tmp_path, "audit", "verify").stdout
    made = run(tmp_path, "backup", str(tmp_path / "b.zip"))
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "b.zip").stat().st_mode & 0o077 == 0
    (tmp_path / "new").mkdir()
    restored = run(tmp_path / "new", "restore", str(tmp_path / "b.zip"))
    assert "audit chain holds" in restored.stdout, restored.stderr
    assert run(tmp_path, "export-person", "P-1", str(tmp_path / "one.json")).returncode == 0
    assert json.loads((tmp_path / "one.json").read_text())["patient"][0]["number"] == "P-1"
    assert run(tmp_path, "erase-person", "P-1", given="n\n").returncode != 0
    assert "Erased" in run(tmp_path, "erase-person", "P-1", "--yes").stdout
    gone = run(tmp_path, "export-person", "P-1", str(tmp_path / "two.json"))
    assert (gone.returncode, "Traceback" in gone.stderr) == (7, False)
    assert "nobody here has this number" in gone.stderr
    assert not (tmp_path / "two.json").exists()
    assert "The chain holds" in run(tmp_path, "audit", "verify").stdout


def test_a_restore_over_a_record_or_of_nonsense_is_refused(house: House, tmp_path: Path) -> None:
    signed_visit(house)
    (tmp_path / "cat.zip").write_bytes(b"a cat")
    run(tmp_path, "backup", str(tmp_path / "b.zip"))
    (tmp_path / "new").mkdir()
    for folder, file, said in ((tmp_path, "b.zip", "holds something"), (tmp_path / "new", "cat.zip", "no Afterdisc backup")):
        refused = run(folder, "restore", str(tmp_path / file))
        assert refused.returncode == 7
        assert said in refused.stderr
        assert "Traceback" not in refused.stderr


def test_accounts_from_the_command_line(tmp_path: Path) -> None:
    word = "a long enough word\n" * 2
    added = run(tmp_path, "account", "add", "ada", "--name", "Ada", "--role", "administrator", given=word)
    assert added.returncode == 0, added.stderr
    taken = run(tmp_path, "account", "add", "ADA", "--name", "Ada", "--role", "clinician", given=word)
    assert "taken" in taken.stderr
    assert run(tmp_path, "account", "password", "ada", given=word).returncode == 0
    short = run(tmp_path, "account", "password", "ada", given="short\nshort\n")
    assert "10 to 1000 characters" in short.stderr


BARE = """
import sys
for name in ("fastapi", "sqlalchemy", "alembic", "pydantic_settings", "uvicorn", "structlog"):
    sys.modules[name] = None  # as where the extra is not installed
from afterdisc.cli import main
sys.argv = ["afterdisc", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize("command", [["serve"], ["audit", "verify"], ["backup", "x.zip"], ["restore", "some.zip"]])
def test_a_bare_install_has_no_workspace_and_says_what_is_missing(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "some.zip").write_text("not a backup")
    words = [sys.executable, "-c", BARE, *command]
    said = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert said.returncode == 7, said.stderr
    assert "afterdisc[web]" in said.stderr
    assert "Traceback" not in said.stderr


def test_a_setting_that_cannot_be_is_named_and_its_value_not_repeated(tmp_path: Path) -> None:
    env = {**os.environ, "AFTERDISC_IDLE_MINUTES": "a-secret", "AFTERDISC_DATA": str(tmp_path)}
    words = [sys.executable, "-m", "afterdisc.cli", "serve", "--port", "8"]
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 7
    assert "AFTERDISC_IDLE_MINUTES" in done.stderr
    assert "a-secret" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_told_before_anything_is_begun(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        words = [sys.executable, "-m", "afterdisc.cli", "serve", "--port", str(taken.getsockname()[1])]
        env = {**os.environ, "AFTERDISC_DATA": str(tmp_path / "data")}
        done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 7
    assert "--port" in done.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_serve_sets_itself_up_and_stops_when_told(tmp_path: Path, stop: signal.Signals) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {**os.environ, "AFTERDISC_DATA": str(tmp_path / "data")}
    words = [sys.executable, "-m", "afterdisc.cli", "serve", "--port", str(port)]
    server = subprocess.Popen(words, env=env, stderr=subprocess.PIPE, text=True)
    try:
        assert server.stderr is not None
        first = server.stderr.readline()
        link = re.search(r"http://localhost:\d+(/setup\?code=\S+)", first)
        assert link, first
        base, answer = f"http://127.0.0.1:{port}", None
        for _ in range(200):
            with suppress(httpx2.HTTPError):
                answer = httpx2.get(base + "/health")
                break
            time.sleep(0.05)
        assert answer is not None
        assert answer.json()["status"] == "pass"
        assert "Set up this workspace" in httpx2.get(base + link[1]).text
        code = link[1].partition("code=")[2]
        form = {"code": code, "login": "ada", "name": "Ada", "password": "a long enough word", "demo": "yes"}
        made = httpx2.post(base + "/setup", data=form, headers={"Origin": base})
        assert (made.status_code, made.headers["location"]) == (303, "/worklist")
        again = httpx2.post(base + "/setup", data=form, headers={"Origin": base})
        assert again.status_code == 403
        wrong = httpx2.post(base + "/setup", data={**form, "code": "guess"}, headers={"Origin": base})
        assert wrong.status_code == 403
        listed = httpx2.get(base + "/worklist", cookies=dict(made.cookies)).text
        assert "DEMO-01" in listed
    finally:
        server.send_signal(stop)
        assert server.wait(timeout=15) in (0, 130, -signal.SIGINT, -signal.SIGTERM)
    assert (tmp_path / "data" / "afterdisc.sqlite").stat().st_mode & 0o077 == 0
