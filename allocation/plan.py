"""What the allocation decides: every container's limits and requests, each number with its source, and the findings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from allocation.cost import Cost
from allocation.findings import Finding
from allocation.namespaces import NamespacePlan
from allocation.placement import Placement
from allocation.tuning import Setting
from settings import Quantity, QuantityError
from settings.resources import Qos

Resource = Literal["cpu", "memory", "ephemeral-storage"]
Side = Literal["limits", "requests"]
Source = Literal[
    "override", "tenants", "size", "workload", "share", "enough", "floor", "qos", "ratio", "limit", "default", "none"
]
ReplicasSource = Literal["override", "autoscaling", "size", "workload", "default"]
VolumeSource = Literal["override", "size", "workload", "default"]
Bound = Literal["min", "max"]  # of an autoscaler
Kind = Literal["Deployment", "StatefulSet", "Job"]

RESOURCES: tuple[Resource, ...] = ("cpu", "memory", "ephemeral-storage")
QOS_RESOURCES: tuple[Resource, ...] = ("cpu", "memory")  # those that decide a pod's class
SIDES: tuple[Side, ...] = ("limits", "requests")
# What a number with that source is, in Markdown, for docs/plan.md.
SOURCES: Mapping[Source, str] = {
    "override": "is the user's own, to the letter",
    "tenants": "follows from the number of tenants",
    "size": "is the T-shirt size's",
    "workload": "follows from the load",
    "share": "is a share of what the total leaves after the overrides",
    "enough": "is a share that stays at what is [enough](allocation.md#profiles) for the container: the rest of a "
    "larger total goes to others first",
    "floor": "is the least the container can have: its own, or the request given for it",
    "qos": "is what the class of its pods asks for",
    "ratio": "is `spec.resources.requestRatio` times the limit",
    "limit": "is a request that its limit cuts off",
    "default": "is the default of what runs outside the total, or of ephemeral storage",
    "none": "is not decided by anything",
}


@dataclass(frozen=True)
class Figure:
    """One number of one container: cpu in millicores, memory and storage in bytes; None where nothing decides it.

    `source` says where it comes from, in the words of SOURCES.
    """

    amount: int | None
    source: Source


@dataclass(frozen=True)
class ContainerPlan:
    """What one container gets, per replica."""

    name: str  # as in the pod: tempo, jaeger-query, tempo-query, oauth-proxy, tempo-gateway, tempo-gateway-opa, minio
    path: str  # config path of its resources, e.g. spec.template.ingester.resources
    limits: Mapping[Resource, Figure]
    requests: Mapping[Resource, Figure]
    tuned: bool = True  # whether its program's limits follow the container's

    def figure(self, side: Side, resource: Resource) -> Figure:
        """One of its four figures."""
        return (self.limits if side == "limits" else self.requests)[resource]

    def quantities(self, side: Side) -> dict[str, str]:
        """The side's numbers as canonical quantities, without those that nothing decides."""
        amounts = {resource: self.figure(side, resource).amount for resource in RESOURCES}
        return {resource: quantity(resource, amount) for resource, amount in amounts.items() if amount is not None}


@dataclass(frozen=True)
class WorkloadPlan:
    """One workload: its replicas and its containers, in the pod's order."""

    component: str  # distributor, ingester, compactor, querier, query-frontend, gateway, minio, minio-bucket
    name: str  # of the object: tempo-<stack>-<component>
    kind: Kind
    replicas: int  # those that the budget counts
    containers: tuple[ContainerPlan, ...]
    replicas_source: ReplicasSource = "default"
    autoscaled: tuple[int, int] | None = None  # the autoscaler's bounds; None: always `replicas`
    surge: int = 0  # pods on top while it rolls, by its strategy
    grace_seconds: int | None = None  # that its pods have to end; None: Kubernetes' 30

    def container(self, name: str) -> ContainerPlan:
        """The container of that name. Raises KeyError."""
        for container in self.containers:
            if container.name == name:
                return container
        raise KeyError(name)

    def replicas_at(self, bound: Bound) -> int:
        """How many pods run at the least, and at the most."""
        return self.replicas if self.autoscaled is None else self.autoscaled[bound == "max"]

    def of_one_pod(self, side: Side, resource: Resource) -> int:
        """Sum over the containers of one replica; what nothing decides counts 0."""
        return sum(container.figure(side, resource).amount or 0 for container in self.containers)

    @property
    def qos(self) -> Qos:
        """The class Kubernetes gives the pod, over all its containers.

        As the API server does: a limit without a request is copied into the request, and a quantity of zero counts as
        not given.
        """
        limits = [c.figure("limits", resource).amount for c in self.containers for resource in QOS_RESOURCES]
        given = [c.figure("requests", resource).amount for c in self.containers for resource in QOS_RESOURCES]
        requests = [limit if request is None else request for limit, request in zip(limits, given, strict=True)]
        if not any(limits) and not any(requests):
            return "BestEffort"
        return "Guaranteed" if all(limits) and requests == limits else "Burstable"


@dataclass(frozen=True)
class VolumePlan:
    """A persistent volume that every replica of a component has one of; `source` says where its size comes from."""

    component: str
    name: str  # as in the pod: `data` is the ingester's, or MinIO's
    path: str  # config path of its size
    size_bytes: int  # of each
    count: int  # how many: the replicas that the budget counts
    source: VolumeSource
    needed_bytes: int | None = None  # what the load writes to it, with a margin; None where no load is known


@dataclass(frozen=True)
class StoragePlan:
    """What the stack keeps on disks and in its bucket."""

    volumes: tuple[VolumePlan, ...] = ()
    bucket_bytes: int | None = None  # expected once the retention has passed; None where no load is known

    def volume(self, component: str, name: str = "data") -> VolumePlan:
        """The volume of that component and name. Raises KeyError."""
        for volume in self.volumes:
            if (volume.component, volume.name) == (component, name):
                return volume
        raise KeyError(f"{component}/{name}")

    @property
    def block_bytes(self) -> int:
        """All volumes together."""
        return sum(volume.size_bytes * volume.count for volume in self.volumes)


@dataclass(frozen=True)
class Plan:
    """The whole stack: workloads inside the total, those outside it (MinIO), and what there is to say about them."""

    name: str
    totals: Mapping[Side, Mapping[Resource, int]]  # as configured; a resource without a total is absent
    workloads: tuple[WorkloadPlan, ...]
    outside: tuple[WorkloadPlan, ...]
    findings: tuple[Finding, ...]
    storage: StoragePlan = StoragePlan()
    cost: Cost | None = None  # None where no prices are given
    placement: Placement | None = None  # None where no nodes are described
    namespaces: tuple[NamespacePlan, ...] = ()  # of tenants, with what they are held to
    tuning: tuple[Setting, ...] = ()  # Tempo's own limits that follow from all this

    @property
    def every_workload(self) -> tuple[WorkloadPlan, ...]:
        """Those inside the total, then those outside it."""
        return (*self.workloads, *self.outside)

    def workload(self, component: str) -> WorkloadPlan | None:
        """The workload of that component, inside or outside the total; None where it does not run."""
        return next((w for w in self.every_workload if w.component == component), None)

    def allocated(self, side: Side, resource: Resource) -> int:
        """Sum over the workloads inside the total, x replicas that the budget counts."""
        return sum(w.of_one_pod(side, resource) * w.replicas for w in self.workloads)

    def allocated_at(self, bound: Bound, side: Side, resource: Resource) -> int:
        """The same at the autoscalers' bounds."""
        return sum(w.of_one_pod(side, resource) * w.replicas_at(bound) for w in self.workloads)

    def surge(self, side: Side, resource: Resource) -> int:
        """What a rollout of every workload at once takes on top, by their strategies."""
        return sum(w.of_one_pod(side, resource) * w.surge for w in self.workloads)

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Those that a report has to show: cpu and memory always, the others where the stack says something of them."""
        return tuple(r for r in RESOURCES if r in QOS_RESOURCES or self._mentions(r))

    def _mentions(self, resource: Resource) -> bool:
        containers = [c for w in self.every_workload for c in w.containers]
        return any(
            resource in self.totals.get(side, {})
            or any(c.figure(side, resource).source not in ("default", "none") for c in containers)
            for side in SIDES
        )


def workload_name(stack: str, component: str) -> str:
    """The name of a component's workload, as users of TempoStacks know it."""
    return f"tempo-{stack}-{component}"


def quantity(resource: Resource, amount: int) -> str:
    """Millicores of cpu, or bytes, as a canonical quantity; beyond what one can hold, the plain number."""
    try:
        return str(Quantity.of_millicores(amount) if resource == "cpu" else Quantity.of_bytes(amount))
    except QuantityError:
        return f"{amount}m" if resource == "cpu" else str(amount)
