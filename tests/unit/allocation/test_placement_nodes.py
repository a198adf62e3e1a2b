"""One pod and a node: what a pool's nodes are, and which of them take it."""

from typing import Any

import pytest

from allocation.placement import PodClass, judge, node_groups
from allocation.placement.model import UNLIMITED, UNNAMED
from settings.node_pools import NodePool
from tests.support.placing import HOSTNAME, ZONE, on_nodes, pods, pool

TAINT = {"key": "dedicated", "value": "tempo", "effect": "NoSchedule"}


def messages(classes: list[PodClass], *pools: NodePool) -> list[str]:
    """The verdict and the reasons for it."""
    found = judge(classes, node_groups(pools))
    return [found.kind, *(each.message for each in found.obstacles)]


def kind(classes: list[PodClass], *pools: NodePool) -> str:
    return messages(classes, *pools)[0]


def test_a_pools_nodes_are_spread_over_its_zones_one_after_the_other() -> None:
    groups = node_groups([pool(count=5, zones=["a", "b", "a"])])
    assert [(group.labels[ZONE], group.count) for group in groups] == [("a", 3), ("b", 2)]
    assert [group.count for group in node_groups([pool(count=1, zones=["a", "b"])])] == [1]
    assert ZONE not in node_groups([pool()])[0].labels


def test_a_node_has_a_hostname_of_its_own_unless_it_is_given_one() -> None:
    (group,) = node_groups([pool()])
    assert group.labels == {"kubernetes.io/os": "linux", HOSTNAME: UNNAMED}
    (named,) = node_groups([pool(labels={HOSTNAME: "node-7", "kubernetes.io/os": "other"})])
    assert named.labels == {"kubernetes.io/os": "other", HOSTNAME: "node-7"}
    assert kind([pods(node_selector={HOSTNAME: "node-7"})], pool(labels={HOSTNAME: "node-7"})) == "fits"
    assert kind([pods(node_selector={HOSTNAME: "node-7"})], pool(count=3)) == "impossible"


def test_room_is_what_is_allocatable_less_the_reserve_in_whole_units() -> None:
    reserve = {"cpu": "100.1m", "memory": "1.5", "ephemeral-storage": "1Gi", "pods": 10}
    room = {"cpu": "1000.9m", "memory": "1000.9", "ephemeral-storage": "3Gi"}
    (group,) = node_groups([pool(allocatable=room, systemReserve=reserve)])
    assert group.allocatable == (1000, 1000, 3 * 2**30, 110)
    assert group.room == (899, 998, 2 * 2**30, 100)
    (unsaid,) = node_groups([pool()])
    assert unsaid.room == (4000, 4 * 2**30, UNLIMITED, 110)


@pytest.mark.parametrize(
    ("requests", "expected"),
    [({"cpu": 4000, "memory": 4096}, "fits"), ({"cpu": 4001}, "impossible"), ({"memory": 4097}, "impossible")],
)
def test_a_pod_may_request_all_of_a_node_and_no_more(requests: dict[str, Any], expected: str) -> None:
    assert kind([pods(**requests)], pool()) == expected


def test_ephemeral_storage_counts_where_the_pool_says_how_much_there_is() -> None:
    large = PodClass("a", "x", 1, {}, {"ephemeral-storage": 2**31})
    assert kind([large], pool()) == "fits"
    assert messages([large], pool(allocatable={"ephemeral-storage": "1Gi"})) == [
        "impossible",
        "no node takes a pod (ephemeral-storage 2Gi): 0/1 nodes are available: 1 Insufficient ephemeral-storage",
    ]


@pytest.mark.parametrize(
    ("toleration", "expected"),
    [
        ({"key": "dedicated", "operator": "Equal", "value": "tempo", "effect": "NoSchedule"}, "fits"),
        ({"key": "dedicated", "value": "tempo"}, "fits"),
        ({"key": "dedicated", "operator": "Exists"}, "fits"),
        ({"operator": "Exists"}, "fits"),
        ({"key": "dedicated", "value": "other"}, "impossible"),
        ({"key": "dedicated"}, "impossible"),
        ({"key": "other", "operator": "Exists"}, "impossible"),
        ({"key": "dedicated", "value": "tempo", "effect": "NoExecute"}, "impossible"),
    ],
)
def test_a_taint_keeps_pods_away_that_do_not_tolerate_it(toleration: dict[str, str], expected: str) -> None:
    assert kind([pods(tolerations=[toleration])], pool(taints=[TAINT])) == expected


def test_a_toleration_without_a_value_accepts_a_taint_without_one() -> None:
    assert kind([pods(tolerations=[{"key": "busy"}])], pool(taints=[{"key": "busy", "effect": "NoSchedule"}])) == "fits"


@pytest.mark.parametrize(
    ("effect", "expected"), [("NoSchedule", "impossible"), ("NoExecute", "impossible"), ("PreferNoSchedule", "fits")]
)
def test_a_taint_that_only_prefers_keeps_nobody_away(effect: str, expected: str) -> None:
    assert kind([pods()], pool(taints=[TAINT | {"effect": effect}])) == expected


@pytest.mark.parametrize(
    ("operator", "values", "expected"),
    [
        ("In", ["4", "5"], "fits"),
        ("In", ["4"], "impossible"),
        ("NotIn", ["4"], "fits"),
        ("NotIn", ["5"], "impossible"),
        ("Exists", [], "fits"),
        ("DoesNotExist", [], "impossible"),
        ("Gt", ["4"], "fits"),
        ("Gt", ["5"], "impossible"),
        ("Lt", ["6"], "fits"),
        ("Lt", ["5"], "impossible"),
    ],
)
def test_required_node_affinity_is_read_as_kubernetes_does(operator: str, values: list[str], expected: str) -> None:
    wanted = on_nodes({"key": "generation", "operator": operator, "values": values})
    assert kind([pods(affinity=wanted)], pool(labels={"generation": "5"})) == expected


@pytest.mark.parametrize(
    ("operator", "values", "expected"),
    [("In", ["5"], "impossible"), ("NotIn", ["5"], "fits"), ("DoesNotExist", [], "fits"), ("Gt", ["4"], "impossible")],
)
def test_a_label_that_is_missing_is_not_in_anything(operator: str, values: list[str], expected: str) -> None:
    wanted = on_nodes({"key": "generation", "operator": operator, "values": values})
    assert kind([pods(affinity=wanted)], pool()) == expected


def test_one_term_is_enough_and_one_without_conditions_is_met_by_none() -> None:
    none: dict[str, Any] = {"matchExpressions": []}
    one = {"matchExpressions": [{"key": "a", "operator": "Exists"}]}

    def on(*terms: dict[str, Any]) -> str:
        required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}
        return kind([pods(affinity={"nodeAffinity": required})], pool(labels={"a": "b"}))

    assert (on(none), on(one), on(none, one)) == ("impossible", "fits", "fits")


def test_the_first_reason_speaks_for_a_node_as_in_the_scheduler() -> None:
    tainted = pool("tainted", count=2, taints=[TAINT], cpu="1")
    assert messages([pods(cpu=5000, memory=8192, node_selector={"a": "b"})], tainted, pool(count=3)) == [
        "impossible",
        "no node takes a pod (cpu 5, memory 8Gi): 0/5 nodes are available: "
        "2 node(s) had untolerated taint {dedicated: tempo}, 3 node(s) didn't match Pod's node affinity/selector",
    ]
