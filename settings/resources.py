"""`spec.resources` and every component's own `resources`: totals, weights, limits and requests."""

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Model
from settings.types import BytesField, CpuField, FractionField, PositiveBytesField, PositiveCpuField


class Amounts(Model):
    """Quantities of the resources; what is None was not given."""

    cpu: CpuField | None = None
    """Cores: `2`, `0.5`, `500m`."""
    memory: BytesField | None = None
    """Bytes: `2Gi`, `512Mi`, `2G`."""
    ephemeral_storage: Annotated[BytesField | None, Field(alias="ephemeral-storage")] = None
    """Bytes on the node's own disk, for logs and scratch volumes."""


class Limits(Amounts):
    """Amounts that bound: a limit of 0 would be none at all."""

    cpu: PositiveCpuField | None = None
    """Cores, more than 0: `2`, `0.5`, `500m`."""
    memory: PositiveBytesField | None = None
    """Bytes, more than 0: `2Gi`, `512Mi`, `2G`."""
    ephemeral_storage: Annotated[PositiveBytesField | None, Field(alias="ephemeral-storage")] = None
    """Bytes on the node's own disk, more than 0: beyond them Kubernetes evicts the pod."""


class ContainerResources(Model):
    """A container's own limits and requests, each part optional."""

    limits: Limits = Limits()
    """The most that it may use."""
    requests: Amounts = Amounts()
    """What the scheduler keeps free for it."""


class Weight(Model):
    """A container's weight, relative to the other weights of the same resource."""

    cpu: Annotated[FractionField, Field(ge=0)]
    """Weight for cpu."""
    memory: Annotated[FractionField, Field(ge=0)]
    """Weight for memory."""
    ephemeral_storage: Annotated[FractionField | None, Field(ge=0, alias="ephemeral-storage")] = None
    """Weight for ephemeral storage; that for memory where nothing is said."""


class Weights(Model):
    """`resources.weights`: one entry per container of the stack; those that do not run may be left out."""

    distributor: Weight | None = None
    """The distributor's."""
    ingester: Weight | None = None
    """The ingester's."""
    compactor: Weight | None = None
    """The compactor's."""
    querier: Weight | None = None
    """The querier's."""
    query_frontend: Weight | None = None
    """The query frontend's own container."""
    jaeger_query: Weight | None = None
    """The Jaeger UI."""
    tempo_query: Weight | None = None
    """The Jaeger UI's bridge to Tempo."""
    oauth_proxy: Weight | None = None
    """The proxy in front of the Jaeger UI."""
    gateway: Weight | None = None
    """The gateway's own container."""
    opa: Weight | None = None
    """The gateway's OPA sidecar."""


Qos = Literal["Guaranteed", "Burstable", "BestEffort"]  # the classes of pods, as Kubernetes has them


class StackResources(Model):
    """`spec.resources`: the budget of the whole stack and how it is shared."""

    total: ContainerResources = ContainerResources()
    """The budget of all of the stack's containers together, times their replicas; MinIO is outside it."""
    profile: Literal["operator", "production", "measured", "custom"] = "measured"
    """The weights by which a total is shared: the operator's, capacity-planning or measured ones, or `weights`."""
    weights: Weights | None = None
    """Own weights, for every container that runs; only with `profile: custom`."""
    request_ratio: Annotated[FractionField, Field(gt=0, le=1)] = Fraction(3, 10)
    """Requests as a part of limits, where `total.requests` does not say."""
    qos: Literal["Guaranteed", "Burstable", "BestEffort", "recommended"] | None = None
    """The class every component asks for, unless it says otherwise; `recommended` has one for each."""
    on_violation: Literal["warn", "error"] = "warn"
    """Whether a stack that exceeds its budget is deployed with a warning or refused."""
    tuning: Literal["plan", "none"] = "plan"
    """Whether Tempo's own limits follow the containers' (`plan`), or stay as Tempo has them (`none`)."""
    enforce: bool = False
    """Whether the cluster holds the budget too: a ResourceQuota and a LimitRange in the stack's namespace."""
