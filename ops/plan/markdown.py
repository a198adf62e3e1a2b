"""The plan as Markdown, for a comment on a pull request."""

import click

from allocation import ContainerPlan, Plan, WorkloadPlan
from allocation.go import gomemlimit_bytes
from allocation.plan import SIDES, Resource
from ops.markdown import LEFT, RIGHT, findings, plain, table
from ops.plan import lines
from ops.plan.lines import Line
from ops.plan.sections import Section, sections

Columns = list[tuple[str, str]]


def write(plan: Plan) -> None:
    """Prints heading, table and findings."""
    rows = [row for workload in plan.workloads for row in _containers(plan, workload, inside=True)]
    rows += [_sum(line) for line in lines.sums(plan)]
    rows += [row for workload in plan.outside for row in _containers(plan, workload, inside=False)]
    click.echo(f"### Resources of `{plan.name}`\n")
    table(columns(plan), rows)
    for section in sections(plan):
        _section(section)
    findings(plan.findings)


def _section(section: Section) -> None:
    if section.folded:
        click.echo(f"\n<details><summary>{plain(section.title)}</summary>\n")
    else:
        click.echo(f"\n#### {plain(section.title)}\n")
    headings = [(heading, LEFT if heading in section.words else RIGHT) for heading in section.headings]
    sums = [f"**{cell}**" if cell else "" for cell in section.sums or ()]
    table(headings, [*section.rows, *([sums] if sums else [])])
    for note in section.notes:
        click.echo(f"\n{note}")
    if section.folded:
        click.echo("\n</details>")


def columns(plan: Plan) -> Columns:
    """Headings, and how the columns are aligned."""
    figures: Columns = []
    for resource in plan.resources:
        name = "CPU" if resource == "cpu" else resource.capitalize()
        figures += [(f"{name} limit", RIGHT), (f"{name} request", RIGHT), ("of total", RIGHT)]
    first, last = ("Component", "Container"), ("Source", "QoS")
    return [
        *((name, LEFT) for name in first),
        ("Replicas", RIGHT),
        *figures,
        ("GOMEMLIMIT", RIGHT),
        *((name, LEFT) for name in last),
    ]


def _containers(plan: Plan, workload: WorkloadPlan, *, inside: bool) -> list[list[str]]:
    component = workload.component if inside else f"{workload.component} (outside the total)"
    return [
        [
            component,
            container.name,
            lines.replicas(workload),
            *(cell for each in plan.resources for cell in _figures(plan, workload, container, each, inside=inside)),
            lines.mebibytes(gomemlimit_bytes(container)),
            lines.source(plan, container).replace("\n", "<br>"),
            workload.qos,
        ]
        for container in workload.containers
    ]


def _figures(
    plan: Plan, workload: WorkloadPlan, container: ContainerPlan, resource: Resource, *, inside: bool
) -> list[str]:
    limit, request = (container.figure(side, resource).amount for side in SIDES)
    percent = lines.share(plan, resource, limit * workload.replicas) if inside and limit is not None else ""
    return [_times(resource, limit, workload), _times(resource, request, workload), percent]


def _times(resource: Resource, amount: int | None, workload: WorkloadPlan) -> str:
    """One replica's amount, and that of all replicas, be they few or many."""
    one = lines.text(resource, amount)
    products = [
        f"{one} × {count} = {lines.text(resource, amount * count)}"
        for count in lines.counts(workload)
        if amount is not None and count > 1
    ]
    return "<br>".join(products) or one


def _sum(line: Line) -> list[str]:
    cells = [cell for figures in line.figures.values() for cell in figures]
    return [f"**{line.name}**", "", "", *(f"**{cell}**" if cell else "" for cell in cells), "", "", ""]
