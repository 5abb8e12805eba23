"""Writes docs/how-it-reasons.md from the tests of meaning: python docs/build_spec.py

Each file of tests/spec is a chapter, its docstring the heading and the introduction; each test is a paragraph, its name the
heading and its docstring the text. What the chapter says is thereby what is tested.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "how-it-reasons.md"
WORDS = {"e0": "E0", "e1": "E1", "persons": "person's"}
HEAD = """# How it reasons

Every paragraph on this page is a test, asked of the engine and of a second, plain evaluator that was written apart from it.
The page is made from those tests (`tests/spec`); change a meaning there, then run `python docs/build_spec.py`.
"""


def chapter(path: Path) -> str:
    """One file of tests as Markdown."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    title, _, introduction = (ast.get_docstring(tree) or "").partition("\n")
    parts = [f"## {title}", filled(introduction)]
    for name, text in paragraphs(tree):
        parts += [f"### {heading(name)}", filled(text)]
    return "\n\n".join(part for part in parts if part)


def paragraphs(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name, ast.get_docstring(node) or ""


def heading(name: str) -> str:
    """The name of a test as a sentence."""
    words = [WORDS.get(word, word) for word in name.removeprefix("test_").split("_")]
    sentence = " ".join(words)
    return sentence[0].upper() + sentence[1:]


def filled(text: str) -> str:
    """Paragraphs in lines of a readable length."""
    blocks = (" ".join(block.split()) for block in text.strip().split("\n\n"))
    return "\n\n".join(textwrap.fill(b, 120, break_long_words=False, break_on_hyphens=False) for b in blocks if b)


def page() -> str:
    chapters = [chapter(path) for path in sorted((ROOT / "tests" / "spec").glob("test_[0-9]*.py"))]
    return "\n\n".join([HEAD.strip(), *chapters]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
