"""Pods, nodes and the rules between them, in few words, for tests of placement."""

from typing import Any

from allocation.placement import PodClass
from settings.node_pools import NodePool
from settings.placement import Affinity, TopologySpreadConstraint
from settings.pods import Toleration

HOSTNAME, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
MIB = 2**20


def pool(name: str = "general", count: int = 1, cpu: str = "4", memory: str = "4Gi", **more: Any) -> NodePool:
    allocatable = {"cpu": cpu, "memory": memory} | more.pop("allocatable", {})
    return NodePool.model_validate({"name": name, "count": count, "allocatable": allocatable} | more)


def pods(name: str = "querier", count: int = 1, cpu: int = 1000, memory: int = 1024, **more: Any) -> PodClass:
    """A class; cpu in millicores, memory in Mi, and the rest as it stands in YAML."""
    tolerations = tuple(Toleration.model_validate(each) for each in more.pop("tolerations", ()))
    spread = tuple(TopologySpreadConstraint.model_validate(each) for each in more.pop("spread", ()))
    affinity = more.pop("affinity", None)
    return PodClass(
        name,
        f"spec.template.{name}",
        count,
        {"app": name, "stack": "tmrs"},
        {"cpu": cpu, "memory": memory * MIB},
        tolerations=tolerations,
        affinity=None if affinity is None else Affinity.model_validate(affinity),
        spread=spread,
        **more,
    )


def term(key: str, **labels: str) -> dict[str, Any]:
    """A pod affinity term."""
    return {"topologyKey": key, "labelSelector": {"matchLabels": labels}}


def apart(*terms: dict[str, Any]) -> dict[str, Any]:
    return {"podAntiAffinity": {REQUIRED: list(terms)}}


def together(*terms: dict[str, Any]) -> dict[str, Any]:
    return {"podAffinity": {REQUIRED: list(terms)}}


def on_nodes(*expressions: dict[str, Any]) -> dict[str, Any]:
    return {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [{"matchExpressions": list(expressions)}]}}}


def spread(key: str, max_skew: int = 1, **more: Any) -> dict[str, Any]:
    return {"topologyKey": key, "maxSkew": max_skew, "whenUnsatisfiable": "DoNotSchedule"} | more
