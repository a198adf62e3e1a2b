"""Whom topology spread and affinity look at: pods of other classes, and nodes that are no places."""

from allocation.placement import PodClass, judge, node_groups
from settings.node_pools import NodePool
from tests.support.placing import HOSTNAME, ZONE, pods, pool, spread, term, together

FULL = pool("full", cpu="100m", zones=["b"])


def kind(classes: list[PodClass], *pools: NodePool) -> str:
    return judge(classes, node_groups(pools)).kind


def test_a_node_that_lacks_the_key_of_one_spread_is_no_place_for_another() -> None:
    both = [pods(count=2, spread=[spread(ZONE), spread("rack", 2)])]
    racked = pool(zones=["a"], labels={"rack": "r"})
    assert kind(both, racked, pool("bare", zones=["b"])) == "fits"
    assert kind(both, racked, pool("full", cpu="100m", zones=["b"], labels={"rack": "r"})) == "impossible"


def test_a_pod_that_its_own_spread_does_not_select_is_not_counted() -> None:
    ingester = pods("ingester")
    selecting = {name: [spread(ZONE, labelSelector={"matchLabels": {"app": name}})] for name in ("ingester", "querier")}
    beside = {name: [ingester, pods("querier", count=2, spread=each)] for name, each in selecting.items()}
    assert kind(beside["ingester"], pool(zones=["a"]), FULL) == "fits"
    assert kind(beside["querier"], pool(zones=["a"]), FULL) == "impossible"


def test_a_spread_that_selects_nobody_binds_nobody() -> None:
    nobody = spread(ZONE, labelSelector={"matchLabels": {"app": "nobody"}})
    assert kind([pods(count=3, spread=[nobody])], pool(zones=["a"]), FULL) == "fits"


def test_only_the_first_of_all_pods_that_an_affinity_selects_may_go_anywhere() -> None:
    """The querier that comes after a large ingester must run beside it, where there is no room."""
    ingester = pods("ingester", cpu=4000)
    everybody = [ingester, pods("querier", affinity=together(term(HOSTNAME, stack="tmrs")))]
    itself = [ingester, pods("querier", affinity=together(term(HOSTNAME, app="querier")))]
    assert kind(everybody, pool(count=2)) == "order-dependent"
    assert kind(itself, pool(count=2)) == "fits"
