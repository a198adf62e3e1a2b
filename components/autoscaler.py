"""The HorizontalPodAutoscaler that decides how many pods of a Deployment run."""

import pulumi
from pulumi_kubernetes.autoscaling.v2 import (
    CrossVersionObjectReferenceArgs,
    HorizontalPodAutoscaler,
    HorizontalPodAutoscalerBehaviorArgs,
    HorizontalPodAutoscalerSpecArgs,
    HPAScalingPolicyArgs,
    HPAScalingRulesArgs,
    MetricIdentifierArgs,
    MetricSpecArgs,
    MetricTargetArgs,
    PodsMetricSourceArgs,
    ResourceMetricSourceArgs,
)

from components.identity import Identity
from components.placement import label_selector
from settings.autoscaling import Autoscaling, Behavior, Metric, PodsMetric, ResourceMetric, ScalingRules, Target


def declare_autoscaler(name: str, me: Identity, given: Autoscaling, options: pulumi.ResourceOptions) -> None:
    """Keeps the Deployment of that identity between the bounds."""
    HorizontalPodAutoscaler(
        name,
        metadata=me.metadata(),
        spec=HorizontalPodAutoscalerSpecArgs(
            scale_target_ref=CrossVersionObjectReferenceArgs(api_version="apps/v1", kind="Deployment", name=me.name),
            min_replicas=given.min_replicas,
            max_replicas=given.max_replicas,
            metrics=[_metric(metric) for metric in given.followed],
            behavior=None if given.behavior is None else _behavior(given.behavior),
        ),
        opts=options,
    )


def _metric(metric: Metric) -> MetricSpecArgs:
    return MetricSpecArgs(
        type=metric.type,
        resource=None if metric.resource is None else _resource(metric.resource),
        pods=None if metric.pods is None else _pods(metric.pods),
    )


def _resource(given: ResourceMetric) -> ResourceMetricSourceArgs:
    return ResourceMetricSourceArgs(name=given.name, target=_target(given.target))


def _pods(given: PodsMetric) -> PodsMetricSourceArgs:
    identifier = MetricIdentifierArgs(name=given.metric.name, selector=label_selector(given.metric.selector))
    return PodsMetricSourceArgs(metric=identifier, target=_target(given.target))


def _target(target: Target) -> MetricTargetArgs:
    return MetricTargetArgs(
        type=target.type,
        average_utilization=target.average_utilization,
        average_value=None if target.average_value is None else str(target.average_value),
    )


def _behavior(given: Behavior) -> HorizontalPodAutoscalerBehaviorArgs:
    up, down = (None if rules is None else _rules(rules) for rules in (given.scale_up, given.scale_down))
    return HorizontalPodAutoscalerBehaviorArgs(scale_up=up, scale_down=down)


def _rules(rules: ScalingRules) -> HPAScalingRulesArgs:
    return HPAScalingRulesArgs(
        stabilization_window_seconds=rules.stabilization_window_seconds,
        select_policy=rules.select_policy,
        policies=[HPAScalingPolicyArgs(**dict(policy)) for policy in rules.policies] or None,
    )
