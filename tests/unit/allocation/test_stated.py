"""The gateway by its tenants, and ephemeral storage: what is stated, and how it is shared."""

from typing import Any

import pytest
from hypothesis import given as given_any

from allocation import ContainerPlan, Figure, Plan, allocate
from allocation.plan import Side
from tests.support.strategies import Spec, base_spec, put, settings_of, stacks, thorough

MIB = 2**20


def stack(tenants: int, sizing: object = "perTenant", cpu: str = "2", memory: str = "4Gi") -> Spec:
    spec = base_spec("openshift")
    spec["tenants"]["authentication"] = [{"tenantName": f"t{n}", "tenantId": f"{n}"} for n in range(tenants)]
    spec["resources"] = {"total": {"limits": {"cpu": cpu, "memory": memory}}}
    put(spec, ("template", "gateway", "sizing"), sizing)
    return spec


def plan_of(spec: Spec) -> Plan:
    return allocate(settings_of(spec))


def container(plan: Plan, component: str, name: str = "tempo") -> ContainerPlan:
    workload = plan.workload(component)
    assert workload is not None
    return workload.container(name)


def gateway(plan: Plan) -> ContainerPlan:
    return container(plan, "gateway", "tempo-gateway")


@pytest.mark.parametrize("tenants", [1, 2, 7, 4321])
def test_the_gateway_gets_the_seed_s_base_and_a_step_for_each_tenant(tenants: int) -> None:
    """The seed, "Gateway Resource Scaling": `200m + (tenant_count * 50m)`, `256Mi + (tenant_count * 64Mi)`."""
    limits = gateway(plan_of(stack(tenants, cpu="1000", memory="1Ti"))).limits
    assert limits["cpu"] == Figure(200 + tenants * 50, "tenants")
    assert limits["memory"] == Figure((256 + tenants * 64) * MIB, "tenants")


def test_all_four_numbers_can_be_set() -> None:
    sizing = {"base": {"cpu": "10m", "memory": "20Mi"}, "perTenant": {"cpu": "3m", "memory": "5Mi"}}
    limits = gateway(plan_of(stack(4, sizing))).limits
    assert (limits["cpu"].amount, limits["memory"].amount) == (10 + 4 * 3, (20 + 4 * 5) * MIB)


def test_it_is_taken_off_the_total_before_the_others_share_it() -> None:
    with_steps, plain = plan_of(stack(2)), base_spec()
    plain["resources"] = {"total": {"limits": {"cpu": "1700m", "memory": "3712Mi"}}}
    assert with_steps.allocated("limits", "cpu") == 2000
    assert with_steps.allocated("limits", "memory") == 4096 * MIB
    others = sum(w.of_one_pod("limits", "cpu") for w in with_steps.workloads) - 300
    assert others == plan_of(plain).allocated("limits", "cpu")


def test_an_override_beats_the_number_of_tenants_in_one_resource_only() -> None:
    spec = stack(2)
    put(spec, ("template", "gateway", "component"), {"resources": {"limits": {"cpu": "100m"}}})
    limits = gateway(plan_of(spec)).limits
    assert (limits["cpu"], limits["memory"]) == (Figure(100, "override"), Figure(384 * MIB, "tenants"))


def test_a_request_given_lifts_a_stated_limit() -> None:
    spec = stack(1)
    put(spec, ("template", "gateway", "component"), {"resources": {"requests": {"cpu": "400m"}}})
    assert gateway(plan_of(spec)).limits["cpu"] == Figure(400, "floor")


def test_tenants_that_exhaust_the_total_are_a_finding_that_names_them() -> None:
    plan = plan_of(stack(100))
    found = {f.code: f.message for f in plan.findings if f.path.endswith("cpu")}
    assert found["over-allocated"] == (
        "the limits add up to 5300m of 2, 3300m too much (gateway's tenants 5200m, floors 100m)"
    )
    assert found["pool-exhausted"].startswith("gateway's tenants leave 0 of 2, and the floors need 100m: distributor")


def test_ephemeral_storage_is_shared_as_memory_is_and_adds_up() -> None:
    spec = base_spec()
    spec["resources"] = {"total": {"limits": {"memory": "10Gi", "ephemeral-storage": "10Gi"}}}
    plan = plan_of(spec)
    assert plan.allocated("limits", "ephemeral-storage") == 10 * 2**30
    for workload in plan.workloads:
        limits = workload.containers[0].limits
        assert limits["ephemeral-storage"] == limits["memory"]
    assert plan.resources == ("cpu", "memory", "ephemeral-storage")


def test_custom_weights_may_share_ephemeral_storage_otherwise() -> None:
    spec = base_spec()
    weights = {
        name: {"cpu": 1, "memory": 1, "ephemeral-storage": int(name == "compactor")}
        for name in ("distributor", "ingester", "compactor", "querier", "queryFrontend")
    }
    spec["resources"] = {"profile": "custom", "weights": weights, "total": {"limits": {"ephemeral-storage": "1Gi"}}}
    plan = plan_of(spec)
    assert container(plan, "querier").limits["ephemeral-storage"] == Figure(64 * MIB, "floor")
    assert container(plan, "compactor").limits["ephemeral-storage"] == Figure((1024 - 4 * 64) * MIB, "share")


def test_less_disk_than_the_logs_take_is_warned_about() -> None:
    spec = base_spec()
    put(spec, ("template", "querier", "resources"), {"limits": {"ephemeral-storage": "63Mi"}})
    (finding,) = [finding for finding in plan_of(spec).findings if finding.code == "below-floor"]
    assert finding.path == "spec.template.querier.resources.limits.ephemeral-storage"
    assert finding.message == "63Mi is below the floor of 64Mi, and querier/tempo may not work with it"
    put(spec, ("template", "querier", "resources"), {"limits": {"ephemeral-storage": "64Mi"}})
    assert "below-floor" not in {finding.code for finding in plan_of(spec).findings}


def test_the_seed_s_ephemeral_storage_needs_no_total() -> None:
    """The seed, "Storage Performance Optimization": `limits: ephemeral-storage: 20Gi` of the ingester."""
    spec = base_spec()
    put(spec, ("template", "ingester", "resources"), {"limits": {"ephemeral-storage": "20Gi"}})
    plan = plan_of(spec)
    assert container(plan, "ingester").quantities("limits")["ephemeral-storage"] == "20Gi"
    assert container(plan, "ingester").quantities("requests")["ephemeral-storage"] == "6Gi"  # the ratio of it
    assert container(plan, "querier").limits["ephemeral-storage"] == Figure(1024 * MIB, "default")
    assert container(plan, "querier").requests["ephemeral-storage"] == Figure(64 * MIB, "default")
    assert not [f for f in plan.findings if "ephemeral-storage" in f.path]


@pytest.mark.parametrize(
    ("given", "limit", "request_"),
    [
        ({}, Figure(1024 * MIB, "default"), Figure(64 * MIB, "default")),
        ({"requests": {"ephemeral-storage": "2Gi"}}, Figure(2048 * MIB, "floor"), Figure(2048 * MIB, "override")),
        ({"requests": {"ephemeral-storage": "1Gi"}}, Figure(1024 * MIB, "default"), Figure(1024 * MIB, "override")),
        ({"requests": {"ephemeral-storage": "0"}}, Figure(1024 * MIB, "default"), Figure(0, "override")),
        ({"limits": {"ephemeral-storage": "32Mi"}}, Figure(32 * MIB, "override"), Figure(10 * MIB, "ratio")),
    ],
)
def test_local_disk_has_a_default_that_gives_way(given: dict[str, Any], limit: Figure, request_: Figure) -> None:
    spec = base_spec()
    put(spec, ("template", "querier", "resources"), given)
    querier = container(plan_of(spec), "querier")
    assert (querier.limits["ephemeral-storage"], querier.requests["ephemeral-storage"]) == (limit, request_)


def test_a_total_of_local_disk_leaves_no_default_on_its_side() -> None:
    spec = base_spec()
    put(spec, ("resources", "total", "limits"), {"ephemeral-storage": "20Gi"})
    assert {figure.source for figure in disk(plan_of(spec), "limits")} == {"share"}
    assert {figure.source for figure in disk(plan_of(spec), "requests")} == {"ratio"}
    put(spec, ("resources", "total"), {"requests": {"ephemeral-storage": "20Gi"}})
    plan = plan_of(spec)
    assert plan.allocated("requests", "ephemeral-storage") == 20 * 2**30  # no default limit cuts a share off
    for limit, request in zip(disk(plan, "limits"), disk(plan, "requests"), strict=True):
        assert request.amount is not None
        expected = Figure(request.amount, "floor") if request.amount > 1024 * MIB else Figure(1024 * MIB, "default")
        assert (limit, request.source) == (expected, "share")


def disk(plan: Plan, side: Side) -> list[Figure]:
    return [c.figure(side, "ephemeral-storage") for workload in plan.workloads for c in workload.containers]


@thorough
@given_any(stacks(crossed=True))
def test_every_container_has_a_limit_of_local_disk_and_no_more_than_a_default_is_guessed(spec: Spec) -> None:
    plan = plan_of(spec)
    for limit, request in zip(disk(plan, "limits"), disk(plan, "requests"), strict=True):
        assert limit.amount
        assert request.amount is not None
        assert "none" not in (limit.source, request.source)
        if "default" in (limit.source, request.source):
            assert "ephemeral-storage" not in plan.totals["limits"]
            assert limit.amount >= max(1024 * MIB, request.amount)
        if request.source == "default":
            assert request.amount == 64 * MIB
            assert limit == Figure(1024 * MIB, "default")


def test_what_nobody_mentions_is_not_shown() -> None:
    assert plan_of(base_spec()).resources == ("cpu", "memory")
