"""The plan as a table, which leaves columns out where the terminal is too narrow for all of them."""

import click
from rich.console import Console, JustifyMethod
from rich.table import Table

from allocation import Plan
from ops import findings
from ops.console import STYLES, needed_width, page
from ops.findings import WIDTH
from ops.plan import lines
from ops.plan.lines import NO_FIGURES, Line
from ops.plan.sections import Section, sections

PARTS = ("limit", "request", "share")  # of a resource's figures
LEFT = ("name", "source", "qos")
SHORTEST_NAME = 9  # columns; names fold on a terminal too narrow even for what is left


def write(plan: Plan, *, unfolded: bool = False) -> None:
    """Prints the table, what else there is, all of it if `unfolded`, and the findings."""
    with page() as console:
        table, left_out = _fitting(plan, console)
        console.print(f"{plan.name}: {lines.headline(plan)}", style="bold", soft_wrap=True)
        console.print()
        console.print(table, crop=False)
        if left_out:
            words = ", ".join(column.replace("share", "of total") for column in left_out)
            console.print(f"left out on {console.width} columns: {words}", style="dim", soft_wrap=True)
        for section in sections(plan):
            if not section.folded:
                _show(console, section)
            elif unfolded:
                _list(console, section)
            else:
                hidden = f"{len(section.rows)} settings, each with its reason; --tuning shows them"
                console.print(f"\n{section.title}: {hidden}", style=STYLES["quiet"], soft_wrap=True)
        findings.show(console, plan.findings)
        if not plan.findings:
            console.print("\nno findings")


def _headings(plan: Plan) -> dict[str, str]:
    """Column: heading, of two lines."""
    headings = {"name": "", "replicas": "\n×"}
    for resource in plan.resources:
        parts = (f"{resource.partition('-')[0].upper()}\nlimit", "\nrequest", "of\ntotal")
        headings |= {f"{resource} {part}": heading for part, heading in zip(PARTS, parts, strict=True)}
    return headings | {"gomemlimit": "\nGOMEMLIMIT", "source": "\nsource", "qos": "\nQoS"}


def _fitting(plan: Plan, console: Console) -> tuple[Table, list[str]]:
    """The fullest table that the console has room for, and the columns it lacks."""
    left_out_first = ["gomemlimit", "source", "qos", *(f"{resource} share" for resource in reversed(plan.resources))]
    attempts = [(2, 0), *((1, count) for count in range(len(left_out_first) + 1))]
    for gap, count in attempts:
        left_out = left_out_first[:count]
        table = _table(plan, gap, left_out)
        if needed_width(console, table) <= console.width:
            break
    else:  # a number is never cut, be the table wider than the terminal
        table.columns[0].max_width = SHORTEST_NAME
        narrowest = needed_width(console, table)
        table.columns[0].max_width = None
        table.width = max(console.width, narrowest)
    return table, left_out


def _table(plan: Plan, gap: int, left_out: list[str]) -> Table:
    headings = {column: heading for column, heading in _headings(plan).items() if column not in left_out}
    table = Table(box=None, padding=(0, gap, 0, 0), pad_edge=False, header_style="bold")
    for column, heading in headings.items():
        side: JustifyMethod = "left" if column in LEFT else "right"
        table.add_column(heading, justify=side, overflow="fold", no_wrap=column != "name")
    sections = [lines.inside(plan), lines.sums(plan)]
    if plan.outside:
        sections.append([Line("outside the total", tone="quiet"), *lines.outside(plan)])
    for section in sections:
        if section is not sections[0]:
            table.add_row()
        for line in section:
            cells = _cells(plan, line)
            table.add_row(*(cells[column] for column in headings), style=STYLES[line.tone])
    return table


def _cells(plan: Plan, line: Line) -> dict[str, str]:
    cells = {"name": line.name, "replicas": line.replicas}
    for resource in plan.resources:
        figures = line.figures.get(resource, NO_FIGURES)
        cells |= {f"{resource} {part}": figure for part, figure in zip(PARTS, figures, strict=True)}
    return cells | {"gomemlimit": line.gomemlimit, "source": line.source, "qos": line.qos}


def _list(console: Console, section: Section) -> None:
    """A section whose rows are too long for columns: a line for each, and its last cell below it."""
    console.print(f"\n{section.title}", style=STYLES["quiet"], soft_wrap=True)
    for owner, key, value, *source, reason in section.rows:
        decided_by = "".join(f" ({each})" for each in source)
        console.print(f"\n{owner} {key}: {value}{decided_by}", soft_wrap=True)
        console.print(click.wrap_text(reason, min(console.width, WIDTH), "  ", "  "), soft_wrap=True)


def _show(console: Console, section: Section) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for heading in section.headings:
        table.add_column(heading, justify="left" if heading in section.words else "right", no_wrap=True)
    for row in section.rows:
        table.add_row(*row)
    if section.sums:
        table.add_row(*section.sums, style=STYLES["strong"])
    if needed_width(console, table) > console.width:
        table.width = needed_width(console, table)  # no number is cut
    console.print(f"\n{section.title}\n", style=STYLES["quiet"], soft_wrap=True)
    console.print(table, crop=False)
    for note in section.notes:
        console.print(note, style=STYLES["quiet"], soft_wrap=True)
