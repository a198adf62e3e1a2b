"""How the program ends when something is wrong: each mistake an error of one line, and never a traceback."""

import sys
from collections.abc import Iterable
from typing import NoReturn

import pulumi

SAID_WHY = 32  # the exit code by which Pulumi's Python host knows that the program has said what is wrong with it


def end(errors: Iterable[str]) -> NoReturn:
    """Say what is wrong and end: a RunError would run the lines into one, and Pulumi add that it knows no reason."""
    for line in errors:
        pulumi.log.error(line)
    sys.exit(SAID_WHY)
