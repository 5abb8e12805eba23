"""The tester of the manual is tested itself: a page that is true passes, a page that is not fails and says where."""

from pathlib import Path
from textwrap import dedent

import pytest
from fenced_blocks import complaints_about, lay_out, matches


def complaints(tmp_path: Path, markdown: str) -> list[str]:
    page = tmp_path / "page.md"
    page.write_text(dedent(markdown), encoding="utf-8")
    return complaints_about(page, lay_out(tmp_path))


def one_complaint(tmp_path: Path, markdown: str) -> str:
    (complaint,) = complaints(tmp_path, markdown)
    return complaint


TRUE_PAGE = """
    Names live on in the next block.

    ```python
    answer = 6 * 7
    ```

    ```python
    assert answer == 42
    ```

    ```python
    >>> answer + 1
    43
    >>> later = answer
    ```

    1. Even inside a list:

       ```console
       $ python -c 'print("one"); print("two")'
       one
       two
       $ python -c 'print(1); print(2)' \\
           > written.txt
       $ cat written.txt
       1
       2
       ```

    ````{note}
    ```python
    assert later == 42
    ```
    ````

    ```{code-block} python
    :caption: A caption

    assert later == 42
    ```

    ```yaml
    a: [1, 2]
    ```

    ```json
    {"a": null}
    ```

    ```text
    anything at all
    ```

    ```{code-block} text
    anything at all
    ```

    ```{toctree}
    other
    ```
"""


def test_a_page_that_is_true_passes(tmp_path: Path) -> None:
    assert complaints(tmp_path, TRUE_PAGE) == []


FALSE_BLOCKS = {
    "a wrong output": ("console", "$ python -c 'print(1)'\n2", "-2"),
    "a missing line": ("console", "$ python -c 'print(1); print(2)'\n1", "+2"),
    "a line too many": ("console", "$ python -c 'print(1)'\n1\n2", "-2"),
    "a command that fails": ("console", "$ python -c 'raise SystemExit(3)'", "ended with 3"),
    "a failure hidden by an ellipsis": ("console", "$ python -c 'raise SystemExit(3)'\n...", "ended with 3"),
    "a failure inside a pipe": ("console", "$ python -c 'raise SystemExit(3)' | cat", "ended with 3"),
    "a command that succeeds where failure is shown": ("console", "$ python -c ''\n[exit status 2]", "[exit status 2]"),
    "a command that is not the reader's": ("console", "$ git status", "is not run here"),
    "a word for developers": ("console", "$ ./run test", "call the block text"),
    "output without a command": ("console", "one\n$ python -c 'print(1)'", "begins with `$ `"),
    "a Python error": ("python", "1 / 0", "ZeroDivisionError"),
    "a Python syntax error": ("python", "1 +", "SyntaxError"),
    "a wrong doctest": ("python", ">>> 1 + 1\n3", "Expected"),
    "broken YAML": ("yaml", "a: [1", "not yaml"),
    "broken JSON": ("json", "{a: 1}", "not json"),
    "another language": ("bash", "true", "`bash` is neither"),
    "no language": ("", "true", "`no language` is neither"),
    "another language by directive": ("{code-block} toml", "a = 1", "`toml` is neither"),
    "wrong Python by directive": ("{code-block} python\n:caption: x", "1 / 0", "ZeroDivisionError"),
    "wrong Python inside a note": ("{note}", "~~~python\n1 / 0\n~~~", "ZeroDivisionError"),
}


@pytest.mark.parametrize(("info", "code", "said"), FALSE_BLOCKS.values(), ids=FALSE_BLOCKS)
def test_a_block_that_is_not_true_fails(tmp_path: Path, info: str, code: str, said: str) -> None:
    complaint = one_complaint(tmp_path, f"# Title\n\n```{info}\n{code}\n```\n")
    assert said in complaint


def test_code_fenced_with_colons_cannot_slip_through(tmp_path: Path) -> None:
    assert "fenced with colons" in one_complaint(tmp_path, ":::{code-block} python\n1 / 0\n:::\n")


def test_a_complaint_names_the_line_of_the_page(tmp_path: Path) -> None:
    page = "# Title\n\n```console\n$ python -c 'print(1)'\n1\n$ python -c 'print(2)'\n3\n```\n"
    assert one_complaint(tmp_path, page).startswith("page.md:6: ")


def test_a_failing_command_may_be_shown_with_its_status(tmp_path: Path) -> None:
    page = "```console\n$ python -c 'print(1); raise SystemExit(3)'\n1\n[exit status 3]\n```\n"
    assert complaints(tmp_path, page) == []


def test_a_setting_may_stand_before_a_command_but_does_not_let_another_one_in(tmp_path: Path) -> None:
    page = "```console\n$ AFTERDISC_ORIGIN=a OTHER= python -c 'print(1)'\n1\n$ AFTERDISC_ORIGIN=a true\n```\n"
    assert "page.md:4: `AFTERDISC_ORIGIN=a true` is not run here" in one_complaint(tmp_path, page)


def test_the_pages_work_on_a_record_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERDISC_DATABASE_URL", "sqlite:////nowhere/of-the-reader.sqlite")
    page = "```console\n$ ./run audit verify\nThe chain holds: 0 rows, ...\n$ ls record\n...afterdisc.sqlite...\n```\n"
    assert complaints(tmp_path, page) == []


def test_one_false_block_does_not_hide_the_next(tmp_path: Path) -> None:
    assert len(complaints(tmp_path, "```python\n1 / 0\n```\n\n```python\nassert False\n```\n")) == 2


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("one", "one\n"),
        ("one  \ntwo", "one\ntwo   \n"),
        ("one\n\ntwo", "one\n\ntwo"),
        ("o...e", "one"),
        ("one\n...\nfour", "one\ntwo\nthree\nfour"),
        ("one\n...\ntwo", "one\ntwo"),
        ("one\n...", "one\ntwo"),
        ("one\n...", "one"),
        ("...\ntwo", "one\ntwo"),
        ("p = 0.5 (a|b) [x]*", "p = 0.5 (a|b) [x]*"),
    ],
)
def test_output_matches(shown: str, printed: str) -> None:
    assert matches(shown, printed)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("one", "one\ntwo"),
        ("one", "One"),
        ("one", "  one"),
        ("1.5", "1x5"),
        ("one\n...\nfour", "one\ntwo\nthree"),
        ("one\n...\nfour", "one\nfour and more"),
        ("...\ntwo", "one\ntwo\nthree"),
    ],
)
def test_output_does_not_match(shown: str, printed: str) -> None:
    assert not matches(shown, printed)
