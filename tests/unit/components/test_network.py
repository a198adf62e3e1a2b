"""NetworkPolicies: the flows of the table, each in the policies of both its ends, and nothing where it says nobody."""

from typing import Any

import pytest

from components.flow_terms import Outside
from components.flows import COMPONENTS, TABLE
from tests.support.configs import changed
from tests.support.recording import Registered, Run, run

KEY = "spec.networkPolicy"


def policies(done: Run) -> dict[str, Registered]:
    """By component; that of the whole stack is ""."""
    return {
        each.inputs["spec"]["podSelector"]["matchLabels"].get("app.kubernetes.io/component", ""): each
        for each in done.kind("NetworkPolicy").values()
    }


def rules(done: Run, component: str, side: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = policies(done)[component].inputs["spec"].get(side, [])
    return found


def ports(rule: dict[str, Any]) -> list[int]:
    return [port["port"] for port in rule["ports"]]


def before(done: Run, each: Registered) -> set[str]:
    """The URNs of what had to be there first."""
    known = {resource.urn: resource for resource in done.resources}
    found: set[str] = set()
    waiting = [each.urn]
    while waiting:
        new = known[waiting.pop()].dependencies - found
        found |= new
        waiting += new
    return found


def test_every_pod_is_closed_both_ways_before_any_of_them_starts(stack: Run) -> None:
    found = policies(stack)
    assert found.keys() == {
        w.pod["metadata"]["labels"]["app.kubernetes.io/component"] for w in stack.workloads.values()
    } | {""}
    for policy in found.values():
        assert policy.inputs["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert not {"ingress", "egress"} & found[""].inputs["spec"].keys()
    for workload in stack.workloads.values():
        assert {policy.urn for policy in found.values()} <= before(stack, workload)
        labels = workload.pod["metadata"]["labels"]
        assert found[""].inputs["spec"]["podSelector"]["matchLabels"].items() <= labels.items()


def test_no_pod_of_anybody_else_in_the_namespace_is_selected(stack: Run) -> None:
    for policy in policies(stack).values():
        selected = policy.inputs["spec"]["podSelector"]["matchLabels"]
        assert {"app.kubernetes.io/name", "app.kubernetes.io/instance"} <= selected.keys()


def test_every_rule_names_ports_and_no_rule_is_open_by_an_empty_list(stack: Run) -> None:
    for policy in policies(stack).values():
        for side, peers in (("ingress", "from"), ("egress", "to")):
            for rule in policy.inputs["spec"].get(side, []):
                assert rule["ports"]
                assert rule.get(peers) != []


@pytest.mark.parametrize("stack_with_gateway", ["prod", "seed-global", "static"])
def test_behind_a_gateway_only_it_and_the_scrapers_reach_ports_that_believe_any_tenant(stack_with_gateway: str) -> None:
    done = changed(stack_with_gateway, f"{KEY}.scrapers", [])
    gateway = {"key": "app.kubernetes.io/component", "operator": "In", "values": ["gateway"]}
    for component, data_ports in (("distributor", {4317, 4318}), ("query-frontend", {3200, 16686})):
        for rule in rules(done, component, "ingress"):
            if data_ports & set(ports(rule)):
                assert [peer["podSelector"]["matchExpressions"] for peer in rule["from"]] == [[gateway]]
    assert not [rule for rule in rules(done, "distributor", "ingress") if {14268, 14250, 9411} & set(ports(rule))]


def test_an_empty_list_is_nobody() -> None:
    done = changed("dev", KEY, {"senders": [], "readers": [], "scrapers": []})
    assert [ports(rule) for rule in rules(done, "distributor", "ingress")] == [[7946]]
    assert [ports(rule) for rule in rules(done, "query-frontend", "ingress")] == [[9095]]


def test_peers_are_pods_by_namespace_and_label_or_addresses() -> None:
    given = [{}, {"namespaces": ["shop"]}, {"podLabels": {"app": "cart"}}, {"cidrs": ["10.0.0.0/8", "fd00::/8"]}]
    rule = rules(changed("dev", f"{KEY}.senders", given), "distributor", "ingress")[0]
    shop = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["shop"]}
    assert rule["from"] == [
        {"namespaceSelector": {}},
        {"namespaceSelector": {"matchExpressions": [shop]}},
        {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "cart"}}},
        {"ipBlock": {"cidr": "10.0.0.0/8"}},
        {"ipBlock": {"cidr": "fd00::/8"}},
    ]


def test_a_store_of_ones_own_is_reached_by_its_port_and_minio_by_its_pods() -> None:
    for tls, given, expected in ((False, None, [80]), (True, None, [443]), (True, {"s3": [9000, 9443]}, [9000, 9443])):
        spec = {
            "storage": {"secret": {"name": "bucket"}, "tls": {"enabled": tls}},
            "networkPolicy": {"ports": given or {}},
        }
        found = rules(run({"name": "tmrs", "namespace": "tempo", "spec": spec}), "ingester", "egress")
        assert [ports(rule) for rule in found if "to" not in rule] == [expected]
    assert all("to" in rule for rule in rules(changed("dev", KEY, {}), "ingester", "egress"))


def test_issuers_are_reached_by_the_ports_of_their_urls() -> None:
    assert [443] in [ports(rule) for rule in rules(changed("static", KEY, {}), "gateway", "egress")]
    named = changed("static", f"{KEY}.ports", {"issuers": [5556]})
    assert [5556] in [ports(rule) for rule in rules(named, "gateway", "egress")]
    assert [443] not in [ports(rule) for rule in rules(named, "gateway", "egress")]


def test_switched_off_there_is_none_and_pods_keep_their_bandwidth() -> None:
    done = changed("dev", KEY, {"enabled": False, "bandwidth": {"ingress": "1M"}})
    assert policies(done) == {}
    assert done.workloads["tempo-tmrs-querier"].checksums["kubernetes.io/ingress-bandwidth"] == "1M"


def test_a_policy_says_which_flows_it_is_for(stack: Run) -> None:
    known = {row.name for row in TABLE}
    for component, policy in policies(stack).items():
        if component:
            text = policy.inputs["metadata"]["annotations"]["kubernetes.io/description"]
            said = {name for side in text.split("; ") for name in side.split(": ")[1].split(", ")}
            assert said <= known


def test_every_row_is_of_pods_that_there_are_and_has_a_name_of_its_own() -> None:
    assert len({row.name for row in TABLE}) == len(TABLE)
    for row in TABLE:
        for party in (row.origin, row.target):
            assert isinstance(party, Outside) or set(party) <= set(COMPONENTS)
        assert not (isinstance(row.origin, Outside) and isinstance(row.target, Outside))
        assert row.when.__doc__
