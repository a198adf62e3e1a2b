"""Pods against nodes, before any pod runs: who fits where, and which pods watch each other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import le

from allocation.placement.model import RESOURCES, NodeGroup, PodClass
from allocation.placement.selectors import Labels, admits, selects, untolerated
from settings.node_pools import HOSTNAME
from settings.placement import PodAffinity, PodAffinityTerm, TopologySpreadConstraint

EXCLUDING = ("NoSchedule", "NoExecute")  # PreferNoSchedule keeps nobody away

POINT = 10_000  # a scheduler's score is 0 to 100; these parts of one keep nodes apart that differ by little

# What kube-scheduler says of a node, in its own words.
NOT_SELECTED = "node(s) didn't match Pod's node affinity/selector"
NO_TOPOLOGY = "node(s) didn't match pod topology spread constraints (missing required label)"
NO_PARTNER = "node(s) didn't match pod affinity rules"
TOO_MANY_PODS = "Too many pods"


@dataclass(frozen=True)
class Spread:
    """One DoNotSchedule constraint: the classes that it counts, and the groups whose nodes are places to it."""

    key: str
    max_skew: int
    min_domains: int
    counted: tuple[int, ...]
    counts_itself: bool
    groups: frozenset[int]


@dataclass(frozen=True)
class Partners:
    """What required pod affinity asks for: a pod that matches every term, in one place by every key."""

    keys: tuple[str, ...]
    classes: tuple[int, ...]
    matches_itself: bool  # then its first pod may go anywhere


class Scene:
    """Everything about the classes and the groups that does not change while pods are placed; indexes are positions."""

    def __init__(self, pods: Sequence[PodClass], nodes: Sequence[NodeGroup]) -> None:
        self.pods, self.nodes = tuple(pods), tuple(nodes)
        self.requests = [tuple(map(each.request, RESOURCES)) for each in pods]
        self.spreads = [tuple(self._spreads(index)) for index in range(len(pods))]
        self.partners = [self._partners(each) for each in pods]
        self.conflicts = [self._conflicts(index) for index in range(len(pods))]

    @cached_property
    def eligible(self) -> list[tuple[int, ...]]:
        """For each class the groups whose empty nodes take one of its pods."""
        groups = range(len(self.nodes))
        return [tuple(g for g in groups if not self.obstacles(c, g)) for c in range(len(self.pods))]

    def obstacles(self, pod: int, group: int, room: Sequence[int] | None = None) -> list[str]:
        """Why a node of the group does not take a pod of the class; `room` is what is left of it, all where not said.

        As kube-scheduler: the first filter that fails speaks, and the one for resources names each.
        """
        each, node = self.pods[pod], self.nodes[group]
        if taints := untolerated(node.taints, each.tolerations, EXCLUDING):
            return [f"node(s) had untolerated taint {{{taints[0].key}: {taints[0].value}}}"]
        if not admits(each.node_selector, each.affinity, node.labels):
            return [NOT_SELECTED]
        if lacking := self.lacking(pod, node.room if room is None else room):
            return [TOO_MANY_PODS if resource == "pods" else f"Insufficient {resource}" for resource in lacking]
        if any(spread.key not in node.labels for spread in self.spreads[pod]):
            return [NO_TOPOLOGY]
        partners = self.partners[pod]
        if partners and any(key not in node.labels for key in partners.keys):
            return [NO_PARTNER]
        return []

    def lacking(self, pod: int, room: Sequence[int]) -> list[str]:
        """The resources of which a pod requests more than there is."""
        wanted = zip(RESOURCES, self.requests[pod], room, strict=True)
        return [resource for resource, request, left in wanted if request > left]

    def has_room(self, pod: int, room: Sequence[int]) -> bool:
        """Whether there is enough of everything for one pod."""
        return all(map(le, self.requests[pod], room))

    def capacity(self, pod: int, group: int) -> int:
        """How many pods of the class an empty node of the group takes, were they alone."""
        if group not in self._eligible_sets[pod]:
            return 0
        if pod in self.conflicts[pod].get(HOSTNAME, ()):
            return 1
        return room_for(self.requests[pod], self.nodes[group].room)

    def free(self, group: int, room: Sequence[int]) -> int:
        """The mean of the parts of cpu and memory that this is of a node; of what is left, its LeastAllocated score."""
        allocatable = self.nodes[group].allocatable
        cpu, memory = (100 * POINT * room[i] // (allocatable[i] or 1) for i in (0, 1))
        return (cpu + memory) // 2

    @cached_property
    def _eligible_sets(self) -> list[frozenset[int]]:
        return [frozenset(groups) for groups in self.eligible]

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The topology keys, other than the hostname, by which pods watch each other."""
        keys = {spread.key for spreads in self.spreads for spread in spreads}
        keys |= {key for partners in self.partners if partners for key in partners.keys}
        keys |= {key for conflicts in self.conflicts for key in conflicts}
        return tuple(sorted(keys - {HOSTNAME}))

    def _spreads(self, pod: int) -> Iterable[Spread]:
        each = self.pods[pod]
        hard = [c for c in each.spread if c.when_unsatisfiable == "DoNotSchedule"]
        for constraint in hard:
            if constraint.label_selector is None:
                counted: tuple[int, ...] = (pod,)
            else:
                counted = tuple(i for i, p in enumerate(self.pods) if selects(constraint.label_selector, p.labels))
            groups = frozenset(g for g, node in enumerate(self.nodes) if _counts(each, node, constraint, hard))
            fewest = constraint.min_domains or 1
            yield Spread(constraint.topology_key, constraint.max_skew, fewest, counted, pod in counted, groups)

    def _partners(self, pod: PodClass) -> Partners | None:
        terms = _required(pod.affinity.pod_affinity if pod.affinity else None)
        if not terms:
            return None
        classes = tuple(i for i, p in enumerate(self.pods) if all(selects(t.label_selector, p.labels) for t in terms))
        itself = all(selects(term.label_selector, pod.labels) for term in terms)
        return Partners(tuple(dict.fromkeys(term.topology_key for term in terms)), classes, itself)

    def _conflicts(self, pod: int) -> dict[str, frozenset[int]]:
        """By topology key the classes that must not share a place with this one, whichever of the two says so."""
        conflicts: dict[str, set[int]] = {}
        for other in range(len(self.pods)):
            for one, two in ((pod, other), (other, pod)):
                affinity = self.pods[one].affinity
                for term in _required(affinity.pod_anti_affinity if affinity else None):
                    if selects(term.label_selector, self.pods[two].labels):
                        conflicts.setdefault(term.topology_key, set()).add(other)
        return {key: frozenset(classes) for key, classes in conflicts.items()}


def room_for(request: Sequence[int], room: Sequence[int]) -> int:
    """How many times the request fits into the room."""
    return min(left // wanted for wanted, left in zip(request, room, strict=True) if wanted)


def _required(rules: PodAffinity | None) -> Sequence[PodAffinityTerm]:
    return rules.required if rules else ()


def _counts(
    pod: PodClass, node: NodeGroup, constraint: TopologySpreadConstraint, hard: Iterable[TopologySpreadConstraint]
) -> bool:
    """Whether the group's nodes are places for a constraint: they have every key, and the policies let them."""
    labels: Labels = node.labels
    if any(each.topology_key not in labels for each in hard):
        return False
    if constraint.node_affinity_policy != "Ignore" and not admits(pod.node_selector, pod.affinity, labels):
        return False
    return constraint.node_taints_policy != "Honor" or not untolerated(node.taints, pod.tolerations, EXCLUDING)
