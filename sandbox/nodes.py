"""The simulated machines of a sandbox."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class NodePool:
    """Equal nodes, one a zone; `taint` keeps pods away that do not tolerate it."""

    node_type: str
    zones: tuple[str, ...]
    cpu: str
    memory: str
    taint: tuple[str, str] | None = None

    def nodes(self) -> list[dict[str, Any]]:
        """The pool's Node objects."""
        return [self._node(zone) for zone in self.zones]

    def _node(self, zone: str) -> dict[str, Any]:
        name = f"{self.node_type}-{zone}"
        room = {"cpu": self.cpu, "memory": self.memory, "ephemeral-storage": "200Gi", "pods": "110"}
        labels = {
            "kubernetes.io/arch": "amd64",
            "kubernetes.io/os": "linux",
            "kubernetes.io/hostname": name,
            "topology.kubernetes.io/region": "sandbox",
            "topology.kubernetes.io/zone": zone,
            "node-type": self.node_type,
        }
        taints = [{"key": self.taint[0], "value": self.taint[1], "effect": "NoSchedule"}] if self.taint else []
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": labels, "annotations": {"kwok.x-k8s.io/node": "fake"}},
            "spec": {"taints": taints},
            "status": {"capacity": room, "allocatable": room},
        }


_ZONES = ("zone-a", "zone-b", "zone-c")

# Room for a medium stack (a TempoStack of 2 TB a day asks for ~70 CPU), and the node types its documentation selects.
POOLS = (
    NodePool("general", _ZONES, cpu="16", memory="64Gi"),
    NodePool("compute-optimized", _ZONES, cpu="32", memory="64Gi"),
    NodePool("memory-optimized", _ZONES, cpu="16", memory="128Gi", taint=("memory-intensive", "true")),
)
