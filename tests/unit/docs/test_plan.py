"""docs/plan.md shows real output: every block of commands is run, and prints what stands below it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.commands import PROJECT, environment

PAGE = (PROJECT / "docs" / "plan.md").read_text(encoding="utf-8")
README = (PROJECT / "README.md").read_text(encoding="utf-8")
BLOCKS: list[str] = re.findall(r"```text\n(\$ .*?)```", PAGE, re.DOTALL)
PROMPT = "$ "


def printed(commands: list[str], folder: Path) -> str:
    """What the commands print one after the other in a folder that has the project's files."""
    for name in ("Pulumi.prod.yaml", "Pulumi.dev.yaml", "docs", "tests"):
        (folder / name).symlink_to(PROJECT / name)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", "\n".join(commands)],
        cwd=folder,
        env=environment({"PATH": path, "PYTHONPATH": str(PROJECT)}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return done.stdout


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[-1 if block.count("\n$ ") else 0][:40])
def test_what_the_page_shows_is_what_the_commands_print(block: str, tmp_path: Path) -> None:
    lines = block.splitlines(keepends=True)
    commands = [line.removeprefix(PROMPT).strip() for line in lines if line.startswith(PROMPT)]
    shown = "".join(line for line in lines if not line.startswith(PROMPT))
    assert printed(commands, tmp_path) == shown


def test_the_readme_begins_with_what_the_command_prints(tmp_path: Path) -> None:
    (block,) = re.findall(r"^    \$ (python -m ops plan tests\S+)\n((?:(?:    .*)?\n)+?)\n(?! )", README, re.MULTILINE)
    command, shown = block
    lines = [line.removeprefix("    ") for line in shown.splitlines()]
    assert printed([command], tmp_path).splitlines()[: len(lines)] == lines
    assert lines[-1].startswith("headroom")


def test_the_page_shows_plan_diff_and_check() -> None:
    assert {command for command in ("plan", "diff", "check") if re.search(rf"\$ python -m ops {command} ", PAGE)} == {
        "plan",
        "diff",
        "check",
    }
