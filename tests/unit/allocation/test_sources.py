"""Where a number comes from, at the edges: the source that a figure names, and whose it is."""

from typing import Any

import pytest

from allocation import ContainerPlan, Figure, Plan, allocate
from allocation.containers import containers_of
from allocation.plan import quantity
from tests.support.strategies import MIB, Spec, base_spec, put, settings_of


def stack(resources: dict[str, Any], **shape: Any) -> Spec:
    spec = base_spec(**shape)
    spec["resources"] = resources
    return spec


def plan_of(spec: Spec, **beside: Any) -> Plan:
    return allocate(settings_of(spec, **beside))


def container(plan: Plan, component: str, name: str = "tempo") -> ContainerPlan:
    workload = plan.workload(component)
    assert workload is not None
    return workload.container(name)


def test_without_a_gateway_the_operators_own_weights_for_that_share() -> None:
    plan = plan_of(stack({"profile": "operator", "total": {"limits": {"cpu": "955m", "memory": "1000Mi"}}}))
    assert {w.component: w.containers[0].limits["cpu"].amount for w in plan.workloads} == {
        "distributor": 270,
        "ingester": 380,
        "compactor": 160,
        "querier": 100,
        "query-frontend": 45,
    }


def test_a_ratio_of_one_requests_the_limit_as_a_ratio() -> None:
    plan = plan_of(stack({"total": {"limits": {"cpu": "4", "memory": "4Gi"}}, "requestRatio": 1}))
    limits, requests = container(plan, "querier").limits, container(plan, "querier").requests
    assert requests["cpu"] == Figure(limits["cpu"].amount, "ratio")


def test_a_limit_below_the_floor_caps_the_shared_request() -> None:
    spec = stack({"total": {"limits": {"cpu": "4"}, "requests": {"cpu": "1"}}})
    put(spec, ("template", "querier", "resources"), {"limits": {"cpu": "7m"}})
    assert container(plan_of(spec), "querier").requests["cpu"] == Figure(7, "limit")


def test_a_request_of_nothing_takes_nothing_off_the_total() -> None:
    spec = stack({"total": {"limits": {"cpu": "4"}, "requests": {"cpu": "1"}}})
    put(spec, ("template", "querier", "resources"), {"requests": {"cpu": "0"}})
    plan = plan_of(spec)
    others = [w.containers[0].requests["cpu"].amount or 0 for w in plan.workloads if w.component != "querier"]
    assert sum(others) == plan.allocated("requests", "cpu") == 1000


def test_every_container_is_given_what_stands_at_its_path() -> None:
    empty = stack({"total": {"limits": {"cpu": "9"}}}, gateway="openshift", jaeger=True, proxy=True)
    containers = [c for c in containers_of(settings_of(empty)) if c.runs]
    assert len(containers) == 10
    for each in containers:
        spec = stack({"total": {"limits": {"cpu": "9"}}}, gateway="openshift", jaeger=True, proxy=True)
        put(spec, tuple(each.path.split(".")[1:]), {"limits": {"cpu": "123m"}})
        planned = container(plan_of(spec), each.component, each.name)
        assert (planned.path, planned.limits["cpu"]) == (each.path, Figure(123, "override"))


@pytest.mark.parametrize("component", ["distributor", "queryFrontend"])
def test_a_container_written_without_component_has_that_path(component: str) -> None:
    spec = stack({"total": {"limits": {"cpu": "9"}}})
    put(spec, ("template", component, "resources"), {"limits": {"cpu": "123m"}})
    paths = {
        c.path for w in plan_of(spec).workloads for c in w.containers if c.limits["cpu"] == Figure(123, "override")
    }
    assert paths == {f"spec.template.{component}.resources"}


def test_a_plan_has_the_stacks_name_and_every_one_of_minios_workloads_one_replica() -> None:
    plan = plan_of(stack({}), minio={"enabled": True})
    assert plan.name == "x"
    assert [(w.replicas, w.containers[0].path) for w in plan.outside] == [(1, "minio.resources"), (1, "minio")]


@pytest.mark.parametrize(
    ("given", "limit", "request_"),
    [
        ({"limits": {"cpu": "100m"}}, Figure(100, "override"), Figure(100, "default")),  # just the default's request
        ({"requests": {"cpu": "500m"}}, Figure(500, "default"), Figure(500, "override")),  # just the default's limit
    ],
)
def test_minios_defaults_give_way_only_where_they_must(given: dict[str, Any], limit: Figure, request_: Figure) -> None:
    minio = container(plan_of(stack({}), minio={"enabled": True, "resources": given}), "minio", "minio")
    assert (minio.limits["cpu"], minio.requests["cpu"]) == (limit, request_)


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(KeyError, match="oauth-proxy"):
        container(plan_of(stack({})), "querier", "oauth-proxy")


def test_a_number_that_no_quantity_holds_is_written_plainly() -> None:
    assert [quantity(resource, 10**30) for resource in ("cpu", "memory")] == [f"{10**30}m", f"{10**30}"]
    assert quantity("memory", 3 * MIB) == "3Mi"
