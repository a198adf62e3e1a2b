"""What is placed and where: pods by class, nodes by group, in whole millicores and bytes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil, floor

from settings import Quantity, QuantityError
from settings.node_pools import HOSTNAME, ZONE, NodePool, Taint
from settings.placement import Affinity, TopologySpreadConstraint
from settings.pods import Toleration

# What a node has room for: millicores, bytes, bytes, a number.
RESOURCES = ("cpu", "memory", "ephemeral-storage", "pods")
UNLIMITED = 1 << 100  # of a resource about which the pool says nothing; more than any pods request together
UNNAMED = "(its own)"  # the hostname of a node that the user did not name: no value of a selector is like it


@dataclass(frozen=True, eq=False)
class PodClass:
    """Equal pods: what each requests, and where it may run.

    `requests` are millicores of cpu and bytes of memory and ephemeral-storage; what is missing is 0. A constraint of
    `spread` without a label selector counts the pods of this class.
    """

    name: str
    path: str  # config path of what decides about them
    count: int
    labels: Mapping[str, str]
    requests: Mapping[str, int]
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: tuple[Toleration, ...] = ()
    affinity: Affinity | None = None
    spread: tuple[TopologySpreadConstraint, ...] = ()
    ends: bool = False  # they may be done before any other pod comes, and then leave it their room

    def request(self, resource: str) -> int:
        """What one pod takes of a node."""
        return 1 if resource == "pods" else self.requests.get(resource, 0)


@dataclass(frozen=True, eq=False)
class NodeGroup:
    """Equal nodes, each with a hostname of its own. `room` is what is left of `allocatable` for the stack's pods."""

    pool: str
    count: int
    labels: Mapping[str, str]
    taints: tuple[Taint, ...]
    allocatable: tuple[int, ...]  # in the order of RESOURCES
    room: tuple[int, ...]


def node_groups(pools: Iterable[NodePool]) -> tuple[NodeGroup, ...]:
    """The nodes of all pools; those of one pool differ in their zone only."""
    return tuple(group for pool in pools for group in _groups(pool))


def _groups(pool: NodePool) -> Iterable[NodeGroup]:
    given, reserve = pool.allocatable, pool.system_reserve
    storage = given.ephemeral_storage
    allocatable = (
        floor(given.cpu.millicores),
        floor(given.memory.bytes),
        UNLIMITED if storage is None else floor(storage.bytes),
        given.pods,
    )
    reserved = (
        ceil(reserve.cpu.millicores),
        ceil(reserve.memory.bytes),
        ceil(reserve.ephemeral_storage.bytes),
        reserve.pods,
    )
    room = tuple(max(all_of_it - taken, 0) for all_of_it, taken in zip(allocatable, reserved, strict=True))
    labels = {"kubernetes.io/os": "linux", HOSTNAME: UNNAMED} | pool.labels
    for zone, count in _counts(pool).items():
        with_zone = labels if zone is None else labels | {ZONE: zone}
        yield NodeGroup(pool.name, count, with_zone, tuple(pool.taints), allocatable, room)


def _counts(pool: NodePool) -> dict[str | None, int]:
    """How many of the pool's nodes stand in each zone."""
    if not pool.zones:
        return {None: pool.count}
    each, left = divmod(pool.count, len(pool.zones))
    counts: dict[str | None, int] = {}
    for position, zone in enumerate(pool.zones):
        counts[zone] = counts.get(zone, 0) + each + (position < left)
    return {zone: count for zone, count in counts.items() if count}


def amount(resource: str, value: int) -> str:
    """A figure as a finding shows it: `cpu 1500m`, `memory 2Gi`."""
    if resource == "pods":
        return f"pods {value}"
    try:
        return f"{resource} {Quantity.of_millicores(value) if resource == 'cpu' else Quantity.of_bytes(value)}"
    except QuantityError:  # more than a quantity can hold
        return f"{resource} {value}{'m' if resource == 'cpu' else ''}"
