"""The move from pods to loopback changes addresses, folders and one period, and tells each change."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.errors import SandboxError
from sandbox.loopback import Instance, Substitution, discovered, relocate
from sandbox.rendered import COMPONENTS, RenderedStack, read_stack

FILES = {
    "ingester.yaml": """
        ingester: {lifecycler: {ring: {replication_factor: 3}, tokens_file_path: /var/tempo/tokens.json}}
        memberlist: {join_members: ["tempo-x-gossip-ring:7946"]}
        """,
    "distributor.yaml": """
        distributor: {receivers: {otlp: {protocols: {grpc: {endpoint: "0.0.0.0:4317"}}}}}
        overrides: {per_tenant_override_config: /conf/overrides.yaml}
        memberlist: {join_members: ["tempo-x-gossip-ring:7946"]}
        """,
    "querier.yaml": """
        querier: {frontend_worker: {frontend_address: "tempo-x-query-frontend-discovery:9095"}}
        """,
    "query-frontend.yaml": "server: {http_listen_port: 3200}",
    "compactor.yaml": """
        compactor: {ring: {kvstore: {store: memberlist}}}
        overrides: {per_tenant_override_config: /conf/overrides.yaml, per_tenant_override_period: 30s}
        """,
}
INSTANCES = [
    Instance(f"{component}-0", component, f"127.1.2.{number}", Path("/run") / component)
    for number, component in enumerate(COMPONENTS, start=11)
]
ADDRESS = {i.component: i.address for i in INSTANCES}


def moved(component: str) -> tuple[dict[str, Any], list[Substitution]]:
    stack = RenderedStack("tempo-x", FILES, ())
    text, changes = relocate(stack, next(i for i in INSTANCES if i.component == component), INSTANCES)
    return yaml.safe_load(text), changes


def test_a_receiver_listens_on_the_address_of_its_own_process() -> None:
    content, _ = moved("distributor")
    assert (
        content["distributor"]["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"] == f"{ADDRESS['distributor']}:4317"
    )


def test_a_querier_finds_the_query_frontend() -> None:
    content, _ = moved("querier")
    assert content["querier"]["frontend_worker"]["frontend_address"] == f"{ADDRESS['query-frontend']}:9095"


def test_a_querier_that_can_be_told_of_several_query_frontends_keeps_their_name() -> None:
    several = [*INSTANCES, Instance("query-frontend-1", "query-frontend", "127.1.2.99", Path("/run/other"))]
    stack, querier = RenderedStack("tempo-x", FILES, ()), next(i for i in INSTANCES if i.component == "querier")
    text, changes = relocate(stack, querier, several, named=True)
    worker = yaml.safe_load(text)["querier"]["frontend_worker"]
    assert worker["frontend_address"] == "tempo-x-query-frontend-discovery:9095"
    assert not [change for change in changes if "frontend" in change.key]
    assert discovered(stack, several) == {
        "tempo-x-query-frontend-discovery": [ADDRESS["query-frontend"], "127.1.2.99"],
    }


def test_the_jaeger_bridge_listens_and_asks_where_its_pod_s_localhost_is() -> None:
    file = {"tempo-query.yaml": "{address: 'localhost:7777', backend: 'localhost:3200'}"}
    bridge = Instance("tempo-query-0", "tempo-query", ADDRESS["query-frontend"], Path("/run/bridge"))
    text, changes = relocate(RenderedStack("tempo-x", FILES | file, ()), bridge, [*INSTANCES, bridge])
    assert yaml.safe_load(text) == {"address": f"{bridge.address}:7777", "backend": f"{bridge.address}:3200"}
    assert {change.key for change in changes} == {"address", "backend"}


def test_the_gossip_service_becomes_every_process_that_gossips() -> None:
    content, _ = moved("ingester")
    assert content["memberlist"]["join_members"] == [f"{ADDRESS['ingester']}:7946", f"{ADDRESS['distributor']}:7946"]


@pytest.mark.parametrize(("component", "period"), [("distributor", "1s"), ("compactor", "30s"), ("querier", None)])
def test_limits_are_read_every_second_unless_the_rendered_file_says_when(component: str, period: str | None) -> None:
    content, _ = moved(component)
    assert content.get("overrides", {}).get("per_tenant_override_period") == period


def test_a_shorter_period_is_told_like_every_other_change() -> None:
    _, changes = moved("distributor")
    assert "distributor.yaml: overrides.per_tenant_override_period: (not set) → 1s" in map(str, changes)


@pytest.mark.parametrize("component", COMPONENTS)
def test_nothing_but_what_is_told_is_changed(component: str) -> None:
    content, changes = moved(component)
    told = {change.key: change.new for change in changes}
    rendered = dict(_leaves(yaml.safe_load(FILES[f"{component}.yaml"])))
    now = dict(_leaves(content))
    assert {key: new for key, new in now.items() if rendered.get(key) != new} == told
    assert rendered.keys() <= now.keys()


def test_numbers_and_switches_are_never_changed() -> None:
    content, _ = moved("ingester")
    assert content["ingester"]["lifecycler"]["ring"] == {"replication_factor": 3}


def test_objects_without_a_whole_tempo_are_refused_by_what_is_missing() -> None:
    config_map = {"kind": "ConfigMap", "metadata": {"name": "tempo-x"}, "data": {"distributor.yaml": ""}}
    with pytest.raises(SandboxError, match="compactor"):
        read_stack([config_map])


def _leaves(node: Any, key: str = "") -> list[tuple[str, str]]:
    if isinstance(node, dict):
        return [leaf for name, child in node.items() for leaf in _leaves(child, f"{key}.{name}" if key else name)]
    return [(key, ", ".join(map(str, node)) if isinstance(node, list) else str(node))]
