"""Node pools and pods drawn at random, with the verdict on them, as objects for an API server.

A case has nodes of its own: they carry its label and its taint, and its pods select the one and tolerate the other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from allocation.placement import PodClass, Verdict, judge, node_groups
from allocation.placement.model import RESOURCES
from settings.node_pools import NodePool
from tests.support.placing import HOSTNAME, MIB, ZONE, apart, on_nodes, pods, pool, spread, term, together

Object = dict[str, Any]
CASE = "tempostack-case"  # key of a case's label and taint
TYPES = ("general", "compute", "memory")
TAINT = {"key": "dedicated", "value": "tempo", "effect": "NoSchedule"}
NAMES = ("distributor", "ingester", "compactor", "querier")


@dataclass(frozen=True)
class Case:
    """Pools, the pods that are to run on them, and what is said of them."""

    name: str  # its namespace, and what its nodes are called after
    pools: tuple[NodePool, ...]
    classes: tuple[PodClass, ...]
    verdict: Verdict

    def nodes(self) -> list[Object]:
        """Its Node objects."""
        return [self._node(each, index) for each in self.pools for index in range(each.count)]

    def pods(self) -> list[Object]:
        """Its Pod objects, class by class."""
        return [self._pod(each, index) for each in self.classes for index in range(each.count)]

    def _node(self, each: NodePool, index: int) -> Object:
        zone = {ZONE: each.zones[index % len(each.zones)]} if each.zones else {}
        name = f"{self.name}-{each.name}-{index}"
        room = {
            "cpu": str(each.allocatable.cpu),
            "memory": str(each.allocatable.memory),
            "ephemeral-storage": "100Gi",
            "pods": str(each.allocatable.pods),
        }
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": name,
                "labels": each.labels | zone | {HOSTNAME: name, "kubernetes.io/os": "linux"},
                "annotations": {"kwok.x-k8s.io/node": "fake"},
            },
            "spec": {"taints": [taint.model_dump(by_alias=True) for taint in each.taints]},
            "status": {"capacity": room, "allocatable": room},
        }

    def _pod(self, each: PodClass, index: int) -> Object:
        requests = {"cpu": f"{each.request('cpu')}m", "memory": str(each.request("memory"))}
        spec: Object = {
            "containers": [{"name": "main", "image": "example/none:1", "resources": {"requests": requests}}],
            "nodeSelector": dict(each.node_selector),
            "tolerations": [t.model_dump(by_alias=True, exclude_none=True) for t in each.tolerations],
        }
        if each.affinity:
            spec["affinity"] = each.affinity.model_dump(by_alias=True, exclude_defaults=True)
        own = {"labelSelector": {"matchLabels": {"app": each.name}}}
        spec["topologySpreadConstraints"] = [
            own | constraint.model_dump(by_alias=True, exclude_none=True, exclude_defaults=True)
            for constraint in each.spread
        ]
        metadata = {"name": f"{each.name}-{index}", "namespace": self.name, "labels": dict(each.labels)}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def cases(random: Random, fitting: int, impossible: int) -> list[Case]:
    """So many cases of either verdict; of the impossible ones, a third at most for want of any node for some pod."""
    wanted = {"fits": fitting, "nowhere": impossible // 3, "bound": impossible - impossible // 3}
    found: list[Case] = []
    while any(wanted.values()):
        name = f"nodes-{len(found)}"
        pools, classes = tuple(_pools(random, name)), tuple(_classes(random, name))
        verdict = judge(classes, node_groups(pools))
        kind = _kind(verdict)
        if wanted.get(kind) and (kind != "fits" or _is_tight(pools, classes)):
            wanted[kind] -= 1
            found.append(Case(name, pools, classes, verdict))
    return found


def _kind(verdict: Verdict) -> str:
    if verdict.kind != "impossible":
        return verdict.kind
    return "nowhere" if any("no node takes" in each.message for each in verdict.obstacles) else "bound"


def _is_tight(pools: tuple[NodePool, ...], classes: tuple[PodClass, ...]) -> bool:
    """Whether more than half of some resource is taken, or a rule says who runs where."""
    room = [sum(group.room[i] * group.count for group in node_groups(pools)) for i in range(len(RESOURCES))]
    taken = [sum(each.request(resource) * each.count for each in classes) for resource in RESOURCES]
    has_rules = any(each.affinity or each.spread or len(each.node_selector) > 1 for each in classes)
    return has_rules or any(2 * part > whole for part, whole in zip(taken, room, strict=True))


def _pools(random: Random, case: str) -> Iterator[NodePool]:
    for index in range(random.randint(1, 3)):
        node_type = random.choice(TYPES)
        yield pool(
            f"pool-{index}",
            count=random.randint(1, 3),
            cpu=random.choice(("2", "3", "4", "8")),
            memory=random.choice(("4Gi", "8Gi", "16Gi")),
            labels={CASE: case, "node-type": node_type},
            taints=[{"key": CASE, "value": case, "effect": "NoSchedule"}, *([TAINT] if random.random() < 0.3 else [])],
            zones=random.choice(([], ["a"], ["a", "b"], ["b", "c"])),
            allocatable=random.choice(({}, {}, {}, {"pods": 2}, {"pods": 4})),
        )


def _classes(random: Random, case: str) -> Iterator[PodClass]:
    for name in NAMES[: random.randint(1, 4)]:
        selector = {CASE: case}
        if random.random() < 0.3:
            selector["node-type"] = random.choice(TYPES)
        tolerations = [{"key": CASE, "operator": "Exists"}]
        if random.random() < 0.5:
            tolerations.append({"key": TAINT["key"], "operator": "Exists"})
        yield pods(
            name,
            count=random.randint(1, 4),
            cpu=random.choice((250, 500, 1000, 1500, 2500)),
            memory=random.choice((256, 512, 2048, 3072)),
            node_selector=selector,
            tolerations=tolerations,
            affinity=_affinity(random, name),
            spread=[spread(random.choice((HOSTNAME, ZONE)), random.randint(1, 2))] if random.random() < 0.2 else [],
        )


def _affinity(random: Random, name: str) -> Object | None:
    key = random.choice((HOSTNAME, HOSTNAME, ZONE))
    other = random.choice((name, name, *NAMES))
    return random.choice(
        (
            None,
            None,
            None,
            apart(term(key, app=other)),
            apart(term(HOSTNAME, stack="tmrs")),
            together(term(key, app=other)),
            on_nodes({"key": "node-type", "operator": "In", "values": ["compute", "memory"]}),
            on_nodes({"key": "node-type", "operator": "NotIn", "values": ["general"]}),
            on_nodes({"key": ZONE, "operator": "Exists"}),
        )
    )


def described(case: Case) -> str:
    """A case as a failure shows it."""
    lines = [f"{case.name}: {case.verdict.kind}", *(f"  {each.message}" for each in case.verdict.obstacles)]
    for nodes in case.pools:
        room = f"{nodes.allocatable.cpu} {nodes.allocatable.memory} {nodes.allocatable.pods} pods"
        taints = [f"{taint.key}={taint.value}:{taint.effect}" for taint in nodes.taints]
        lines.append(f"  {nodes.count} nodes of {room} {nodes.labels} {nodes.zones} {taints}")
    for each in case.classes:
        rules = (each.affinity, *each.spread)
        cpu, memory = each.request("cpu"), each.request("memory") // MIB
        lines.append(f"  {each.count} x {each.name} {cpu}m {memory}Mi {dict(each.node_selector)} {rules}")
    return "\n".join(lines)
