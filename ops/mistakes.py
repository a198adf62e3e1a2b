"""What a user got wrong, as lines on stderr and exit code 2: the only way the command line fails."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click

from settings import Settings, SettingsError, load_file

FINDING_IS_ERROR = 1
INVALID = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells have it


class Mistakes(Exception):
    """One line per mistake; each says what was found and what to do."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def settings_of(path: str, *, with_minio: bool = False) -> Settings:
    """The settings in the file at `path`. Raises Mistakes, also when it cannot be read."""
    try:
        return load_file(path, with_minio=with_minio)
    except SettingsError as error:
        raise Mistakes(*map(str, error.mistakes)) from None


def reason(error: OSError) -> str:
    """What the system says, in its own words, without number and path."""
    return (error.strerror or str(error)).lower()


@contextmanager
def reported() -> Iterator[list[int]]:
    """Runs a command: its exit code is the list's only item, 2 after mistakes, which are on stderr then."""
    code = [0]
    try:
        yield code
        sys.stdout.flush()  # here, where an error still becomes a line
    except Mistakes as mistakes:
        code[0] = _say(*mistakes.lines)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "python -m ops"
        what = " ".join(error.format_message().split()).rstrip(".")
        code[0] = _say(f"{command}: {what[:1].lower()}{what[1:]}; see {command} --help")
    except (click.Abort, KeyboardInterrupt):
        code[0] = INTERRUPTED
    except OSError as error:
        code[0] = _say(f"cannot write the output: {reason(error)}")
        _forget_output()


def _forget_output() -> None:
    """Sends what could not be written nowhere: Python would try once more at its end, and fail in words of its own."""
    with suppress(OSError):  # nothing with a file below it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(*lines: str) -> int:
    for line in lines:
        print(line, file=sys.stderr)
    return INVALID
