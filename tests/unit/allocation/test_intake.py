"""Loads above what a plan lets in, plans that let in next to nothing, and traces that nobody has room for."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocation import allocate
from allocation.tuning.ingest import BURST, RATE
from allocation.tuning.messages import MOST_MESSAGE_BYTES
from settings import Settings, tempo_bounds
from tests.unit.allocation.test_tuning import GLOBAL_RATE, crowded, limited, own, settings_of, tuning, value, with_dev


def found(settings: Settings, code: str) -> list[str]:
    findings = allocate(settings).findings
    return [f"{f.severity} {f.path}: {f.message}; {f.remedy}" for f in findings if f.code == code]


def loaded(rate_bytes: int, **spec: Any) -> Settings:
    """Components of 100m and 512Mi, whatever is to come in."""
    megabytes = f"{rate_bytes // 10**6}.{rate_bytes % 10**6:06}"
    return limited(100, 512, workload={"ingest": {"megabytesPerSecond": megabytes}}, **deepcopy(spec))


def tenants(number: int) -> dict[str, Any]:
    listed = [{"tenantName": f"t{each}", "tenantId": f"{each}"} for each in range(number)]
    return {"mode": "static", "authentication": listed}


@pytest.mark.parametrize(
    ("number", "distributors", "shared", "times"),
    [
        (1, {"replicas": 1}, False, 1),
        (4, {"replicas": 3}, False, 12),
        (40, {"replicas": 3}, False, 30),  # ten of them at once are what the stack carries
        (4, {"replicas": 3}, True, 4),
        (1, {"autoscaling": {"minReplicas": 1, "maxReplicas": 5}}, False, 5),
    ],
)
def test_a_load_above_what_all_may_send_together_is_warned_of(
    number: int, distributors: dict[str, Any], shared: bool, times: int
) -> None:
    spec: dict[str, Any] = {
        "tenants": tenants(number),
        "template": {"distributor": distributors, "ingester": {"replicas": 3}},
        "replicationFactor": 3,
        "extraConfig": GLOBAL_RATE if shared else {},
    }

    def findings(rate: int) -> list[str]:
        return found(
            loaded(rate, **{**spec, "template": {k: dict(v) for k, v in spec["template"].items()}}), "load-above-plan"
        )

    rate = int(value(loaded(1, **{**spec, "template": {k: dict(v) for k, v in spec["template"].items()}}), RATE))
    assert findings(rate * times) == []
    [finding] = findings(rate * times + 1)
    assert finding.startswith("warning spec.workload.ingest.megabytesPerSecond: ")
    assert finding.endswith("; give distributors and ingesters more")


@pytest.mark.parametrize(
    ("unit", "fits", "above"), [("megabytesPerSecond", "0.6", "0.6003"), ("spansPerSecond", 2000, 2001)]
)
def test_a_load_is_compared_in_the_unit_in_which_it_is_stated_and_more_cpu_is_enough(
    unit: str, fits: object, above: object
) -> None:
    def findings(amount: object, cpu: int) -> list[str]:
        return found(limited(cpu, 4096, workload={"ingest": {unit: amount}}), "load-above-plan")

    assert findings(fits, 100) == []
    [finding] = findings(above, 100)
    assert finding.startswith(
        f"warning spec.workload.ingest.{unit}: 600 kB/s come in, and the rate limit lets in 600 kB/s: "
    )
    assert findings(above, 102) == []


def test_a_limit_of_the_user_s_below_the_load_is_warned_of_as_such() -> None:
    def findings(global_rate: int, dev: int | None) -> list[str]:
        limits = {"global": {"ingestion": {"ingestionRateLimitBytes": global_rate}}}
        per_tenant = {} if dev is None else {"perTenant": {"t1": {"ingestion": {"ingestionRateLimitBytes": dev}}}}
        return found(loaded(200_000, tenants=tenants(2), limits=limits | per_tenant), "load-above-plan")

    assert findings(100_000, None) == []
    [finding] = findings(99_999, None)
    assert finding.endswith("; raise ingestionRateLimitBytes")
    assert findings(99_999, 100_001) == []


@given(st.integers(10**6, 10**9), st.integers(1, 3), st.integers(1, 30))
def test_a_stack_that_is_sized_by_its_load_lets_it_in(rate: int, copies: int, number: int) -> None:
    workload = {"ingest": {"megabytesPerSecond": f"{rate // 10**6}.{rate % 10**6:06}"}}
    settings = settings_of(workload=workload, replicationFactor=copies, tenants=tenants(number))
    assert found(settings, "load-above-plan") == []


def test_nothing_is_said_of_a_load_where_nothing_is_bounded_or_nobody_says_one() -> None:
    total = {"limits": {"cpu": "500m", "memory": "1Gi"}}
    load = {"ingest": {"megabytesPerSecond": 900}}
    for how, warned in (("plan", 1), ("none", 0)):
        settings = limited(100, 512, workload=load, resources={"tuning": how}, template={"ingester": {"replicas": 1}})
        assert len(found(settings, "load-above-plan")) == warned
    assert found(settings_of(resources={"total": total}), "load-above-plan") == []


@pytest.mark.parametrize("total", [("500m", "1Gi"), ("1", "2Gi"), ("2", "4Gi")])
def test_a_total_alone_lets_enough_in(total: tuple[str, str]) -> None:
    resources = {"total": {"limits": dict(zip(("cpu", "memory"), total, strict=True))}}
    assert found(settings_of(resources=resources), "intake-too-small") == []


@pytest.mark.parametrize(("distributors", "number"), [(1, 30), (20, 1), (20, 3)])
def test_bursts_for_which_ingesters_have_no_room_are_warned_of_with_the_memory_that_is_enough(
    distributors: int, number: int
) -> None:
    def at(memory: int) -> Settings:
        return crowded(3, 3, distributors, number, 2000, memory, shared=False)

    [finding] = found(at(160), "intake-too-small")
    assert finding.startswith("warning spec.template.ingester.resources.limits.memory: ingesters have ")
    streams = f"2Mi for each of {min(number, 10)} tenants at each of {distributors} distributors; "
    assert streams in finding
    memory = int(finding.partition("give ingesters ")[2].partition("Mi")[0])
    assert found(at(memory), "intake-too-small") == []
    assert value(at(memory), BURST) >= 4 * 2**20
    [finding] = found(at(memory - 1), "intake-too-small")
    assert "a request above 3.9Mi is never taken" in finding


def test_one_tenant_at_one_distributor_is_never_too_many() -> None:
    assert found(crowded(1, 1, 1, 1, 2000, 160, shared=False), "intake-too-small") == []


def test_a_cpu_that_takes_next_to_nothing_in_is_warned_of_with_one_that_is_enough() -> None:
    def at(cpu: int) -> list[str]:
        return found(settings_of(**own("ingester", cpu=f"{cpu}m")), "intake-too-small")

    [finding] = at(10)
    assert finding.startswith(
        "warning spec.template.ingester.resources.limits.cpu: the plan lets in 60000 bytes a second"
    )
    assert finding.endswith("; raise it to 17m or more")
    assert len(at(16)) == 1
    assert at(17) == []


def test_a_disk_that_holds_next_to_nothing_is_warned_of() -> None:
    def at(disk: str) -> list[str]:
        return found(limited(4000, 8192, storageSize=disk), "intake-too-small")

    [finding] = at("20Mi")
    assert finding.startswith("warning spec.storageSize: the plan lets in ")
    assert finding.endswith("; make it larger")
    assert at("1Gi") == []


def traces(most: int, settings: Any = limited, **spec: Any) -> list[str]:
    limits = {"global": {"ingestion": {"maxBytesPerTrace": most}}}
    return found(settings(limits=limits, **spec) if spec else settings(4000, 16_384, limits=limits), "limit-above-plan")


def test_a_trace_for_which_nobody_has_room_is_warned_of_where_the_plan_s_own_is_tempo_s() -> None:
    """Memory for 16 GiB holds more than Tempo's 5 MB, which is no reason to refuse it, and no reason to hold any."""
    assert ("", "global.max_bytes_per_trace") not in tuning(limited(4000, 16_384))
    [finding] = traces(0)
    assert finding.startswith("warning spec.limits.global.ingestion.maxBytesPerTrace: any number for ")
    most = int(finding.partition("; write ")[2].partition(" ")[0])
    assert most > 50_000_000
    assert traces(most) == []
    [finding] = traces(most + 1)
    assert finding.endswith("or give ingesters, queriers and query frontends more")
    assert traces(5_000_000) == []


@pytest.mark.parametrize("component", ["ingester", "querier", "query-frontend"])
def test_each_who_holds_a_trace_bounds_it(component: str) -> None:
    def at(most: int, memory: str) -> list[str]:
        return traces(most, settings_of, **own(component, memory=memory))

    assert len(at(50_000_000, "512Mi")) == 1
    assert at(50_000_000, "64Gi") == []


def test_traces_are_anybody_s_where_no_memory_bounds_them_or_nothing_is_tuned() -> None:
    limits = {"global": {"ingestion": {"maxBytesPerTrace": 0}}}
    assert found(settings_of(limits=limits), "limit-above-plan") == []
    total = {"limits": {"cpu": "1", "memory": "1Gi"}}
    for how, warned in (("plan", 1), ("none", 0)):
        assert (
            len(found(settings_of(limits=limits, resources={"total": total, "tuning": how}), "limit-above-plan"))
            == warned
        )


def test_the_largest_message_is_the_one_that_a_user_may_write() -> None:
    assert tempo_bounds.MESSAGE.most == MOST_MESSAGE_BYTES == 2**31 - 1
    assert len(found(with_dev({"global": {"ingestion": {"maxBytesPerTrace": 2**40}}}), "limit-above-plan")) == 1
