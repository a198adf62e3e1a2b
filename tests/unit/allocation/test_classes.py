"""Classes of pods: what `qos` makes of the numbers, and what Kubernetes will say."""

import pytest

from allocation import Figure, Plan, allocate
from allocation.plan import QOS_RESOURCES, SIDES
from tests.support.strategies import Spec, base_spec, put, settings_of


def stack(**resources: object) -> Spec:
    spec = base_spec()
    spec["resources"] = {"total": {"limits": {"cpu": "4", "memory": "4Gi"}}, **resources}
    return spec


def plan_of(spec: Spec) -> Plan:
    return allocate(settings_of(spec))


def classes(plan: Plan) -> dict[str, str]:
    return {workload.component: workload.qos for workload in plan.workloads}


def figures(plan: Plan, component: str, side: str) -> list[Figure]:
    workload = plan.workload(component)
    assert workload is not None
    return [workload.containers[0].figure(side, resource) for resource in QOS_RESOURCES]  # type: ignore[arg-type]


def mismatches(plan: Plan) -> list[str]:
    return [str(finding) for finding in plan.findings if finding.code == "qos-mismatch"]


# The seed, "Quality of Service (QoS) Classes": what each class is and whom it is for.
SEED = [
    ("Requests = Limits for guaranteed resources", "Use Cases: Critical components (ingester, distributor)"),
    ("Requests < Limits for burstable performance", "Use Cases: Variable load components (querier, query frontend)"),
    ("No requests specified", "Use Cases: Non-critical background processes (compactor)"),
]


def test_the_recommended_classes_are_the_seed_s() -> None:
    plan = plan_of(stack(qos="recommended"))
    for component in ("ingester", "distributor"):
        assert classes(plan)[component] == "Guaranteed", SEED[0]
        assert [f.amount for f in figures(plan, component, "requests")] == [
            f.amount for f in figures(plan, component, "limits")
        ]
    for component in ("querier", "query-frontend"):
        assert classes(plan)[component] == "Burstable", SEED[1]
    assert figures(plan, "compactor", "requests") == [Figure(0, "qos"), Figure(0, "qos")], SEED[2]
    assert classes(plan)["compactor"] == "Burstable", "its limits hold it in the budget, and Kubernetes counts them"
    assert mismatches(plan) == [
        "spec.resources.qos: compactor asks for BestEffort, and Kubernetes will say Burstable: its limits keep it "
        "inside the budget, and only its requests are 0 [qos-mismatch]; write qos: Burstable, or take away every limit "
        "and total"
    ]


def test_a_best_effort_pod_that_requests_something_is_told_what() -> None:
    spec = base_spec()
    put(spec, ("template", "compactor", "qos"), "BestEffort")
    put(spec, ("template", "compactor", "resources"), {"requests": {"cpu": "1", "memory": "1Gi"}})
    assert mismatches(plan_of(spec)) == [
        "spec.template.compactor.qos: compactor asks for BestEffort, and Kubernetes will say Burstable: tempo requests "
        "1 cpu, tempo requests 1Gi memory [qos-mismatch]; remove them, or write qos: Burstable"
    ]


def test_without_any_limit_best_effort_is_what_kubernetes_will_say() -> None:
    spec = base_spec()
    put(spec, ("template", "compactor", "qos"), "BestEffort")
    plan = plan_of(spec)
    assert classes(plan)["compactor"] == "BestEffort"
    assert not mismatches(plan)


def test_a_component_s_own_class_comes_before_the_stack_s() -> None:
    spec = stack(qos="Guaranteed")
    put(spec, ("template", "querier", "qos"), "Burstable")
    assert classes(plan_of(spec)) == dict.fromkeys(
        ("distributor", "ingester", "compactor", "query-frontend"), "Guaranteed"
    ) | {"querier": "Burstable"}


@pytest.mark.parametrize("request_total", [{}, {"cpu": "3", "memory": "3Gi"}])
def test_guaranteed_pods_request_their_limits_whatever_the_total_of_requests(request_total: Spec) -> None:
    spec = stack()
    spec["resources"]["total"]["requests"] = request_total
    put(spec, ("template", "ingester", "qos"), "Guaranteed")
    plan = plan_of(spec)
    assert {f.source for f in figures(plan, "ingester", "requests")} == {"qos"}
    assert classes(plan)["ingester"] == "Guaranteed"
    for resource, total in plan.totals["requests"].items():
        assert total - plan.allocated("requests", resource) >= 0


def test_a_guaranteed_request_without_a_limit_is_the_limit() -> None:
    spec = stack()
    put(spec, ("template", "ingester", "qos"), "Guaranteed")
    put(spec, ("template", "ingester", "resources"), {"requests": {"cpu": "700m", "memory": "900Mi"}})
    plan = plan_of(spec)
    assert figures(plan, "ingester", "limits") == [Figure(700, "qos"), Figure(900 * 2**20, "qos")]
    assert classes(plan)["ingester"] == "Guaranteed"


@pytest.mark.parametrize("sizing", [{"size": "1x.small"}, {"workload": {"ingest": {"megabytesPerSecond": 8}}}])
def test_a_guaranteed_request_is_the_limit_whatever_a_size_or_a_load_would_have_it(sizing: Spec) -> None:
    spec = stack() | sizing
    put(spec, ("template", "ingester", "qos"), "Guaranteed")
    put(spec, ("template", "ingester", "resources"), {"requests": {"cpu": "700m", "memory": "900Mi"}})
    plan = plan_of(spec)
    assert figures(plan, "ingester", "limits") == [Figure(700, "qos"), Figure(900 * 2**20, "qos")]
    assert classes(plan)["ingester"] == "Guaranteed"


def test_a_pod_of_several_containers_is_only_as_guaranteed_as_its_last() -> None:
    spec = base_spec(jaeger=True)
    spec["resources"] = {"total": {"limits": {"cpu": "4", "memory": "4Gi"}}}
    put(spec, ("template", "queryFrontend", "component"), {"qos": "Guaranteed"})
    put(
        spec,
        ("template", "queryFrontend", "jaegerQuery", "resources"),
        {"requests": {"cpu": "20m"}, "limits": {"cpu": 1}},
    )
    plan = plan_of(spec)
    assert classes(plan)["query-frontend"] == "Burstable"
    assert mismatches(plan) == [
        "spec.template.queryFrontend.component.qos: query-frontend asks for Guaranteed, and Kubernetes will say "
        "Burstable: jaeger-query requests 20m cpu of 1 [qos-mismatch]; write the same number for both, or neither, or "
        "qos: Burstable"
    ]


def test_a_burstable_pod_whose_requests_are_its_limits_is_called_guaranteed() -> None:
    plan = plan_of(stack(qos="Burstable", requestRatio=1))
    assert set(classes(plan).values()) == {"Guaranteed"}
    assert len(mismatches(plan)) == len(plan.workloads)


def test_an_override_beats_the_class() -> None:
    spec = stack(qos="BestEffort")
    put(spec, ("template", "querier", "resources"), {"requests": {"cpu": "100m"}})
    assert figures(plan_of(spec), "querier", "requests") == [Figure(100, "override"), Figure(0, "qos")]


def test_ephemeral_storage_has_no_part_in_a_class() -> None:
    spec = stack(qos="Guaranteed")
    put(spec, ("template", "ingester", "resources"), {"limits": {"ephemeral-storage": "10Gi"}})
    plan = plan_of(spec)
    ingester = plan.workload("ingester")
    assert ingester is not None
    assert ingester.qos == "Guaranteed"
    assert ingester.containers[0].quantities("requests")["ephemeral-storage"] == "3Gi"
    assert SIDES == ("limits", "requests")
