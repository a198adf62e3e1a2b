"""An exhaustive search for a place for every pod, which knows only the scheduler's rules.

It tries every pod on every node in every order, and shares no code with `allocation.placement`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from allocation.placement import PodClass
from settings.node_pools import NodePool
from settings.placement import LabelSelector, NodeRequirement, TopologySpreadConstraint
from tests.support.placing import HOSTNAME, ZONE

Node = dict[str, Any]
Counts = tuple[int, ...]  # of one node: pods by class


def nodes_of(pools: Sequence[NodePool]) -> list[Node]:
    """Every node of the pools, one by one."""
    return [_node(each, index) for each in pools for index in range(each.count)]


def _node(each: NodePool, index: int) -> Node:
    zone = {ZONE: each.zones[index % len(each.zones)]} if each.zones else {}
    return {
        "labels": {HOSTNAME: f"{each.name}-{index}"} | each.labels | zone,
        "taints": [t for t in each.taints if t.effect != "PreferNoSchedule"],
        "cpu": int(each.allocatable.cpu.millicores - each.system_reserve.cpu.millicores),
        "memory": int(each.allocatable.memory.bytes - each.system_reserve.memory.bytes),
        "pods": each.allocatable.pods - each.system_reserve.pods,
    }


def can_all_run(classes: Sequence[PodClass], nodes: Sequence[Node]) -> bool:
    """Whether some order of the pods and some choice of nodes, each allowed when it is made, runs all of them."""
    start = tuple((0,) * len(classes) for _ in nodes)
    reached, todo = {start}, [start]
    while todo:
        running = todo.pop()
        left = [each.count - sum(node[i] for node in running) for i, each in enumerate(classes)]
        if not any(left):
            return True
        for pod in (i for i, count in enumerate(left) if count):
            for after in _steps(classes, nodes, running, pod):
                if after not in reached:
                    reached.add(after)
                    todo.append(after)
    return False


def _steps(
    classes: Sequence[PodClass], nodes: Sequence[Node], running: tuple[Counts, ...], pod: int
) -> Iterator[tuple[Counts, ...]]:
    for position, here in enumerate(running):
        if may_run(classes, nodes, running, pod, position):
            grown = (*here[:pod], here[pod] + 1, *here[pod + 1 :])
            yield (*running[:position], grown, *running[position + 1 :])


def may_run(
    classes: Sequence[PodClass], nodes: Sequence[Node], running: Sequence[Counts], pod: int, position: int
) -> bool:
    """Whether the scheduler's filters let one more pod of a class onto a node."""
    each, node = classes[pod], nodes[position]
    for resource in ("cpu", "memory"):
        used = sum(n * c.requests[resource] for n, c in zip(running[position], classes, strict=True))
        if each.requests[resource] and used + each.requests[resource] > node[resource]:
            return False
    if sum(running[position]) >= node["pods"] or not _wants(each, node) or not _tolerates(each, node):
        return False
    return (
        all(_is_even(classes, nodes, running, pod, position, c) for c in each.spread if _is_hard(c))
        and _has_partners(classes, nodes, running, pod, position)
        and _is_apart(classes, nodes, running, pod, position)
    )


def _is_hard(constraint: TopologySpreadConstraint) -> bool:
    return constraint.when_unsatisfiable == "DoNotSchedule"


def _wants(each: PodClass, node: Node) -> bool:
    labels = node["labels"]
    if any(labels.get(key) != value for key, value in each.node_selector.items()):
        return False
    affinity = each.affinity.node_affinity if each.affinity else None
    if affinity is None or affinity.required is None:
        return True
    tests: Mapping[str, Callable[[NodeRequirement], bool]] = {
        "In": lambda e: labels.get(e.key) in e.values,
        "NotIn": lambda e: labels.get(e.key) not in e.values,
        "Exists": lambda e: e.key in labels,
        "DoesNotExist": lambda e: e.key not in labels,
        "Gt": lambda e: labels.get(e.key, "").isdigit() and int(labels[e.key]) > int(e.values[0]),
        "Lt": lambda e: labels.get(e.key, "").isdigit() and int(labels[e.key]) < int(e.values[0]),
    }
    terms = [t.match_expressions for t in affinity.required.node_selector_terms]
    return any(t and all(tests[e.operator](e) for e in t) for t in terms)


def _tolerates(each: PodClass, node: Node) -> bool:
    return all(
        any(
            t.key in (None, taint.key)
            and t.effect in (None, taint.effect)
            and (t.operator == "Exists" or (t.value or "") == taint.value)
            for t in each.tolerations
        )
        for taint in node["taints"]
    )


def _matches(selector: LabelSelector | None, labels: Mapping[str, str]) -> bool:
    assert selector is None or not selector.match_expressions  # none of the generated ones has any
    return selector is not None and selector.match_labels.items() <= labels.items()


def _is_even(
    classes: Sequence[PodClass],
    nodes: Sequence[Node],
    running: Sequence[Counts],
    pod: int,
    position: int,
    constraint: TopologySpreadConstraint,
) -> bool:
    each = classes[pod]
    selector = constraint.label_selector or LabelSelector.model_validate({"matchLabels": {"app": each.name}})
    keys = [c.topology_key for c in each.spread if _is_hard(c)]
    counted: dict[str, int] = {}
    for node, here in zip(nodes, running, strict=True):
        honoured = constraint.node_affinity_policy == "Ignore" or _wants(each, node)
        honoured &= constraint.node_taints_policy != "Honor" or _tolerates(each, node)
        if honoured and all(key in node["labels"] for key in keys):
            place = node["labels"][constraint.topology_key]
            matching = sum(n for n, c in zip(here, classes, strict=True) if _matches(selector, c.labels))
            counted[place] = counted.get(place, 0) + matching
    if constraint.topology_key not in nodes[position]["labels"]:
        return False
    fewest = 0 if len(counted) < (constraint.min_domains or 1) else min(counted.values())
    itself = _matches(selector, each.labels)
    return counted.get(nodes[position]["labels"][constraint.topology_key], 0) + itself - fewest <= constraint.max_skew


def _has_partners(
    classes: Sequence[PodClass], nodes: Sequence[Node], running: Sequence[Counts], pod: int, position: int
) -> bool:
    each, labels = classes[pod], nodes[position]["labels"]
    affinity = each.affinity.pod_affinity if each.affinity else None
    if affinity is None or not affinity.required:
        return True
    if any(t.topology_key not in labels for t in affinity.required):
        return False
    partners = [
        node["labels"]
        for node, here in zip(nodes, running, strict=True)
        for n, c in zip(here, classes, strict=True)
        if n and all(_matches(t.label_selector, c.labels) for t in affinity.required)
    ]
    if all(any(p.get(t.topology_key) == labels[t.topology_key] for p in partners) for t in affinity.required):
        return True
    nobody = not any(t.topology_key in p for p in partners for t in affinity.required)
    return nobody and all(_matches(t.label_selector, each.labels) for t in affinity.required)


def _is_apart(
    classes: Sequence[PodClass], nodes: Sequence[Node], running: Sequence[Counts], pod: int, position: int
) -> bool:
    labels = nodes[position]["labels"]
    for node, here in zip(nodes, running, strict=True):
        for other in (c for n, c in zip(here, classes, strict=True) if n):
            for owner, seen in ((classes[pod], other), (other, classes[pod])):
                rules = owner.affinity.pod_anti_affinity if owner.affinity else None
                for each in rules.required if rules else ():
                    shared = each.topology_key in labels and (
                        node["labels"].get(each.topology_key) == labels[each.topology_key]
                    )
                    if shared and _matches(each.label_selector, seen.labels):
                        return False
    return True
