"""Every command and every option stands in the manual. `python docs/build_commands.py` writes what is missing."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from fenced_blocks import ROOT, Command, blocks_in, commands_in

from afterdisc.cli import cli

PAGE = ROOT / "docs/commands.md"


def commands(group: click.Group, words: str = "afterdisc") -> Iterator[tuple[str, click.Command]]:
    yield words, group
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{words} {name}")
        else:
            yield f"{words} {name}", command


def helps_on(page: Path) -> dict[str, str]:
    """What each `… --help` on the page shows; that it is true is what `test_blocks` looks after."""
    blocks = [b for b in blocks_in(page.read_text(encoding="utf-8")) if b.language == "console"]
    found: list[Command] = [c for block in blocks for c in commands_in(block)]
    return {c.words.removesuffix(" --help"): c.shown for c in found if c.words.endswith(" --help")}


COMMANDS = dict(commands(cli))


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_is_documented_with_all_its_options(words: str) -> None:
    shown = helps_on(PAGE)
    assert words in shown, f"docs/commands.md lacks `{words}`"
    lines = shown[words].splitlines()
    assert "..." not in [line.strip() for line in lines], "the help is shown whole"
    options = [name for p in COMMANDS[words].params if isinstance(p, click.Option) for name in (*p.opts, *p.secondary_opts)]
    assert not [name for name in options if not any(name in line.split("  ")[1] for line in lines if line.startswith("  -"))]


def test_no_command_is_documented_that_does_not_exist() -> None:
    assert set(helps_on(PAGE)) == set(COMMANDS)


@pytest.mark.parametrize("words", [w for w, c in COMMANDS.items() if not isinstance(c, click.Group)])
def test_every_option_says_what_it_does(words: str) -> None:
    silent = [p.name for p in COMMANDS[words].params if isinstance(p, click.Option) and not p.help]
    assert not silent, f"`{words}` has options without help: {', '.join(map(str, silent))}"
