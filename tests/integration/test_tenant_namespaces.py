"""Tenants' namespaces on a real API server: a quota refuses what exceeds it, and no namespace goes with the stack."""

import json
import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from allocation.namespaces import Bound, NamespacePlan
from sandbox.engine import Engine
from settings import Quantity
from tests.conftest import EngineFactory, Kubectl
from tests.support import stacks
from tests.support.admission import harmless

STACK, MADE, THERE = "tenants-namespaces", "dev-traces", "prod-traces"
WITHIN_SECONDS = 30
SPEC: dict[str, Any] = {
    "storage": {"secret": {"name": "minio", "type": "s3"}},
    "resources": {"total": {"limits": {"cpu": "2", "memory": "2Gi"}}},
    "tenants": {"mode": "static", "authentication": [{"tenantName": "dev", "tenantId": "1610b0c3"}]},
}
SEEDS_HARD = {
    "requests.cpu": "2",
    "requests.memory": "4Gi",
    "limits.cpu": "4",
    "limits.memory": "8Gi",
    "persistentvolumeclaims": "10",
}
NAMESPACES = [
    {
        "name": MADE,
        "tenantName": "dev",
        "quota": {"hard": SEEDS_HARD},
        "limitRange": {
            "min": {"cpu": "10m"},
            "defaultRequest": {"cpu": "100m", "memory": "128Mi"},
            "default": {"cpu": "250m", "memory": "256Mi"},
            "max": {"cpu": "3", "memory": "8Gi"},
        },
    },
    {"name": THERE, "create": False, "quota": {"hard": {"persistentvolumeclaims": "1", "requests.storage": "1Gi"}}},
    {"name": STACK, "quota": {"name": "own", "hard": {"pods": "20", "limits.cpu": "4", "limits.memory": "4Gi"}}},
]


BOUNDS: list[dict[Bound, dict[str, str]]] = [
    {"max": {"cpu": "2"}},
    {"min": {"cpu": "100m"}},
    {"min": {"cpu": "100m"}, "max": {"cpu": "2"}},
    {"default": {"cpu": "1"}, "max": {"cpu": "2"}},
    {"defaultRequest": {"cpu": "200m"}, "max": {"cpu": "2"}},
    {"defaultRequest": {"cpu": "200m"}},
]


@pytest.fixture(scope="module")
def engine(engine_factory: EngineFactory, kubectl: Kubectl) -> Engine:
    """The stack deployed beside a namespace with something of somebody else's in it."""
    kubectl("create", "namespace", THERE)
    kubectl("create", "configmap", "somebody-s", "-n", THERE, "--from-literal=key=value")
    engine = engine_factory()
    stacks.write_with_secrets(engine, STACK, SPEC)
    file = engine.workspace.stack_file(STACK)
    document = yaml.safe_load(file.read_text())
    document["config"]["tempostack:tenantNamespaces"] = NAMESPACES
    file.write_text(yaml.safe_dump(document))
    done = engine.up()
    assert done.returncode == 0, done.stdout + done.stderr
    return engine


def claim(name: str, size: str) -> dict[str, Any]:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}


def create(kubectl: Kubectl, namespace: str, thing: dict[str, Any]) -> dict[str, Any]:
    """What the API server made of it."""
    made: dict[str, Any] = json.loads(
        kubectl("create", "-n", namespace, "-o", "json", "-f", "-", stdin=json.dumps(thing))
    )
    return made


def refused(kubectl: Kubectl, namespace: str, thing: dict[str, Any]) -> str:
    """Why the API server does not take it."""
    with pytest.raises(AssertionError) as failure:
        create(kubectl, namespace, thing)
    return str(failure.value)


def wait_for_default_account(kubectl: Kubectl, namespace: str) -> None:
    """Without it no pod is admitted; the cluster makes it a little after the namespace."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while "default" not in kubectl("get", "serviceaccounts", "-n", namespace, "-o", "name"):
        assert time.monotonic() < deadline
        threading.Event().wait(0.1)


def test_the_seed_s_quota_is_kept_to_the_letter_and_nothing_differs_afterwards(
    engine: Engine, kubectl: Kubectl
) -> None:
    quota = json.loads(kubectl("get", "resourcequota", "dev-tenant-quota", "-n", MADE, "-o", "json"))
    assert quota["spec"]["hard"] == SEEDS_HARD
    assert stacks.changes(engine) == {}


def test_what_fits_is_admitted_and_what_exceeds_the_quota_is_refused(engine: Engine, kubectl: Kubectl) -> None:
    wait_for_default_account(kubectl, MADE)
    half = {"cpu": "1500m", "memory": "2Gi"}
    create(kubectl, MADE, harmless("first", {"limits": half, "requests": half}))
    refusal = refused(kubectl, MADE, harmless("second", {"limits": half, "requests": half}))
    assert "exceeded quota: dev-tenant-quota, requested: requests.cpu=1500m" in refusal
    assert "used: requests.cpu=1500m, limited: requests.cpu=2" in refusal
    create(kubectl, MADE, harmless("third", {"limits": {"cpu": "500m", "memory": "2Gi"}}))


def test_a_container_that_says_nothing_gets_the_defaults(engine: Engine, kubectl: Kubectl) -> None:
    wait_for_default_account(kubectl, MADE)
    kubectl("delete", "pod", "--all", "-n", MADE, "--wait=true")
    (container,) = create(kubectl, MADE, harmless("silent", {}))["spec"]["containers"]
    assert container["resources"] == {
        "limits": {"cpu": "250m", "memory": "256Mi"},
        "requests": {"cpu": "100m", "memory": "128Mi"},
    }
    assert "maximum cpu usage per Container is 3" in refused(
        kubectl, MADE, harmless("large", {"limits": {"cpu": "3001m"}})
    )


def test_a_pod_that_is_not_restricted_is_refused(engine: Engine, kubectl: Kubectl) -> None:
    wait_for_default_account(kubectl, MADE)
    careless = harmless("careless", {})
    del careless["spec"]["containers"][0]["securityContext"]
    assert 'violates PodSecurity "restricted:latest"' in refused(kubectl, MADE, careless)


def test_claims_are_counted_in_a_namespace_that_was_there(engine: Engine, kubectl: Kubectl) -> None:
    assert "exceeded quota: tenant-quota, requested: requests.storage=2Gi" in refused(kubectl, THERE, claim("a", "2Gi"))
    create(kubectl, THERE, claim("a", "512Mi"))
    assert "persistentvolumeclaims=1, limited: persistentvolumeclaims=1" in refused(kubectl, THERE, claim("b", "1Mi"))


def test_the_stack_lives_inside_the_quota_of_its_own_namespace(engine: Engine, kubectl: Kubectl) -> None:
    assert [f for f in stacks.plan(engine, STACK)["findings"] if f["code"] == "quota-too-small"] == []
    wanted = set(kubectl("get", "deployments,statefulsets", "-n", STACK, "-o", "name").split())
    assert len(wanted) == 6
    for name in wanted:
        kubectl("rollout", "status", name, "-n", STACK, "--timeout=60s")


@pytest.mark.parametrize("given", BOUNDS, ids=["+".join(bounds) for bounds in BOUNDS])
def test_the_api_server_fills_a_limit_range_as_the_plan_counts_on(
    kubectl: Kubectl, given: dict[Bound, dict[str, str]]
) -> None:
    metadata = {"name": "-".join(given).lower(), "namespace": "default"}
    item: dict[str, Any] = {"type": "Container"} | {str(bound): amounts for bound, amounts in given.items()}
    thing = {"apiVersion": "v1", "kind": "LimitRange", "metadata": metadata, "spec": {"limits": [item]}}
    (filled,) = create(kubectl, "default", thing)["spec"]["limits"]
    kubectl("delete", "limitrange", metadata["name"], "-n", "default")
    bounds: dict[Bound, Mapping[str, Quantity]]
    bounds = {bound: {"cpu": Quantity.parse(amounts["cpu"])} for bound, amounts in given.items()}
    plan = NamespacePlan("default", None, made=False, quota="", bounds=bounds)
    limit, request = plan.default_limit("cpu"), plan.default_request("cpu")
    assert filled.get("default", {}).get("cpu") == (None if limit is None else str(limit))
    assert filled.get("defaultRequest", {}).get("cpu") == (None if request is None else str(request))


def test_namespaces_and_what_is_in_them_stay_when_the_stack_goes(engine: Engine, kubectl: Kubectl) -> None:
    done = engine.destroy()
    assert done.returncode == 0, done.stdout + done.stderr
    left = kubectl("get", "namespaces", "-o", "name").split()
    assert {f"namespace/{MADE}", f"namespace/{THERE}"} <= set(left)
    assert f"namespace/{STACK}" not in left
    assert kubectl("get", "configmap", "somebody-s", "-n", THERE, "-o", "name") == "configmap/somebody-s\n"
    for namespace in (MADE, THERE):
        assert kubectl("get", "resourcequotas,limitranges", "-n", namespace, "-o", "name") == ""

    # Takes them again; the rest of the stack is of no matter here.
    done = engine.up(
        "--target=**TenantNamespaces**",
        "--target=**Namespace::**",
        "--target=**:providers:**",
        "--target=**:TempoStack::*",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    kubectl("get", "resourcequota", "dev-tenant-quota", "-n", MADE)
