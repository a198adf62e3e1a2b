"""The plan as a table: plain when piped, in colour on a terminal, and never wider than it."""

import click
from rich.console import Console, JustifyMethod
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from allocation import Cost, Finding, Plan
from allocation.plan import quantity
from ops.plan import lines, money
from ops.plan.lines import Line

STYLES = {"plain": "", "quiet": "dim", "strong": "bold", "bad": "red"}
SEVERITIES = {"error": "bold red", "warning": "yellow"}
HEADINGS = {  # column: heading, of two lines
    "name": "",
    "replicas": "\n×",
    "cpu_limit": "CPU\nlimit",
    "cpu_request": "\nrequest",
    "cpu_share": "of\ntotal",
    "memory_limit": "MEMORY\nlimit",
    "memory_request": "\nrequest",
    "memory_share": "of\ntotal",
    "gomemlimit": "\nGOMEMLIMIT",
    "source": "\nsource",
    "qos": "\nQoS",
}
LEFT = ("name", "source", "qos")
LEFT_OUT_FIRST = ("gomemlimit", "source", "qos", "memory_share", "cpu_share")  # on a terminal too narrow for all
FINDINGS_WIDTH = 100
PIPED_WIDTH = 1000
SHORTEST_NAME = 9  # columns; names fold on a terminal too narrow even for what is left


def write(plan: Plan) -> None:
    """Prints the table and the findings."""
    console = Console(highlight=False, emoji=False, markup=False)
    room = console.width if console.is_terminal else PIPED_WIDTH
    console = Console(highlight=False, emoji=False, markup=False, width=room)
    table, left_out = _fitting(plan, console)
    with console.capture() as page:
        console.print(_headline(plan), style="bold", soft_wrap=True)
        console.print()
        console.print(table, crop=False)
        if left_out:
            console.print(f"left out on {room} columns: {', '.join(left_out)}", style="dim", soft_wrap=True)
        if plan.cost is not None:
            _print_cost(console, plan.cost)
        for finding in plan.findings:
            _print_finding(console, finding)
        if not plan.findings:
            console.print("\nno findings")
    print("\n".join(line.rstrip() for line in page.get().splitlines()))


def _headline(plan: Plan) -> str:
    """The stack's name, and how much of each total it takes."""
    parts = []
    for resource in plan.resources:
        allocated, total = plan.allocated("limits", resource), plan.totals.get("limits", {}).get(resource)
        of_total = f" of {quantity(resource, total)}, {lines.share(plan, resource, allocated)}" if total else ""
        parts.append(f"{resource} {quantity(resource, allocated)}{of_total}")
    return f"{plan.name}: {' · '.join(parts)}"


def _fitting(plan: Plan, console: Console) -> tuple[Table, list[str]]:
    """The fullest table that the console has room for, and the columns it lacks."""
    unbounded = console.options.update(max_width=PIPED_WIDTH)
    attempts = [(2, 0), *((1, count) for count in range(len(LEFT_OUT_FIRST) + 1))]
    for gap, count in attempts:
        left_out = list(LEFT_OUT_FIRST[:count])
        table = _table(plan, gap, left_out)
        if Measurement.get(console, unbounded, table).maximum <= console.width:
            break
    else:  # a number is never cut, be the table wider than the terminal
        table.columns[0].max_width = SHORTEST_NAME
        narrowest = Measurement.get(console, unbounded, table).maximum
        table.columns[0].max_width = None
        table.width = max(console.width, narrowest)
    return table, left_out


def _table(plan: Plan, gap: int, left_out: list[str]) -> Table:
    columns = [column for column in HEADINGS if column not in left_out]
    table = Table(box=None, padding=(0, gap, 0, 0), pad_edge=False, header_style="bold")
    for column in columns:
        side: JustifyMethod = "left" if column in LEFT else "right"
        table.add_column(HEADINGS[column], justify=side, overflow="fold", no_wrap=column != "name")
    sections = [lines.inside(plan), lines.sums(plan)]
    if plan.outside:
        sections.append([Line("outside the total", tone="quiet"), *lines.outside(plan)])
    for section in sections:
        if section is not sections[0]:
            table.add_row()
        for line in section:
            cells = _cells(line)
            table.add_row(*(cells[column] for column in columns), style=STYLES[line.tone])
    return table


def _cells(line: Line) -> dict[str, str]:
    return {
        "name": line.name,
        "replicas": line.replicas,
        **dict(zip(("cpu_limit", "cpu_request", "cpu_share"), line.cpu, strict=True)),
        **dict(zip(("memory_limit", "memory_request", "memory_share"), line.memory, strict=True)),
        "gomemlimit": line.gomemlimit,
        "source": line.source,
        "qos": line.qos,
    }


def _print_cost(console: Console, cost: Cost) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for index, heading in enumerate(money.headings(cost)):
        table.add_column(heading, justify="right" if index else "left", no_wrap=True)
    *components, whole = money.rows(cost)
    for row in components:
        table.add_row(*row)
    table.add_row(*whole, style=STYLES["strong"])
    table.width = max(console.width, Measurement.get(console, console.options, table).maximum)  # no number is cut
    console.print(f"\n{money.title(cost)}\n", style=STYLES["quiet"], soft_wrap=True)
    console.print(table, crop=False)
    if money.note(cost):
        console.print(money.note(cost), style=STYLES["quiet"], soft_wrap=True)


def _print_finding(console: Console, finding: Finding) -> None:
    width = min(console.width, FINDINGS_WIDTH)
    console.print()
    head = Text.assemble(
        (finding.severity, SEVERITIES[finding.severity]), " ", (finding.code, "bold"), " ", finding.path
    )
    console.print(head, soft_wrap=True)
    for part in (finding.message, finding.remedy):
        console.print(click.wrap_text(part, width, "  ", "  "), soft_wrap=True)
