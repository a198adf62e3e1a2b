"""What the pages have from the code is current, and `python -m ops.pages --check` would notice if it were not."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ops.pages import __main__ as command
from ops.pages.fill import ROOT, wanted

END = "<!-- /table -->"
FLOORS = "<!-- table: floors, made by `make docs` -->"
CHANGES = {
    "an old figure": ("allocation.md", "| 92Mi |", "| 91Mi |", "docs/allocation.md: "),
    "a key by hand": ("configuration.md", "| `name` |", "| `nom` |", "docs/configuration.md: "),
    "no end": ("pods.md", END, "", "docs/pods.md: a table has no end"),
    "no such table": ("pods.md", "table: graces,", "table: grace,", "no page has the table graces"),
    "one too many": (
        "pods.md",
        END,
        f"{END}\n\n{FLOORS.replace('floors', 'flaws')}\n{END}",
        "docs/pods.md: has a table flaws",
    ),
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the pages, on which the command works."""
    (tmp_path / "docs").mkdir()
    for page in ROOT.glob("docs/*.md"):
        shutil.copy(page, tmp_path / "docs")
    monkeypatch.setattr(command, "ROOT", tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command.main, arguments)


def test_every_page_is_what_the_code_says() -> None:
    stale = [page.name for page, text in wanted(ROOT).items() if page.read_text(encoding="utf-8") != text]
    assert stale == [], "run: make docs"


def test_current_pages_pass_the_check_and_are_left_alone(root: Path) -> None:
    for arguments in (("--check",), ()):
        done = run(*arguments)
        assert (done.exit_code, done.output) == (0, "")


@pytest.mark.parametrize(("page", "old", "new", "line"), CHANGES.values(), ids=CHANGES)
def test_a_stale_page_is_one_line_and_is_not_written(page: str, old: str, new: str, line: str, root: Path) -> None:
    file = root / "docs" / page
    text = file.read_text(encoding="utf-8").replace(old, new, 1)
    file.write_text(text, encoding="utf-8")
    done = run("--check")
    assert done.exit_code == 1
    assert [each.startswith(line) for each in done.output.splitlines()] == [True]
    assert file.read_text(encoding="utf-8") == text


def test_a_stale_page_is_written_and_nothing_of_it_but_its_tables(root: Path) -> None:
    file = root / "docs" / "allocation.md"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("| 92Mi |", "| 91Mi |", 1) + "By hand.\n", encoding="utf-8")
    assert run().exit_code == 0
    assert file.read_text(encoding="utf-8") == text + "By hand.\n"
