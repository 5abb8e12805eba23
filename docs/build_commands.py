"""Writes the help of every command into `commands.md`, where it stands between its markers.

    python docs/build_commands.py
"""

from collections.abc import Iterator

import click
from pages import write_part

from afterdisc.cli import cli


def commands(group: click.Group, before: str = "afterdisc") -> Iterator[tuple[str, click.Command]]:
    """(words, command) of every command, groups before what is in them."""
    yield before, group
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{before} {name}")
        else:
            yield f"{before} {name}", command


def help_of(words: str, command: click.Command) -> str:
    context = click.Context(command, info_name=words, help_option_names=["-h", "--help"], terminal_width=78)
    return f"```console\n$ {words} --help\n{command.get_help(context).strip()}\n```"


if __name__ == "__main__":
    for words, command in commands(cli):
        write_part("commands.md", words, help_of(words, command))
