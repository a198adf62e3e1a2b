"""A comparison as Markdown, for a comment on a pull request."""

import click

from ops.diff import rows
from ops.diff.compare import Comparison
from ops.diff.rows import Block
from ops.markdown import LEFT, RIGHT, findings, plain, table


def write(comparison: Comparison) -> None:
    """Prints heading, table, what restarts, and findings."""
    click.echo(f"### {plain(comparison.old.source)} → {plain(comparison.new.source)}\n")
    columns = [("", LEFT), ("per replica", LEFT), *((heading, RIGHT) for heading in rows.HEADINGS)]
    changed = rows.containers(comparison)
    table(columns, [cells for block in [*changed, *rows.sums(comparison)] for cells in _rows(block)])
    click.echo()
    for action, workloads in rows.rollout(comparison):
        click.echo(f"- **{action}**: {plain(workloads)}")
    for note in comparison.notes:
        click.echo(f"\n{plain(note)}")
    findings(comparison.findings)


def _rows(block: Block) -> list[list[str]]:
    title = f"**{plain(block.title)}**{f' ({block.note})' if block.note else ''}"
    return [
        [title if index == 0 else "", row.name, row.old, row.new, row.delta, row.percent]
        for index, row in enumerate(block.rows)
    ]
