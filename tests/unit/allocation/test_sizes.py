"""T-shirt sizes: the operator's requests, limits made of them, and what the user says against both."""

from typing import get_args

import pytest

from allocation import Figure, Plan, allocate
from allocation.defaults import ingest_limits, replication_factor
from allocation.go import gomemlimit_bytes
from allocation.sizes import SIZES
from settings.workload import Size
from tests.support.strategies import Spec, base_spec, put, settings_of

MIB, GIB = 2**20, 2**30
SIZED = [size for size in get_args(Size) if size != "1x.demo"]


def stack(size: str, jaeger: bool = True) -> Spec:
    """A stack with every container that it can have."""
    return base_spec("openshift", jaeger=jaeger, proxy=jaeger) | {"size": size}


def plan_of(spec: Spec) -> Plan:
    return allocate(settings_of(spec))


def findings(plan: Plan) -> dict[str, str]:
    return {finding.path: finding.code for finding in plan.findings}


def test_there_is_a_table_for_every_size() -> None:
    assert set(SIZES) == set(get_args(Size))


def test_a_size_s_figures_are_the_containers_requests() -> None:
    plan = plan_of(stack("1x.small"))
    found = {
        f"{w.component}/{c.name}": (w.replicas, c.requests["cpu"].amount, (c.requests["memory"].amount or 0) // MIB)
        for w in plan.workloads
        for c in w.containers
    }
    assert found == {
        "distributor/tempo": (3, 600, 128),
        "ingester/tempo": (2, 2000, 10240),
        "compactor/tempo": (2, 400, 6144),
        "querier/tempo": (3, 2500, 3072),
        "query-frontend/tempo": (2, 400, 1024),
        "query-frontend/jaeger-query": (2, 800, 192),
        "query-frontend/tempo-query": (2, 400, 1024),
        "query-frontend/oauth-proxy": (2, 100, 64),
        "gateway/tempo-gateway": (1, 800, 192),
        "gateway/tempo-gateway-opa": (1, 100, 64),
    }
    assert {w.replicas_source for w in plan.workloads if w.component != "gateway"} == {"size"}
    assert {c.requests["cpu"].source for w in plan.workloads for c in w.containers} == {"size"}


@pytest.mark.parametrize("size", SIZED)
def test_limits_are_made_so_that_go_may_use_all_of_the_request(size: str) -> None:
    for container in (c for w in plan_of(stack(size)).workloads for c in w.containers):
        assert gomemlimit_bytes(container) == container.requests["memory"].amount
        assert container.limits["cpu"].amount == 2 * (container.requests["cpu"].amount or 0)
        assert container.limits["memory"].source == container.limits["cpu"].source == "size"


@pytest.mark.parametrize("size", SIZED)
def test_a_stack_of_a_size_has_nothing_unbounded_and_no_word_against_it(size: str) -> None:
    assert plan_of(stack(size)).findings == ()


def test_the_demo_size_has_no_numbers_of_its_own() -> None:
    plain = base_spec("openshift", jaeger=True)
    total = {"resources": {"total": {"limits": {"cpu": "2", "memory": "2Gi"}}}}
    assert plan_of({**plain, **total, "size": "1x.demo"}) == plan_of(plain | total)
    assert {finding.code for finding in plan_of(plain | {"size": "1x.demo"}).findings} == {"unbounded"}


@pytest.mark.parametrize(("size", "copies"), [("1x.demo", 1), ("1x.pico", 2), ("1x.medium", 2), (None, 1)])
def test_a_size_says_how_many_copies_are_kept_unless_the_user_does(size: str | None, copies: int) -> None:
    spec = base_spec() | ({} if size is None else {"size": size})
    assert replication_factor(settings_of(spec)) == copies
    assert replication_factor(settings_of(spec | {"replicationFactor": 3})) == 3
    assert replication_factor(settings_of(spec | {"replicationFactor": 1})) == 1


@pytest.mark.parametrize(
    ("size", "rate", "live_traces"),
    [
        ("1x.pico", 600_000, None),
        ("1x.extra-small", 1_200_000, None),
        ("1x.small", 5_800_000, 17_000),
        ("1x.medium", 23_000_000, 54_000),
    ],
)
def test_a_size_limits_what_a_tenant_sends(size: str, rate: int, live_traces: int | None) -> None:
    limits = ingest_limits(settings_of(base_spec() | {"size": size}))
    assert limits is not None
    assert (limits.rate_bytes, limits.burst_bytes, limits.live_traces) == (rate, 2 * rate, live_traces)


def test_overrides_win_over_a_size_one_by_one() -> None:
    spec = stack("1x.pico")
    put(spec, ("template", "ingester"), {"replicas": 5, "resources": {"limits": {"memory": "10Gi"}}})
    put(spec, ("template", "querier"), {"resources": {"requests": {"cpu": "2"}}})
    plan = plan_of(spec)
    ingester, querier = plan.workload("ingester"), plan.workload("querier")
    assert ingester is not None
    assert querier is not None
    assert (ingester.replicas, ingester.replicas_source) == (5, "override")
    assert ingester.containers[0].limits == {
        "cpu": Figure(1000, "size"),
        "memory": Figure(10 * GIB, "override"),
        "ephemeral-storage": Figure(GIB, "default"),
    }
    assert ingester.containers[0].requests["memory"] == Figure(3 * GIB, "size")
    assert querier.containers[0].limits["cpu"] == Figure(2000, "floor")  # a limit is never below the request given
    assert plan.findings == ()


def test_a_limit_below_the_size_s_request_cuts_it_off() -> None:
    spec = stack("1x.pico")
    put(spec, ("template", "ingester"), {"resources": {"limits": {"memory": "1Gi"}}})
    ingester = plan_of(spec).workload("ingester")
    assert ingester is not None
    assert ingester.containers[0].requests["memory"] == Figure(GIB, "limit")


def test_a_total_that_cannot_hold_the_size_is_a_finding_with_the_remedy() -> None:
    spec = stack("1x.pico", jaeger=False) | {"resources": {"total": {"limits": {"cpu": "10", "memory": "100Gi"}}}}
    (finding,) = plan_of(spec).findings
    assert (finding.code, finding.path) == ("over-allocated", "spec.resources.total.limits.cpu")
    # 2 x (2 x (500 + 500 + 500 + 750 + 500)) + 2 x (100 + 50)
    assert finding.message == "the limits add up to 11300m of 10, 1300m too much (sizes 11300m)"
    assert finding.remedy == "raise it to 11300m or more, or take a smaller spec.size"


@pytest.mark.parametrize(
    ("block", "path"),
    [
        ({"replicas": 2}, "replicas"),
        ({"component": {"replicas": 2}}, "component.replicas"),
        ({"autoscaling": {"minReplicas": 2}}, "autoscaling.minReplicas"),
        ({"autoscaling": {"minReplicas": 2, "budget": "max"}}, "autoscaling.minReplicas"),
    ],
)
def test_fewer_replicas_than_the_size_s_are_kept_with_a_warning(block: Spec, path: str) -> None:
    spec = stack("1x.small")
    put(spec, ("template", "querier"), block)
    plan = plan_of(spec)
    assert findings(plan) == {f"spec.template.querier.{path}": "below-floor"}
    assert plan.findings[0].severity == "warning"
    assert plan.findings[0].message == "2 of the querier, and 1x.small is made of 3"
    put(spec, ("template", "querier"), {"replicas": 3})
    assert findings(plan_of(spec)) == {}


def test_too_few_ingesters_for_the_size_s_copies_are_an_error() -> None:
    spec = stack("1x.pico")
    put(spec, ("template", "ingester", "replicas"), 1)
    assert findings(plan_of(spec)) == {
        "spec.replicationFactor": "replication-factor",
        "spec.template.ingester.replicas": "below-floor",
    }
