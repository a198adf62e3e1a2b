"""Pods restart when, and only when, what they read changes."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.configs import changed
from tests.support.recording import Run

Named = Callable[[str], Run]

TENANTS = {
    "mode": "openshift",
    "authentication": [
        {"tenantName": "dev", "tenantId": "1610b0c3-c509-4592-a256-a1871353dbfa"},
        {"tenantName": "prod", "tenantId": "1610b0c3-c509-4592-a256-a1871353dbfb"},
        {"tenantName": "new", "tenantId": "1610b0c3-c509-4592-a256-a1871353dbfc"},
    ],
}


@pytest.mark.parametrize(
    ("stack", "path", "value", "rolled"),
    [
        ("prod", "spec.retention.global.traces", "72h", {"compactor"}),
        ("prod", "spec.replicationFactor", 2, {"distributor", "ingester", "querier"}),
        (
            "prod",
            "minioRootPassword",
            "another one of enough length",
            {"minio", "ingester", "querier", "query-frontend", "compactor"},
        ),
        ("prod", "gatewayCookieKey", "another one of enough length", {"gateway", "query-frontend"}),
        ("prod", "spec.tenants", TENANTS, {"gateway"}),
        ("prod", "minio.storageSize", "200Gi", set()),
        # Tempo's own limits follow the containers' that get more or less, and these roll anyway.
        ("dev", "spec.template.ingester.replicas", 2, {"ingester", "querier"}),
        ("dev", "spec.resources.total.limits.cpu", "3", {"query-frontend", "querier"}),
    ],
)
def test_a_change_rolls_the_pods_that_read_it_by_their_hash_and_no_others(
    stack_named: Named, stack: str, path: str, value: Any, rolled: set[str]
) -> None:
    before = {name: each.checksums for name, each in stack_named(stack).workloads.items()}
    after = {name: each.checksums for name, each in changed(stack, path, value).workloads.items()}
    assert {name for name in before if before[name] != after[name]} == {f"tempo-tmrs-{name}" for name in rolled}


def test_a_role_rolls_the_gateway(stack_named: Named) -> None:
    role = {"name": "all", "resources": ["traces"], "tenants": ["dev"], "permissions": ["read"]}
    before = stack_named("static").workloads
    after = changed("static", "spec.tenants.authorization.roles", [role]).workloads
    assert {name for name in before if before[name].checksums != after[name].checksums} == {"tempo-static-gateway"}


def test_what_tempo_reloads_by_itself_is_in_no_hash(stack: Run) -> None:
    for workload in stack.workloads.values():
        assert "checksum/overrides.yaml" not in workload.checksums


def test_a_pod_bears_the_hash_of_every_file_it_mounts(stack: Run) -> None:
    for workload in stack.workloads.values():
        volumes = workload.pod["spec"].get("volumes", [])
        files = {item["key"] for volume in volumes for item in volume.get("configMap", {}).get("items", [])}
        hashed = {name.removeprefix("checksum/") for name in workload.checksums}
        assert files - {"overrides.yaml", "service-ca.crt"} == {name for name in hashed if name.endswith(".yaml")} - {
            "tenants.yaml"
        }
        secrets = {volume["name"] for volume in volumes if "secret" in volume}
        assert ("tenants" in secrets, "cookie" in secrets) == ("tenants.yaml" in hashed, "cookie-secret" in hashed)
