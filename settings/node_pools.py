"""`nodePools`: the machines that a plan is checked against."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from settings.base import Model
from settings.names import LabelField, LabelKeyField, LabelValueField
from settings.quantity import Quantity
from settings.types import BytesField, CpuField, IntField, PositiveBytesField, PositiveCpuField, refuse

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"
MOST_NODES = 10_000  # of one pool; Kubernetes itself is made for clusters of 5,000
MOST_PODS = 10_000  # on one node; a kubelet's own default is 110


class Taint(Model):
    """A taint as Kubernetes has it."""

    key: LabelKeyField
    """What a toleration names."""
    value: LabelValueField = ""
    """What a toleration with `operator: Equal` compares."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]
    """What happens to pods that do not tolerate it; `PreferNoSchedule` keeps nobody away."""


class Allocatable(Model):
    """What pods can have of one node."""

    cpu: PositiveCpuField
    """Cores: `4`, `3920m`."""
    memory: PositiveBytesField
    """Bytes: `16Gi`."""
    ephemeral_storage: Annotated[PositiveBytesField | None, Field(alias="ephemeral-storage")] = None
    """Bytes of local disk; not checked where nothing is said."""
    pods: Annotated[IntField, Field(ge=1, le=MOST_PODS)] = 110
    """How many pods a node takes."""


class SystemReserve(Model):
    """What DaemonSets and other pods request of each node."""

    cpu: CpuField = Quantity.of_millicores(0)
    """Cores."""
    memory: BytesField = Quantity.of_bytes(0)
    """Bytes."""
    ephemeral_storage: Annotated[BytesField, Field(alias="ephemeral-storage")] = Quantity.of_bytes(0)
    """Bytes of local disk."""
    pods: Annotated[IntField, Field(ge=0, le=MOST_PODS)] = 0
    """How many pods they are."""


class NodePool(Model):
    """Equal nodes; each has a hostname of its own, made up unless the pool is one node and its labels say it."""

    name: LabelField
    """What findings call it."""
    count: Annotated[IntField, Field(ge=1, le=MOST_NODES)]
    """How many nodes."""
    allocatable: Allocatable
    """What pods can have of one node, as `kubectl describe node` says under `Allocatable`."""
    labels: dict[LabelKeyField, LabelValueField] = {}  # noqa: RUF012 (pydantic copies it)
    """Labels of every node; `kubernetes.io/os: linux` need not be said."""
    taints: list[Taint] = []  # noqa: RUF012
    """Taints of every node."""
    system_reserve: SystemReserve = SystemReserve()
    """What DaemonSets and other pods request of each node."""
    zones: list[LabelValueField] = []  # noqa: RUF012
    """The zones that the nodes are spread over, one after the other: their label `topology.kubernetes.io/zone`."""

    @model_validator(mode="after")
    def _is_a_pool_that_can_be(self) -> Self:
        if HOSTNAME in self.labels and self.count > 1:
            refuse(f"gives {self.count} nodes one {HOSTNAME}; write a pool with count: 1 for each named node")
        if ZONE in self.labels and self.zones:
            refuse(f"has zones and a label {ZONE}; keep one of the two")
        if not all(self.zones):
            refuse("has a zone without a name; remove it")
        pairs = [(taint.key, taint.effect) for taint in self.taints]
        if twice := next((pair for pair in pairs if pairs.count(pair) > 1), None):
            refuse(f"has two taints {twice[0]} with effect {twice[1]}; keep one")
        for resource in ("cpu", "memory", "ephemeral_storage"):
            room, taken = getattr(self.allocatable, resource), getattr(self.system_reserve, resource)
            if room is not None and taken.value >= room.value:
                words = resource.replace("_", "-")
                refuse(f"has a systemReserve of {taken} {words} on nodes of {room}; write less than the allocatable")
        if self.system_reserve.pods >= self.allocatable.pods:
            taken, room = self.system_reserve.pods, self.allocatable.pods
            refuse(f"has a systemReserve of {taken} pods on nodes of {room}; write less than the allocatable")
        return self
