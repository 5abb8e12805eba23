"""`./run` installs when it must, and only then."""

import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from types import ModuleType

import pytest
from fenced_blocks import ROOT


@pytest.fixture
def run(tmp_path, monkeypatch) -> ModuleType:
    """The script, in a folder of its own, with every command recorded rather than run."""
    loader = SourceFileLoader("run", str(ROOT / "run"))
    module = module_from_spec(spec_from_loader("run", loader))
    loader.exec_module(module)
    for name in (*module.LOCKS.values(), "pyproject.toml"):
        (tmp_path / name).write_text(name)
    venv = tmp_path / ".venv"
    places = {"ROOT": tmp_path, "VENV": venv, "BIN": venv / "bin", "PYTHON": venv / "bin" / "python"}
    for name, place in places.items():
        monkeypatch.setattr(module, name, place)
    module.called = []
    module.statuses = {}
    monkeypatch.setattr(module, "make_venv", lambda: make_venv(module))
    monkeypatch.setattr(module, "call", lambda *words, **_: record(module, *words))
    monkeypatch.setattr(module, "uv", lambda *words: record(module, "uv", *words))
    return module


def make_venv(run: ModuleType) -> None:
    run.BIN.mkdir(parents=True, exist_ok=True)
    run.PYTHON.touch()


def record(run: ModuleType, *words: str) -> int:
    run.called.append(" ".join(words))
    return run.statuses.get(words[1], 0)


def locks_synced(run: ModuleType) -> list[str]:
    synced = [words.split()[-1] for words in run.called if words.startswith("uv sync")]
    run.called.clear()
    return synced


def test_the_first_start_installs_and_the_second_does_not(run: ModuleType) -> None:
    run.make_ready("run")
    assert locks_synced(run) == ["requirements.lock"]
    run.make_ready("run")
    assert run.called == []


def test_knowledge_and_kernels_are_warmed_after_installing(run: ModuleType) -> None:
    run.make_ready("run")
    assert run.called[-1] == "afterdisc warm"


def test_developers_add_to_what_is_there_and_starts_take_nothing_away(run: ModuleType) -> None:
    run.make_ready("run")
    run.make_ready("dev")
    run.make_ready("run")
    assert locks_synced(run) == ["requirements.lock", "requirements-dev.lock"]


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml"])
def test_a_change_is_installed_at_the_next_start(run: ModuleType, changed: str) -> None:
    run.make_ready("run")
    (run.ROOT / changed).write_text("changed")
    run.called.clear()
    run.make_ready("run")
    assert locks_synced(run) == ["requirements.lock"]


def test_after_a_pull_a_plain_start_keeps_the_development_tools(run: ModuleType) -> None:
    run.make_ready("dev")
    for lock in ("requirements.lock", "requirements-dev.lock"):
        (run.ROOT / lock).write_text("changed")
    run.called.clear()
    run.make_ready("run")
    assert locks_synced(run) == ["requirements-dev.lock"]


def test_an_install_that_fails_is_taken_up_again(run: ModuleType, capsys) -> None:
    run.statuses = {"sync": 2}
    with pytest.raises(SystemExit):
        run.make_ready("run")
    assert "could not be installed" in capsys.readouterr().err
    run.statuses = {}
    run.called.clear()
    run.make_ready("run")
    assert locks_synced(run) == ["requirements.lock"]


def test_failing_to_install_the_tools_does_not_stop_a_plain_start(run: ModuleType) -> None:
    run.make_ready("run")
    run.statuses = {"sync": 2}
    with pytest.raises(SystemExit):
        run.make_ready("dev")
    run.called.clear()
    run.make_ready("run")
    assert run.called == []


def test_failing_to_warm_is_a_warning(run: ModuleType, capsys) -> None:
    run.statuses = {"warm": 1}
    run.make_ready("run")
    assert "warning: `afterdisc warm` failed" in capsys.readouterr().err
    assert run.is_ready("run")


def test_an_older_python_is_told_what_is_needed(run: ModuleType, monkeypatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 0))
    monkeypatch.setattr(run.shutil, "which", lambda _: None)
    with pytest.raises(SystemExit, match=r"needs Python 3\.11"):
        run.need_python_311()
