"""What a finding tells the user to do, and which containers it names: to the letter."""

from typing import Any

import pytest

from allocation import Finding, allocate
from tests.support.strategies import Spec, base_spec, put, settings_of


def stack(*, gateway: str | None = None, **total: dict[str, str]) -> Spec:
    spec = base_spec(gateway)
    spec["resources"] = {"total": total}
    return spec


def findings(spec: Spec, **beside: Any) -> tuple[Finding, ...]:
    return allocate(settings_of(spec, **beside)).findings


def test_what_runs_beside_a_gateway_needs_only_its_mode() -> None:
    spec = stack(gateway="static", limits={"cpu": "4", "memory": "4Gi"})
    put(spec, ("template", "gateway", "opa", "resources"), {"limits": {"cpu": "1"}})
    (finding,) = findings(spec)
    assert finding.remedy == "remove it, or set spec.tenants.mode: openshift"


def test_minios_unused_numbers_name_it_and_its_switch() -> None:
    spec = stack(limits={"cpu": "4", "memory": "4Gi"})
    (finding,) = findings(spec, minio={"enabled": False, "resources": {"limits": {"cpu": "1"}}})
    assert finding.message == "limits.cpu 1 for minio, which does not run"
    assert finding.remedy == "remove it, or set minio.enabled: true"


def test_equal_totals_of_limits_and_requests_do_not_contradict_each_other() -> None:
    assert findings(stack(limits={"cpu": "4", "memory": "4Gi"}, requests={"cpu": "4", "memory": "4Gi"})) == ()


def test_exhausted_pools_name_every_container_that_gets_its_floor_and_count_its_replicas() -> None:
    spec = stack(limits={"cpu": "1", "memory": "4Gi"})
    put(spec, ("template", "ingester", "resources"), {"limits": {"cpu": "980m"}})
    put(spec, ("template", "querier", "replicas"), 3)
    over, exhausted = findings(spec)
    assert over.message == "the limits add up to 1040m of 1, 40m too much (overrides 980m, floors 60m)"
    assert exhausted.message == (
        "overrides leave 20m of 1, and the floors need 60m: "
        "distributor/tempo, compactor/tempo, querier/tempo, query-frontend/tempo"
    )


def test_floors_that_do_not_fit_count_every_replica() -> None:
    spec = stack(limits={"cpu": "100m", "memory": "4Gi"})
    put(spec, ("template", "querier", "replicas"), 3)
    (finding,) = findings(spec)
    assert finding.message == "100m cannot hold the floors of 5 containers, 110m in all"
    assert finding.remedy == "raise it to 110m or more"


@pytest.mark.parametrize(
    ("resource", "amount", "remedy"),
    [
        ("memory", "512m", "write 512M or 512Mi; m is a thousandth"),
        ("memory", "1.0001", "write 2"),
        ("cpu", "0.0101", "write 11m"),
        ("cpu", "0.0001", "write 1m"),
    ],
)
def test_a_fraction_says_what_was_probably_meant(resource: str, amount: str, remedy: str) -> None:
    spec = stack(limits={"cpu": "4", "memory": "4Gi"})
    put(spec, ("template", "querier", "resources"), {"requests": {resource: amount}})
    assert [f.remedy for f in findings(spec) if f.code == "fractional-quantity"] == [remedy]


def test_whatever_takes_the_total_is_named_and_only_what_can_be_lowered_is_advised() -> None:
    spec = stack(gateway="static", limits={"cpu": "950m", "memory": "9Gi"})
    base, step = {"cpu": "900m", "memory": "1Mi"}, {"cpu": "1m", "memory": "15Mi"}
    put(spec, ("template", "gateway", "sizing"), {"base": base, "perTenant": step})
    over, exhausted = findings(spec)
    assert over.remedy == "raise it to 991m or more, or ask for less by sizing or qos"
    assert exhausted.message.startswith("gateway's tenants leave 49m of 950m, and the floors need 90m: ")
    put(spec, ("template", "ingester", "resources"), {"limits": {"cpu": "1"}})
    over, exhausted = findings(spec)
    assert exhausted.message.startswith("overrides and gateway's tenants leave 0 of 950m, and the floors need 40m: ")
    spec["resources"]["total"]["limits"]["cpu"] = "10m"
    (finding,) = findings(spec)
    assert finding.message.endswith("40m in all on top of overrides of 1 and gateway's tenants of 901m")


def asking_for(qos: str, ratio: float = 0.3, limits: dict[str, str] | None = None) -> Spec:
    spec = stack(limits=limits or {})
    spec["resources"]["requestRatio"] = ratio
    put(spec, ("template", "querier", "qos"), qos)
    return spec


def mismatches(spec: Spec) -> list[tuple[str, str]]:
    return [(f.message, f.remedy) for f in findings(spec) if f.code == "qos-mismatch"]


def test_a_burstable_pod_needs_a_request_below_its_limit() -> None:
    assert mismatches(asking_for("Burstable", 1, limits={"cpu": "4", "memory": "4Gi"})) == [
        (
            "querier asks for Burstable, and Kubernetes will say Guaranteed: every request is its limit",
            "lower a request, or requestRatio, or write qos: Guaranteed",
        )
    ]


def test_a_burstable_pod_needs_some_number() -> None:
    assert mismatches(asking_for("Burstable")) == [
        (
            "querier asks for Burstable, and Kubernetes will say BestEffort: nothing decides a limit or a request",
            "give a total, or limits and requests",
        )
    ]


def test_everything_that_keeps_a_pod_from_being_guaranteed_is_listed() -> None:
    spec = asking_for("Guaranteed", limits={"cpu": "4", "memory": "4Gi"})
    block = {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1m", "memory": "1Mi"}}
    put(spec, ("template", "querier", "resources"), block)
    ((message, remedy),) = mismatches(spec)
    assert message.endswith("tempo requests 1m cpu of 1, tempo requests 1Mi memory of 1Gi")
    assert remedy == "write the same number for both, or neither, or qos: Burstable"
