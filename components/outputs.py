"""What the program exports of a plan: plain strings and numbers, in the plan's order."""

from typing import Any

from allocation import Plan
from allocation.plan import SIDES, Resource, quantity


def allocation_table(plan: Plan) -> dict[str, dict[str, Any]]:
    """`workload/container` -> its replicas, its limits and requests per replica, and where each number comes from."""
    return {
        f"{workload.name}/{container.name}": {
            "replicas": workload.replicas,
            **{side: container.quantities(side) for side in SIDES},
            "source": {
                side: {resource: container.figure(side, resource).source for resource in plan.resources}
                for side in SIDES
            },
        }
        for workload in (*plan.workloads, *plan.outside)
        for container in workload.containers
    }


def totals(plan: Plan) -> dict[str, dict[str, str]]:
    """The configured totals; what has no total is absent."""
    return {
        side: {resource: quantity(resource, amount) for resource, amount in plan.totals[side].items()}
        for side in SIDES
        if plan.totals.get(side)
    }


def headroom(plan: Plan) -> dict[str, dict[str, str]]:
    """What the totals leave unused; negative where more is given than there is."""
    return {
        side: {
            resource: _signed(resource, amount - plan.allocated(side, resource))
            for resource, amount in plan.totals[side].items()
        }
        for side in SIDES
        if plan.totals.get(side)
    }


def _signed(resource: Resource, amount: int) -> str:
    return f"{'-' if amount < 0 else ''}{quantity(resource, abs(amount))}"
