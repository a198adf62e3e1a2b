"""From a plan and prices to its cost."""

from fractions import Fraction

from allocation.cost import HOURS_PER_MONTH, Charge, ComponentCost, Cost
from allocation.plan import Bound, ContainerPlan, Plan, Resource, WorkloadPlan
from settings import Settings
from settings.pricing import Basis, Pricing

GIB = 2**30
BOUNDS: tuple[Bound, Bound] = ("min", "max")


def cost_of(settings: Settings, plan: Plan) -> Cost | None:
    """What the plan costs; None where no prices are given."""
    prices = settings.pricing
    if prices is None:
        return None
    components = [
        ComponentCost(workload.component, *(_charge(plan, workload, prices, at) for at in BOUNDS))
        for workload in plan.every_workload
        if workload.kind != "Job"
    ]
    if settings.minio.enabled:
        return Cost(prices.currency, prices.basis, tuple(components), bucket="on-minio")
    if plan.storage.bucket_bytes is None:
        return Cost(prices.currency, prices.basis, tuple(components), bucket="unknown")
    stored = Charge(objects=Fraction(plan.storage.bucket_bytes, GIB) * prices.object_gib_month)
    components.append(ComponentCost("bucket", stored, stored))
    return Cost(prices.currency, prices.basis, tuple(components), bucket="counted")


def _charge(plan: Plan, workload: WorkloadPlan, prices: Pricing, at: Bound) -> Charge:
    """All replicas of a workload, each with its volumes."""
    replicas = workload.replicas_at(at)
    cores = Fraction(_paid_for(workload, prices.basis, "cpu"), 1000)
    memory_gib = Fraction(_paid_for(workload, prices.basis, "memory"), GIB)
    volumes = (volume for volume in plan.storage.volumes if volume.component == workload.component)
    volume_gib = Fraction(sum(volume.size_bytes for volume in volumes), GIB)
    return Charge(
        cpu=replicas * cores * HOURS_PER_MONTH * prices.cpu_hour,
        memory=replicas * memory_gib * HOURS_PER_MONTH * prices.gib_hour,
        volumes=replicas * volume_gib * prices.block_gib_month,
    )


def _paid_for(workload: WorkloadPlan, basis: Basis, resource: Resource) -> int:
    """Millicores, or bytes, that one pod is paid for."""
    return sum(_of_container(container, basis, resource) for container in workload.containers)


def _of_container(container: ContainerPlan, basis: Basis, resource: Resource) -> int:
    """The figure of the basis, else the other: Kubernetes takes a missing request from the limit.

    Without a limit, what is paid for at the most is at least what is kept free.
    """
    limit, request = container.limits[resource].amount, container.requests[resource].amount
    first, second = (limit, request) if basis == "limits" else (request, limit)
    return first if first is not None else second or 0
