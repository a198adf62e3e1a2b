"""Markdown that says what it is given: tables with as many cells in every row, text that cannot become markup."""

from collections.abc import Iterable, Sequence

import click

from allocation import Finding

LEFT, RIGHT = "---", "--:"
MARKUP = "\\`*_<>|[]"


def table(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]]) -> None:
    """Prints a table; a column is its heading and its rule."""
    click.echo(table_text(columns, rows))


def table_text(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]]) -> str:
    """The same, to be written somewhere else."""
    every = ([heading for heading, _ in columns], [rule for _, rule in columns], *rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in every)


def plain(text: str) -> str:
    """Text, on one line, that is shown as it is."""
    return " ".join("".join(f"\\{each}" if each in MARKUP else each for each in text).split())


def findings(found: Sequence[Finding]) -> None:
    """Prints a list of them, below an empty line."""
    if found:
        click.echo()
    for each in found:
        click.echo(f"- **{each.severity}** `{each.code}` `{each.path}`: {plain(each.message)}; {plain(each.remedy)}")
