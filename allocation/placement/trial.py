"""Places pods one after the other as a scheduler would, on nodes in a given order of preference.

Nodes of a group on which the same pods run are in one *state*; the trial moves nodes from state to state. For each
class the states wait in heaps, one per *bucket*: everything in a bucket is alike to the constraints that can come to
hold later (spread, affinity), so that only its best state need be asked. What else excludes a state (room,
anti-affinity) excludes it for good, because no pod ever leaves.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from heapq import heappop, heappush

from allocation.placement.scene import Scene, Spread
from settings.node_pools import HOSTNAME

Counts = tuple[int, ...]
Bucket = tuple[Hashable, ...]


@dataclass(eq=False, slots=True)
class State:
    """Nodes of a group that run the same number of pods of each class, and what room each of them has left."""

    group: int
    counts: Counts
    room: tuple[int, ...]
    free: int  # the free parts of cpu and memory, together, as the scheduler's LeastAllocated scores them
    nodes: int


Preference = Callable[[int, State], tuple[int, ...]]  # a class and a state: the smallest is taken first


class Trial:
    """A cluster that fills up; `unplaced` are the pods, by class, that still look for a node."""

    def __init__(self, scene: Scene, preference: Preference) -> None:
        self.scene, self.preference = scene, preference
        self.unplaced = Counter({index: each.count for index, each in enumerate(scene.pods) if each.count})
        self.placed: Counter[int] = Counter()
        self._states: dict[tuple[int, Counts], State] = {}
        self._heaps: list[dict[Bucket, list[tuple[tuple[int, ...], int, State]]]] = [{} for _ in scene.pods]
        self._running: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)  # (key, place): pods by class
        self._spreads = [[_Tally(scene, spread) for spread in spreads] for spreads in scene.spreads]
        tallies = [tally for each in self._spreads for tally in each]
        self._counting = [[t for t in tallies if pod in t.spread.counted] for pod in range(len(scene.pods))]
        self._reads = [_bucketing(scene, pod) for pod in range(len(scene.pods))]
        self._takers: list[list[int]] = [[] for _ in scene.nodes]
        for pod, groups in enumerate(scene.eligible):
            for group in groups:
                self._takers[group].append(pod)
        self._pushes = 0
        nobody = (0,) * len(scene.pods)
        for index, node in enumerate(scene.nodes):
            self._enter(index, nobody, node.room, node.count)

    def place(self, order: Iterable[tuple[int, int]]) -> None:
        """Places so many pods of each class; who waits for others is tried again when they run."""
        for pod, count in order:
            self._place(pod, count)
        waiting = True
        while waiting:
            before = self.unplaced.total()
            for pod in [p for p, left in self.unplaced.items() if left and self._may_wait(p)]:
                self._place(pod, self.unplaced[pod])
            waiting = self.unplaced.total() < before
        self.unplaced = +self.unplaced

    def obstacles(self, pod: int) -> Counter[str]:
        """Why the nodes, as they are now, take no pod of the class: how many nodes say what."""
        said: Counter[str] = Counter()
        for state in self._states.values():
            for reason in self._refusal(pod, state):
                said[reason] += state.nodes
        return +said

    def _refusal(self, pod: int, state: State) -> list[str]:
        if fixed := self.scene.obstacles(pod, state.group, state.room):
            return fixed
        if self._is_skewed(pod, state):
            return ["node(s) didn't match pod topology spread constraints"]
        if self._lacks_partners(pod, state):
            return ["node(s) didn't match pod affinity rules"]
        return ["node(s) didn't match pod anti-affinity rules"] if self._is_in_conflict(pod, state) else []

    def _may_wait(self, pod: int) -> bool:
        return bool(self.scene.spreads[pod] or self.scene.partners[pod])

    def _place(self, pod: int, count: int) -> None:
        at_once = _is_alone_on_its_node(self.scene, pod)
        while count and (state := self._best(pod)):
            nodes = min(state.nodes, count) if at_once else 1
            self._run(pod, state, nodes)
            count -= nodes

    def _best(self, pod: int) -> State | None:
        """The state that takes the next pod; None where none does."""
        best: tuple[tuple[int, ...], int, State] | None = None
        heaps = self._heaps[pod]
        for bucket in list(heaps):
            heap = heaps[bucket]
            while heap and self._is_over(pod, heap[0][2]):
                heappop(heap)
            if not heap:
                del heaps[bucket]
            elif (best is None or heap[0] < best) and not self._must_wait(pod, heap[0][2]):
                best = heap[0]
        return best[2] if best else None

    def _is_over(self, pod: int, state: State) -> bool:
        """Whether no node is in this state now, or none that is will ever take the pod."""
        return not state.nodes or not self.scene.has_room(pod, state.room) or self._is_in_conflict(pod, state)

    def _is_in_conflict(self, pod: int, state: State) -> bool:
        for key, classes in self.scene.conflicts[pod].items():
            if key == HOSTNAME:
                if any(state.counts[other] for other in classes):
                    return True
            elif (place := self._place_of(key, state)) and any(place[other] for other in classes):
                return True
        return False

    def _must_wait(self, pod: int, state: State) -> bool:
        return self._is_skewed(pod, state) or self._lacks_partners(pod, state)

    def _is_skewed(self, pod: int, state: State) -> bool:
        return any(not tally.takes(state) for tally in self._spreads[pod])

    def _lacks_partners(self, pod: int, state: State) -> bool:
        partners = self.scene.partners[pod]
        if not partners:
            return False
        if partners.matches_itself and not any(self.placed[other] for other in partners.classes):
            return False
        for key in partners.keys:
            place = state.counts if key == HOSTNAME else self._place_of(key, state)
            if place is None or not any(place[other] for other in partners.classes):
                return True
        return False

    def _place_of(self, key: str, state: State) -> Counter[int] | None:
        """The pods that run where a state's nodes are; None where they have no such label."""
        value = self.scene.nodes[state.group].labels.get(key)
        return None if value is None else self._running[key, value]

    def _run(self, pod: int, state: State, nodes: int) -> None:
        """A pod more on so many nodes of a state."""
        counts = (*state.counts[:pod], state.counts[pod] + 1, *state.counts[pod + 1 :])
        room = tuple(left - taken for left, taken in zip(state.room, self.scene.requests[pod], strict=True))
        self.placed[pod] += nodes
        self.unplaced[pod] -= nodes
        for key in self.scene.keys:
            if (place := self._place_of(key, state)) is not None:
                place[pod] += nodes
        for tally in self._counting[pod]:
            tally.add(state, nodes)
        state.nodes -= nodes
        self._enter(state.group, counts, room, nodes)

    def _enter(self, group: int, counts: Counts, room: tuple[int, ...], nodes: int) -> None:
        state = self._states.get((group, counts))
        if state is None:
            state = State(group, counts, room, self.scene.free(group, room), 0)
            self._states[group, counts] = state
        state.nodes += nodes
        if state.nodes > nodes:
            return  # it waits in the heaps already
        self._pushes += 1
        for pod in self._takers[group]:
            if self.unplaced[pod]:
                bucket = self._reads[pod](state)
                heappush(self._heaps[pod].setdefault(bucket, []), (self.preference(pod, state), self._pushes, state))


class _Tally:
    """How many pods a spread constraint counts in each place."""

    def __init__(self, scene: Scene, spread: Spread) -> None:
        self.scene, self.spread = scene, spread
        self.groups = spread.groups
        self.places: Counter[str] = Counter()
        self.levels: Counter[int] = Counter()  # how many places have so many pods
        if spread.key == HOSTNAME:
            self.levels[0] = sum(scene.nodes[group].count for group in spread.groups)
        else:
            self.places.update(dict.fromkeys({self._place(group) for group in spread.groups}, 0))
            self.levels[0] = len(self.places)
        self.lacks_places = self.levels[0] < spread.min_domains

    def takes(self, state: State) -> bool:
        """Whether one pod more in the state's place is within the skew."""
        fewest = 0 if self.lacks_places or not self.levels else min(self.levels)
        return self._here(state) + self.spread.counts_itself - fewest <= self.spread.max_skew

    def add(self, state: State, nodes: int) -> None:
        """Counts a pod more, one that it is to count, on so many nodes."""
        if state.group not in self.groups:
            return
        here = self._here(state)
        if self.spread.key == HOSTNAME:
            self._move(here, here + 1, nodes)
        else:
            self.places[self._place(state.group)] += nodes
            self._move(here, here + nodes, 1)

    def _move(self, old: int, new: int, places: int) -> None:
        self.levels[new] += places
        self.levels[old] -= places
        if not self.levels[old]:
            del self.levels[old]

    def _here(self, state: State) -> int:
        if self.spread.key != HOSTNAME:
            return self.places[self._place(state.group)]
        return sum(state.counts[pod] for pod in self.spread.counted) if state.group in self.groups else 0

    def _place(self, group: int) -> str:
        return self.scene.nodes[group].labels[self.spread.key]


def _bucketing(scene: Scene, pod: int) -> Callable[[State], Bucket]:
    """What tells a state's bucket for a class: everything that spread and affinity look at."""
    spreads, partners = scene.spreads[pod], scene.partners[pod]
    keys = {spread.key for spread in spreads} | set(partners.keys if partners else ())
    counted = [spread.counted for spread in spreads if spread.key == HOSTNAME]
    if partners and HOSTNAME in keys:
        counted.append(partners.classes)
    zonal = sorted(keys - {HOSTNAME})
    if not keys:
        return lambda _: ()
    places = [tuple(node.labels.get(key) for key in zonal) for node in scene.nodes]
    groups = [tuple(g in spread.groups for spread in spreads) for g in range(len(scene.nodes))]

    def bucket(state: State) -> Bucket:
        counts = tuple(sum(state.counts[each] for each in classes) for classes in counted)
        return places[state.group], groups[state.group], counts

    return bucket


def _is_alone_on_its_node(scene: Scene, pod: int) -> bool:
    """Whether pods of the class on different nodes do not look at each other, so that many may be placed at once."""
    zonal = any(spread.key != HOSTNAME for spread in scene.spreads[pod])
    zonal |= any(key != HOSTNAME and pod in classes for key, classes in scene.conflicts[pod].items())
    return not zonal and not scene.partners[pod]
