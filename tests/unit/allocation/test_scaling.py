"""Autoscaling, rollouts and the quota in the plan: what is counted, what is kept in reserve, what is said about it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocation import Plan, allocate
from allocation.plan import RESOURCES, SIDES
from allocation.quota import quota_of
from tests.support.strategies import COMPONENTS, MIB, Spec, base_spec, put, settings_of, stacks, thorough

FLOORS = {"limits": {"cpu": "90m", "memory": "1Gi"}}  # of cpu: four containers' 10m and the ingester's 50m
RUNNING = [component for component in COMPONENTS if component != "gateway"]


def stack(**values: Any) -> Spec:
    """A stack with 4 cores and 4 GiB and, by dotted path below `spec`, what a test needs."""
    spec = base_spec()
    put(spec, ("resources", "total", "limits"), {"cpu": "4", "memory": "4Gi"})
    for path, value in values.items():
        put(spec, tuple(path.split("__")), value)
    return spec


def plan_of(spec: Spec, **beside: Any) -> Plan:
    return allocate(settings_of(spec, **beside))


def lines(spec: Spec) -> list[str]:
    return [f"{finding.severity}: {finding}" for finding in plan_of(spec).findings]


class TestAutoscaling:
    @pytest.mark.parametrize(("budget", "counted"), [("min", 2), ("max", 10)])
    def test_the_budget_counts_the_bound_that_the_user_names(self, budget: str, counted: int) -> None:
        plan = plan_of(stack(template__distributor__autoscaling={"budget": budget}))
        distributor = plan.workload("distributor")
        assert distributor is not None
        assert (distributor.replicas, distributor.replicas_source) == (counted, "autoscaling")
        assert (distributor.replicas_at("min"), distributor.replicas_at("max")) == (2, 10)
        assert 4000 - counted < plan.allocated("limits", "cpu") <= 4000

    def test_a_stack_that_outgrows_its_total_says_by_how_much(self) -> None:
        resources = {"limits": {"cpu": "1", "memory": "512Mi"}, "requests": {"cpu": "200m"}}
        spec = stack(template__distributor={"autoscaling": {"maxReplicas": 5}, "resources": resources})
        put(spec, ("resources", "total", "requests"), {"cpu": "1"})
        assert lines(spec) == [
            f"warning: spec.resources.total.{number} too much [hpa-exceeds-total]; "
            "lower maxReplicas, or write autoscaling.budget: max"
            for number in (
                "limits.cpu: at maxReplicas (5 of distributor) the limits add up to 7 of 4, 3",
                "limits.memory: at maxReplicas (5 of distributor) the limits add up to 5632Mi of 4Gi, 1536Mi",
                "requests.cpu: at maxReplicas (5 of distributor) the requests add up to 1600m of 1, 600m",
            )
        ]

    @pytest.mark.parametrize(("on_violation", "severity"), [("warn", "warning"), ("error", "error")])
    def test_on_violation_decides_about_a_stack_that_outgrows_its_total(self, on_violation: str, severity: str) -> None:
        spec = stack(template__querier__autoscaling={}, resources__onViolation=on_violation)
        assert {(f.code, f.severity) for f in plan_of(spec).findings} == {("hpa-exceeds-total", severity)}

    def test_nothing_outgrows_a_total_that_counts_the_maximum_or_is_exceeded_anyhow(self) -> None:
        assert lines(stack(template__querier__autoscaling={"budget": "max"})) == []
        exceeded = stack(template__querier={"autoscaling": {}, "resources": {"limits": {"cpu": "9", "memory": "9Gi"}}})
        assert "hpa-exceeds-total" not in {f.code for f in plan_of(exceeded).findings}

    def test_a_total_that_nobody_shares_can_be_raised_as_the_remedy_says_and_no_less(self) -> None:
        template: Spec = {name: {"resources": {"limits": {"cpu": "100m", "memory": "156Mi"}}} for name in RUNNING}
        template["querier"]["autoscaling"] = {"minReplicas": 1, "maxReplicas": 20}
        for cpu, remedies in (
            ("2400m", []),
            ("2399m", ["raise it to 2400m or more, lower maxReplicas, or write autoscaling.budget: max"]),
        ):
            plan = plan_of(stack(template=template, resources__total__limits__cpu=cpu))
            assert [finding.remedy for finding in plan.findings] == remedies

    def test_everybody_that_grows_is_named(self) -> None:
        (finding, _) = plan_of(
            stack(template={"querier": {"autoscaling": {}}, "compactor": {"autoscaling": {}}})
        ).findings
        assert "(10 of compactor, 10 of querier)" in finding.message

    def test_a_total_that_just_holds_the_floors_cannot_be_raised_either_since_all_would_grow(self) -> None:
        autoscaling = {"minReplicas": 1, "maxReplicas": 2}
        findings = plan_of(stack(template__querier__autoscaling=autoscaling, resources__total=FLOORS)).findings
        assert {finding.remedy for finding in findings} == {"lower maxReplicas, or write autoscaling.budget: max"}

    def test_an_autoscaler_that_could_never_add_a_pod_is_pointed_out(self) -> None:
        best_effort = {"qos": "BestEffort", "component": {"autoscaling": {"budget": "max"}}}
        path = "spec.template.querier.component.autoscaling"
        said = (
            f"warning: {path}: compares cpu with requests, and querier/tempo has none: no pod would ever be added "
            "[hpa-without-request]; give it a request of cpu, such as by qos: Burstable, or follow another metric"
        )
        assert said in lines(stack(template__querier=best_effort))
        unbounded = stack(template__querier=best_effort)
        del unbounded["resources"]
        assert said in lines(unbounded)

    def test_a_metric_that_no_request_is_compared_with_needs_none(self) -> None:
        target = {"type": "AverageValue", "averageValue": "1"}
        for metric in (
            {"type": "Resource", "resource": {"name": "cpu", "target": target}},
            {"type": "Pods", "pods": {"metric": {"name": "spans"}, "target": target}},
        ):
            autoscaling = {"budget": "max", "metrics": [metric]}
            spec = stack(template__querier={"qos": "BestEffort", "autoscaling": autoscaling})
            assert {f.code for f in plan_of(spec).findings} == {"qos-mismatch"}

    def test_every_metric_is_looked_at_and_so_is_every_container(self) -> None:
        target = {"type": "AverageValue", "averageValue": "1"}
        metrics = [
            {"type": "Pods", "pods": {"metric": {"name": "spans"}, "target": target}},
            {
                "type": "Resource",
                "resource": {"name": "memory", "target": {"type": "Utilization", "averageUtilization": 70}},
            },
        ]
        frontend = {
            "component": {"autoscaling": {"metrics": metrics}, "resources": {"requests": {"memory": "64Mi"}}},
            "jaegerQuery": {"enabled": True},
        }
        spec = base_spec()
        put(spec, ("template", "queryFrontend"), frontend)
        (finding,) = (f for f in plan_of(spec).findings if f.code == "hpa-without-request")
        assert "compares memory with requests, and query-frontend/jaeger-query has none" in finding.message

    def test_a_limit_that_stands_alone_is_the_request_that_an_autoscaler_compares_with(self) -> None:
        autoscaling = {"budget": "max", "maxReplicas": 2}
        spec = base_spec()
        put(spec, ("template", "querier"), {"autoscaling": autoscaling, "resources": {"limits": {"cpu": "1"}}})
        assert "hpa-without-request" not in {f.code for f in plan_of(spec).findings}


class TestRollouts:
    @pytest.mark.parametrize(
        ("strategy", "replicas", "pods"),
        [
            (None, 3, 0),
            ({}, 3, 0),
            ({"type": "Recreate"}, 3, 0),
            ({"rollingUpdate": {"maxSurge": 2}}, 3, 2),
            ({"rollingUpdate": {"maxSurge": "25%"}}, 3, 1),
            ({"rollingUpdate": {"maxSurge": "25%"}}, 4, 1),
            ({"rollingUpdate": {"maxSurge": "25%"}}, 5, 2),
            ({"rollingUpdate": {"maxSurge": "200%"}}, 5, 10),
            ({"rollingUpdate": {"maxSurge": "100%"}}, 500, 500),
            ({"rollingUpdate": {"maxSurge": "0%"}}, 5, 0),
        ],
    )
    def test_a_rollout_takes_the_pods_that_its_strategy_lets_come_early(
        self, strategy: Spec | None, replicas: int, pods: int
    ) -> None:
        spec = stack(template__querier={"replicas": replicas, **({} if strategy is None else {"strategy": strategy})})
        plan = plan_of(spec)
        querier = plan.workload("querier")
        assert querier is not None
        assert querier.surge == pods
        assert plan.surge("limits", "cpu") == pods * querier.of_one_pod("limits", "cpu")

    def test_a_percentage_is_of_the_replicas_that_the_budget_counts(self) -> None:
        querier = {"autoscaling": {"budget": "max"}, "component": {"strategy": {"rollingUpdate": {"maxSurge": "30%"}}}}
        workload = plan_of(stack(template__querier=querier)).workload("querier")
        assert workload is not None
        assert workload.surge == 3


class TestQuota:
    def test_it_is_the_total_with_the_reserve_and_what_stands_outside(self) -> None:
        querier = {"replicas": 2, "strategy": {"rollingUpdate": {"maxSurge": 1}}, "resources": {"limits": {"cpu": "1"}}}
        spec = stack(template__querier=querier, resources__total__requests={"memory": "2Gi"})
        plan = plan_of(spec, minio={"enabled": True})
        quota = quota_of(plan)
        memory = plan.surge("limits", "memory") // MIB
        requests = plan.surge("requests", "memory") // MIB
        assert memory > 0 < requests
        assert quota.hard == {
            ("limits", "cpu"): 4000 + 1000 + 600,
            ("limits", "memory"): (4096 + memory + 640) * MIB,
            ("requests", "memory"): (2048 + requests + 160) * MIB,
        }
        assert quota.quota["limits.cpu"] == "5600m"

    def test_a_container_may_be_as_large_as_the_largest_of_the_plan_inside_or_outside_the_total(self) -> None:
        small = {name: {"resources": {"limits": {"cpu": "100m", "memory": "2Gi"}}} for name in COMPONENTS}
        spec = stack(template=small, resources__total__limits__memory="32Gi")
        assert quota_of(plan_of(spec, minio={"enabled": True})).limits == {"cpu": "500m", "memory": "2Gi"}
        assert quota_of(plan_of(spec)).limits == {"cpu": "100m", "memory": "2Gi"}

    def test_a_total_of_requests_bounds_no_single_container(self) -> None:
        spec = base_spec()
        put(spec, ("resources", "total", "requests"), {"cpu": "1"})
        quota = quota_of(plan_of(spec))
        assert (quota.quota, quota.limits) == ({"requests.cpu": "1"}, {})

    def test_what_the_quota_would_refuse_is_an_error(self) -> None:
        too_much = {"resources": {"limits": {"cpu": "9"}}}
        for enforce, severity in ((False, "warning"), (True, "error")):
            plan = plan_of(stack(template__querier=too_much, resources__enforce=enforce))
            assert {(f.code, f.severity) for f in plan.findings} == {
                ("over-allocated", severity),
                ("pool-exhausted", severity),
            }

    def test_an_autoscaler_that_the_quota_will_hold_back_is_warned_about(self) -> None:
        plan = plan_of(stack(template__querier__autoscaling={}, resources__enforce=True))
        assert {f.severity for f in plan.findings} == {"warning"}
        consequence = "; the quota refuses the pods beyond it, and no rollout ends while they are asked for"
        assert all(f.message.endswith(f"too much{consequence}") for f in plan.findings)

    def test_everybody_has_the_numbers_that_the_quota_asks_for(self) -> None:
        total = {"requests": {"cpu": "1", "ephemeral-storage": "2Gi"}, "limits": {"ephemeral-storage": "8Gi"}}
        spec = stack(resources={"total": total, "enforce": True}, template__compactor__qos="BestEffort")
        plan = plan_of(spec, minio={"enabled": True})
        for workload in plan.every_workload:
            for container in workload.containers:
                for side, resource in quota_of(plan).hard:
                    assert container.figure(side, resource).amount is not None

    def test_a_quota_of_local_disk_has_room_for_what_stands_outside_the_total(self) -> None:
        total = {"limits": {"ephemeral-storage": "8Gi"}, "requests": {"ephemeral-storage": "1Gi"}}
        spec = stack(resources={"total": total, "enforce": True})
        hard = quota_of(plan_of(spec, minio={"enabled": True})).hard
        # MinIO and its Job: 1Gi each, 64Mi of it requested.
        assert hard["limits", "ephemeral-storage"] == (8 + 2) * 1024 * MIB
        assert hard["requests", "ephemeral-storage"] == (1024 + 2 * 64) * MIB


AUTOSCALERS = st.fixed_dictionaries(
    {"minReplicas": st.integers(1, 6), "maxReplicas": st.integers(6, 20), "budget": st.sampled_from(["min", "max"])}
)
SURGES = st.integers(1, 5) | st.integers(1, 150).map("{}%".format)


def scaled(spec: Spec, autoscaled: dict[str, Spec], surges: dict[str, Any]) -> Spec:
    """The stack with autoscalers and strategies at some of its components."""
    for component, autoscaling in autoscaled.items():
        block = spec["template"].setdefault(component, {})
        block.pop("replicas", None)
        block["autoscaling"] = autoscaling
    for component, surge in surges.items():
        put(spec, ("template", component, "strategy", "rollingUpdate", "maxSurge"), surge)
    return spec


SCALED = st.builds(
    scaled,
    stacks(),
    st.dictionaries(st.sampled_from([c for c in COMPONENTS if c != "ingester"]), AUTOSCALERS, max_size=4),
    st.dictionaries(st.sampled_from([c for c in COMPONENTS if c != "ingester"]), SURGES, max_size=4),
)


@thorough
@given(SCALED)
def test_the_least_is_never_more_than_what_is_counted_nor_that_more_than_the_most(spec: Spec) -> None:
    plan = plan_of(spec)
    for side in SIDES:
        for resource in RESOURCES:
            least, most = (plan.allocated_at(bound, side, resource) for bound in ("min", "max"))
            assert least <= plan.allocated(side, resource) <= most


@thorough
@given(SCALED)
def test_just_what_fits_and_outgrows_its_total_is_said_to(spec: Spec) -> None:
    plan = plan_of(spec)
    said = {finding.path for finding in plan.findings if finding.code == "hpa-exceeds-total"}
    outgrown = {
        f"spec.resources.total.{side}.{resource}"
        for side in SIDES
        for resource, total in plan.totals[side].items()
        if plan.allocated(side, resource) <= total < plan.allocated_at("max", side, resource)
    }
    assert said == outgrown


@thorough
@given(SCALED, st.integers(1, 9), st.sampled_from([c for c in COMPONENTS if c != "ingester"]))
def test_a_higher_maximum_takes_no_less_and_changes_no_number_that_the_budget_does_not_count(
    spec: Spec, more: int, component: str
) -> None:
    block = spec["template"].setdefault(component, {})
    block.pop("replicas", None)
    block["autoscaling"] = {"minReplicas": 2, "maxReplicas": 6, "budget": "min"}
    before = plan_of(spec)
    block["autoscaling"] = {"minReplicas": 2, "maxReplicas": 6 + more, "budget": "min"}
    after = plan_of(spec)
    for side in SIDES:
        for resource in RESOURCES:
            assert after.allocated(side, resource) == before.allocated(side, resource)
            assert after.allocated_at("max", side, resource) >= before.allocated_at("max", side, resource)


@thorough
@given(SCALED)
def test_a_quota_has_room_for_every_pod_that_is_counted_and_for_those_of_a_rollout(spec: Spec) -> None:
    plan = plan_of(spec, minio={"enabled": True})
    for (side, resource), hard in quota_of(plan).hard.items():
        pods = plan.every_workload
        everything = sum(w.of_one_pod(side, resource) * (w.replicas + w.surge) for w in pods)
        unused = plan.totals[side][resource] - plan.allocated(side, resource)
        assert hard - everything == unused
