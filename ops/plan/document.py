"""The plan as data: the stable JSON of `plan --format json`, documented in docs/plan.md."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import click

from allocation import Plan, WorkloadPlan
from allocation.go import environment_of, gomaxprocs, gomemlimit_bytes
from allocation.namespaces import NamespacePlan
from allocation.placement import Placement
from allocation.plan import RESOURCES, SIDES, Bound, Figure, Resource, Side, StoragePlan, quantity
from ops.plan import money

Amounts = Mapping[Resource, int]


def write(plan: Plan) -> None:
    """Prints the document."""
    click.echo(json.dumps(document(plan), indent=2))


def document(plan: Plan) -> dict[str, Any]:
    """The whole plan. Quantities are canonical strings; null stands where nothing decides a number."""
    return {
        "name": plan.name,
        "totals": _sides(plan.totals),
        "containers": [entry for workload in plan.workloads for entry in _containers(workload)],
        "outside": [entry for workload in plan.outside for entry in _containers(workload)],
        "allocated": _sides(allocated(plan)),
        "allocatedAt": {"min": _sides(allocated_at(plan, "min")), "max": _sides(allocated_at(plan, "max"))},
        "surge": _sides(surge(plan)),
        "headroom": _sides(headroom(plan)),
        "storage": _storage(plan.storage),
        "cost": money.document(plan.cost),
        "placement": _placement(plan.placement),
        "tenantNamespaces": [_namespace(each) for each in plan.namespaces],
        "tuning": [asdict(setting) for setting in plan.tuning],
        "environment": [
            {"component": workload.component, "container": container.name, **asdict(variable)}
            for workload, container, variable in environment_of(plan)
        ],
        "findings": [asdict(finding) for finding in plan.findings],
    }


def allocated(plan: Plan) -> dict[Side, Amounts]:
    """What all workloads inside the total take, by side and resource, x the replicas that the budget counts."""
    return _each(plan.allocated)


def allocated_at(plan: Plan, bound: Bound) -> dict[Side, Amounts]:
    """The same with as few, or as many, replicas as the autoscalers may run."""
    return _each(lambda side, resource: plan.allocated_at(bound, side, resource))


def surge(plan: Plan) -> dict[Side, Amounts]:
    """What a rollout of all of them at once takes on top."""
    return _each(plan.surge)


def headroom(plan: Plan) -> dict[Side, Amounts]:
    """Total minus allocated, where there is a total; negative when over-allocated."""
    return {
        side: {each: total - plan.allocated(side, each) for each, total in plan.totals.get(side, {}).items()}
        for side in SIDES
    }


def text(resource: Resource, amount: int | None) -> str | None:
    """A canonical quantity, None where nothing decides the amount."""
    return None if amount is None else quantity(resource, amount)


def _each(amount: Callable[[Side, Resource], int]) -> dict[Side, Amounts]:
    return {side: {each: amount(side, each) for each in RESOURCES} for side in SIDES}


def _containers(workload: WorkloadPlan) -> list[dict[str, Any]]:
    bounds = None if workload.autoscaled is None else dict(zip(("min", "max"), workload.autoscaled, strict=True))
    return [
        {
            "component": workload.component,
            "container": container.name,
            "workload": workload.name,
            "kind": workload.kind,
            "replicas": workload.replicas,
            "autoscaled": bounds,
            "limits": _figures(container.limits),
            "requests": _figures(container.requests),
            "source": {
                "replicas": workload.replicas_source,
                **{side: {each: container.figure(side, each).source for each in RESOURCES} for side in SIDES},
            },
            "qos": workload.qos,
            "gomemlimit": text("memory", gomemlimit_bytes(container)),
            "gomaxprocs": gomaxprocs(container),
        }
        for container in workload.containers
    ]


def _placement(placement: Placement | None) -> dict[str, Any] | None:
    """The verdicts on the described nodes, None where none are."""
    if placement is None:
        return None
    return {
        bound: {"verdict": verdict.kind, "obstacles": [asdict(obstacle) for obstacle in verdict.obstacles]}
        for bound, verdict in (("min", placement.at_min), ("max", placement.at_max))
    }


def _namespace(namespace: NamespacePlan) -> dict[str, Any]:
    """What a tenant's namespace is held to; empty mappings where nothing is."""
    return {
        "namespace": namespace.name,
        "tenant": namespace.tenant,
        "made": namespace.made,
        "quota": {key: str(most) for key, most in namespace.hard.items()},
        "limitRange": {
            bound: {resource: str(amount) for resource, amount in amounts.items()}
            for bound, amounts in namespace.bounds.items()
        },
    }


def _storage(storage: StoragePlan) -> dict[str, Any]:
    return {
        "volumes": [
            {
                "component": volume.component,
                "volume": volume.name,
                "count": volume.count,
                "size": text("memory", volume.size_bytes),
                "needed": text("memory", volume.needed_bytes),
                "source": volume.source,
            }
            for volume in storage.volumes
        ],
        "bucket": text("memory", storage.bucket_bytes),
    }


def _figures(figures: Mapping[Resource, Figure]) -> dict[str, str | None]:
    return {each: text(each, figures[each].amount) for each in RESOURCES}


def _sides(amounts: Mapping[Side, Amounts]) -> dict[str, dict[str, str | None]]:
    return {side: {each: text(each, amounts.get(side, {}).get(each)) for each in RESOURCES} for side in SIDES}
