"""What the cluster holds a stack to under `resources.enforce`: the numbers of its ResourceQuota and LimitRange."""

from collections.abc import Mapping
from dataclasses import dataclass

from allocation.plan import SIDES, Plan, Resource, Side, quantity


@dataclass(frozen=True)
class Quota:
    """Amounts as in a plan: millicores, bytes."""

    hard: Mapping[tuple[Side, Resource], int]  # of all pods of the namespace together
    largest: Mapping[Resource, int]  # limit of a single container

    @property
    def quota(self) -> dict[str, str]:
        """`spec.hard` of a ResourceQuota: `limits.cpu` -> quantity."""
        return {f"{side}.{resource}": quantity(resource, amount) for (side, resource), amount in self.hard.items()}

    @property
    def limits(self) -> dict[str, str]:
        """Quantities for the items of a LimitRange."""
        return {resource: quantity(resource, amount) for resource, amount in self.largest.items()}


def quota_of(plan: Plan) -> Quota:
    """What the totals of a plan come to, with what their workloads take while they roll and what stands outside.

    A resource without a total on a side is not bounded there. The largest container is known only for resources with a
    total of limits, since then every container has one.
    """
    hard = {
        (side, resource): total + plan.surge(side, resource) + _outside(plan, side, resource)
        for side in SIDES
        for resource, total in plan.totals[side].items()
    }
    largest = {
        resource: max(
            container.limits[resource].amount or 0
            for workload in plan.every_workload
            for container in workload.containers
        )
        for resource in plan.totals["limits"]
    }
    return Quota(hard, largest)


def _outside(plan: Plan, side: Side, resource: Resource) -> int:
    return sum(workload.of_one_pod(side, resource) * workload.replicas for workload in plan.outside)
