"""What tempo-query is told of services and searches, and which values of it are refused."""

import json
from typing import Any

import pytest
import yaml

from allocation import allocate
from settings import Settings, SettingsError, load_config
from settings.mistakes import dotted
from tests.support.configs import files_of

STORAGE = {"secret": {"name": "minio", "type": "s3"}}
TENANTS = {"mode": "static", "authentication": [{"tenantName": name, "tenantId": name} for name in ("dev", "prod")]}
JAEGER = "spec.template.queryFrontend.jaegerQuery"
EXPORTED = {"servicesQueryDuration": "72h0m0s"}  # as the operator's webhook writes it into every TempoStack


def settings_of(ui: dict[str, Any] | None = None, querier: dict[str, Any] | None = None, **spec: Any) -> Settings:
    template = {"queryFrontend": {"jaegerQuery": {"enabled": True} | (ui or {})}, "querier": querier or {}}
    return load_config(
        {"name": "tmrs", "namespace": "t", "spec": json.dumps({"storage": STORAGE, "template": template} | spec)}
    )


def bridge(settings: Settings) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(files_of(settings)["tempo-query.yaml"])
    return content


def findings(settings: Settings) -> list[tuple[str, str]]:
    return [(f.code, f.path) for f in allocate(settings).findings if f.path.startswith(JAEGER)]


@pytest.mark.parametrize(
    ("ui", "written"),
    [
        ({}, "72h"),
        (EXPORTED, "72h"),
        ({"servicesQueryDuration": "168h"}, "168h"),
        ({"servicesQueryDuration": "1s"}, "1s"),
    ],
)
def test_services_are_listed_as_far_back_as_configured(ui: dict[str, Any], written: str) -> None:
    assert bridge(settings_of(ui))["services_query_duration"] == written
    assert findings(settings_of(ui)) == []


@pytest.mark.parametrize(
    ("spec", "written"),
    [
        ({"search": {"maxDuration": "24h"}}, "24h"),
        ({"search": {"maxDuration": "90.5s"}}, "1m30s"),
        ({"search": {"maxDuration": "0s"}}, "200h"),
        ({"extraConfig": {"tempo": {"query_frontend": {"search": {"max_duration": "12h"}}}}}, "12h"),
        ({"limits": {"global": {"query": {"maxSearchDuration": "36h"}}}}, "36h"),
        ({"limits": {"global": {"query": {"maxSearchDuration": "300h"}}}}, "200h"),
        ({"limits": {"perTenant": {"dev": {"query": {"maxSearchDuration": "6h"}}}}, "tenants": TENANTS}, "6h"),
        ({"limits": {"perTenant": {"dev": {"query": {"maxSearchDuration": "300h"}}}}, "tenants": TENANTS}, "168h"),
        ({}, "168h"),
    ],
)
def test_services_are_listed_no_further_back_than_any_tenant_may_search(spec: dict[str, Any], written: str) -> None:
    """Tempo answers a longer list with an error."""
    settings = settings_of({"servicesQueryDuration": "200h"}, **spec)
    assert bridge(settings)["services_query_duration"] == written
    expected = [] if written == "200h" else [("unused-override", f"{JAEGER}.servicesQueryDuration")]
    assert findings(settings) == expected


def test_a_search_of_less_than_a_second_lists_services_of_a_second() -> None:
    search = {"tempo": {"query_frontend": {"search": {"max_duration": "500ms"}}}}
    assert bridge(settings_of(extraConfig=search))["services_query_duration"] == "1s"


def test_the_default_is_shortened_without_a_finding() -> None:
    settings = settings_of(search={"maxDuration": "24h"})
    assert bridge(settings)["services_query_duration"] == "24h"
    assert findings(settings) == []


@pytest.mark.parametrize(("ui", "requests"), [({}, 2), ({"findTracesConcurrentRequests": 7}, 7)])
def test_a_search_fetches_as_many_traces_at_once_as_configured(ui: dict[str, Any], requests: int) -> None:
    assert bridge(settings_of(ui))["find_traces_concurrent_requests"] == requests


def test_another_number_of_queriers_restarts_no_query_frontend() -> None:
    assert bridge(settings_of(querier={"replicas": 3})) == bridge(settings_of())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("servicesQueryDuration", value) for value in ("0s", "-1h", "999ms", "87601h", "3d", 72)),
        *(("findTracesConcurrentRequests", value) for value in (0, -1, 1001, "2", 1.5)),
    ],
)
def test_a_value_that_tempo_query_cannot_use_is_one_line(key: str, value: object) -> None:
    with pytest.raises(SettingsError) as refused:
        settings_of({key: value})
    assert [dotted(mistake.path) for mistake in refused.value.mistakes] == [f"{JAEGER}.{key}"]


def test_an_export_without_the_ui_says_nothing_of_it() -> None:
    settings = settings_of({"enabled": False} | EXPORTED, search={"maxDuration": "24h"})
    assert findings(settings) == []
    assert "tempo-query.yaml" not in files_of(settings)
