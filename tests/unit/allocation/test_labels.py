"""Labels of pods: what selectors and the gossip ring find them by, which is part of the objects for good."""

from allocation.labels import pod_labels, selector

STACK = {"app.kubernetes.io/name": "tempo", "app.kubernetes.io/instance": "tmrs"}


def test_a_stack_is_selected_by_its_name_and_a_component_by_its_own_on_top() -> None:
    assert selector("tmrs") == STACK
    assert selector("tmrs", "querier") == STACK | {"app.kubernetes.io/component": "querier"}


def test_pods_say_who_manages_them_and_those_of_a_ring_join_it() -> None:
    query_frontend = selector("tmrs", "query-frontend") | {"app.kubernetes.io/managed-by": "pulumi"}
    assert pod_labels("tmrs", "query-frontend", "pulumi") == query_frontend
    for component in ("distributor", "ingester", "compactor", "querier"):
        assert pod_labels("tmrs", component, "pulumi")["tempo-gossip-member"] == "true"
