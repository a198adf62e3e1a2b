"""What the allocation decides: every container's limits and requests, each number with its source, and the findings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from allocation.findings import Finding
from settings import Quantity, QuantityError

Resource = Literal["cpu", "memory"]
Side = Literal["limits", "requests"]
Source = Literal["override", "share", "floor", "ratio", "limit", "default", "none"]
Qos = Literal["Guaranteed", "Burstable", "BestEffort"]
Kind = Literal["Deployment", "StatefulSet", "Job"]

RESOURCES: tuple[Resource, ...] = ("cpu", "memory")
SIDES: tuple[Side, ...] = ("limits", "requests")


@dataclass(frozen=True)
class Figure:
    """One number of one container: cpu in millicores, memory in bytes; None where nothing decides it.

    `source` says where it comes from: the user's own `override`; a `share` of the total; the `floor` a share was raised
    to (the container's own, or the request given for it); `ratio` × the limit; the `limit` that caps a request; the
    `default` of what runs outside the total; `none`.
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

    def figure(self, side: Side, resource: Resource) -> Figure:
        """One of its four figures."""
        return (self.limits if side == "limits" else self.requests)[resource]

    def quantities(self, side: Side) -> dict[str, str]:
        """The side's numbers as canonical quantities, without those that nothing decides."""
        amounts = {resource: self.figure(side, resource).amount for resource in RESOURCES}
        return {resource: quantity(resource, amount) for resource, amount in amounts.items() if amount is not None}

    @property
    def gomemlimit_bytes(self) -> int | None:
        """GOMEMLIMIT for the Go program in it: 80 % of the memory limit, whole bytes; None without a limit."""
        limit = self.limits["memory"].amount
        return limit * 80 // 100 if limit else None  # to the kernel, a limit of 0 is no limit


@dataclass(frozen=True)
class WorkloadPlan:
    """One workload: its replicas and its containers, in the pod's order."""

    component: str  # distributor, ingester, compactor, querier, query-frontend, gateway, minio, minio-bucket
    name: str  # of the object: tempo-<stack>-<component>
    kind: Kind
    replicas: int
    containers: tuple[ContainerPlan, ...]

    def container(self, name: str) -> ContainerPlan:
        """The container of that name. Raises KeyError."""
        for container in self.containers:
            if container.name == name:
                return container
        raise KeyError(name)

    @property
    def qos(self) -> Qos:
        """The class Kubernetes gives the pod, over all its containers.

        As the API server does: a limit without a request is copied into the request, and a quantity of zero counts as
        not given.
        """
        limits = [c.figure("limits", resource).amount for c in self.containers for resource in RESOURCES]
        given = [c.figure("requests", resource).amount for c in self.containers for resource in RESOURCES]
        requests = [limit if request is None else request for limit, request in zip(limits, given, strict=True)]
        if not any(limits) and not any(requests):
            return "BestEffort"
        return "Guaranteed" if all(limits) and requests == limits else "Burstable"


@dataclass(frozen=True)
class Plan:
    """The whole stack: workloads inside the total, those outside it (MinIO), and what there is to say about them."""

    name: str
    totals: Mapping[Side, Mapping[Resource, int]]  # as configured; a resource without a total is absent
    workloads: tuple[WorkloadPlan, ...]
    outside: tuple[WorkloadPlan, ...]
    findings: tuple[Finding, ...]

    def workload(self, component: str) -> WorkloadPlan | None:
        """The workload of that component, inside or outside the total; None where it does not run."""
        return next((w for w in (*self.workloads, *self.outside) if w.component == component), None)

    def allocated(self, side: Side, resource: Resource) -> int:
        """Sum over the workloads inside the total, x replicas."""
        return sum(
            (container.figure(side, resource).amount or 0) * workload.replicas
            for workload in self.workloads
            for container in workload.containers
        )


def workload_name(stack: str, component: str) -> str:
    """The name of a component's workload, as users of TempoStacks know it."""
    return f"tempo-{stack}-{component}"


def quantity(resource: Resource, amount: int) -> str:
    """Millicores of cpu, or bytes of memory, as a canonical quantity; beyond what one can hold, the plain number."""
    try:
        return str(Quantity.of_millicores(amount) if resource == "cpu" else Quantity.of_bytes(amount))
    except QuantityError:
        return f"{amount}m" if resource == "cpu" else str(amount)
