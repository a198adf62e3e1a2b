"""The command line that all benchmarks share: arguments, interruption, and errors as one line."""

import signal
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable
from math import inf

from bench.mixes import MIXES
from bench.splits import Split, Total
from sandbox import cgroups
from sandbox.errors import SandboxError
from sandbox.load import SMALL


def a_total(text: str) -> Total:
    """Parses `500m/1Gi`. Raises ArgumentTypeError."""
    try:
        return Total.parse(text)
    except ValueError as error:
        raise ArgumentTypeError(f"'{text}' is no total; write cpu and memory, such as 500m/1Gi") from error


def a_split(text: str) -> Split:
    """Parses `ours`, `operator+plan`, `@FILE`. Raises ArgumentTypeError."""
    try:
        return Split.parse(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def a_count(text: str) -> int:
    """Parses a whole number from 1 on. Raises ArgumentTypeError."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"'{text}' is no whole number from 1 on")
    return int(text)


def a_number(text: str) -> float:
    """Parses a number above 0. Raises ArgumentTypeError."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < inf:
        raise ArgumentTypeError(f"'{text}' is no number above 0")
    return number


def parser_of(about: str | None, *, minutes: float, rounds: int | None = None, loads: bool = False) -> ArgumentParser:
    """Returns a parser with the options that benchmarks share; with `loads`, also those that describe a load."""
    parser = ArgumentParser(description=about, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--report", action="store_true", help="measure nothing")
    parser.add_argument("--minutes", type=a_number, default=minutes, help="nothing is started that would take longer")
    if rounds:
        parser.add_argument("--rounds", type=a_count, default=rounds, help="in all, those of earlier runs among them")
    if loads:
        parser.add_argument("--mixes", choices=MIXES, nargs="+", default=list(MIXES))
        parser.add_argument("--spans-per-trace", type=a_count, default=SMALL.spans_per_trace)
        parser.add_argument("--span-bytes", type=a_count, default=SMALL.span_bytes)
        parser.add_argument(
            "--block-seconds", type=int, default=60, help="how often blocks are cut and flushed; 0: by Tempo"
        )
    return parser


def run(arguments: Namespace, measure: Callable[[], None]) -> None:
    """Calls `measure`, unless the arguments ask for the report alone. What is measured before Ctrl-C is kept.

    A SIGTERM ends `measure` as Ctrl-C does, so that every process that it started ends too. Exits with one line where
    the kernel's limits cannot be set.
    """
    if arguments.report:
        return
    if missing := cgroups.missing():
        raise SystemExit(f"the benchmarks need limits that the kernel enforces: {missing}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        measure()
    except KeyboardInterrupt:
        print("interrupted; what was measured is kept", flush=True)


def exit_code(main: Callable[[], int]) -> int:
    """Returns what `main` returns. A SandboxError becomes one line and 1, such as for a total too small for a stack."""
    try:
        return main()
    except SandboxError as error:
        print(error, file=sys.stderr)
        return 1
