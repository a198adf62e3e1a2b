"""Placement by example: pods that watch each other, what is proved, and what the trials find."""

from typing import Any

import pytest

from allocation.placement import PodClass, Verdict, judge, node_groups
from allocation.placement.trial import State, Trial
from settings.node_pools import NodePool
from tests.support.placing import HOSTNAME, ZONE, apart, pods, pool, spread, term, together

TAINT = {"key": "dedicated", "value": "tempo", "effect": "NoSchedule"}


def verdict(classes: list[PodClass], *pools: NodePool) -> Verdict:
    return judge(classes, node_groups(pools))


def kind(classes: list[PodClass], *pools: NodePool) -> str:
    return verdict(classes, *pools).kind


def messages(classes: list[PodClass], *pools: NodePool) -> list[str]:
    found = verdict(classes, *pools)
    return [found.kind, *(each.message for each in found.obstacles)]


# Pods that watch each other


@pytest.mark.parametrize(("key", "places"), [(HOSTNAME, 3), (ZONE, 2)])
def test_pods_that_keep_apart_have_a_place_each(key: str, places: int) -> None:
    nodes = pool(count=3, zones=["a", "b"])
    rules = apart(term(key, app="ingester"))
    assert kind([pods("ingester", count=places, affinity=rules)], nodes) == "fits"
    assert kind([pods("ingester", count=places + 1, affinity=rules)], nodes) == "impossible"


def test_keeping_apart_binds_both_whoever_says_so() -> None:
    alone = pods("ingester", affinity=apart(term(HOSTNAME, app="querier")))
    assert kind([alone, pods("querier")], pool(count=2)) == "fits"
    for classes in ([alone, pods("querier")], [pods("querier"), alone]):
        assert kind(classes, pool()) == "impossible"


def test_a_term_without_a_selector_means_no_pod_and_an_empty_selector_means_all() -> None:
    nobody, everybody = {"topologyKey": HOSTNAME}, {"topologyKey": HOSTNAME, "labelSelector": {}}
    assert kind([pods(count=2, affinity=apart(nobody))], pool()) == "fits"
    assert kind([pods(count=2, affinity=apart(everybody))], pool()) == "impossible"


def test_a_node_without_the_label_is_no_place_to_keep_away_from() -> None:
    rules = apart(term(ZONE, app="ingester"))
    assert kind([pods("ingester", count=4, affinity=rules)], pool()) == "fits"
    assert kind([pods("ingester", count=4, affinity=rules)], pool(zones=["a"])) == "impossible"


def test_pods_that_stay_together_need_one_place_for_all() -> None:
    rules = together(term(HOSTNAME, app="ingester"))
    assert kind([pods("ingester", count=4, affinity=rules)], pool(count=2)) == "fits"
    assert messages([pods("ingester", count=5, affinity=rules)], pool(count=2)) == [
        "impossible",
        "the 2 node(s) that take such a pod (cpu 1, memory 1Gi) take 4 of 5, by their room and an affinity that keeps "
        "them in one kubernetes.io/hostname",
    ]


def test_a_pod_waits_for_the_one_that_it_must_be_with() -> None:
    follower = pods("compactor", affinity=together(term(HOSTNAME, app="querier")))
    assert kind([follower, pods("querier")], pool()) == "fits"


def test_pods_wait_as_long_as_any_other_finds_a_node() -> None:
    chain = [
        pods("compactor", affinity=together(term(HOSTNAME, app="querier"))),
        pods("querier", affinity=together(term(HOSTNAME, app="ingester"))),
        pods("ingester"),
    ]
    assert kind(chain, pool()) == "fits"


def test_a_pod_that_must_be_with_a_stranger_is_left_open() -> None:
    lonely = pods(affinity=together(term(HOSTNAME, app="database")))
    assert messages([lonely], pool()) == [
        "order-dependent",
        "with the pods placed largest first, on the first node that takes each, 1 of 1 find no node "
        "(cpu 1, memory 1Gi): 0/1 nodes are available: 1 node(s) didn't match pod affinity rules",
    ]


@pytest.mark.parametrize(
    ("replicas", "skew", "expected"), [(3, 1, "fits"), (4, 1, "impossible"), (4, 2, "fits"), (5, 2, "impossible")]
)
def test_a_strict_spread_is_bound_by_the_place_with_the_least_room(replicas: int, skew: int, expected: str) -> None:
    nodes = (pool("a", cpu="8", memory="8Gi", zones=["a"]), pool("b", cpu="1", zones=["b"]))
    assert kind([pods(count=replicas, spread=[spread(ZONE, skew)])], *nodes) == expected


def test_a_strict_spread_over_hosts_counts_hosts() -> None:
    nodes = (pool(count=2, cpu="8", memory="8Gi"), pool("full", cpu="100m"))
    assert kind([pods(count=2, spread=[spread(HOSTNAME)])], *nodes) == "fits"
    assert kind([pods(count=3, spread=[spread(HOSTNAME)])], *nodes) == "impossible"  # the full one has none
    assert kind([pods(count=9, spread=[spread(HOSTNAME)])], nodes[0]) == "fits"


def test_with_fewer_places_than_asked_for_the_fewest_is_none() -> None:
    nodes = pool(count=2, zones=["a", "b"])
    assert kind([pods(count=4, spread=[spread(ZONE)])], nodes) == "fits"
    assert kind([pods(count=2, spread=[spread(ZONE, minDomains=3)])], nodes) == "fits"
    assert kind([pods(count=3, spread=[spread(ZONE, minDomains=3)])], nodes) == "impossible"


def test_too_few_places_bind_pods_that_are_counted_with_others_too() -> None:
    counted: dict[str, Any] = {"labelSelector": {"matchLabels": {"stack": "tmrs"}}, "minDomains": 3}
    classes = [pods("ingester", count=2), pods("querier", spread=[spread(ZONE, **counted)])]
    assert kind(classes, pool(count=2, zones=["a", "b"])) == "order-dependent"  # the querier must come first


def test_the_policies_say_which_nodes_are_places() -> None:
    nodes = (pool(zones=["a"]), pool("tainted", zones=["b"], taints=[TAINT]), pool("other", zones=["c"]))
    here: dict[str, Any] = {"node_selector": {ZONE: "a"}}
    assert kind([pods(count=2, spread=[spread(ZONE)])], *nodes[:2]) == "impossible"
    assert kind([pods(count=2, spread=[spread(ZONE, nodeTaintsPolicy="Honor")])], *nodes[:2]) == "fits"
    assert kind([pods(count=2, spread=[spread(ZONE)], **here)], nodes[0], nodes[2]) == "fits"
    assert (
        kind([pods(count=2, spread=[spread(ZONE, nodeAffinityPolicy="Ignore")], **here)], nodes[0], nodes[2])
        == "impossible"
    )


def test_a_spread_by_a_label_that_no_node_has_lets_nobody_in() -> None:
    assert messages([pods(spread=[spread("rack")])], pool(count=2)) == [
        "impossible",
        "no node takes a pod (cpu 1, memory 1Gi): 0/2 nodes are available: "
        "2 node(s) didn't match pod topology spread constraints (missing required label)",
    ]
    soft = spread("rack") | {"whenUnsatisfiable": "ScheduleAnyway"}
    assert kind([pods(spread=[soft])], pool(count=2)) == "fits"


# Bounds


def test_pods_of_several_classes_are_bound_by_what_their_nodes_have_together() -> None:
    classes = [pods("ingester", count=3), pods("querier", count=2), pods("compactor", cpu=100)]
    assert kind(classes[:1] + classes[2:], pool()) == "fits"
    assert messages(classes, pool()) == [
        "impossible",
        "3 x ingester, 2 x querier request cpu 5, and the 1 node(s) that take them have cpu 4",
    ]


def test_large_pods_that_leave_no_room_for_each_other_need_a_node_each() -> None:
    large = [pods("ingester", count=2, cpu=2500), pods("querier", cpu=2100)]
    assert kind(large, pool(count=3)) == "fits"
    assert messages(large, pool(count=2)) == [
        "impossible",
        "the 2 node(s) that take 2 x ingester, 1 x querier take 2 of the 3 pods, not two where one leaves no room",
    ]


def test_only_the_pods_that_have_nowhere_else_are_held_against_a_node() -> None:
    special = pool("special", labels={"a": "b"})
    tied = pods("ingester", count=4, node_selector={"a": "b"})
    free = pods("querier", count=8)
    assert kind([tied, free], special, pool(count=2)) != "impossible"
    assert kind([tied, pods("querier", count=9)], special, pool(count=2)) == "impossible"
    assert kind([pods("ingester", count=5, node_selector={"a": "b"})], special, pool(count=2)) == "impossible"


def test_a_hopeless_class_does_not_hide_what_binds_the_others() -> None:
    hopeless = pods("compactor", node_selector={"a": "b"})
    found = verdict([hopeless, pods("ingester", count=5)], pool())
    assert [each.pods for each in found.obstacles] == [("compactor",), ("ingester",)]
    assert [each.path for each in found.obstacles] == ["spec.template.compactor", "spec.template.ingester"]


def test_no_pods_fit_anywhere() -> None:
    assert kind([], pool()) == "fits"
    assert kind([pods(count=0, cpu=100_000)], pool()) == "fits"


# Trials


def test_a_placement_that_only_one_way_finds_is_left_to_the_scheduler() -> None:
    classes = [pods("querier", count=2, cpu=1000), pods("ingester", cpu=3000)]
    found = verdict(classes, pool(count=2, cpu="3"))
    assert found.kind == "order-dependent"
    assert [each.pods for each in found.obstacles] == [("ingester",)]
    assert "1 of 1 find no node (cpu 3, memory 1Gi): 0/2 nodes are available: 2 Insufficient cpu" in (
        found.obstacles[0].message
    )


def test_pods_may_come_in_another_order_than_the_plans() -> None:
    small, large = pods("querier", count=2, cpu=1000), pods("ingester", cpu=3000)
    for classes in ([large, small], [small, large]):
        assert kind(classes, pool(count=2, cpu="3")) == "order-dependent"


def test_more_pods_than_kubernetes_knows_are_not_tried_out() -> None:
    many = pods(count=150_001, cpu=1, memory=0)
    assert messages([many], pool(count=10_000)) == [
        "order-dependent",
        "these are 150001 pods, and more than 150000 are not tried out",
    ]


def test_more_places_than_there_is_time_to_look_at_are_not_tried_out() -> None:
    zones = [f"zone-{index}" for index in range(501)]
    watching = pods(count=1_000, cpu=1, memory=0, spread=[spread(ZONE)])
    assert messages([watching], pool(count=600, zones=zones)) == [
        "order-dependent",
        "1000 pods watch 501 places, too many to be tried out",
    ]
    assert kind([pods(count=1_000, cpu=1, memory=0)], pool(count=600, zones=zones)) == "fits"


def test_equal_pods_on_equal_nodes_are_placed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = 0
    run = Trial._run

    def counted(self: Trial, pod: int, state: State, nodes: int) -> None:
        nonlocal steps
        steps += 1
        run(self, pod, state, nodes)

    monkeypatch.setattr(Trial, "_run", counted)
    classes = [pods(name, count=2_000, cpu=100, memory=64) for name in ("ingester", "querier")]
    assert kind(classes, pool("a", count=5_000), pool("b", count=5_000, cpu="8")) == "fits"
    assert steps < 2_000


# Each way in which only one goes wrong: a pod that may run anywhere takes room from `tied`, which has one node only.
SPECIAL: dict[str, Any] = {"labels": {"a": "b"}}


def found_by(free: PodClass, tied_cpu: int, *pools: NodePool) -> str:
    """The order and the way of the first trial that leaves the tied pod without a node."""
    tied = pods("ingester", cpu=tied_cpu, memory=16, node_selector={"a": "b"})
    (obstacle,) = verdict([free, tied], *pools).obstacles
    assert obstacle.pods == ("ingester",)
    return obstacle.message.removeprefix("with the pods placed ").partition(", 1 of 1")[0]


def test_a_scheduler_prefers_the_node_that_has_most_left_with_the_pod_on_it() -> None:
    nodes = (pool("general", cpu="4"), pool("special", cpu="8", **SPECIAL))
    assert found_by(pods(cpu=1000, memory=16), 8000, *nodes) == "in the plan's order, on the emptiest node"


def test_a_scheduler_may_take_the_node_with_the_least_room() -> None:
    nodes = (pool("general", cpu="8"), pool("special", cpu="4", **SPECIAL))
    assert found_by(pods(cpu=1000, memory=16), 4000, *nodes) == "in the plan's order, on the node with the least room"


def test_a_scheduler_may_spread_evenly() -> None:
    nodes = (pool("general", cpu="3", memory="64Gi"), pool("special", cpu="4", memory="2Gi", **SPECIAL))
    assert found_by(pods(count=2, cpu=500, memory=512), 4000, *nodes) == "in the plan's order, evenly over the nodes"


def test_a_scheduler_follows_a_pods_preferences() -> None:
    nodes = (pool("general", cpu="3", memory="64Gi"), pool("special", cpu="4", memory="2Gi", **SPECIAL))
    wanted = {"weight": 1, "preference": {"matchExpressions": [{"key": "a", "operator": "Exists"}]}}
    preferred = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [wanted]}}
    likes = pods(cpu=500, memory=512, affinity=preferred)
    assert found_by(likes, 4000, *nodes) == "in the plan's order, on the emptiest node"
    shunned = pool("general", cpu="3", memory="64Gi", taints=[TAINT | {"effect": "PreferNoSchedule"}])
    assert found_by(pods(cpu=500, memory=512), 4000, shunned, nodes[1]) == "in the plan's order, on the emptiest node"


def test_workloads_may_start_at_the_same_time() -> None:
    found = verdict([pods("ingester", count=2, cpu=1000, memory=64), pods(count=2, cpu=3000, memory=64)], pool(count=2))
    assert found.obstacles[0].message.startswith("with the pods placed in turns, on the emptiest node, 1 of 2 find no")


def test_a_scheduler_may_take_any_node() -> None:
    nodes = (pool("general", cpu="3", memory="64Gi"), pool("special", cpu="4", memory="2Gi", **SPECIAL))
    assert found_by(pods(cpu=500, memory=512), 4000, *nodes) == "in the plan's order, on any node"
