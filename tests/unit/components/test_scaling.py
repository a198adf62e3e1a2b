"""Autoscalers, rollouts and the quota as objects: the seed's snippets come out as they went in."""

from typing import Any

import pytest
import yaml

from settings import Quantity
from tests.support.configs import changed
from tests.support.recording import Registered, Run

# The seed's two snippets, to the letter.
COMPONENT_HPA = """
# HPA for distributor based on CPU
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: tempo-distributor-hpa
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: tempo-tmrs-distributor
  minReplicas: 2
  maxReplicas: 10
  metrics:
  - type: Resource
    resource:
      name: cpu
      target:
        type: Utilization
        averageUtilization: 70
"""
CUSTOM_METRICS_HPA = """
# HPA based on trace ingestion rate
metrics:
- type: Pods
  pods:
    metric:
      name: tempo_distributor_spans_received_total
    target:
      type: AverageValue
      averageValue: "1000"
"""
DISTRIBUTOR = "tempo-tmrs-distributor"


def autoscaled(stack: str = "dev", **autoscaling: Any) -> Run:
    """A stack whose distributor has that autoscaler."""
    return changed(stack, "spec.template.distributor.autoscaling", autoscaling)


def autoscaler(run: Run) -> Registered:
    (found,) = run.kind("HorizontalPodAutoscaler").values()
    return found


class TestAutoscaler:
    def test_the_seeds_autoscaler_comes_out_as_it_stands_but_for_its_name(self) -> None:
        seed = yaml.safe_load(COMPONENT_HPA)
        pasted = {key: seed["spec"][key] for key in ("minReplicas", "maxReplicas", "metrics")}
        for run in (autoscaled(**pasted), autoscaled()):  # it is the default too
            found = autoscaler(run)
            assert (found.inputs["apiVersion"], found.object_name) == (seed["apiVersion"], DISTRIBUTOR)
            assert found.inputs["spec"] == seed["spec"]

    def test_the_seeds_own_metric_comes_out_as_it_stands_in_kubernetes_spelling(self) -> None:
        (metric,) = autoscaler(autoscaled(**yaml.safe_load(CUSTOM_METRICS_HPA))).inputs["spec"]["metrics"]
        assert metric["pods"].pop("target") == {"type": "AverageValue", "averageValue": "1k"}
        assert metric == {"type": "Pods", "pods": {"metric": {"name": "tempo_distributor_spans_received_total"}}}

    def test_whatever_else_an_autoscaler_can_say_is_passed_through(self) -> None:
        memory = {"name": "memory", "target": {"type": "AverageValue", "averageValue": "500Mi"}}
        selector = {"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "c", "operator": "Exists"}]}
        pods = {"metric": {"name": "m", "selector": selector}, "target": {"type": "AverageValue", "averageValue": "1"}}
        behavior = {
            "scaleUp": {"selectPolicy": "Min", "policies": [{"type": "Percent", "value": 50, "periodSeconds": 15}]},
            "scaleDown": {"stabilizationWindowSeconds": 0},
        }
        metrics = [{"type": "Resource", "resource": memory}, {"type": "Pods", "pods": pods}]
        spec = autoscaler(autoscaled(metrics=metrics, behavior=behavior)).inputs["spec"]
        assert (spec["metrics"], spec["behavior"]) == (metrics, behavior)

    def test_who_has_an_autoscaler_declares_no_replicas_and_leaves_them_alone(self) -> None:
        run = autoscaled(minReplicas=3)
        for name, workload in run.workloads.items():
            assert ("replicas" not in workload.inputs["spec"]) == (name == DISTRIBUTOR or workload.kind == "Job")
            ignored = ("spec.volumeClaimTemplates",) if workload.kind == "StatefulSet" else ()
            assert workload.ignore_changes == (("spec.replicas",) if name == DISTRIBUTOR else ignored)
        assert run.workloads[DISTRIBUTOR].urn in autoscaler(run).dependencies

    @pytest.mark.parametrize("component", ["compactor", "querier", "queryFrontend", "gateway"])
    def test_every_deployment_of_tempo_can_have_one(self, component: str) -> None:
        run = changed("seed-per-component", f"spec.template.{component}.autoscaling", {"maxReplicas": 4})
        found = autoscaler(run)
        target = run.kind("Deployment")[found.inputs["spec"]["scaleTargetRef"]["name"]]
        assert target.inputs["metadata"] == found.inputs["metadata"]
        assert "replicas" not in target.inputs["spec"]

    @pytest.mark.parametrize(("least", "most", "guarded"), [(2, 10, True), (1, 2, True), (1, 1, False)])
    def test_a_disruption_budget_is_there_wherever_several_pods_can_run(
        self, least: int, most: int, guarded: bool
    ) -> None:
        run = autoscaled(minReplicas=least, maxReplicas=most)
        budgets = run.kind("PodDisruptionBudget")
        assert (DISTRIBUTOR in budgets) == guarded
        for budget in budgets.values():  # the missing pods are counted, so a single one can be moved
            assert budget.inputs["spec"].get("maxUnavailable") == 1
            assert "minAvailable" not in budget.inputs["spec"]


class TestStrategy:
    @pytest.mark.parametrize(
        ("given", "declared"),
        [
            ({"type": "Recreate"}, {"type": "Recreate"}),
            ({}, {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}),
            (
                {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0}},
                {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0}},
            ),
        ],
    )
    def test_a_strategy_is_the_deployments(self, given: dict[str, Any], declared: dict[str, Any]) -> None:
        run = changed("dev", "spec.template.querier.strategy", given)
        assert run.workloads["tempo-tmrs-querier"].inputs["spec"]["strategy"] == declared


class TestQuota:
    def test_a_stack_has_none_unless_it_asks_for_it(self) -> None:
        assert not changed("dev", "spec.resources.enforce", False).kind("ResourceQuota", "LimitRange")

    def test_the_cluster_holds_the_total_with_what_stands_outside(self) -> None:
        run = changed("dev", "spec.resources.enforce", True)
        quota, limit_range = (run.kind(kind)["tempo-tmrs"] for kind in ("ResourceQuota", "LimitRange"))
        assert quota.inputs["spec"] == {"hard": {"limits.cpu": "2600m", "limits.memory": "2688Mi"}}
        limits = [container["resources"]["limits"] for _, container in run.containers()]
        largest = {key: max((each[key] for each in limits), key=Quantity.parse) for key in ("cpu", "memory")}
        assert limit_range.inputs["spec"] == {
            "limits": [{"type": "Container", "max": largest, "default": largest, "defaultRequest": largest}]
        }
        assert quota.inputs["metadata"]["namespace"] == limit_range.inputs["metadata"]["namespace"] == "tempo"

    def test_pods_come_after_the_quota_so_that_a_larger_total_is_there_before_them(self) -> None:
        run = changed("prod", "spec.resources.enforce", True)
        held = {each.urn for each in run.objects if each.kind in ("ResourceQuota", "LimitRange")}
        assert len(held) == 2
        for workload in run.kind("Deployment", "StatefulSet").values():  # the Job comes after MinIO
            assert held <= workload.dependencies

    def test_without_a_total_of_limits_no_container_has_a_largest_size(self) -> None:
        resources = {"enforce": True, "total": {"requests": {"cpu": "1"}}}
        run = changed("dev", "spec.resources", resources)
        assert run.kind("ResourceQuota")["tempo-tmrs"].inputs["spec"] == {"hard": {"requests.cpu": "1110m"}}
        assert not run.kind("LimitRange")
