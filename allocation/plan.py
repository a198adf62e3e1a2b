"""What the allocation decides: every container's limits and requests, each number with its source, and the findings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from allocation.findings import Finding
from settings import Quantity

Resource = Literal["cpu", "memory"]
Side = Literal["limits", "requests"]
Source = Literal["override", "share", "floor", "ratio", "limit", "none"]
Qos = Literal["Guaranteed", "Burstable", "BestEffort"]
Kind = Literal["Deployment", "StatefulSet", "Job"]

RESOURCES: tuple[Resource, ...] = ("cpu", "memory")
SIDES: tuple[Side, ...] = ("limits", "requests")


@dataclass(frozen=True)
class Figure:
    """One number of one container: cpu in millicores, memory in bytes; None where nothing decides it."""

    amount: int | None
    source: Source


@dataclass(frozen=True)
class ContainerPlan:
    """What one container gets, per replica."""

    name: str  # as in the pod: tempo, jaeger-query, tempo-query, oauth-proxy, tempo-gateway, tempo-gateway-opa, minio
    path: str  # config path of its resources, e.g. spec.template.ingester.resources
    limits: Mapping[Resource, Figure]
    requests: Mapping[Resource, Figure]

    def quantities(self, side: Side) -> dict[str, str]:
        """The side's numbers as canonical quantities, without those that nothing decides."""

    @property
    def gomemlimit_bytes(self) -> int | None:
        """GOMEMLIMIT for the Go program in it: 80 % of the memory limit, whole bytes; None without a limit."""


@dataclass(frozen=True)
class WorkloadPlan:
    """One workload: its replicas and its containers, in the pod's order."""

    component: str  # distributor, ingester, compactor, querier, query-frontend, gateway, minio
    name: str  # of the object: tempo-<stack>-<component>
    kind: Kind
    replicas: int
    containers: tuple[ContainerPlan, ...]

    def container(self, name: str) -> ContainerPlan:
        """The container of that name. Raises KeyError."""

    @property
    def qos(self) -> Qos:
        """The class Kubernetes gives the pod, over all its containers."""


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

    def allocated(self, side: Side, resource: Resource) -> int:
        """Sum over the workloads inside the total, x replicas."""
