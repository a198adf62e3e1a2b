"""The plan as Markdown, for a comment on a pull request."""

import click

from allocation import Cost, Plan, WorkloadPlan
from allocation.plan import Resource
from ops.plan import lines, money
from ops.plan.lines import Line

HEADINGS = (
    ("Component", "---"),
    ("Container", "---"),
    ("Replicas", "--:"),
    ("CPU limit", "--:"),
    ("CPU request", "--:"),
    ("of total", "--:"),
    ("Memory limit", "--:"),
    ("Memory request", "--:"),
    ("of total", "--:"),
    ("GOMEMLIMIT", "--:"),
    ("Source", "---"),
    ("QoS", "---"),
)


def write(plan: Plan) -> None:
    """Prints heading, table and findings."""
    rows = [row for workload in plan.workloads for row in _containers(plan, workload, inside=True)]
    rows += [_sum(line) for line in lines.sums(plan)]
    rows += [row for workload in plan.outside for row in _containers(plan, workload, inside=False)]
    click.echo(f"### Resources of `{plan.name}`\n")
    for cells in (tuple(name for name, _ in HEADINGS), tuple(rule for _, rule in HEADINGS), *rows):
        click.echo(f"| {' | '.join(cells)} |")
    if plan.cost is not None:
        _cost(plan.cost)
    if plan.findings:
        click.echo()
    for finding in plan.findings:
        click.echo(
            f"- **{finding.severity}** `{finding.code}` `{finding.path}`: "
            f"{_plain(finding.message)}; {_plain(finding.remedy)}"
        )


def _cost(cost: Cost) -> None:
    headings = money.headings(cost)
    *components, whole = money.rows(cost)
    click.echo(f"\n#### {_plain(money.title(cost))}\n")
    for cells in (headings, ("---", *("--:" for _ in headings[1:])), *components, tuple(f"**{c}**" for c in whole)):
        click.echo(f"| {' | '.join(cells)} |")
    if money.note(cost):
        click.echo(f"\n{money.note(cost)}")


def _containers(plan: Plan, workload: WorkloadPlan, *, inside: bool) -> list[tuple[str, ...]]:
    def figures(resource: Resource) -> tuple[str, str, str]:
        limit, request = (side[resource].amount for side in (container.limits, container.requests))
        percent = lines.share(plan, resource, limit * workload.replicas) if inside and limit is not None else ""
        return _times(resource, limit, workload.replicas), _times(resource, request, workload.replicas), percent

    rows: list[tuple[str, ...]] = []
    for container in workload.containers:
        component = workload.component if inside else f"{workload.component} (outside the total)"
        rows.append(
            (
                component,
                container.name,
                str(workload.replicas),
                *figures("cpu"),
                *figures("memory"),
                lines.mebibytes(container.gomemlimit_bytes),
                lines.source(container).replace("\n", "<br>"),
                workload.qos,
            )
        )
    return rows


def _times(resource: Resource, amount: int | None, replicas: int) -> str:
    """One replica's amount, and all replicas' where there are several."""
    one = lines.text(resource, amount)
    return one if amount is None or replicas == 1 else f"{one} × {replicas} = {lines.text(resource, amount * replicas)}"


def _sum(line: Line) -> tuple[str, ...]:
    return (
        f"**{line.name}**",
        "",
        "",
        *(f"**{cell}**" if cell else "" for cell in (*line.cpu, *line.memory)),
        "",
        "",
        "",
    )


def _plain(text: str) -> str:
    """Text that Markdown shows as it is."""
    for character in "\\`*_<>|[]":
        text = text.replace(character, f"\\{character}")
    return " ".join(text.split())
