"""Verdicts on small clusters against an exhaustive search."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from hypothesis import example, given

from allocation.placement import NodeGroup, PodClass, judge, node_groups
from allocation.placement.trial import State, Trial
from settings.node_pools import NodePool
from tests.support.clusters import POOLS, crowds
from tests.support.placing import HOSTNAME, ZONE, apart, pods, pool, spread, term, together
from tests.support.scheduling import Counts, can_all_run, may_run, nodes_of
from tests.support.strategies import thorough

Step = tuple[int, int, Counts, int]  # a pod of this class, on nodes of this group that run these pods: so many at once


@given(classes=crowds(), pools=POOLS)
@thorough
def test_no_verdict_is_wrong(classes: list[PodClass], pools: list[NodePool]) -> None:
    verdict = judge(classes, node_groups(pools))
    if verdict.kind == "fits":
        assert can_all_run(classes, nodes_of(pools))
    elif verdict.kind == "impossible":
        assert not can_all_run(classes, nodes_of(pools)), verdict


# Equal pods on equal nodes, of which only so many in each zone: they must not be placed at once.
ZONES = [pool(count=6, zones=["a", "a", "a", "b", "b", "b"])]


@given(classes=crowds(), pools=POOLS)
@example(classes=[pods("ingester", count=2, affinity=apart(term(ZONE, app="ingester")))], pools=ZONES)
@example(classes=[pods("ingester", count=4, spread=[spread(ZONE)])], pools=ZONES)
@example(classes=[pods("ingester", count=3, affinity=together(term(HOSTNAME, app="ingester")))], pools=ZONES)
@thorough
def test_every_pod_that_is_placed_may_run_where_it_is_placed(classes: list[PodClass], pools: list[NodePool]) -> None:
    with recorded() as trials:
        judge(classes, node_groups(pools))
    for steps in trials.values():
        replay(classes, pools, steps)


@given(classes=crowds(), pools=POOLS)
def test_a_verdict_does_not_change_from_one_run_to_the_next(classes: list[PodClass], pools: list[NodePool]) -> None:
    assert judge(classes, node_groups(pools)) == judge(classes, node_groups(pools))


@contextmanager
def recorded() -> Iterator[dict[Trial, list[Step]]]:
    """What each trial places while the block runs."""
    trials: dict[Trial, list[Step]] = {}
    run = Trial._run

    def recording(trial: Trial, pod: int, state: State, nodes: int) -> None:
        trials.setdefault(trial, []).append((pod, state.group, state.counts, nodes))
        run(trial, pod, state, nodes)

    with patch.object(Trial, "_run", recording):
        yield trials


def replay(classes: list[PodClass], pools: list[NodePool], steps: list[Step]) -> None:
    """Places the same pods one by one on nodes of their own, each only where the scheduler's filters let it."""
    nodes, groups = nodes_of(pools), node_groups(pools)
    owners = [each.name for each in pools for _ in range(each.count)]
    running: list[Counts] = [(0,) * len(classes) for _ in nodes]
    for pod, group, counts, number in steps:
        alike = [
            position
            for position, node in enumerate(nodes)
            if is_of(groups[group], owners[position], node["labels"].get(ZONE)) and running[position] == counts
        ]
        assert len(alike) >= number
        for position in alike[:number]:
            assert may_run(classes, nodes, running, pod, position)
            running[position] = (*counts[:pod], counts[pod] + 1, *counts[pod + 1 :])


def is_of(group: NodeGroup, owner: str, zone: str | None) -> bool:
    return (group.pool, group.labels.get(ZONE)) == (owner, zone)
