"""Proofs that pods cannot all run, whatever a scheduler does; each says which pods, and by how much.

Every bound is on a set of classes and the nodes that take any of them: what the pods request together, how many of the
smallest of them fit on each node, how many places there are for pods that keep apart, how many a spread constraint
lets into a place. A bound that is kept proves nothing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice

from allocation.placement.model import RESOURCES, UNLIMITED, amount
from allocation.placement.scene import Scene, Spread, room_for
from settings.node_pools import HOSTNAME

MOST_VISITS = 1 << 17  # of node groups, over all sets; 1,023 sets of ten classes on a hundred groups are within it


@dataclass(frozen=True)
class Obstacle:
    """Why some pods cannot run, or may not: names of their classes, the figures, and what helps."""

    pods: tuple[str, ...]
    path: str  # config path of the first of them
    message: str
    remedy: str


def impossibilities(scene: Scene) -> tuple[Obstacle, ...]:
    """One obstacle for each class that cannot run, then for sets of the others; none where nothing is proved.

    Who may be done before the others come is in no set: nothing has to run beside it.
    """
    found: list[Obstacle] = []
    hopeless: set[int] = set()
    for pod in (index for index, each in enumerate(scene.pods) if each.count):
        if obstacle := _no_node(scene, pod) or _too_few_nodes(scene, pod):
            found.append(obstacle)
            hopeless.add(pod)
    rest = [index for index, each in enumerate(scene.pods) if each.count and not each.ends and index not in hopeless]
    for classes in _sets(scene, rest):
        if hopeless.isdisjoint(classes) and (obstacle := _over_request(scene, classes) or _crowd(scene, classes)):
            found.append(obstacle)
            hopeless |= set(classes)
    return tuple(found)


def _no_node(scene: Scene, pod: int) -> Obstacle | None:
    """A pod that no node takes, even an empty one."""
    if scene.eligible[pod]:
        return None
    said: Counter[str] = Counter()
    for group, node in enumerate(scene.nodes):
        for reason in scene.obstacles(pod, group):
            said[reason] += node.count
    message = f"no node takes a pod ({requests_of(scene, pod)}): {unavailable(scene, said)}"
    return _obstacle(scene, (pod,), message, "give nodePools such a node, or change what the pod asks for")


def _too_few_nodes(scene: Scene, pod: int) -> Obstacle | None:
    """A class whose own nodes, all empty, do not take all of its pods."""
    each = scene.pods[pod]
    fitting = sum(scene.capacity(pod, group) * scene.nodes[group].count for group in scene.eligible[pod])
    words = " and the rules of anti-affinity" if pod in scene.conflicts[pod].get(HOSTNAME, ()) else ""
    for spread in scene.spreads[pod]:
        if spread.counted == (pod,) and (within := _within_skew(scene, pod, spread)) < fitting:
            fitting, words = within, f" and a spread over {spread.key} with maxSkew {spread.max_skew}"
    partners = scene.partners[pod]
    if partners and partners.classes == (pod,):
        for key in partners.keys:
            if (together := max(_by_place(scene, pod, key).values())) < fitting:
                fitting, words = together, f" and an affinity that keeps them in one {key}"
    if fitting >= each.count:
        return None
    nodes = sum(scene.nodes[group].count for group in scene.eligible[pod])
    message = (
        f"the {nodes} node(s) that take such a pod ({requests_of(scene, pod)}) take {fitting} of {each.count}"
        f"{', by their room' if words else ''}{words}"
    )
    return _obstacle(scene, (pod,), message, "add such nodes to nodePools, or lower the replicas or what each asks for")


def _within_skew(scene: Scene, pod: int, spread: Spread) -> int:
    """The most pods of a class that only counts itself: no place may have more than the emptiest can, plus the skew."""
    here = _by_place(scene, pod, spread.key)
    places = Counter[str]()
    if spread.key == HOSTNAME:
        fitting = [scene.capacity(pod, group) for group in spread.groups]
        emptiest = min(fitting, default=0)
        total_places = sum(scene.nodes[group].count for group in spread.groups)
    else:
        for group in spread.groups:
            place = scene.nodes[group].labels[spread.key]
            places[place] = here.get(place, 0)
        emptiest = min(places.values(), default=0)
        total_places = len(places)
    most = spread.max_skew + (0 if total_places < spread.min_domains else emptiest)
    if spread.key == HOSTNAME:
        return sum(min(scene.capacity(pod, g), most) * scene.nodes[g].count for g in scene.eligible[pod])
    return sum(min(capacity, most) for capacity in here.values())


def _by_place(scene: Scene, pod: int, key: str) -> dict[str, int]:
    """How many pods of a class each place takes; of nodes with hostnames of their own, the largest stands for all."""
    places: dict[str, int] = {}
    for group in scene.eligible[pod]:
        node, capacity = scene.nodes[group], scene.capacity(pod, group)
        place = node.labels[key]
        if key == HOSTNAME:
            places[place] = max(places.get(place, 0), capacity)
        else:
            places[place] = places.get(place, 0) + capacity * node.count
    return places


def _sets(scene: Scene, classes: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Sets of classes to look at together, small ones first, so that an obstacle names no more than it must."""
    every = (chosen for size in range(1, len(classes) + 1) for chosen in combinations(classes, size))
    most = max(len(classes), MOST_VISITS // max(len(scene.nodes), 1))
    yield from islice(every, most)
    if most < 2 ** len(classes) - 1:
        yield tuple(classes)


def _groups(scene: Scene, classes: Iterable[int]) -> list[int]:
    return sorted({group for pod in classes for group in scene.eligible[pod]})


def _over_request(scene: Scene, classes: tuple[int, ...]) -> Obstacle | None:
    """Pods that request more of a resource than all of their nodes have."""
    groups = _groups(scene, classes)
    for position, resource in enumerate(RESOURCES):
        wanted = sum(scene.requests[pod][position] * scene.pods[pod].count for pod in classes)
        room = sum(scene.nodes[group].room[position] * scene.nodes[group].count for group in groups)
        if wanted > room:
            nodes = sum(scene.nodes[group].count for group in groups)
            message = (
                f"{_names(scene, classes)} request {amount(resource, wanted)}, "
                f"and the {nodes} node(s) that take them have {amount(resource, room)}"
            )
            return _obstacle(scene, classes, message, "add nodes to nodePools, or lower the replicas or the requests")
    return None


def _crowd(scene: Scene, classes: tuple[int, ...]) -> Obstacle | None:
    """More pods than their nodes take of the smallest of them, or than there are places to keep apart in."""
    smallest = tuple(min(values) for values in zip(*(scene.requests[pod] for pod in classes), strict=True))
    count = sum(scene.pods[pod].count for pod in classes)
    groups = _groups(scene, classes)
    apart = [key for key in (HOSTNAME, *scene.keys) if all(_apart(scene, pod, classes, key) for pod in classes)]
    fitting = sum(
        (1 if HOSTNAME in apart else room_for(smallest, scene.nodes[g].room)) * scene.nodes[g].count for g in groups
    )
    words = "by their rules of anti-affinity" if HOSTNAME in apart else "not two where one leaves no room"
    for key in (key for key in apart if key != HOSTNAME):
        places = {scene.nodes[g].labels.get(key) for g in groups}
        outside = UNLIMITED if None in places else 0  # a node without the label is no place to keep away from
        if len(places) + outside < fitting:
            fitting, words = len(places), f"one in each {key}"
    if fitting >= count:
        return None
    nodes = sum(scene.nodes[group].count for group in groups)
    message = f"the {nodes} node(s) that take {_names(scene, classes)} take {fitting} of the {count} pods, {words}"
    return _obstacle(scene, classes, message, "add nodes to nodePools, or lower the replicas or what keeps them apart")


def _apart(scene: Scene, pod: int, classes: Iterable[int], key: str) -> bool:
    """Whether a pod of the class shares no place with any pod of the classes, nor with one of its own."""
    conflicts = scene.conflicts[pod].get(key, frozenset())
    return all(other in conflicts or (other == pod and scene.pods[pod].count == 1) for other in classes)


def _names(scene: Scene, classes: Iterable[int]) -> str:
    return ", ".join(f"{scene.pods[pod].count} x {scene.pods[pod].name}" for pod in classes)


def _obstacle(scene: Scene, classes: tuple[int, ...], message: str, remedy: str) -> Obstacle:
    return Obstacle(tuple(scene.pods[pod].name for pod in classes), scene.pods[classes[0]].path, message, remedy)


def requests_of(scene: Scene, pod: int) -> str:
    """What a pod requests of what the nodes say how much they have of: `cpu 500m, memory 1Gi`."""
    bounded = [min(amounts) < UNLIMITED for amounts in zip(*(node.allocatable for node in scene.nodes), strict=True)]
    said = [resource for resource, is_bounded in zip(RESOURCES, bounded, strict=True) if is_bounded]
    given = [(resource, scene.pods[pod].request(resource)) for resource in said if resource != "pods"]
    return ", ".join(amount(resource, value) for resource, value in given if value) or "no requests"


def unavailable(scene: Scene, said: Counter[str]) -> str:
    """What kube-scheduler says in FailedScheduling."""
    reasons = ", ".join(sorted(f"{nodes} {reason}" for reason, nodes in said.items()))
    return f"0/{sum(node.count for node in scene.nodes)} nodes are available: {reasons}"
