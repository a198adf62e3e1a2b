"""The plan as data: the stable JSON of `plan --format json`, documented in docs/plan.md."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click

from allocation import Plan, WorkloadPlan
from allocation.plan import SIDES, Figure, Resource, Side, quantity
from ops.plan import money


def write(plan: Plan) -> None:
    """Prints the document."""
    click.echo(json.dumps(document(plan), indent=2))


def document(plan: Plan) -> dict[str, Any]:
    """The whole plan. Quantities are canonical strings; null stands where nothing decides a number."""
    return {
        "name": plan.name,
        "totals": _sides(plan, {side: plan.totals.get(side, {}) for side in SIDES}),
        "containers": [entry for workload in plan.workloads for entry in _containers(plan, workload)],
        "outside": [entry for workload in plan.outside for entry in _containers(plan, workload)],
        "allocated": _sides(
            plan, {side: {each: plan.allocated(side, each) for each in plan.resources} for side in SIDES}
        ),
        "headroom": _sides(plan, headroom(plan)),
        "cost": money.document(plan.cost),
        "findings": [asdict(finding) for finding in plan.findings],
    }


def headroom(plan: Plan) -> dict[Side, dict[Resource, int]]:
    """Total minus allocated, by side and resource, where there is a total; negative when over-allocated."""
    return {
        side: {each: total - plan.allocated(side, each) for each, total in plan.totals.get(side, {}).items()}
        for side in SIDES
    }


def text(resource: Resource, amount: int | None) -> str | None:
    """A canonical quantity, None where nothing decides the amount."""
    return None if amount is None else quantity(resource, amount)


def _containers(plan: Plan, workload: WorkloadPlan) -> list[dict[str, Any]]:
    return [
        {
            "component": workload.component,
            "container": container.name,
            "workload": workload.name,
            "kind": workload.kind,
            "replicas": workload.replicas,
            "limits": _figures(plan, container.limits),
            "requests": _figures(plan, container.requests),
            "source": {side: {each: container.figure(side, each).source for each in plan.resources} for side in SIDES},
            "qos": workload.qos,
            "gomemlimit": text("memory", container.gomemlimit_bytes),
        }
        for container in workload.containers
    ]


def _figures(plan: Plan, figures: Mapping[Resource, Figure]) -> dict[str, str | None]:
    return {each: text(each, figures[each].amount) for each in plan.resources}


def _sides(plan: Plan, amounts: Mapping[Side, Mapping[Resource, int]]) -> dict[str, dict[str, str | None]]:
    return {side: {each: text(each, amounts[side].get(each)) for each in plan.resources} for side in SIDES}
