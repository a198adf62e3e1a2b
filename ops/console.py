"""Pages for people: plain when piped, in colour on a terminal unless NO_COLOR is set, and never wider than it."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

STYLES = {"plain": "", "quiet": "dim", "strong": "bold", "bad": "red", "good": "green"}  # tone: style
PIPED_WIDTH = 1000


@contextmanager
def page() -> Iterator[Console]:
    """A console as wide as the terminal; what it was given is printed at the end, without trailing blanks."""
    console = Console(highlight=False, emoji=False, markup=False)
    width = console.width if console.is_terminal else PIPED_WIDTH
    console = Console(highlight=False, emoji=False, markup=False, width=width)
    with console.capture() as captured:
        yield console
    print("\n".join(line.rstrip() for line in captured.get().splitlines()))


def needed_width(console: Console, table: Table) -> int:
    """How many columns the table takes without folding or cutting anything."""
    return Measurement.get(console, console.options.update(max_width=PIPED_WIDTH), table).maximum
