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
from components.pods import Pod, Port
from components.shared import disruption_budget


def declare_deployment(
    name: str,
    plan: WorkloadPlan,
    pod: Pod,
    ports: tuple[Port, ...],
    *,
    workload_options: pulumi.ResourceOptions,
    options: pulumi.ResourceOptions,
) -> None:
    """The Deployment (`workload_options`), its Service on `ports`, and a disruption budget where it needs one.

    The Deployment stays inside the plan even while it rolls: one pod leaves before another comes.
    """
    me = pod.identity
    Deployment(
        name,
        metadata=me.metadata(),
        spec=DeploymentSpecArgs(
            replicas=plan.replicas,
            selector=LabelSelectorArgs(match_labels=me.selector),
            strategy=DeploymentStrategyArgs(
                type="RollingUpdate", rolling_update=RollingUpdateDeploymentArgs(max_surge=0, max_unavailable=1)
            ),
            template=pod.template(),
        ),
        opts=workload_options,
    )
    Service(
        name,
        metadata=me.metadata(),
        spec=ServiceSpecArgs(selector=me.selector, ports=[port.service() for port in ports]),
        opts=options,
    )
    disruption_budget(name, me, plan, options)
