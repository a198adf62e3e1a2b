"""What the rendered Tempo files say, decided without a Tempo; that Tempo accepts them is tested with the real one."""

import json
from typing import Any

import pytest
import yaml

from settings import Settings, load_config
from tests.support.configs import files_of

COMPONENTS = ("distributor", "ingester", "querier", "query-frontend", "compactor")
STORAGE = {"secret": {"name": "minio", "type": "s3"}}
OPENSHIFT = {"mode": "openshift", "authentication": [{"tenantName": "dev", "tenantId": "1610b0c3"}]}
UNTUNED = {"tuning": "none"}  # so that no number of the plan's is in the files
STATIC = {"mode": "static", "authentication": [{"tenantName": "dev", "tenantId": "1610b0c3"}]}


def settings_of(**spec: Any) -> Settings:
    return load_config({"name": "tmrs", "namespace": "tracing", "spec": json.dumps({"storage": STORAGE} | spec)})


def content(settings: Settings, component: str) -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load(files_of(settings)[f"{component}.yaml"])
    return parsed


def value(settings: Settings, component: str, path: str) -> Any:
    found: Any = content(settings, component)
    for key in path.split("."):
        found = found[key]
    return found


def changed(before: Settings, after: Settings) -> set[str]:
    old, new = files_of(before), files_of(after)
    return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}


def test_each_component_has_a_file_of_its_own_beside_the_tenants_overrides() -> None:
    assert set(files_of(settings_of())) == {f"{c}.yaml" for c in COMPONENTS} | {"overrides.yaml"}


def test_the_same_settings_always_give_the_same_text() -> None:
    assert files_of(settings_of(tenants=STATIC)) == files_of(settings_of(tenants=STATIC))


def test_another_retention_concerns_the_compactor_alone() -> None:
    longer = settings_of(retention={"global": {"traces": "72h"}})
    assert changed(settings_of(), longer) == {"compactor.yaml"}
    assert value(longer, "compactor", "compactor.compaction.block_retention") == "72h"


def test_another_replication_factor_concerns_who_writes_to_ingesters_or_asks_them() -> None:
    three = settings_of(replicationFactor=3, template={"ingester": {"replicas": 3}})
    assert changed(settings_of(), three) == {"distributor.yaml", "ingester.yaml", "querier.yaml"}
    for component in ("distributor", "ingester", "querier"):
        assert value(three, component, "ingester.lifecycler.ring.replication_factor") == 3


def test_a_size_s_copies_are_tempo_s_unless_the_user_has_others() -> None:
    for component in ("distributor", "ingester", "querier"):
        path = "ingester.lifecycler.ring.replication_factor"
        assert value(settings_of(size="1x.pico"), component, path) == 2
        assert value(settings_of(size="1x.pico", replicationFactor=3), component, path) == 3


def test_the_retention_may_stand_in_the_workload() -> None:
    load = {"ingest": {"megabytesPerSecond": 5}, "retention": "72h"}
    workload = settings_of(workload=load, resources=UNTUNED)
    assert changed(settings_of(), workload) == {"compactor.yaml"}
    assert value(workload, "compactor", "compactor.compaction.block_retention") == "72h"
    assert value(settings_of(), "compactor", "compactor.compaction.block_retention") == "48h"


def test_a_size_s_limits_are_told_to_those_who_enforce_them() -> None:
    plain, sized, small = (
        settings_of(replicationFactor=2),
        *(settings_of(size=size, resources=UNTUNED) for size in ("1x.small", "1x.pico")),
    )
    assert changed(plain, sized) == {"distributor.yaml", "ingester.yaml"}
    sent = {"rate_limit_bytes": 5_800_000, "burst_size_bytes": 11_600_000}
    assert value(sized, "distributor", "overrides.defaults") == {"ingestion": sent}
    assert value(sized, "ingester", "overrides.defaults") == {"ingestion": {"max_traces_per_user": 17_000}}
    assert changed(plain, small) == {"distributor.yaml"}
    assert changed(settings_of(), settings_of(size="1x.demo")) == set()


def test_members_of_a_ring_heed_no_other_stack_of_the_cluster() -> None:
    def labels(name: str, namespace: str) -> set[str]:
        settings = load_config({"name": name, "namespace": namespace, "spec": json.dumps({"storage": STORAGE})})
        members = (component for component in COMPONENTS if "memberlist" in content(settings, component))
        return {value(settings, component, "memberlist.cluster_label") for component in members}

    stacks = [labels("tmrs", "tracing"), labels("other", "tracing"), labels("tmrs", "elsewhere")]
    assert [len(labels) for labels in stacks] == [1, 1, 1]
    assert len(set().union(*stacks)) == 3


def test_tls_to_the_object_store_concerns_all_but_the_distributor() -> None:
    over_tls = settings_of(storage=STORAGE | {"tls": {"enabled": True}})
    assert changed(settings_of(), over_tls) == {f"{c}.yaml" for c in COMPONENTS if c != "distributor"}
    assert value(over_tls, "querier", "storage.trace.s3.insecure") is False
    assert value(settings_of(), "querier", "storage.trace.s3.insecure") is True


def test_without_tuning_resources_and_replicas_concern_no_file() -> None:
    total = {"limits": {"cpu": "4", "memory": "8Gi"}}
    larger = settings_of(resources=UNTUNED | {"total": total}, template={"querier": {"replicas": 2}})
    assert changed(settings_of(), larger) == set()


def test_the_jaeger_ui_brings_its_bridge_and_concerns_nobody_else() -> None:
    with_ui = settings_of(template={"queryFrontend": {"jaegerQuery": {"enabled": True}}})
    assert changed(settings_of(), with_ui) == {"tempo-query.yaml"}
    assert yaml.safe_load(files_of(with_ui)["tempo-query.yaml"])["backend"] == "localhost:3200"


def test_the_bridge_which_asks_nobody_who_they_are_is_for_its_own_pod_alone() -> None:
    with_ui = settings_of(template={"queryFrontend": {"jaegerQuery": {"enabled": True}}})
    assert yaml.safe_load(files_of(with_ui)["tempo-query.yaml"])["address"] == "localhost:7777"


@pytest.mark.parametrize("component", COMPONENTS)
def test_tenants_are_asked_for_exactly_when_there_are_any(component: str) -> None:
    assert value(settings_of(tenants=STATIC), component, "multitenancy_enabled") is True
    assert value(settings_of(), component, "multitenancy_enabled") is False


def test_jaeger_and_zipkin_are_received_only_where_no_gateway_is_gone_round() -> None:
    behind_gateway = settings_of(tenants=OPENSHIFT, template={"gateway": {"enabled": True}})
    assert set(value(behind_gateway, "distributor", "distributor.receivers")) == {"otlp"}
    assert set(value(settings_of(), "distributor", "distributor.receivers")) == {"otlp", "jaeger", "zipkin"}


@pytest.mark.parametrize("component", COMPONENTS)
def test_no_credential_is_in_a_file(component: str) -> None:
    s3 = content(settings_of(), component).get("storage", {}).get("trace", {}).get("s3", {})
    assert {s3[key] for key in ("bucket", "access_key", "secret_key") if key in s3} <= {
        "${S3_BUCKET}",
        "${S3_ACCESS_KEY}",
        "${S3_SECRET_KEY}",
    }


@pytest.mark.parametrize("secret", ["it's", 'a "quoted" one', "x: #y", "@{[&*!|>%", "123", "null", "back\\slash"])
def test_a_secret_of_any_characters_survives_its_way_through_the_environment(secret: str) -> None:
    text = files_of(settings_of())["ingester.yaml"].replace("${S3_SECRET_KEY}", secret)
    assert yaml.safe_load(text)["storage"]["trace"]["s3"]["secret_key"] == secret


@pytest.mark.parametrize("component", COMPONENTS)
def test_what_is_written_to_disk_is_under_the_one_writable_folder(component: str) -> None:
    paths = [text for text in _strings(content(settings_of(), component)) if text.startswith("/")]
    assert all(path.startswith(("/var/tempo/", "/conf/")) for path in paths)


def _strings(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [text for child in node.values() for text in _strings(child)]
    if isinstance(node, list):
        return [text for child in node for text in _strings(child)]
    return [node] if isinstance(node, str) else []
