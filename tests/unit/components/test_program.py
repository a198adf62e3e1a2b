"""The program: nothing is registered before all is known to be well, and what it exports."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.configs import COOKIE_KEY, PASSWORD, ROOT, SECRETS, changed, config
from tests.support.recording import Run, run

Named = Callable[[str], Run]


def test_it_reads_like_the_architecture() -> None:
    assert len((ROOT / "__main__.py").read_text().splitlines()) < 40


def test_from_the_seeds_totals_to_its_own_numbers_only_the_oauth_proxy_is_new(stack_named: Named) -> None:
    before = {each.urn: each for each in stack_named("seed-global").resources}
    after = {each.urn: each for each in stack_named("seed-per-component").resources}
    assert before.keys() <= after.keys()
    new = {(after[urn].kind, after[urn].object_name) for urn in after.keys() - before.keys()}
    assert new == {("ServiceAccount", "tempo-tmrs-query-frontend"), ("Secret", "tempo-tmrs-cookie-proxy")}
    touched = {
        after[urn].object_name for urn in before if before[urn].kind and _content(before[urn]) != _content(after[urn])
    }
    workloads = ("distributor", "ingester", "querier", "query-frontend", "compactor", "gateway")
    assert touched == {"tempo-tmrs", *(f"tempo-tmrs-{workload}" for workload in workloads)}  # the ConfigMap follows
    for urn, each in before.items():
        for fixed in ("selector", "volumeClaimTemplates", "serviceName", "podManagementPolicy"):
            assert each.inputs.get("spec", {}).get(fixed) == after[urn].inputs.get("spec", {}).get(fixed)


def test_a_larger_total_touches_only_workloads_that_get_more(stack_named: Named) -> None:
    before = {each.urn: each for each in stack_named("seed-global").resources}
    after = {each.urn: each for each in changed("seed-global", "spec.resources.total.limits.cpu", "3").resources}
    assert before.keys() == after.keys()
    touched = {urn for urn in before if _content(before[urn]) != _content(after[urn])}
    assert {before[urn].kind for urn in touched} == {"ConfigMap", "Deployment", "StatefulSet"}


@pytest.mark.parametrize(
    ("stack", "missing"),
    [
        ("dev", "minioRootPassword"),
        ("prod", "minioRootPassword"),
        ("prod", "gatewayCookieKey"),
        ("seed-global", "gatewayCookieKey"),
        ("static", "oidcClients"),
    ],
)
def test_a_missing_secret_stops_it_with_the_command_that_sets_it(stack: str, missing: str) -> None:
    given = config(stack)
    del given[missing]
    stopped = run(given, SECRETS)
    assert stopped.resources == []
    (line,) = stopped.errors
    assert line.startswith(f"{missing}: ")
    assert f"pulumi config set --secret tempostack:{missing}" in line


def test_a_tenant_without_an_oidc_client_stops_it() -> None:
    given = config("static")
    tenant = {"tenantName": "other", "tenantId": "2", "oidc": {"issuerURL": "https://id.example.com"}}
    given["spec"]["tenants"]["authentication"].append(tenant)
    stopped = run(given, SECRETS)
    assert stopped.resources == []
    (line,) = stopped.errors
    assert line.startswith("oidcClients.other: ")


def test_every_mistake_is_a_line_of_its_own() -> None:
    given = config("dev")
    given["spec"]["storagesize"] = "1Gi"
    given["spec"]["resources"]["total"]["limits"]["memory"] = "2GB"
    stopped = run(given, SECRETS)
    assert stopped.resources == []
    assert len(stopped.errors) == 2
    assert any("spec.storagesize" in line for line in stopped.errors)
    assert any("spec.resources.total.limits.memory" in line for line in stopped.errors)


def test_errors_of_the_plan_and_missing_secrets_are_said_together() -> None:
    given = config("seed-per-component")
    given["spec"]["resources"]["onViolation"] = "error"
    del given["minioRootPassword"]
    stopped = run(given, SECRETS)
    assert stopped.resources == []
    assert [line for line in stopped.errors if "[over-allocated]" in line]
    assert [line for line in stopped.errors if line.startswith("minioRootPassword: ")]


def test_a_warning_is_a_diagnostic_and_stops_nothing(stack_named: Named) -> None:
    done = stack_named("seed-per-component")
    assert [line for line in done.warnings if "[over-allocated]" in line]
    assert done.errors == []
    assert done.objects


def test_a_password_in_plain_text_is_a_warning_in_dev_and_an_error_in_prod() -> None:
    dev = run(config("dev"), secrets=())
    assert dev.errors == []
    assert [line for line in dev.warnings if "[plaintext-secret]" in line]
    prod = run(config("prod"), secrets=("gatewayCookieKey",))
    assert prod.resources == []
    assert [line for line in prod.errors if line.startswith("minioRootPassword: ") and "[plaintext-secret]" in line]


def test_no_diagnostic_shows_a_secret() -> None:
    given = config("static")
    given["oidcClients"]["dev"] = {"clientID": "tempo", "secret": "must not be seen"}
    broken = run(given, SECRETS)
    said = json.dumps([broken.errors, broken.warnings, run(config("prod")).errors])
    assert broken.errors
    assert not [secret for secret in ("must not be seen", PASSWORD, COOKIE_KEY) if secret in said]


def test_it_exports_where_to_send_and_where_to_ask(stack_named: Named) -> None:
    assert stack_named("prod").outputs["endpoints"] == {  # and no other: the policies let only the gateway further
        "gateway": "https://tempo-tmrs-gateway.tempo-prod.svc:8080",
        "gatewayGrpc": "tempo-tmrs-gateway.tempo-prod.svc:8090",
    }
    host = "tempo-tmrs-{}.tempo.svc"
    assert stack_named("dev").outputs["endpoints"] == {
        "otlpGrpc": f"{host.format('distributor')}:4317",
        "otlpHttp": f"http://{host.format('distributor')}:4318",
        "query": f"http://{host.format('query-frontend')}:3200",
        "jaegerUi": f"http://{host.format('query-frontend')}:16686",
    }


def test_every_endpoint_is_a_port_of_a_service(stack: Run) -> None:
    open_ports = {
        f"{name}.{service.inputs['metadata']['namespace']}.svc:{port['port']}"
        for name, service in stack.kind("Service").items()
        for port in service.inputs["spec"]["ports"]
    }
    for endpoint in stack.outputs["endpoints"].values():
        assert endpoint.rpartition("//")[2] in open_ports


def test_it_exports_the_allocation_its_totals_and_what_is_left(stack_named: Named) -> None:
    outputs = stack_named("seed-per-component").outputs
    assert outputs["allocation"]["ingester/tempo"] == "1 × cpu 721m/217m, memory 1013Mi/302Mi"
    assert outputs["allocation"]["minio/minio"] == "1 × cpu 500m/100m, memory 512Mi/128Mi, outside the total"
    assert len(outputs["allocation"]) == 12
    assert outputs["totals"] == {"limits": {"cpu": "2", "memory": "2Gi"}}
    assert outputs["headroom"] == {"limits": {"cpu": "-506m", "memory": "-283Mi"}}
    assert stack_named("seed-global").outputs["headroom"] == {"limits": {"cpu": "0", "memory": "0"}}


def test_it_exports_the_names_of_its_secrets(stack: Run) -> None:
    assert sorted(stack.outputs["secrets"]) == sorted(stack.kind("Secret"))


def _content(resource: Any) -> str:
    return repr(sorted(json.dumps(resource.inputs, default=str, sort_keys=True)))
