"""Whatever goes wrong on the command line is a line on stderr and exit code 2, never a traceback."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.cli import COMMANDS
from tests.support.commands import PROJECT, SEED_GLOBAL, Done, environment, ops

TWO_MISTAKES = "storage: {secret: {name: minio, type: s3}}\nstorageSize: 2GB\ntemplat: {}\n"


def written(name: str, content: bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return write


FILES: dict[str, Callable[[Path], Path]] = {
    "missing": lambda folder: folder / "none.yaml",
    "directory": lambda folder: folder,
    "empty": written("empty.yaml", b""),
    "not YAML": written("broken.yaml", b"a: [1"),
    "not text": written("image.yaml", b"\xff\xfe\x00\x01"),
    "a list": written("list.yaml", b"- a\n"),
    "an empty stack file": written("Pulumi.dev.yaml", b"config: {}\n"),
}


def assert_refused(done: Done, lines: int | None = 1) -> None:
    assert done.code == 2, done
    assert done.out == ""
    assert done.complaints
    assert lines is None or len(done.complaints) == lines, done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("command", ["plan", "render", "diff --deployed"])
@pytest.mark.parametrize("make", FILES.values(), ids=FILES.keys())
def test_a_file_that_is_no_config_is_refused(command: str, make: Callable[[Path], Path], tmp_path: Path) -> None:
    done = ops(*command.split(), make(tmp_path))
    assert_refused(done, lines=None)


@pytest.mark.parametrize("command", ["plan", "render"])
def test_every_mistake_of_a_file_has_its_line(command: str, tmp_path: Path) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text(TWO_MISTAKES, encoding="utf-8")
    done = ops(command, file)
    assert_refused(done, lines=2)
    assert {line.partition(":")[0] for line in done.complaints} == {"spec.storageSize", "spec.templat"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "spec.yaml"
    file.touch(mode=0)
    assert_refused(ops("plan", file))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "missing command"),
        (("frobnicate",), "no such command 'frobnicate'"),
        (("plan",), "missing argument 'FILE'"),
        (("plan", SEED_GLOBAL, "--form"), "--form"),
        (("plan", SEED_GLOBAL, SEED_GLOBAL), "unexpected extra argument"),
        (("plan", SEED_GLOBAL, "--format", "xml"), "'xml' is not one of 'table', 'json', 'markdown', 'html'"),
        (("render",), "missing argument 'FILE'"),
        (("render", SEED_GLOBAL, "-o"), "'-o' requires an argument"),
        (("render", SEED_GLOBAL, "--stack-secrets"), "add --show-secrets"),
        (("diff",), "missing argument 'A'"),
        (("diff", SEED_GLOBAL), "give two files, or one file and either --deployed or --outputs FILE"),
        (("check",), "missing argument 'FILES...'"),
    ],
)
def test_a_wrong_call_is_one_line_that_says_what_and_where_help_is(arguments: tuple[str, ...], said: str) -> None:
    done = ops(*arguments)
    assert_refused(done)
    assert said.lower() in done.err.lower()


@pytest.mark.parametrize("arguments", [("--help",), *((command, "--help") for command in COMMANDS)])
def test_help_is_no_mistake(arguments: tuple[str, ...]) -> None:
    done = ops(*arguments)
    assert (done.code, done.err) == (0, "")
    assert "Usage: python -m ops" in done.out


def test_a_reader_that_goes_away_is_no_mistake() -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "ops", "plan", str(SEED_GLOBAL)]
    done = subprocess.run(
        command, cwd=PROJECT, env=environment(), stdout=write, stderr=subprocess.PIPE, check=False, restore_signals=True
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (-signal.SIGPIPE, b"")


def test_closed_output_is_no_mistake() -> None:
    command = ["/bin/sh", "-c", 'exec "$0" -m ops plan "$1" >&- 2>&-', sys.executable, str(SEED_GLOBAL)]
    assert subprocess.run(command, cwd=PROJECT, env=environment(), check=False).returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("form", ["table", "json", "markdown", "html"])
def test_a_full_disk_is_one_line(form: str) -> None:
    command = [sys.executable, "-m", "ops", "plan", str(SEED_GLOBAL), "--format", form]
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            command, cwd=PROJECT, env=environment(), stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 2
    assert done.stderr == "cannot write the output: no space left on device\n"


def test_a_terminal_without_unicode_gets_a_plan_all_the_same() -> None:
    done = ops("plan", SEED_GLOBAL, env={"PYTHONIOENCODING": "ascii"})
    assert (done.code, done.err) == (0, "")
