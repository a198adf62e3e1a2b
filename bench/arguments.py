"""Totals, splits, counts and lengths of time as arguments: what is wrong with one is a line, and no traceback."""

import sys
from argparse import ArgumentTypeError
from collections.abc import Callable
from math import inf

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


def a_number(text: str) -> float:
    """Seconds, minutes or a rate, of more than 0. Raises ArgumentTypeError."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < inf:
        raise ArgumentTypeError(f"'{text}' is no number above 0")
    return number


def ended_with_a_line(main: Callable[[], int]) -> int:
    """What `main` returns; 1 where the sandbox ends it, such as by a total that no stack fits into."""
    try:
        return main()
    except SandboxError as error:
        print(error, file=sys.stderr)
        return 1
