"""From settings to a plan: who runs, what each gets, and what is to be said against it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from allocation.charging import cost_of
from allocation.compaction import with_copies
from allocation.containers import Container, containers_of, given_quantity
from allocation.grace import GRACES, grace_seconds
from allocation.namespaces import namespaces_of
from allocation.nodes import placement_of
from allocation.outside import outside_of
from allocation.plan import RESOURCES, SIDES, ContainerPlan, Plan, Resource, Side, WorkloadPlan, workload_name
from allocation.precedence import Figures, decide_limits, decide_requests, with_defaults
from allocation.profiles import enough_of, weights_of
from allocation.review import review
from allocation.rollout import surge_of
from allocation.sharing import Claim
from allocation.sizing import sizing_of
from allocation.stated import stated
from allocation.storage import storage_of
from allocation.tuning.decide import tuning_of
from allocation.units import round_down
from settings import Settings

Totals = Mapping[Side, Mapping[Resource, int]]


def allocate(settings: Settings) -> Plan:
    """The plan of a stack; never raises on valid settings."""
    resources = settings.spec.resources
    containers = containers_of(settings)
    running = [c for c in containers if c.runs]
    weights, enough = weights_of(resources, [c.weight for c in running]), enough_of(resources)
    totals = _totals(settings)
    elsewhere = stated(settings, running, sizing_of(settings))

    limits: dict[Resource, Figures] = {}
    requests: dict[Resource, Figures] = {}
    for resource in RESOURCES:
        claims = {c: Claim(weights[resource][c.weight], 0, c.replicas, enough[resource].get(c.weight)) for c in running}
        limit_total, request_total = (totals[side].get(resource) for side in SIDES)
        limit_stated, request_stated = (elsewhere[side][resource] for side in SIDES)
        limits[resource] = decide_limits(resource, claims, limit_total, limit_stated)
        requests[resource] = decide_requests(
            resource, claims, request_total, limits[resource], request_stated, resources.request_ratio
        )
        limits[resource], requests[resource] = with_defaults(resource, limits[resource], requests[resource])

    workloads = _workloads(settings, running, limits, requests)
    plan = Plan(settings.name, totals, workloads, outside_of(settings), findings=(), namespaces=namespaces_of(settings))
    plan = replace(plan, storage=storage_of(settings, workloads))
    plan = replace(plan, tuning=tuning_of(settings, workloads, plan.storage))
    plan = replace(plan, storage=with_copies(settings, plan))
    plan = replace(plan, placement=placement_of(settings, plan))
    return replace(plan, findings=review(settings, containers, plan), cost=cost_of(settings, plan))


def _totals(settings: Settings) -> Totals:
    """Whole millicores and bytes of the totals that are given."""
    total = settings.spec.resources.total
    given = {side: {resource: given_quantity(total, side, resource) for resource in RESOURCES} for side in SIDES}
    return {
        side: {
            resource: round_down(resource, quantity)
            for resource, quantity in quantities.items()
            if quantity is not None
        }
        for side, quantities in given.items()
    }


def _workloads(
    settings: Settings,
    running: Sequence[Container],
    limits: Mapping[Resource, Figures],
    requests: Mapping[Resource, Figures],
) -> tuple[WorkloadPlan, ...]:
    """The running containers as the workloads they stand in."""

    def planned(container: Container) -> ContainerPlan:
        return ContainerPlan(
            container.name,
            container.path,
            limits={resource: limits[resource][container] for resource in RESOURCES},
            requests={resource: requests[resource][container] for resource in RESOURCES},
            tuned=settings.spec.resources.tuning == "plan",
        )

    return tuple(
        WorkloadPlan(
            component,
            workload_name(settings.name, component),
            "StatefulSet" if component == "ingester" else "Deployment",
            members[0].replicas,
            tuple(map(planned, members)),
            members[0].scale.source,
            members[0].scale.autoscaled,
            surge_of(settings.spec.template, component, members[0].replicas),
            grace_seconds(settings, component) if component in GRACES else None,
        )
        for component, group in groupby(running, key=lambda c: c.component)
        if (members := list(group))
    )
