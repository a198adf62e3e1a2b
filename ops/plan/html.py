"""The plan as one HTML file that needs nothing else: for a browser, a mail, or a printer."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import click
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from allocation import Plan
from allocation.go import gomemlimit_bytes
from allocation.plan import SIDES, Resource
from ops.plan import lines
from ops.plan.bars import Bar, bars, other_bounds, taken
from ops.plan.document import headroom
from ops.plan.sections import sections

TEMPLATE = "report.html.j2"
COLOURS = 8  # that the template has for components
NUMBERS = ("replicas", "limits", "of total", "requests")


@dataclass(frozen=True)
class Row:
    """A line of a table: its name, the component's number for the colour, and the other cells."""

    name: str
    cells: tuple[str, ...]
    number: int | None = None
    tone: str = "plain"


@dataclass(frozen=True)
class ResourceView:
    """A resource: its bars, and what all replicas of each component take."""

    name: str
    bars: list[Bar]
    headings: tuple[str, ...]
    rows: list[Row]
    sums: list[Row]


def write(plan: Plan) -> None:
    """Prints the page."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template(TEMPLATE).render(
        plan=plan,
        headline=lines.headline(plan),
        colours=COLOURS,
        resources=[_resource(plan, resource) for resource in plan.resources],
        container_headings=_container_headings(plan),
        containers=_containers(plan),
        sections=list(sections(plan)),
    )
    click.echo(page)


def _resource(plan: Plan, resource: Resource) -> ResourceView:
    bounds = (None, *other_bounds(plan))
    extra = tuple(f"{side} at {bound}" for bound in bounds[1:] for side in SIDES)
    rows = []
    for number, workload in enumerate(plan.workloads):
        amounts = [lines.text(resource, taken(workload, side, resource, bound)) for bound in bounds for side in SIDES]
        percent = lines.share(plan, resource, taken(workload, "limits", resource, None))
        rows.append(
            Row(workload.component, (lines.replicas(workload), amounts[0], percent, *amounts[1:]), number % COLOURS)
        )
    return ResourceView(
        resource, bars(plan, resource), (*NUMBERS, *extra), rows, list(_sums(plan, resource, len(extra)))
    )


def _sums(plan: Plan, resource: Resource, extra: int) -> Iterable[Row]:
    """Allocated, with what it is at other bounds beside it; what a rollout takes on top; total and headroom."""
    at_bounds = [
        lines.text(resource, plan.allocated_at(bound, side, resource)) for bound in other_bounds(plan) for side in SIDES
    ]
    blank = ("",) * extra
    for line in lines.sums(plan):
        if not line.name.startswith("at "):
            limit, request, share = line.figures[resource]
            beside = tuple(at_bounds) if line.name == "allocated" else blank
            over = line.name == "headroom" and any(amounts.get(resource, 0) < 0 for amounts in headroom(plan).values())
            yield Row(line.name, ("", limit, share, request, *beside), tone="bad" if over else "plain")


def _container_headings(plan: Plan) -> tuple[str, ...]:
    figures = tuple(f"{resource} {side}" for resource in plan.resources for side in ("limit", "request"))
    return ("replicas", *figures, "GOMEMLIMIT", "source", "QoS")


def _containers(plan: Plan) -> list[tuple[str, list[Row]]]:
    """Per replica: the containers inside the total, and those outside it."""
    parts = [("inside the total", plan.workloads), ("outside the total", plan.outside)]
    return [
        (
            title,
            [
                Row(
                    f"{workload.component}/{container.name}",
                    (
                        lines.replicas(workload),
                        *(lines.text(r, container.figure(side, r).amount) for r in plan.resources for side in SIDES),
                        lines.mebibytes(gomemlimit_bytes(container)),
                        lines.source(plan, container),
                        workload.qos,
                    ),
                )
                for workload in workloads
                for container in workload.containers
            ],
        )
        for title, workloads in parts
        if workloads
    ]
