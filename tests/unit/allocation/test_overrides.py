"""Tenants' limits and retention in Tempo's files: what overrides what, who is told, and how many tenants fit."""

import json
import time
from typing import Any

import pytest
import yaml

from allocation import allocate
from allocation.overrides import CONFIG_MAP_BYTES, LIMITS, OTHER_FILES_BYTES, overrides_text
from settings import Settings, SettingsError, load_config
from tests.support.configs import files_of

COMPONENTS = ("distributor", "ingester", "querier", "query-frontend", "compactor")
STORAGE = {"secret": {"name": "minio", "type": "s3"}}
UNTUNED = {"tuning": "none"}  # so that no number of the plan's is in the entries
TENANTS = {"dev": "1610b0c3", "prod": "1610b0c4"}
EVERYTHING: dict[str, dict[str, Any]] = {
    "ingestion": {
        "ingestionRateLimitBytes": 1,
        "ingestionBurstSizeBytes": 2,
        "maxTracesPerUser": 3,
        "maxBytesPerTrace": 4,
    },
    "query": {"maxBytesPerTagValues": 5, "maxSearchDuration": "6h"},
}
# Which component asks for which of them, in the source of Tempo 2.9.0.
TOLD: dict[str, dict[str, dict[str, Any]]] = {
    "distributor": {"ingestion": {"rate_limit_bytes": 1, "burst_size_bytes": 2}},
    "ingester": {
        "ingestion": {"max_traces_per_user": 3},
        "read": {"max_bytes_per_tag_values_query": 5},
        "global": {"max_bytes_per_trace": 4},
    },
    "querier": {"read": {"max_bytes_per_tag_values_query": 5}, "global": {"max_bytes_per_trace": 4}},
    "query-frontend": {
        "read": {"max_bytes_per_tag_values_query": 5, "max_search_duration": "6h"},
        "global": {"max_bytes_per_trace": 4},
    },
    "compactor": {"global": {"max_bytes_per_trace": 4}},
}
TEMPOS: dict[str, dict[str, Any]] = {
    "ingestion": {"rate_limit_bytes": 15_000_000, "burst_size_bytes": 20_000_000, "max_traces_per_user": 10_000},
    "read": {"max_bytes_per_tag_values_query": 1_000_000},
    "global": {"max_bytes_per_trace": 5_000_000},
    "compaction": {"block_retention": "48h"},
}


def settings_of(tenants: dict[str, str] = TENANTS, **spec: Any) -> Settings:
    listed = [{"tenantName": name, "tenantId": tenant} for name, tenant in tenants.items()]
    whole = {"storage": STORAGE, "tenants": {"mode": "static", "authentication": listed}} | spec
    return load_config({"name": "tmrs", "namespace": "tempo", "spec": json.dumps(whole)})


def defaults(settings: Settings, component: str) -> Any:
    return yaml.safe_load(files_of(settings)[f"{component}.yaml"])["overrides"]["defaults"]


def entries(**spec: Any) -> Any:
    return yaml.safe_load(files_of(settings_of(**spec))["overrides.yaml"])["overrides"]


def with_(**changed: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Tempo's own limits with some changed."""
    return {scope: TEMPOS.get(scope, {}) | changed.get(scope, {}) for scope in TEMPOS}


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_limit_of_everyone_s_is_told_to_those_who_see_to_it(component: str) -> None:
    assert defaults(settings_of(limits={"global": EVERYTHING}), component) == TOLD[component]
    assert defaults(settings_of(), component) == {}


def test_another_limit_of_everyone_s_rolls_only_those_who_see_to_it() -> None:
    for block, limits in EVERYTHING.items():
        for key, value in limits.items():
            before, after = (files_of(settings_of(limits={"global": {block: said}})) for said in ({}, {key: value}))
            told = {
                f"{name}.yaml" for name in COMPONENTS if any(value in said.values() for said in TOLD[name].values())
            }
            assert {name for name in after if before[name] != after[name]} == told, key


def test_a_tenant_s_own_limit_rolls_nobody() -> None:
    before, after = (files_of(settings_of(limits={"perTenant": own})) for own in ({}, {"dev": EVERYTHING}))
    assert {name for name in after if before[name] != after[name]} == {"overrides.yaml"}


def test_only_tenants_with_something_of_their_own_have_an_entry() -> None:
    assert entries() == entries(limits={"global": EVERYTHING}, retention={"global": {"traces": "1h"}}) == {}
    assert entries(limits={"perTenant": {"dev": {}}}) == {"1610b0c3": TEMPOS}


@pytest.mark.parametrize("key", ["dev", "1610b0c3"])
def test_a_key_is_the_name_or_the_id(key: str) -> None:
    own = with_(ingestion={"rate_limit_bytes": 7})
    limits = {"perTenant": {key: {"ingestion": {"ingestionRateLimitBytes": 7}}}}
    assert entries(limits=limits) == {"1610b0c3": own}
    kept = with_(compaction={"block_retention": "7h"})
    assert entries(retention={"perTenant": {key: {"traces": "7h"}}}) == {"1610b0c3": kept}


def test_a_tenant_s_own_come_before_everyone_s_before_the_size_s_before_tempo_s() -> None:
    limits = {
        "global": {"ingestion": {"maxTracesPerUser": 9, "ingestionBurstSizeBytes": 8}},
        "perTenant": {"dev": {"ingestion": {"ingestionBurstSizeBytes": 7}}},
    }
    retention = {"global": {"traces": "5h"}, "perTenant": {"1610b0c4": {"traces": "6h"}}}
    found = entries(size="1x.medium", limits=limits, retention=retention, resources=UNTUNED)
    sized = {"rate_limit_bytes": 23_000_000, "max_traces_per_user": 9}
    assert found == {
        "1610b0c3": with_(ingestion=sized | {"burst_size_bytes": 7}, compaction={"block_retention": "5h"}),
        "1610b0c4": with_(ingestion=sized | {"burst_size_bytes": 8}, compaction={"block_retention": "6h"}),
    }


def test_a_size_s_live_traces_are_everyone_s_unless_they_have_others() -> None:
    assert defaults(settings_of(size="1x.medium"), "ingester") == {"ingestion": {"max_traces_per_user": 54_000}}
    sized = entries(size="1x.pico", limits={"perTenant": {"dev": {}}}, resources=UNTUNED)
    assert sized["1610b0c3"]["ingestion"] == {
        "rate_limit_bytes": 600_000,
        "burst_size_bytes": 1_200_000,
        "max_traces_per_user": 10_000,
    }


def test_times_are_written_as_tempo_reads_them() -> None:
    """Prometheus' durations have no fractions, and none is shorter for it."""
    found = entries(
        retention={"perTenant": {"dev": {"traces": "1h0.1s"}}},
        limits={"perTenant": {"dev": {"query": {"maxSearchDuration": "90m"}}}},
    )["1610b0c3"]
    assert found["compaction"]["block_retention"] == "1h1s"
    assert found["read"]["max_search_duration"] == "1h30m"


def test_no_duration_is_tempo_s_own_for_a_tenant_too() -> None:
    limits = {
        "global": {"query": {"maxSearchDuration": "24h"}},
        "perTenant": {"dev": {"query": {"maxSearchDuration": "0s"}}, "prod": {}},
    }
    found = entries(limits=limits)
    assert "max_search_duration" not in found["1610b0c3"]["read"]
    assert found["1610b0c4"]["read"]["max_search_duration"] == "24h"
    assert defaults(settings_of(limits={"global": {"query": {"maxSearchDuration": "0h0m"}}}), "query-frontend") == {}


@pytest.mark.parametrize("tenant", ["true", "1", "null", "0x1f", "(a)*'b'", "1e3", "!x", "-", "..."])
def test_an_id_that_yaml_would_read_as_something_else_stays_itself(tenant: str) -> None:
    text = overrides_text(settings_of({"dev": tenant}, limits={"perTenant": {"dev": {}}}))
    assert yaml.safe_load(text)["overrides"] == {tenant: TEMPOS}


def many(tenants: int) -> Settings:
    listed = {f"t{number}": f"1610b0c3-c509-4592-a256-{number:012}" for number in range(tenants)}
    return settings_of(listed, limits={"perTenant": {key: {"ingestion": {"maxTracesPerUser": 1}} for key in listed}})


def test_ten_thousand_tenants_are_written_quickly() -> None:
    settings = many(10_000)
    before = time.process_time()
    text = overrides_text(settings)
    assert time.process_time() - before < 5
    assert text.count("\n") == 10_001


def test_tenants_beyond_what_a_config_map_holds_are_a_finding() -> None:
    most = (CONFIG_MAP_BYTES - OTHER_FILES_BYTES) // len(overrides_text(many(1)).splitlines()[1] + "\n")
    assert not [f for f in allocate(many(most - 1)).findings if f.code == "too-many-tenants"]
    settings = many(most + 100)
    (finding,) = [f for f in allocate(settings).findings if f.code == "too-many-tenants"]
    assert (finding.severity, finding.path) == ("error", "spec.limits.perTenant")
    assert f"{most + 100} tenants" in finding.message


def test_the_components_files_leave_the_rest_of_the_config_map_to_tenants() -> None:
    settings = settings_of(size="1x.medium", limits={"global": EVERYTHING})
    files = files_of(settings)
    assert sum(len(text) for name, text in files.items() if name != "overrides.yaml") < OTHER_FILES_BYTES


def test_limits_of_tenants_need_tenants() -> None:
    whole = {"storage": STORAGE, "limits": {"perTenant": {"dev": {}}}}
    with pytest.raises(SettingsError) as refused:
        load_config({"name": "tmrs", "namespace": "tempo", "spec": json.dumps(whole)})
    assert str(refused.value).startswith("spec.limits.perTenant: is read with spec.tenants only; ")


def test_the_table_of_limits_has_every_key_of_the_settings() -> None:
    assert {(limit.block, limit.field) for limit in LIMITS} == {
        (block, field)
        for block in ("ingestion", "query")
        for field in type(getattr(settings_of().spec.limits.global_, block)).model_fields
    }
