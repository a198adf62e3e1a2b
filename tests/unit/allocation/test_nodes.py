"""Plans against described nodes: what is said of pods that do not schedule, and when."""

from typing import Any

import pytest

from allocation import Plan, WorkloadPlan, allocate
from allocation.nodes import pods_of
from tests.support.plans import container
from tests.support.strategies import MIB, base_spec, put, settings_of

POOL: dict[str, Any] = {"name": "general", "count": 3, "allocatable": {"cpu": "4", "memory": "16Gi"}}
HOSTNAME, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"
AUTOSCALED = {"minReplicas": 2, "maxReplicas": 10}


def plan_of(pools: list[dict[str, Any]] | None, minio: bool = True, **values: Any) -> Plan:
    """A stack with an override for each component, and by dotted path below `template` what a test needs."""
    spec = base_spec()
    for component in ("distributor", "ingester", "compactor", "querier", "queryFrontend"):
        requests = {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "2Gi"}}
        put(spec, ("template", component, "resources"), requests)
    for path, value in values.items():
        put(spec, ("template", *path.split("__")), value)
    beside: dict[str, Any] = {"minio": {"enabled": minio}}
    return allocate(settings_of(spec, **beside, **({} if pools is None else {"nodePools": pools})))


def lines(plan: Plan) -> list[str]:
    return [f"{finding.severity}: {finding}" for finding in plan.findings]


def test_without_node_pools_nothing_is_checked() -> None:
    assert plan_of(None).placement is None


def test_a_stack_that_fits_has_no_finding() -> None:
    plan = plan_of([POOL])
    assert plan.placement is not None
    assert (plan.placement.at_min.kind, plan.placement.at_max.kind) == ("fits", "fits")
    assert lines(plan) == []


def test_the_seeds_node_placement_needs_the_nodes_that_it_names() -> None:
    """The seed, "Node Affinity and Resource Allocation"."""
    template = {
        "distributor": {
            "nodeSelector": {"node-type": "compute-optimized"},
            "component": {"resources": {"limits": {"cpu": "2000m", "memory": "1Gi"}}},
        },
        "compactor": {
            "nodeSelector": {"node-type": "compute-optimized"},
            "resources": {"limits": {"cpu": "1500m", "memory": "2Gi"}},
        },
        "ingester": {
            "nodeSelector": {"node-type": "memory-optimized"},
            "resources": {"limits": {"cpu": "1000m", "memory": "8Gi"}},
            "tolerations": [{"key": "memory-intensive", "operator": "Equal", "value": "true", "effect": "NoSchedule"}],
        },
    }
    taint = {"key": "memory-intensive", "value": "true", "effect": "NoSchedule"}
    compute = POOL | {"name": "compute", "labels": {"node-type": "compute-optimized"}}
    memory = POOL | {"name": "memory", "labels": {"node-type": "memory-optimized"}, "taints": [taint]}

    def verdict_on(*pools: dict[str, Any]) -> list[str]:
        spec = base_spec() | {"template": template}
        plan = allocate(settings_of(spec, nodePools=list(pools)))
        return [f"{f.path}: {f.message}" for f in plan.findings if f.code == "unschedulable"]

    assert verdict_on(compute, memory) == []
    assert verdict_on(compute) == [
        "spec.template.ingester: no node takes a pod (cpu 300m, memory 2458Mi): 0/3 nodes are available: "
        "3 node(s) didn't match Pod's node affinity/selector"
    ]
    assert [line.partition(":")[0] for line in verdict_on(memory)][:2] == [
        "spec.template.distributor",
        "spec.template.compactor",
    ]


def unschedulable(plan: Plan) -> list[str]:
    """Without the remedies."""
    return [f"{f.path}: {f.message}" for f in plan.findings if f.code == "unschedulable"]


def test_a_pod_that_no_node_takes_is_told_in_the_schedulers_words() -> None:
    taint = {"key": "dedicated", "value": "other", "effect": "NoSchedule"}
    pools = [POOL, POOL | {"name": "small", "count": 2, "allocatable": {"cpu": "1", "memory": "2Gi"}}]
    pools.append(POOL | {"name": "taken", "count": 4, "taints": [taint]})
    large = {"requests": {"cpu": "5", "memory": "3Gi"}, "limits": {"cpu": "5", "memory": "3Gi"}}
    assert lines(plan_of(pools, querier__resources=large)) == [
        "warning: spec.template.querier: no node takes a pod (cpu 5, memory 3Gi): 0/9 nodes are available: "
        "2 Insufficient memory, 4 node(s) had untolerated taint {dedicated: other}, 5 Insufficient cpu "
        "[unschedulable]; give nodePools such a node, or change what the pod asks for"
    ]


def test_pods_that_request_more_than_there_is_are_told_by_how_much() -> None:
    assert unschedulable(plan_of([POOL | {"count": 1}], minio=False, ingester__replicas=5)) == [
        "spec.template.distributor: 1 x distributor, 5 x ingester, 1 x compactor, 1 x querier, 1 x query-frontend "
        "request cpu 4500m, and the 1 node(s) that take them have cpu 4"
    ]


def test_what_daemon_sets_request_is_not_there_for_the_stack() -> None:
    reserve = {"cpu": "1500m", "pods": 3}
    assert unschedulable(plan_of([POOL | {"count": 1}])) == []
    assert len(unschedulable(plan_of([POOL | {"count": 1, "systemReserve": reserve}]))) == 1
    few = {"allocatable": POOL["allocatable"] | {"pods": 10}, "count": 1}
    assert unschedulable(plan_of([POOL | few])) == []
    assert unschedulable(plan_of([POOL | few | {"systemReserve": {"pods": 5}}])) == [
        "spec.template.distributor: 1 x distributor, 1 x ingester, 1 x compactor, 1 x querier, 1 x query-frontend, "
        "1 x minio request pods 6, and the 1 node(s) that take them have pods 5"
    ]


def test_minio_needs_room_too() -> None:
    tight = [POOL | {"count": 1, "allocatable": {"cpu": "2500m", "memory": "16Gi"}}]
    assert unschedulable(plan_of(tight, minio=False)) == []
    (line,) = unschedulable(plan_of(tight))
    assert "1 x minio" in line


def test_requests_are_what_counts_and_a_limit_only_where_there_is_none() -> None:
    containers = (container("tempo", (500, None), (64, 32)), container("jaeger-query", (None, None), (16, None)))
    workload = WorkloadPlan("query-frontend", "tempo-x-query-frontend", "Deployment", 1, containers)
    plan = Plan("x", {"limits": {}, "requests": {}}, (workload,), (), ())
    (pods,) = pods_of(settings_of(base_spec()), plan, "min")
    assert pods.requests == {"cpu": 500, "memory": 48 * MIB, "ephemeral-storage": 0}


def test_pods_that_keep_apart_need_a_node_each() -> None:
    own = {"matchLabels": {"app.kubernetes.io/component": "ingester"}}
    apart = {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": HOSTNAME, "labelSelector": own}]}
    rules = {"podAntiAffinity": apart}
    assert unschedulable(plan_of([POOL], ingester__replicas=3, ingester__affinity=rules)) == []
    assert unschedulable(plan_of([POOL], ingester__replicas=4, ingester__affinity=rules)) == [
        "spec.template.ingester: the 3 node(s) that take such a pod (cpu 500m, memory 1Gi) take 3 of 4, "
        "by their room and the rules of anti-affinity"
    ]


def test_pods_of_the_whole_stack_can_keep_apart() -> None:
    own = {"matchLabels": {"app.kubernetes.io/instance": "x"}}
    apart = {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": HOSTNAME, "labelSelector": own}]}
    rules: dict[str, Any] = {
        f"{component}__affinity": {"podAntiAffinity": apart} for component in ("distributor", "ingester", "querier")
    }
    assert unschedulable(plan_of([POOL | {"count": 2}], **rules)) == [
        "spec.template.distributor: the 2 node(s) that take 1 x distributor, 1 x ingester, 1 x compactor "
        "take 2 of the 3 pods, by their rules of anti-affinity"
    ]


def test_the_job_that_leaves_before_the_others_come_proves_nothing_impossible() -> None:
    """They run where it has been; only when it is made again do all of them need room at once."""
    room = {"name": "one", "count": 1, "allocatable": {"cpu": "2605m", "memory": "16Gi"}}  # 5 of 500m, MinIO's 100m
    (finding,) = plan_of([room]).findings
    assert finding.code == "order-dependent-scheduling"
    assert plan_of([room | {"allocatable": {"cpu": "2610m", "memory": "16Gi"}}]).findings == ()
    (finding,) = plan_of([room | {"allocatable": {"cpu": "2599m", "memory": "16Gi"}}]).findings
    assert (finding.code, "minio-bucket" in finding.message) == ("unschedulable", False)


def test_a_strict_spread_is_bound_by_the_smallest_zone() -> None:
    zones = POOL | {"zones": ["a", "b"]}
    full = {"name": "full", "count": 1, "allocatable": {"cpu": "100m", "memory": "1Gi"}, "zones": ["c"]}
    spread = [{"maxSkew": 1, "topologyKey": ZONE, "whenUnsatisfiable": "DoNotSchedule"}]
    wanted: dict[str, Any] = {"querier__replicas": 3, "querier__topologySpreadConstraints": spread}
    assert unschedulable(plan_of([zones], **wanted)) == []
    assert unschedulable(plan_of([zones, full], **wanted)) == [
        "spec.template.querier: the 3 node(s) that take such a pod (cpu 500m, memory 1Gi) take 2 of 3, "
        "by their room and a spread over topology.kubernetes.io/zone with maxSkew 1"
    ]
    soft = [spread[0] | {"whenUnsatisfiable": "ScheduleAnyway"}]
    assert unschedulable(plan_of([zones, full], querier__replicas=3, querier__topologySpreadConstraints=soft)) == []


def test_each_bound_of_an_autoscaler_has_its_verdict() -> None:
    plan = plan_of([POOL], querier__autoscaling=AUTOSCALED | {"maxReplicas": 40})
    assert plan.placement is not None
    assert (plan.placement.at_min.kind, plan.placement.at_max.kind) == ("fits", "impossible")
    assert unschedulable(plan) == [
        "spec.template.querier: at max replicas: the 3 node(s) that take such a pod (cpu 500m, memory 1Gi) "
        "take 24 of 40"
    ]


def test_what_is_said_of_the_fewest_replicas_is_not_said_again_of_the_most() -> None:
    nowhere = {"node-type": "nowhere"}
    plan = plan_of([POOL], querier__autoscaling=AUTOSCALED, querier__nodeSelector=nowhere)
    (line,) = unschedulable(plan)
    assert line.startswith("spec.template.querier: at min replicas: no node takes a pod")
    plan = plan_of([POOL], querier__autoscaling=AUTOSCALED | {"maxReplicas": 40}, distributor__nodeSelector=nowhere)
    assert [line.partition(": no")[0].partition(": the")[0] for line in unschedulable(plan)] == [
        "spec.template.distributor: at min replicas",
        "spec.template.querier: at max replicas",
    ]


def test_pods_that_only_some_order_places_are_a_warning() -> None:
    small, large = ({"cpu": cpu, "memory": "1Gi"} for cpu in ("1", "2"))
    spec = base_spec()
    for component, amounts in (("distributor", small), ("ingester", large), ("compactor", small), ("querier", small)):
        put(spec, ("template", component, "resources"), {"limits": amounts, "requests": amounts})
    tiny = {"cpu": "10m", "memory": "1Gi"}
    put(spec, ("template", "queryFrontend", "resources"), {"limits": tiny, "requests": tiny})
    put(spec, ("resources",), {"onViolation": "error"})
    pools = [{"name": "a", "count": 2, "allocatable": {"cpu": "2600m", "memory": "64Gi"}}]
    (finding,) = allocate(settings_of(spec, nodePools=[pools[0] | {"count": 2}])).findings
    assert (finding.severity, finding.code) == ("warning", "order-dependent-scheduling")


@pytest.mark.parametrize(("on_violation", "severity"), [("warn", "warning"), ("error", "error")])
def test_on_violation_decides_about_pods_that_cannot_run(on_violation: str, severity: str) -> None:
    spec = base_spec()
    put(spec, ("resources",), {"onViolation": on_violation})
    put(spec, ("template", "querier", "nodeSelector"), {"node-type": "nowhere"})
    findings = allocate(settings_of(spec, nodePools=[POOL])).findings
    assert {f.severity for f in findings if f.code == "unschedulable"} == {severity}
