"""Tenants' namespaces: the objects that hold them, and the quotas that are too small for what has to fit in them."""

import json
import re
from fractions import Fraction
from typing import Any

import pytest
import yaml
from hypothesis import given

from allocation import Finding, allocate
from ops.plan.document import document
from ops.plan.sections import sections
from settings import Quantity, Settings, load_config
from tests.support.configs import SECRETS, STACKS, changed, config
from tests.support.recording import Registered, Run, run
from tests.support.strategies import Spec, base_spec, put, settings_of, stacks, thorough

# To the letter what the seed asks for.
SEEDS_QUOTA = yaml.safe_load(
    """
    hard:
      requests.cpu: "2"
      requests.memory: 4Gi
      limits.cpu: "4"
      limits.memory: 8Gi
      persistentvolumeclaims: "10"
    """
)
DEV = {"name": "dev-traces", "quota": {"name": "dev-tenant-quota"} | SEEDS_QUOTA}


def run_with(*namespaces: dict[str, Any]) -> Run:
    run = changed("prod", "tenantNamespaces", list(namespaces))
    assert run.errors == []
    return run


def held(run: Run, kind: str, namespace: str) -> Registered:
    (found,) = (o for o in run.objects if o.kind == kind and o.inputs["metadata"].get("namespace") == namespace)
    return found


def test_the_seed_s_quota_can_be_pasted() -> None:
    run = run_with(DEV)
    quota = held(run, "ResourceQuota", "dev-traces")
    assert quota.object_name == "dev-tenant-quota"
    assert quota.inputs["spec"] == SEEDS_QUOTA
    assert run.kind("Namespace")["dev-traces"].urn in quota.dependencies


def test_a_namespace_that_is_made_is_labelled_and_one_that_is_there_is_left_alone() -> None:
    own = {"name": "made", "tenantName": "dev", "labels": {"team": "a"}, "podSecurity": "baseline"}
    there = {"name": "there", "create": False} | {"quota": {"hard": {"pods": "5"}}}
    run = run_with(own, there)
    assert set(run.kind("Namespace")) == {"tempo-prod", "made"}
    labels = run.kind("Namespace")["made"].inputs["metadata"]["labels"]
    assert labels.items() >= {"team": "a", "pod-security.kubernetes.io/enforce": "baseline"}.items()
    assert labels["app.kubernetes.io/instance"] == "tmrs"
    assert held(run, "ResourceQuota", "there").object_name == "tenant-quota"


def test_pods_are_held_to_restricted_where_nothing_else_is_said() -> None:
    labels = run_with({"name": "made"}).kind("Namespace")["made"].inputs["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_a_quota_is_called_after_its_tenant() -> None:
    run = run_with({"name": "a", "tenantName": "dev", "quota": {"hard": {"pods": 5}}})
    assert held(run, "ResourceQuota", "a").object_name == "dev-tenant-quota"


def test_quantities_are_declared_as_kubernetes_keeps_them() -> None:
    hard = {"requests.cpu": "2000m", "limits.memory": "2048Mi", "pods": 2000, "requests.storage": 10_000_000}
    bounds = {"default": {"cpu": 0.5}, "max": {"memory": "1024Mi", "ephemeral-storage": "1e9"}}
    run = run_with({"name": "a", "quota": {"hard": hard}, "limitRange": bounds})
    written = {"requests.cpu": "2", "limits.memory": "2Gi", "pods": "2k", "requests.storage": "10M"}
    assert held(run, "ResourceQuota", "a").inputs["spec"]["hard"] == written
    (item,) = held(run, "LimitRange", "a").inputs["spec"]["limits"]
    expected = {"type": "Container", "default": {"cpu": "500m"}, "max": {"memory": "1Gi", "ephemeral-storage": "1G"}}
    assert item == expected


def test_the_stacks_own_namespace_is_made_once_and_its_pods_wait_for_its_quota() -> None:
    run = run_with({"name": "tempo-prod", "quota": {"hard": {"pods": 100}}})
    quota = held(run, "ResourceQuota", "tempo-prod")
    assert list(run.kind("Namespace")) == ["tempo-prod"]
    assert run.kind("Namespace")["tempo-prod"].urn in quota.dependencies
    for workload in run.kind("Deployment", "StatefulSet").values():  # the Job waits for one of them
        assert quota.urn in workload.dependencies


def stack(**spec: Any) -> Spec:
    """Every number of it known: 4 cores and 4Gi."""
    return base_spec() | {"resources": {"total": {"limits": {"cpu": "4", "memory": "4Gi"}}}} | spec


def findings(*namespaces: dict[str, Any], spec: Spec | None = None, **beside: Any) -> list[Finding]:
    settings: Settings = settings_of(spec or stack(), tenantNamespaces=list(namespaces), **beside)
    return [finding for finding in allocate(settings).findings if finding.code == "quota-too-small"]


def own(**hard: object) -> dict[str, Any]:
    """The stack's own namespace with a quota; `__` is a dot."""
    return {"name": "x", "quota": {"hard": {key.replace("__", "."): value for key, value in hard.items()}}}


def test_a_quota_that_holds_everything_is_no_finding() -> None:
    assert findings(DEV) == []
    assert findings(DEV | {"limitRange": {"default": {"cpu": 4, "memory": "8Gi"}, "defaultRequest": {"cpu": 2}}}) != []
    assert findings(DEV | {"limitRange": {"default": {"cpu": 2, "memory": "4Gi"}}}) == []
    assert findings(own(limits__cpu=4, limits__memory="4Gi", pods=5, persistentvolumeclaims=1)) == []


def test_a_quota_of_limits_below_that_of_requests_can_never_be_used_up() -> None:
    (finding,) = findings({"name": "a", "quota": {"hard": {"limits.cpu": 1, "requests.cpu": "1500m"}}})
    assert finding.path == 'tenantNamespaces[0].quota.hard["limits.cpu"]'
    assert finding.message == "1 is less than the 1500m of requests.cpu, and no request is above its limit"
    assert finding.remedy == "raise it to 1500m or more, or lower requests.cpu to 1"


@pytest.mark.parametrize(
    ("bounds", "key", "one"),
    [
        ({"default": {"memory": "1Gi"}}, "limits.memory", "1Gi"),
        ({"max": {"memory": "1Gi"}}, "limits.memory", "1Gi"),  # the API server takes it for the default
        ({"default": {"memory": "600Mi"}, "defaultRequest": {"memory": "520Mi"}}, "requests.memory", "520Mi"),
        ({"default": {"memory": "600Mi"}}, "requests.memory", "600Mi"),
        ({"min": {"memory": "1Gi"}}, "requests.memory", "1Gi"),
    ],
)
def test_a_quota_that_holds_no_container_of_the_limit_range_is_too_small(
    bounds: dict[str, Any], key: str, one: str
) -> None:
    (finding,) = findings({"name": "a", "quota": {"hard": {key: "512Mi"}}, "limitRange": bounds})
    assert finding.path == f'tenantNamespaces[0].quota.hard["{key}"]'
    assert finding.message == f"512Mi holds no container that says nothing, which the limitRange gives {one}"
    raised = {"name": "a", "quota": {"hard": {key: one}}, "limitRange": bounds}
    assert findings(raised) == []


MINIO = {"minio": {"enabled": True, "storageSize": "2Gi"}}
NEEDS = {  # the stack of `stack()` with MinIO, two queriers of which one comes early, at most three of the distributor
    "limits.cpu": None,
    "limits.memory": None,
    "requests.cpu": None,
    "requests.memory": None,
    "requests.storage": "12Gi",  # ingester 10Gi, MinIO 2Gi
    "persistentvolumeclaims": "2",
    "pods": "11",  # distributor 3, ingester 1, compactor 1, querier 2 + 1, query-frontend 1, MinIO and its Job
    "count/deployments.apps": "5",
    "count/statefulsets.apps": "1",
    "count/jobs.batch": "1",
    "services": "8",  # one for each of the five, the ring's, the frontend's discovery, and MinIO's
    "configmaps": "1",
    "secrets": "1",  # MinIO's
}


def large() -> Spec:
    spec = stack()
    put(spec, ("template", "distributor", "autoscaling"), {"minReplicas": 1, "maxReplicas": 3})
    put(spec, ("template", "querier"), {"replicas": 2, "strategy": {"rollingUpdate": {"maxSurge": 1}}})
    return spec


@pytest.mark.parametrize("key", NEEDS)
def test_a_quota_raised_to_the_figure_given_holds_the_stack_and_one_just_below_does_not(key: str) -> None:
    (finding,) = findings(own(**{key: 0}), spec=large(), **MINIO)
    need = finding.remedy.removeprefix("raise it to ").removesuffix(" or more, or give the stack less")
    assert NEEDS[key] in (None, need)
    assert findings(own(**{key: need}), spec=large(), **MINIO) == []
    exact = Quantity.parse(need)
    below = Quantity(exact.value - Fraction(1, 1000 if key.endswith("cpu") else 1))
    assert len(findings(own(**{key: str(below)}), spec=large(), **MINIO)) == 1


DECLARED = {"services": "Service", "configmaps": "ConfigMap", "secrets": "Secret"}
PROXY = {"template": {"queryFrontend": {"jaegerQuery": {"enabled": True, "authentication": {}}}}}


@pytest.mark.parametrize("name", [*STACKS, "with a proxy"])
def test_a_quota_of_objects_is_held_to_all_that_the_stack_declares(name: str) -> None:
    whole = config("dev" if name == "with a proxy" else name)
    if name == "with a proxy":  # in TLS by OpenShift's authority
        whole |= {"spec": whole["spec"] | PROXY, "gatewayCookieKey": "enough characters"}
    declared = {key: len(run(whole, SECRETS).kind(kind)) for key, kind in DECLARED.items()}
    assert declared["services"] > declared["configmaps"] >= 1
    assert quotas_exceeded(whole, declared) == []
    for key, count in declared.items():
        if count > 0:
            (finding,) = quotas_exceeded(whole, {key: count - 1})
            assert finding.startswith(
                f"tenantNamespaces[0].quota.hard.{key}: the stack comes to {count} of {count - 1},"
            )


def quotas_exceeded(whole: dict[str, Any], hard: dict[str, int]) -> list[str]:
    own_namespace = {"name": whole["namespace"], "quota": {"hard": hard}}
    whole = whole | {"tenantNamespaces": [own_namespace]}
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in whole.items()}
    found = allocate(load_config(texts, SECRETS)).findings
    return [str(finding) for finding in found if finding.code == "quota-too-small"]


@thorough
@given(stacks())
def test_a_quota_that_takes_every_figure_given_holds_any_stack(spec: Spec) -> None:
    hard: dict[str, Any] = dict.fromkeys(NEEDS, 0)
    for _ in range(2):  # limits may have to be raised once more, to the requests
        for finding in findings(own(**hard), spec=spec, **MINIO):
            if raised := re.match("raise it to (\\S+) or more", finding.remedy):
                key = next(key for key in NEEDS if f'"{key}"' in finding.path or finding.path.endswith(f".{key}"))
                hard[key] = max(hard[key], raised[1], key=lambda amount: Quantity.parse(str(amount)))
    left = findings(own(**hard), spec=spec, **MINIO)
    assert {finding.remedy.partition(" ")[0] for finding in left} <= {"set"}  # of what a container has no number of


def test_the_figure_is_what_the_plan_adds_up_to_at_the_most() -> None:
    settings = settings_of(large(), **MINIO)
    plan = allocate(settings)
    expected = plan.allocated_at("max", "limits", "cpu") + plan.surge("limits", "cpu")
    expected += sum(workload.of_one_pod("limits", "cpu") for workload in plan.outside)
    (finding,) = findings(own(limits__cpu=1), spec=large(), **MINIO)
    assert finding.message.startswith(f"the stack comes to {Quantity.of_millicores(expected)} of 1, ")


def test_a_quota_refuses_what_says_nothing_unless_a_limit_range_speaks_for_it() -> None:
    bare = base_spec()
    quota = own(limits__cpu=100)
    (finding,) = findings(quota, spec=bare)
    assert finding.message == (
        "is in the quota, which refuses containers without it: "
        "distributor/tempo, ingester/tempo, compactor/tempo, querier/tempo, query-frontend/tempo"
    )
    assert finding.remedy == "set spec.resources.total.limits.cpu, or limitRange.default.cpu"
    assert findings(quota | {"limitRange": {"default": {"cpu": "100m"}}}, spec=bare) == []
    assert findings(quota, spec=stack()) == []


def test_a_limit_range_that_refuses_a_container_of_the_stack_is_a_finding() -> None:
    spec = stack()
    put(spec, ("template", "ingester", "resources"), {"limits": {"cpu": "2"}, "requests": {"cpu": "2"}})
    put(spec, ("template", "querier", "resources"), {"limits": {"cpu": "1"}, "requests": {"cpu": "7m"}})
    highest, lowest = findings({"name": "x", "limitRange": {"min": {"cpu": "8m"}, "max": {"cpu": "1999m"}}}, spec=spec)
    assert (highest.path, highest.message) == (
        "tenantNamespaces[0].limitRange.max.cpu",
        "1999m refuses ingester/tempo, which may use 2",
    )
    assert lowest.message == "8m refuses querier/tempo, which requests 7m"
    assert lowest.remedy == "lower it to 7m or less"
    assert findings({"name": "x", "limitRange": {"min": {"cpu": "7m"}, "max": {"cpu": "2"}}}, spec=spec) == []
    assert findings({"name": "other", "limitRange": {"max": {"cpu": "1m"}}}, spec=spec) == []


def test_the_finding_stops_the_stack_only_where_it_says_so() -> None:
    (warning,) = findings(own(pods=1))
    spec = stack()
    spec["resources"]["onViolation"] = "error"
    (error,) = findings(own(pods=1), spec=spec)
    assert (warning.severity, error.severity) == ("warning", "error")


def test_reports_show_what_each_namespace_is_held_to() -> None:
    bounded = DEV | {"limitRange": {"default": {"cpu": "500m"}}}
    plan = allocate(settings_of(stack(), tenantNamespaces=[bounded, {"name": "free"}]))
    dev, free = document(plan)["tenantNamespaces"]
    assert dev == {
        "namespace": "dev-traces",
        "tenant": None,
        "made": True,
        "quota": SEEDS_QUOTA["hard"],
        "limitRange": {"default": {"cpu": "500m"}},
    }
    assert (free["quota"], free["limitRange"]) == ({}, {})
    (section,) = (each for each in sections(plan) if each.title == "tenants' namespaces")
    assert section.rows[0] == ("dev-traces", "-", "quota", "requests.cpu", "2")
    assert section.rows[-1] == ("", "", "default", "cpu", "500m")
    assert len(section.rows) == 6
