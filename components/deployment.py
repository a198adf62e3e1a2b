"""A Deployment behind its Service: how every component without data of its own runs."""

import pulumi
from pulumi_kubernetes.apps.v1 import (
    Deployment,
    DeploymentSpecArgs,
    DeploymentStrategyArgs,
    RollingUpdateDeploymentArgs,
)
from pulumi_kubernetes.core.v1 import Service, ServiceSpecArgs
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs

from allocation import WorkloadPlan
from components.autoscaler import declare_autoscaler
from components.pods import Pod, Port
from components.shared import disruption_budget
from components.transport import Transport
from settings.rollout import Strategy


def declare_deployment(
    name: str,
    plan: WorkloadPlan,
    pod: Pod,
    ports: tuple[Port, ...],
    *,
    transport: Transport,
    workload_options: pulumi.ResourceOptions,
    options: pulumi.ResourceOptions,
) -> None:
    """The Deployment (`workload_options`), its Service on `ports`, its autoscaler, and its disruption budget.

    Who has an autoscaler leaves the number of pods to it. One that was declared before would fall back to 1 once it
    no longer is, so it is ignored too: it stays what it was until the autoscaler, which comes after, changes it.
    """
    me, autoscaling = pod.identity, pod.settings.autoscaling
    ignored = None if autoscaling is None else ["spec.replicas"]
    deployment = Deployment(
        name,
        metadata=me.metadata(),
        spec=DeploymentSpecArgs(
            replicas=plan.replicas if autoscaling is None else None,
            selector=LabelSelectorArgs(match_labels=me.selector),
            strategy=_strategy(pod.settings.strategy or Strategy()),
            template=pod.template(),
        ),
        opts=pulumi.ResourceOptions.merge(workload_options, pulumi.ResourceOptions(ignore_changes=ignored)),
    )
    if autoscaling is not None:
        after = pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=[deployment]))
        declare_autoscaler(name, me, autoscaling, after)
    Service(
        name,
        metadata=me.metadata(annotations=transport.annotations(me)),
        spec=ServiceSpecArgs(selector=me.selector, ports=[port.service() for port in ports]),
        opts=options,
    )
    disruption_budget(name, me, plan, options)


def _strategy(strategy: Strategy) -> DeploymentStrategyArgs:
    """Unless config says otherwise a pod is told to end before its successor is made; both run for the pod's grace."""
    rolling = RollingUpdateDeploymentArgs(
        max_surge=strategy.rolling.max_surge, max_unavailable=strategy.rolling.max_unavailable
    )
    return DeploymentStrategyArgs(
        type=strategy.type, rolling_update=rolling if strategy.type == "RollingUpdate" else None
    )
