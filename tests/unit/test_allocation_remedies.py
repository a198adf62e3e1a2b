"""What a finding tells the user to do, and which containers it names: to the letter."""

from typing import Any

import pytest

from allocation import Finding, allocate
from tests.unit.strategies import Spec, base_spec, put, settings_of


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
