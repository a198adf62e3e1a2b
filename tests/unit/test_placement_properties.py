"""Verdicts on small clusters against an exhaustive search."""

from hypothesis import given

from allocation.placement import PodClass, judge, node_groups
from settings.node_pools import NodePool
from tests.unit.clusters import POOLS, crowds
from tests.unit.scheduling import can_all_run, nodes_of
from tests.unit.strategies import thorough


@thorough
@given(classes=crowds(), pools=POOLS)
def test_no_verdict_is_wrong(classes: list[PodClass], pools: list[NodePool]) -> None:
    verdict = judge(classes, node_groups(pools))
    if verdict.kind == "fits":
        assert can_all_run(classes, nodes_of(pools))
    elif verdict.kind == "impossible":
        assert not can_all_run(classes, nodes_of(pools)), verdict


@given(classes=crowds(), pools=POOLS)
def test_a_verdict_does_not_change_from_one_run_to_the_next(classes: list[PodClass], pools: list[NodePool]) -> None:
    assert judge(classes, node_groups(pools)) == judge(classes, node_groups(pools))
