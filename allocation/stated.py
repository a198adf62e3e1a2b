"""Numbers that are stated elsewhere than at the container itself: by the number of tenants, a size or a workload."""

from collections.abc import Mapping, Sequence

from allocation.containers import Container
from allocation.plan import RESOURCES, SIDES, Figure, Resource, Side
from allocation.sizing import Sizing
from allocation.tenants import gateway_limits
from settings import Settings

Stated = Mapping[Side, Mapping[Resource, Mapping[Container, Figure]]]


def stated(settings: Settings, running: Sequence[Container], sizing: Sizing | None) -> Stated:
    """For each side and resource the containers about which something is said; tenants come before a size."""
    by_tenants = gateway_limits(settings)

    def figure(container: Container, side: Side, resource: Resource) -> Figure | None:
        if container.weight == "gateway" and resource in by_tenants:  # its request follows that limit, not the load
            return Figure(by_tenants[resource], "tenants") if side == "limits" else None
        if sizing is None:
            return None
        amount = sizing.figures[side].get(container.weight, {}).get(resource)
        return None if amount is None else Figure(amount, sizing.source)

    return {
        side: {
            resource: {c: found for c in running if (found := figure(c, side, resource)) is not None}
            for resource in RESOURCES
        }
        for side in SIDES
    }
