"""A comparison as a table for a terminal."""

import textwrap

import click
from rich.console import Console
from rich.table import Table

from ops import findings
from ops.console import STYLES, needed_width, page
from ops.diff import rows
from ops.diff.compare import Comparison
from ops.diff.rows import Block

WIDTH = 100  # of running text


def write(comparison: Comparison) -> None:
    """Prints what differs, the sums, and what restarts."""
    changed = rows.containers(comparison)
    with page() as console:
        console.print(f"{comparison.old.source} → {comparison.new.source}", style="bold", soft_wrap=True)
        console.print()
        console.print(_fitting(console, changed, rows.sums(comparison)), crop=False)
        console.print()
        if same := rows.unchanged(comparison):
            _say(console, "unchanged", ", ".join(same) if changed else "every container")
        _rollout(console, comparison)
        findings.show(console, comparison.findings)


def _fitting(console: Console, containers: list[Block], sums: list[Block]) -> Table:
    """The table of all blocks; no number is cut, be it wider than the terminal."""
    table = _table()
    _add(table, containers)
    if containers:
        table.add_row()
    _add(table, sums)
    if needed_width(console, table) > console.width:
        table.width = needed_width(console, table)
    return table


def _table() -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("", no_wrap=True)
    for heading in rows.HEADINGS:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _add(table: Table, blocks: list[Block]) -> None:
    for block in blocks:
        title = f"{block.title}{f' ({block.note})' if block.note else ''}"
        table.add_row(title, style=STYLES["strong"] if block.tone == "plain" else STYLES[block.tone])
        for row in block.rows:
            table.add_row(f"  {row.name}", row.old, row.new, row.delta, row.percent)


def _rollout(console: Console, comparison: Comparison) -> None:
    for action, workloads in rows.rollout(comparison):
        _say(console, action, workloads)
    for note in comparison.notes:
        console.print(click.wrap_text(note, min(console.width, WIDTH)), style=STYLES["quiet"], soft_wrap=True)


def _say(console: Console, word: str, text: str) -> None:
    """A word, and beside it a text of as many lines as it needs."""
    width = min(console.width, WIDTH)
    names_whole = textwrap.fill(
        text, width, initial_indent=f"{word:<11}", subsequent_indent=" " * 11, break_on_hyphens=False
    )
    console.print(names_whole, soft_wrap=True)
