"""What a plan decides for stacks that a user would write, to the last unit."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from allocation import ContainerPlan, Figure, Plan, WorkloadPlan, allocate
from allocation.containers import containers_of
from allocation.go import gomemlimit_bytes
from allocation.plan import QOS_RESOURCES, SIDES, Resource, Side
from allocation.profiles import MEASURED, MEASURED_ENOUGH
from settings import load_file
from tests.support.strategies import MIB, base_spec, put, settings_of

CASES = Path(__file__).parents[2] / "cases"


def plan_of(spec: dict[str, Any], **beside: Any) -> Plan:
    return allocate(settings_of(spec, **beside))


def stack(*, cpu: str | None = None, memory: str | None = None, **shape: Any) -> dict[str, Any]:
    """A stack with those total limits."""
    spec = base_spec(**shape)
    for resource, total in (("cpu", cpu), ("memory", memory)):
        if total is not None:
            put(spec, ("resources", "total", "limits", resource), total)
    return spec


def column(plan: Plan, side: Side, resource: Resource) -> dict[str, int | None]:
    """One number of every container, in millicores or bytes."""
    return {f"{w.component}/{c.name}": c.figure(side, resource).amount for w in plan.workloads for c in w.containers}


def container(plan: Plan, component: str, name: str = "tempo") -> ContainerPlan:
    workload = plan.workload(component)
    assert workload is not None
    return workload.container(name)


def test_seed_global_is_handed_out_to_the_last_unit_by_the_operators_weights() -> None:
    spec = yaml.safe_load((CASES / "seed-global.yaml").read_text())["spec"]
    put(spec, ("resources", "profile"), "operator")
    put(spec, ("storage", "tls"), {"enabled": False})
    put(spec, ("networkPolicy", "ports", "s3"), [9000])
    plan = plan_of(spec)
    assert plan.allocated("limits", "cpu") == 2000
    assert plan.allocated("limits", "memory") == 2048 * MIB
    assert plan.findings == ()
    assert column(plan, "limits", "cpu") == {
        "distributor/tempo": 500,
        "ingester/tempo": 692,
        "compactor/tempo": 289,
        "querier/tempo": 173,
        "query-frontend/tempo": 77,
        "query-frontend/jaeger-query": 77,
        "query-frontend/tempo-query": 77,
        "gateway/tempo-gateway": 77,
        "gateway/tempo-gateway-opa": 38,
    }


def test_seed_per_component_is_kept_to_the_letter() -> None:
    plan = allocate(load_file(CASES / "seed-per-component.yaml"))
    expected = {
        ("distributor", "tempo"): ("521m", "226Mi", "157m", "69Mi"),
        ("ingester", "tempo"): ("721m", "1013Mi", "217m", "302Mi"),
        ("compactor", "tempo"): ("301m", "349Mi", "91m", "105Mi"),
        ("querier", "tempo"): ("181m", "288Mi", "55m", "87Mi"),
        ("query-frontend", "tempo"): ("161m", "83Mi", "49m", "27Mi"),
        ("query-frontend", "jaeger-query"): ("167m", "86Mi", "49m", "29Mi"),
        ("query-frontend", "tempo-query"): ("161m", "83Mi", "49m", "29Mi"),
        ("query-frontend", "oauth-proxy"): ("161m", "83Mi", "49m", "29Mi"),
        ("gateway", "tempo-gateway"): ("122m", "104Mi", "37m", "32Mi"),
        ("gateway", "tempo-gateway-opa"): ("10m", "16Mi", "3m", "5Mi"),  # not in the seed: its floor
    }
    planned = {
        (w.component, c.name): tuple(c.quantities(side)[resource] for side in SIDES for resource in QOS_RESOURCES)
        for w in plan.workloads
        for c in w.containers
    }
    assert planned == expected
    opa = container(plan, "gateway", "tempo-gateway-opa")
    assert [opa.limits[resource].source for resource in QOS_RESOURCES] == ["floor", "floor"]


def test_every_object_has_the_name_and_kind_that_users_know() -> None:
    plan = plan_of(stack(cpu="2", memory="2Gi", gateway="openshift"), minio={"enabled": True})
    assert [(w.name, w.kind) for w in plan.every_workload] == [
        ("tempo-x-distributor", "Deployment"),
        ("tempo-x-ingester", "StatefulSet"),
        ("tempo-x-compactor", "Deployment"),
        ("tempo-x-querier", "Deployment"),
        ("tempo-x-query-frontend", "Deployment"),
        ("tempo-x-gateway", "Deployment"),
        ("tempo-x-minio", "Deployment"),
        ("tempo-x-minio-bucket", "Job"),
    ]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ({}, {"query-frontend": ["tempo"]}),
        ({"jaeger": True}, {"query-frontend": ["tempo", "jaeger-query", "tempo-query"]}),
        ({"jaeger": True, "proxy": True}, {"query-frontend": ["tempo", "jaeger-query", "tempo-query", "oauth-proxy"]}),
        ({"gateway": "static"}, {"gateway": ["tempo-gateway"]}),
        ({"gateway": "openshift"}, {"gateway": ["tempo-gateway", "tempo-gateway-opa"]}),
    ],
)
def test_only_what_runs_takes_part(shape: dict[str, Any], expected: dict[str, list[str]]) -> None:
    plan = plan_of(stack(cpu="2", memory="2Gi", **shape))
    assert plan.allocated("limits", "cpu") == 2000
    assert (plan.workload("gateway") is not None) == ("gateway" in shape)
    for component, containers in expected.items():
        workload = plan.workload(component)
        assert workload is not None
        assert [c.name for c in workload.containers] == containers


def test_production_splits_a_pods_part_over_its_containers() -> None:
    spec = stack(cpu="10600m", memory="4200Mi", gateway="openshift", jaeger=True, proxy=True)
    put(spec, ("resources", "profile"), "production")
    plan = plan_of(spec)
    assert column(plan, "limits", "cpu") == {
        "distributor/tempo": 2000,
        "ingester/tempo": 3500,
        "compactor/tempo": 1000,
        "querier/tempo": 2000,
        "query-frontend/tempo": 462,  # 1500 as 4 : 4 : 4 : 1
        "query-frontend/jaeger-query": 462,
        "query-frontend/tempo-query": 461,
        "query-frontend/oauth-proxy": 115,
        "gateway/tempo-gateway": 400,  # 600 as 4 : 2
        "gateway/tempo-gateway-opa": 200,
    }
    memory = {place: (amount or 0) // MIB for place, amount in column(plan, "limits", "memory").items()}
    assert memory == {
        "distributor/tempo": 600,
        "ingester/tempo": 2000,
        "compactor/tempo": 200,
        "querier/tempo": 800,
        "query-frontend/tempo": 115,  # 400 as 2 : 2 : 2 : 1
        "query-frontend/jaeger-query": 114,
        "query-frontend/tempo-query": 114,
        "query-frontend/oauth-proxy": 57,
        "gateway/tempo-gateway": 120,  # 200 as 3 : 2
        "gateway/tempo-gateway-opa": 80,
    }


def test_the_operators_weights_beside_a_gateway_do_not_depend_on_opa() -> None:
    spec = stack(cpu="9400m", memory="9600Mi", gateway="static")
    put(spec, ("resources", "profile"), "operator")
    plan = plan_of(spec)
    assert list(column(plan, "limits", "cpu").values()) == [2600, 3600, 1500, 900, 400, 400]
    memory = [(amount or 0) // MIB for amount in column(plan, "limits", "memory").values()]
    assert memory == [1100, 4900, 1700, 1400, 200, 300]


# The seed, "Component Resource Ratios".
RATIOS = """
distributor:  20% CPU, 15% Memory  # High CPU for processing
ingester:     35% CPU, 50% Memory  # High memory for storage
querier:      20% CPU, 20% Memory  # Balanced for queries
query-frontend: 15% CPU, 10% Memory  # UI and coordination
compactor:    10% CPU, 5% Memory   # Background processing
"""


def test_production_gives_the_seed_s_ratios_without_a_gateway() -> None:
    spec = stack(cpu="1000m", memory="4000Mi")
    put(spec, ("resources", "profile"), "production")
    plan = plan_of(spec)
    quoted = {name: re.findall(r"(\d+)%", text) for name, text in yaml.safe_load(RATIOS).items()}
    cpu = {f"{name}/tempo": int(percent) * 10 for name, (percent, _) in quoted.items()}
    memory = {f"{name}/tempo": int(percent) * 40 * MIB for name, (_, percent) in quoted.items()}
    assert (column(plan, "limits", "cpu"), column(plan, "limits", "memory")) == (cpu, memory)


@pytest.mark.parametrize("shape", [{}, {"jaeger": True}, {"gateway": "openshift", "jaeger": True, "proxy": True}])
@pytest.mark.parametrize(("cpu", "memory"), [(300, 1024), (500, 1024), (1999, 4097), (16_000, 65_536)])
def test_measured_shares_a_total_by_one_table_whatever_runs(shape: dict[str, Any], cpu: int, memory: int) -> None:
    """Of cpu, by the weights from enough on where the total has more than that for who answers queries."""
    spec = stack(cpu=f"{cpu}m", memory=f"{memory}Mi", **shape)
    put(spec, ("resources", "profile"), "measured")
    plan = plan_of(spec)
    assert (plan.allocated("limits", "cpu"), plan.allocated("limits", "memory")) == (cpu, memory * MIB)
    table = dict(MEASURED)
    if cpu > 1000:
        table |= {name: (enough.weight, MEASURED[name][1]) for name, enough in MEASURED_ENOUGH.items()}
    weights = {f"{c.component}/{c.name}": table[c.weight] for c in containers_of(settings_of(spec)) if c.runs}
    units: dict[Resource, int] = {"cpu": 1, "memory": MIB}
    for index, (resource, unit) in enumerate(units.items()):
        limits = {f"{w.component}/{c.name}": c.limits[resource] for w in plan.workloads for c in w.containers}
        shared = {name: limit for name, limit in limits.items() if limit.source in ("share", "enough")}
        shares = {name: (limit.amount or 0) // unit for name, limit in shared.items()}
        among = sum(weights[name][index] for name in shares)
        for name, share in shares.items():
            assert abs(share - sum(shares.values()) * weights[name][index] / among) < 1


@pytest.mark.parametrize("replicas", [1, 2])
def test_measured_gives_who_answers_queries_an_amount_before_it_gives_them_more(replicas: int) -> None:
    spec = stack(cpu=f"{713 * replicas}m", memory="4Gi")
    put(spec, ("resources", "profile"), "measured")
    for component in ("querier", "queryFrontend"):
        put(spec, ("template", component, "replicas"), replicas)
    limits = column(plan_of(spec), "limits", "cpu")
    assert (limits["querier/tempo"], limits["query-frontend/tempo"]) == (100, 45)
    others = [limits[f"{name}/tempo"] for name in ("distributor", "ingester", "compactor")]
    assert others == [568 * replicas * weight // 71 for weight in (20, 42, 9)]
    plan = plan_of(spec)
    assert {container(plan, name).limits["cpu"].source for name in ("querier", "query-frontend")} == {"enough"}


@pytest.mark.parametrize(
    ("queriers", "frontends", "cpu", "each"),
    [(2, 1, 955, (100, 45)), (1, 2, 900, (100, 45)), (1, 3, 1350, (150, 45)), (3, 1, 1508, (100, 72))],
)
def test_measured_gives_what_others_have_too_much_of_to_who_has_not_enough(
    queriers: int, frontends: int, cpu: int, each: tuple[int, int]
) -> None:
    spec = stack(cpu=f"{cpu}m", memory="4Gi")
    put(spec, ("resources", "profile"), "measured")
    put(spec, ("template", "querier", "replicas"), queriers)
    put(spec, ("template", "queryFrontend", "replicas"), frontends)
    limits = column(plan_of(spec), "limits", "cpu")
    assert (limits["querier/tempo"], limits["query-frontend/tempo"]) == each


def test_custom_weights_share_by_themselves() -> None:
    spec = stack(cpu="1000m", memory="1000Mi")
    names = ("distributor", "ingester", "compactor", "querier", "queryFrontend")
    weights = {name: {"cpu": cpu, "memory": 1} for name, cpu in zip(names, (4, 3, 2, 1, 0), strict=True)}
    spec["resources"] |= {"profile": "custom", "weights": weights}
    plan = plan_of(spec)
    # The query-frontend weighs nothing and gets its floor of 10m; 990m are left for the others, as 4 : 3 : 2 : 1.
    assert list(column(plan, "limits", "cpu").values()) == [396, 297, 198, 99, 10]
    assert list(column(plan, "limits", "memory").values()) == [200 * MIB] * 5


def test_replicas_share_what_their_component_gets() -> None:
    spec = stack(cpu="2", memory="2Gi")
    put(spec, ("template", "distributor", "replicas"), 3)
    plan, single = plan_of(spec), plan_of(stack(cpu="2", memory="2Gi"))
    one = container(single, "distributor").limits["cpu"].amount
    third = container(plan, "distributor").limits["cpu"].amount
    assert one is not None
    assert third is not None
    assert abs(one - 3 * third) <= 3
    assert plan.allocated("limits", "cpu") == 2000


def test_a_request_is_the_ratio_rounded_up_to_a_whole_unit() -> None:
    spec = stack(cpu="2", memory="2Gi")
    put(spec, ("template", "distributor", "resources"), {"limits": {"cpu": "521m", "memory": "227Mi"}})
    requests = container(plan_of(spec), "distributor").requests
    assert (requests["cpu"], requests["memory"]) == (Figure(157, "ratio"), Figure(69 * MIB, "ratio"))


def test_a_ratio_that_would_round_above_a_small_limit_stops_at_it() -> None:
    spec = stack()
    put(spec, ("template", "distributor", "resources"), {"limits": {"memory": "1000"}})
    assert container(plan_of(spec), "distributor").requests["memory"] == Figure(1000, "limit")


def test_an_override_of_odd_bytes_is_never_rounded() -> None:
    spec = stack(memory="2Gi")
    put(
        spec,
        ("template", "ingester", "resources"),
        {"limits": {"memory": "1000000001"}, "requests": {"memory": "333333333"}},
    )
    plan = plan_of(spec)
    ingester = container(plan, "ingester")
    assert (ingester.limits["memory"].amount, ingester.requests["memory"].amount) == (1000000001, 333333333)
    pool = 2048 * MIB - 1000000001
    assert plan.allocated("limits", "memory") == 1000000001 + pool // MIB * MIB


def test_only_cpu_overridden_leaves_memory_shared() -> None:
    spec = stack(cpu="2", memory="2Gi")
    put(spec, ("template", "querier", "resources"), {"limits": {"cpu": "500m"}})
    limits = container(plan_of(spec), "querier").limits
    assert [limits[resource].source for resource in QOS_RESOURCES] == ["override", "share"]
    assert plan_of(spec).allocated("limits", "cpu") == 2000


def test_a_request_without_a_limit_is_the_least_its_shared_limit_can_be() -> None:
    spec = stack(cpu="2", memory="2Gi")
    put(spec, ("template", "querier", "resources"), {"requests": {"cpu": "1", "memory": "1000000001"}})
    plan = plan_of(spec)
    querier = container(plan, "querier")
    assert querier.limits["cpu"] == Figure(1000, "floor")
    assert querier.limits["memory"] == Figure(954 * MIB, "floor")  # the least whole number of MiB that holds it
    assert querier.requests["memory"] == Figure(1000000001, "override")
    assert plan.findings == ()


def test_without_total_and_override_nothing_is_guessed() -> None:
    plan = plan_of(stack(cpu="2"))
    figures = container(plan, "ingester")
    assert figures.limits["memory"] == figures.requests["memory"] == Figure(None, "none")
    assert figures.quantities("limits").keys() == {"cpu", "ephemeral-storage"}
    assert gomemlimit_bytes(figures) is None


def test_requests_are_shared_from_their_own_total() -> None:
    spec = stack(cpu="4", memory="4Gi")
    put(spec, ("resources", "total", "requests"), {"cpu": "2000m", "memory": "2Gi"})
    plan = plan_of(spec)
    assert plan.allocated("requests", "cpu") == 2000
    assert plan.allocated("requests", "memory") == 2048 * MIB
    assert {c.requests["cpu"].source for w in plan.workloads for c in w.containers} == {"share"}


def test_what_a_limit_cuts_off_a_request_goes_to_the_others() -> None:
    spec = stack(cpu="4", memory="4Gi")
    put(spec, ("resources", "total", "requests"), {"cpu": "2000m"})
    put(spec, ("template", "ingester", "resources"), {"limits": {"cpu": "100m"}})
    plan = plan_of(spec)
    assert container(plan, "ingester").requests["cpu"] == Figure(100, "limit")
    assert plan.allocated("requests", "cpu") == 2000


def test_a_limit_of_odd_bytes_caps_a_request_to_the_byte() -> None:
    spec = stack(cpu="4", memory="4Gi")
    put(spec, ("resources", "total", "requests"), {"memory": "3Gi"})
    put(spec, ("template", "ingester", "resources"), {"limits": {"memory": "1000000001"}})
    plan = plan_of(spec)
    assert container(plan, "ingester").requests["memory"] == Figure(1000000001, "limit")
    assert 0 <= 3072 * MIB - plan.allocated("requests", "memory") < MIB


def test_a_total_of_requests_alone_is_shared_without_limits() -> None:
    spec = stack()
    put(spec, ("resources", "total", "requests"), {"cpu": "1"})
    plan = plan_of(spec)
    assert plan.allocated("requests", "cpu") == 1000
    assert {c.limits["cpu"] for w in plan.workloads for c in w.containers} == {Figure(None, "none")}


def test_a_larger_total_can_take_a_unit_from_one_container() -> None:
    """Largest remainders are not monotonic (the Alabama paradox): a unit more in all can take one from somebody."""

    def jaeger_query(cpu: str) -> int | None:
        spec = stack(cpu=cpu, gateway="openshift", jaeger=True)
        put(spec, ("resources", "profile"), "operator")
        return container(plan_of(spec), "query-frontend", "jaeger-query").limits["cpu"].amount

    assert (jaeger_query("1909m"), jaeger_query("1910m")) == (74, 73)


def test_amounts_beyond_any_float_are_exact() -> None:
    total = 2**60 + MIB
    plan = plan_of(stack(memory=str(total)))
    assert plan.allocated("limits", "memory") == total


def test_minio_is_outside_the_total() -> None:
    inside, beside = plan_of(stack(cpu="2")), plan_of(stack(cpu="2"), minio={"enabled": True})
    assert inside.outside == ()
    assert beside.workloads == inside.workloads
    minio = container(beside, "minio", "minio")
    assert minio.quantities("limits") == {"cpu": "500m", "memory": "512Mi", "ephemeral-storage": "1Gi"}
    assert minio.quantities("requests") == {"cpu": "100m", "memory": "128Mi", "ephemeral-storage": "64Mi"}
    assert beside.workload("minio-bucket") is not None


@pytest.mark.parametrize(
    ("given", "limit", "request_"),
    [
        ({"limits": {"cpu": "50m"}}, Figure(50, "override"), Figure(50, "limit")),
        ({"limits": {"cpu": "2"}}, Figure(2000, "override"), Figure(100, "default")),
        ({"requests": {"cpu": "1"}}, Figure(1000, "floor"), Figure(1000, "override")),
        ({"requests": {"cpu": "0"}}, Figure(500, "default"), Figure(0, "override")),
        ({"limits": {"cpu": "1"}, "requests": {"cpu": "7m"}}, Figure(1000, "override"), Figure(7, "override")),
    ],
)
def test_minio_takes_overrides_over_its_defaults(given: dict[str, Any], limit: Figure, request_: Figure) -> None:
    minio = container(plan_of(stack(cpu="2"), minio={"enabled": True, "resources": given}), "minio", "minio")
    assert (minio.limits["cpu"], minio.requests["cpu"]) == (limit, request_)


def test_gomemlimit_is_four_fifths_of_the_memory_limit_in_whole_bytes() -> None:
    spec = stack()
    put(spec, ("template", "ingester", "resources"), {"limits": {"memory": "1013Mi"}})
    assert gomemlimit_bytes(container(plan_of(spec), "ingester")) == 1013 * MIB * 4 // 5


def figures(cpu: int | None, memory: int | None) -> dict[Resource, Figure]:
    return {"cpu": Figure(cpu, "override"), "memory": Figure(memory, "override")}


def pod(*containers: tuple[dict[Resource, Figure], dict[Resource, Figure]]) -> WorkloadPlan:
    planned = (ContainerPlan(str(i), "", limits, requests) for i, (limits, requests) in enumerate(containers))
    return WorkloadPlan("querier", "tempo-x-querier", "Deployment", 1, tuple(planned))


@pytest.mark.parametrize(
    ("workload", "qos"),
    [
        (pod((figures(1, 1), figures(1, 1))), "Guaranteed"),
        (pod((figures(2, 1), figures(1, 1))), "Burstable"),
        (pod((figures(1, 1), figures(None, None))), "Guaranteed"),  # the API server copies limits into requests
        (pod((figures(None, None), figures(None, None))), "BestEffort"),
        (pod((figures(None, None), figures(0, 0))), "BestEffort"),
        (pod((figures(1, None), figures(1, None))), "Burstable"),
        (pod((figures(None, None), figures(1, 1))), "Burstable"),
        (pod((figures(1, 1), figures(1, 1)), (figures(None, None), figures(None, None))), "Burstable"),
    ],
)
def test_the_qos_class_is_the_whole_pods(workload: WorkloadPlan, qos: str) -> None:
    assert workload.qos == qos


def test_a_container_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        container(plan_of(stack(cpu="2")), "querier", "oauth-proxy")
