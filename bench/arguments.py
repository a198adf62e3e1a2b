"""Totals, splits and counts as arguments: what is wrong with one is a line, and no traceback."""

import sys
from argparse import ArgumentTypeError
from collections.abc import Callable

from bench.splits import Split, Total
from sandbox.errors import SandboxError


def a_total(text: str) -> Total:
    """`500m/1Gi`. Raises ArgumentTypeError, with what to write."""
    try:
        return Total.parse(text)
    except ValueError as error:
        raise ArgumentTypeError(f"'{text}' is no total; write cpu and memory, such as 500m/1Gi") from error


def a_split(text: str) -> Split:
    """`ours`, `operator+plan`, `@FILE`. Raises ArgumentTypeError, with what there is."""
    try:
        return Split.parse(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def a_count(text: str) -> int:
    """A whole number from 1 on. Raises ArgumentTypeError."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"'{text}' is no whole number from 1 on")
    return int(text)


def ended_with_a_line(main: Callable[[], int]) -> int:
    """What `main` returns; 1 where the sandbox ends it, such as by a total that no stack fits into."""
    try:
        return main()
    except SandboxError as error:
        print(error, file=sys.stderr)
        return 1
