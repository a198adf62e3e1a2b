"""Whether all pods run on the nodes: proved impossible, found to fit however a scheduler goes about it, or neither."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from allocation.placement.bounds import Obstacle, impossibilities, requests_of, unavailable
from allocation.placement.model import NodeGroup, PodClass
from allocation.placement.scene import POINT, Scene
from allocation.placement.selectors import meets_term, untolerated
from allocation.placement.trial import Preference, State, Trial

Kind = Literal["fits", "impossible", "order-dependent"]
Order = list[tuple[int, int]]  # so many pods of a class, one entry after the other

MOST_PODS = (
    150_000  # Kubernetes itself is made for no more: https://kubernetes.io/docs/setup/best-practices/cluster-large/
)
MOST_LOOKS = 150_000  # of pods with a strict spread or affinity at places: 10,000 pods at 15 places take seconds
TURNS = 16  # in which classes take turns when several workloads start at once


@dataclass(frozen=True)
class Verdict:
    """`fits`, `impossible` or `order-dependent`, and why; a stack that fits has no obstacle."""

    kind: Kind
    obstacles: tuple[Obstacle, ...] = ()


def judge(pods: Sequence[PodClass], nodes: Sequence[NodeGroup]) -> Verdict:
    """The verdict on pods and nodes.

    `impossible` is a proof. `fits` means that first-fit decreasing places every pod, and that so does every other way
    tried here: on the emptiest node first as the scheduler's own scores have it, spread evenly, or packed, with the
    pods in the given order, the largest or the smallest first, or in turns.
    """
    scene = Scene(pods, nodes)
    if obstacles := impossibilities(scene):
        return Verdict("impossible", obstacles)
    if message := _too_many(scene):
        return Verdict("order-dependent", (Obstacle((), "nodePools", message, "lower the replicas"),))
    preferences = _preferences(scene)
    for order_words, order in _orders(scene).items():
        for preference_words, preference in preferences.items():
            trial = Trial(scene, preference)
            trial.place(order)
            if trial.unplaced:
                words = f"{order_words}, {preference_words}"
                return Verdict("order-dependent", tuple(_left_over(scene, trial, pod, words) for pod in trial.unplaced))
    return Verdict("fits")


def _too_many(scene: Scene) -> str | None:
    """What there is too much of to be tried out; None where there is not."""
    pods = sum(each.count for each in scene.pods)
    if pods > MOST_PODS:
        return f"these are {pods} pods, and more than {MOST_PODS} are not tried out"
    watching = sum(scene.pods[p].count for p in range(len(scene.pods)) if scene.spreads[p] or scene.partners[p])
    places = len({tuple(node.labels.get(key) for key in scene.keys) for node in scene.nodes})
    if watching * places > MOST_LOOKS:
        return f"{watching} pods watch {places} places, too many to be tried out"
    return None


def _left_over(scene: Scene, trial: Trial, pod: int, words: str) -> Obstacle:
    each = scene.pods[pod]
    message = (
        f"with the pods placed {words}, {trial.unplaced[pod]} of {each.count} find no node "
        f"({requests_of(scene, pod)}): {unavailable(scene, trial.obstacles(pod))}"
    )
    return Obstacle((each.name,), each.path, message, "add nodes to nodePools, or lower what the pods ask for")


def _orders(scene: Scene) -> Mapping[str, Order]:
    """The orders in which pods may come; a pod's size is what it takes of each of the cluster's resources, together."""
    totals = [sum(node.room[i] * node.count for node in scene.nodes) or 1 for i in range(4)]
    size = [sum(10**12 * value // total for value, total in zip(r, totals, strict=True)) for r in scene.requests]
    given = [(index, each.count) for index, each in enumerate(scene.pods) if each.count]
    turns = [(index, count // TURNS + (turn < count % TURNS)) for turn in range(TURNS) for index, count in given]
    return {
        "largest first": sorted(given, key=lambda entry: -size[entry[0]]),
        "in the plan's order": given,
        "smallest first": sorted(given, key=lambda entry: size[entry[0]]),
        "in turns": [(index, count) for index, count in turns if count],
    }


def _preferences(scene: Scene) -> Mapping[str, Preference]:
    """The ways to choose among the nodes that take a pod."""
    liked = [_scores(scene, pod) for pod in range(len(scene.pods))]

    def packed(_: int, state: State) -> tuple[int, ...]:
        return state.group, state.free

    def tightest(_: int, state: State) -> tuple[int, ...]:
        return state.room

    def emptiest(pod: int, state: State) -> tuple[int, ...]:
        return (-liked[pod][state.group] - state.free,)

    def even(pod: int, state: State) -> tuple[int, ...]:
        return state.counts[pod], -liked[pod][state.group] - state.free

    def any_node(pod: int, state: State) -> tuple[int, ...]:
        return (hash((pod, state.group, state.counts)),)  # of numbers: the same in every run

    return {
        "on the first node that takes each": packed,
        "on the node with the least room": tightest,
        "on the emptiest node": emptiest,
        "evenly over the nodes": even,
        "on any node": any_node,
    }


def _scores(scene: Scene, pod: int) -> list[int]:
    """How the scheduler scores each group's nodes for a class, but for what runs on them already.

    Of 100 points each: affinity counts twice, taints that shun a pod three times, what the pod itself takes once.
    """
    each = scene.pods[pod]
    affinity = each.affinity.node_affinity if each.affinity else None
    preferred = affinity.preferred if affinity else []
    wanted = [sum(p.weight for p in preferred if meets_term(p.preference, n.labels)) for n in scene.nodes]
    shunned = [len(untolerated(n.taints, each.tolerations, ("PreferNoSchedule",))) for n in scene.nodes]
    most_wanted, most_shunned = max(wanted, default=0) or 1, max(shunned, default=0) or 1
    return [
        200 * POINT * want // most_wanted
        + 300 * POINT * (most_shunned - shun) // most_shunned
        - scene.free(group, scene.requests[pod])
        for group, (want, shun) in enumerate(zip(wanted, shunned, strict=True))
    ]
