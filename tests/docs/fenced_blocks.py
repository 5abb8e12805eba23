"""Runs the fenced blocks of a Markdown file and says which of them do not hold.

    ```python     is executed; the blocks of one file share their names. With `>>>` it is a doctest.
    ```console    each line that begins with `$ ` is run by a shell; the lines below it are what it must print.
                  `...` stands for anything, alone on a line for any lines. Output that is not shown is not compared.
                  A command that must fail ends its output with `[exit status 2]`.
    ```yaml       must parse, and so must ```json
    ```text       is left alone, as is ```{code-block} text

Any other language is an error: what a reader may copy is tested, or is called text.

The blocks of one file run in order, in one folder that holds copies of `examples/` and of the knowledge base, and a `./run`
that starts the installed `afterdisc` command. The clinic's record that they work on is an empty one in that folder.
"""

import doctest
import io
import json
import os
import re
import shutil
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

import yaml
from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = Path(sys.executable).parent
MAY_RUN = ["./run", "afterdisc", "cat", "cp", "diff", "echo", "head", "ls", "mkdir", "python"]
RUN = f"""#!/bin/sh
case "$1" in test | lint | bench | docs | lock) echo "no word for the manual; call the block text"; exit 64 ;; esac
exec '{SCRIPTS / "afterdisc"}' "$@"
"""


class DoesNotHold(Exception):
    """A block is not true; the message says where and how."""


@dataclass(frozen=True)
class Block:
    language: str
    code: str
    line: int  # of the file, where the code begins


# ---------------------------------------------------------------------------------------------------- reading a page


def blocks_in(markdown: str, first_line: int = 1) -> Iterator[Block]:
    for token in MarkdownIt("commonmark").parse(markdown):
        if token.type == "fence":
            yield from blocks_of(token.info.strip(), token.content, first_line + token.map[0] + 1)
        elif token.type == "inline" and re.search(r"^:{3,}\{(code|doctest|testcode)", token.content, re.MULTILINE):
            yield Block("fenced with colons", token.content, first_line + token.map[0])


def blocks_of(info: str, code: str, line: int) -> Iterator[Block]:
    """The block itself, or what stands inside it if it is a directive with prose (a note, a warning, …)."""
    directive = re.match(r"\{([\w:-]+)\}\s*(\S*)", info)
    if not directive:
        yield Block(info.split()[0] if info else "no language", code, line)
    elif re.match("code|sourcecode|doctest|testcode", directive[1]):
        options = re.match(r"(:[\w-]+:.*\n)*", code)[0]
        yield Block(directive[2] or info, code[len(options) :], line + options.count("\n"))
    else:
        yield from blocks_in(code, line)


@dataclass(frozen=True)
class Command:
    words: str
    shown: str  # the output the page shows
    line: int


def commands_in(block: Block) -> Iterator[Command]:
    pieces = re.split(r"^\$ ((?:.*\\\n)*.*)\n?", block.code, flags=re.MULTILINE)
    line = block.line + pieces[0].count("\n")
    if pieces[0].strip():
        raise DoesNotHold(f"{block.line}: a console block begins with `$ ` and a command")
    for words, shown in zip(pieces[1::2], pieces[2::2], strict=True):
        yield Command(words, shown, line)
        line += words.count("\n") + 1 + shown.count("\n")


# ---------------------------------------------------------------------------------------------------- running a page


def lay_out(place: Path) -> Path:
    """The folder a reader stands in: examples, the knowledge base and `./run`."""
    for folder in ("examples", "src/afterdisc_knowledge"):
        if (ROOT / folder).exists():
            shutil.copytree(ROOT / folder, place / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (place / "run").write_text(RUN)
    (place / "run").chmod(0o755)
    return place


def complaints_about(page: Path, place: Path) -> list[str]:
    """What does not hold on this page, one text each; none if all is well."""
    names: dict[str, object] = {"__name__": page.stem}
    complaints = []
    for block in blocks_in(page.read_text(encoding="utf-8")):
        try:
            run(block, page, place, names)
        except DoesNotHold as complaint:
            complaints.append(f"{page.name}:{complaint}")
    return complaints


def run(block: Block, page: Path, place: Path, names: dict[str, object]) -> None:
    match block.language:
        case "python":
            run_python(block, page, place, names)
        case "console":
            run_console(block, place)
        case "yaml":
            must_parse(block, yaml.safe_load, yaml.YAMLError)
        case "json":
            must_parse(block, json.loads, ValueError)
        case "text":
            pass
        case other:
            raise DoesNotHold(f"{block.line}: `{other}` is neither python, console, yaml, json nor text")


def must_parse(block: Block, parse, error: type[Exception]) -> None:
    try:
        parse(block.code)
    except error as problem:
        raise DoesNotHold(f"{block.line}: not {block.language}: {problem}") from None


def run_python(block: Block, page: Path, place: Path, names: dict[str, object]) -> None:
    with chdir(place), redirect_stdout(io.StringIO()):
        if re.search("^>>> ", block.code, re.MULTILINE):
            run_doctest(block, page, names)
        else:
            execute(block, page, names)


def execute(block: Block, page: Path, names: dict[str, object]) -> None:
    shifted = "\n" * (block.line - 1) + block.code  # so that a traceback names lines of the page
    try:
        exec(compile(shifted, str(page), "exec"), names)
    except Exception:
        raise DoesNotHold(f"{block.line}: {traceback.format_exc(limit=-3)}") from None


def run_doctest(block: Block, page: Path, names: dict[str, object]) -> None:
    said: list[str] = []
    test = doctest.DocTestParser().get_doctest(block.code, names, page.name, str(page), block.line - 1)
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=said.append, clear_globs=False)
    names.update(test.globs)
    if said:
        raise DoesNotHold(f"{block.line}: {''.join(said)}")


def run_console(block: Block, place: Path) -> None:
    for command in commands_in(block):
        printed, status = output_of(command, place)
        if status and f"[exit status {status}]" not in command.shown.splitlines():
            raise DoesNotHold(f"{command.line}: `{command.words}` ended with {status}:\n{printed}")
        if command.shown.strip() and not matches(command.shown, printed):
            raise DoesNotHold(f"{command.line}: `{command.words}` prints otherwise:\n{difference(command, printed)}")


def output_of(command: Command, place: Path) -> tuple[str, int]:
    if re.sub(r"^(\w+=\S* )+", "", command.words).split()[0] not in MAY_RUN:
        raise DoesNotHold(f"{command.line}: `{command.words}` is not run here, only {', '.join(MAY_RUN)}; call it text")
    plain = {"COLUMNS": "100", "LINES": "40", "NO_COLOR": "1", "TERM": "dumb", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}
    record = {"AFTERDISC_DATA": str(place / "record"), "AFTERDISC_DATABASE_URL": ""}
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command.words],
        cwd=place,
        env={**os.environ, **plain, **record, "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=300,
    )
    ending = f"\n[exit status {done.returncode}]\n" if done.returncode else ""
    return done.stdout.rstrip() + ending, done.returncode


def matches(shown: str, printed: str) -> bool:
    """Whether what was printed is what is shown, where `...` stands for anything; spaces at line ends don't count."""
    pattern = re.escape("\n".join(lines_of(shown)) + "\n")
    pattern = re.sub(r"^\\\.\\\.\\\.\\?\n", r"(?:.*\n)*?", pattern, flags=re.MULTILINE)
    pattern = pattern.replace(r"\.\.\.", r"(?:.|\n)*?")
    return re.fullmatch(pattern, "\n".join(lines_of(printed)) + "\n") is not None


def difference(command: Command, printed: str) -> str:
    return "\n".join(unified_diff(lines_of(command.shown), lines_of(printed), "shown", "printed", n=1, lineterm=""))


def lines_of(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip("\n").rstrip().splitlines()]
